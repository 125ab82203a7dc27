//! Inlined functions and lines against llvm-symbolizer.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::made_up::Random;

use vmflame::object::{ObjectSearch, read_build_id};
use vmflame::symbol::{CodeFrames, CodeTextIx, CodeWish, FoundSymbols, Places};
use vmflame::units::Svma;

/// An address, and its frames as llvm-symbolizer tells them: `name`, then `file:line:column`, the
/// innermost function first.
pub(super) struct Block {
    pub(super) address: Svma,
    frames: Vec<(String, String)>,
}

/// How often both tell the same.
#[derive(Default, Debug)]
pub(super) struct Agreement {
    addresses: usize,
    /// Chains of as many functions.
    depths: usize,
    /// Chains of the same names.
    names: usize,
    /// Chains of the same lines too.
    lines: usize,
    /// Chains in which a function of another name stands where llvm-symbolizer has one.
    pub(super) other_names: Vec<String>,
    other_lines: Vec<String>,
    /// Chains with inlined functions.
    pub(super) inlined: usize,
}

pub(super) fn blocks(text: &str) -> Vec<Block> {
    let blocks = text.split("\n\n").filter(|block| !block.trim().is_empty());
    let block = |block: &str| {
        let mut lines = block.trim().lines();
        let address = lines.next().unwrap().trim_start_matches("0x");
        let mut frames = Vec::new();
        while let (Some(name), Some(place)) = (lines.next(), lines.next()) {
            frames.push((name.to_owned(), place.to_owned()));
        }
        Block {
            address: Svma::new(u64::from_str_radix(address, 16).unwrap()),
            frames,
        }
    };
    blocks.map(block).collect()
}

/// The functions of a program that lies where it was recorded.
pub(super) fn find(search: &ObjectSearch, object: &Path) -> FoundSymbols {
    let build_id = read_build_id(&fs::read(object).unwrap());
    let recorded = object.to_str().unwrap();
    FoundSymbols::find(search, recorded, build_id.as_ref(), Places::Everywhere)
}

/// Compares what is told of an object with a text of llvm-symbolizer.
pub(super) fn compare(object: &Path, text: &str, search: &ObjectSearch) -> Agreement {
    let blocks = blocks(text);
    let mut addresses: Vec<Svma> = blocks.iter().map(|block| block.address).collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut found = find(search, object);
    let wish = CodeWish {
        addresses: &addresses,
        lines: true,
        threads: 2,
    };
    let code = found.code(search, wish);
    assert!(found.broken.is_empty(), "{:?}", found.broken);
    let code = code.expect("debug information").frames;
    assert_eq!(code.unreadable(), 0);
    let symbols = found.symbols.unwrap();
    let mut agreement = Agreement::default();
    let bare = CodeWish {
        lines: false,
        ..wish
    };
    let bare = find(search, object).code(search, bare).unwrap().frames;
    for block in blocks {
        let names = [&code, &bare].map(|code| inlined(code, block.address));
        assert_eq!(names[0], names[1], "without lines at {}", block.address);
        if let Ok(symbol) = symbols.look_up(block.address) {
            agreement.add(&block, symbol.name, &code);
        }
    }
    agreement
}

/// The names of what is inlined at an address.
pub(super) fn inlined(code: &CodeFrames, at: Svma) -> Vec<Option<&str>> {
    let chain = code.at(at).map_or(&[][..], |ix| code.chain(ix));
    let inlined = chain.iter().skip(1);
    inlined
        .map(|frame| Some(code.text(frame.function?)))
        .collect()
}

impl Agreement {
    /// Takes in an address of the function that a symbol table calls so.
    fn add(&mut self, block: &Block, holder: &str, code: &CodeFrames) {
        let at = block.address;
        let chain = code.at(at).map_or(&[][..], |ix| code.chain(ix));
        let text = |ix: Option<CodeTextIx>| ix.map_or("??", |ix| code.text(ix));
        let inner = chain.iter().skip(1).rev();
        let names = inner.map(|frame| text(frame.function));
        let names: Vec<&str> = names.chain([holder]).collect();
        let lines = chain.iter().rev();
        let lines: Vec<String> = lines
            .map(|frame| format!("{}:{}", plain_path(text(frame.file)), frame.line))
            .collect();
        let expected: Vec<&str> = block.frames.iter().map(|(name, _)| &**name).collect();
        let expected_lines = block.frames.iter().map(|(_, place)| {
            let place = place.rsplit_once(':').map_or(&**place, |(place, _)| place);
            let (file, line) = place.rsplit_once(':').unwrap_or((place, "0"));
            format!("{}:{line}", plain_path(file))
        });
        let expected_lines: Vec<String> = expected_lines.collect();
        self.addresses += 1;
        self.inlined += usize::from(expected.len() > 1);
        self.depths += usize::from(names.len() == expected.len());
        // Of code without debug information llvm-symbolizer tells the file that its symbols are of.
        let is_untold = lines.is_empty() && expected_lines.iter().all(|line| line.ends_with(":0"));
        if is_untold || lines == expected_lines {
            self.lines += 1;
        } else {
            let other = format!("{at}: {lines:?} {expected_lines:?}");
            self.other_lines.push(other);
        }
        // Which of several names of one function is shown is for `src/symbol/elf/alias.rs` to say.
        let inlined = |names: &[&str]| names.split_last().map(|(_, inlined)| inlined.join("\n"));
        if inlined(&names) == inlined(&expected) {
            self.names += 1;
        } else {
            self.other_names
                .push(format!("{at}: {names:?} {expected:?}"));
        }
    }
}

/// A path without `.` and `..`, which one writes out and the other takes away.
fn plain_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => (),
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

pub(super) fn search(debug_dirs: Vec<PathBuf>) -> ObjectSearch {
    ObjectSearch {
        recorded_paths: true,
        debug_dirs,
        ..ObjectSearch::default()
    }
}

/// Every byte of a program's code, by debug information in the program itself (packed by zlib, packed
/// by zstd, with offsets of 64 bits), in a file that it names by a checksum, in a `.dwo` and in a `.dwp`
/// beside it, and with a part in a file that `dwz` made for several programs.
#[test]
fn inlined_functions_are_those_of_llvm_symbolizer() {
    let folder = Path::new("testdata/inlined").canonicalize().unwrap();
    for name in [
        "packed5", "zstd5", "wide5", "linked", "split5", "package4", "common",
    ] {
        let text = fs::read_to_string(folder.join(format!("{name}.llvm.txt"))).unwrap();
        let agreement = compare(&folder.join(name), &text, &search(Vec::new()));
        let all = agreement.addresses;
        assert!(all > 200 && agreement.inlined > 90, "{name}: {agreement:?}");
        assert!(agreement.other_names.is_empty(), "{name}: {agreement:?}");
        assert!(agreement.other_lines.is_empty(), "{name}: {agreement:?}");
    }
}

/// The same of a relocatable file, whose debug information has no addresses yet: functions of all
/// sections that stay in memory, laid out as a linker was told to. (The one of `.init.text` is far away.)
/// Modules of arm64 have sections behind their code whose length only the kernel knows.
#[test]
fn inlined_functions_of_modules_are_those_of_llvm_symbolizer() {
    compare_module("module");
    compare_module("arm64");
}

fn compare_module(name: &str) {
    let folder = Path::new("testdata/inlined");
    let text = fs::read_to_string(folder.join(format!("{name}.llvm.txt"))).unwrap();
    let all = blocks(&text).into_iter();
    let blocks: Vec<Block> = all
        .filter(|block| block.address < Svma::new(0x10_0000))
        .collect();
    let mut addresses: Vec<Svma> = blocks.iter().map(|block| block.address).collect();
    addresses.sort_unstable();
    let bytes = fs::read(folder.join(format!("{name}.ko"))).unwrap();
    let code = CodeFrames::of_bytes(bytes, &addresses, true).unwrap();
    let mut agreement = Agreement::default();
    for block in blocks {
        let holder = block.frames.last().unwrap().0.clone();
        agreement.add(&block, &holder, &code);
    }
    assert!(
        agreement.addresses > 150 && agreement.inlined > 100,
        "{agreement:?}"
    );
    assert!(agreement.other_names.is_empty(), "{agreement:?}");
    assert!(agreement.other_lines.is_empty(), "{agreement:?}");
}

/// Damaged debug information costs the addresses that it is about, or the object: nothing panics and
/// nothing takes long. (With overflow checks, as all tests.)
#[test]
fn damaged_debug_information_is_survived() {
    let mut random = Random(11);
    let addresses: Vec<Svma> = (0x140..0x280)
        .map(|at| Svma::new(0x0040_0000 + at))
        .collect();
    let cases = std::env::var("VMFLAME_HOSTILE_CASES").ok();
    let cases = cases
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(200_usize);
    for name in [
        "packed5",
        "zstd5",
        "wide5",
        "linked.debug",
        "common",
        "module.ko",
        "arm64.ko",
    ] {
        let whole = fs::read(Path::new("testdata/inlined").join(name)).unwrap();
        for _ in 0..cases {
            let mut bytes = whole.clone();
            for _ in 0..1 + random.below(6) {
                // Behind the headers of the file and its code.
                let behind = bytes.len() as u64 - 0x240;
                let at = usize::try_from(0x240 + random.below(behind)).unwrap();
                bytes[at] = u8::try_from(random.below(256)).unwrap();
            }
            drop(CodeFrames::of_bytes(bytes.clone(), &addresses, true));
            drop(CodeFrames::of_bytes(bytes, &addresses, false));
        }
    }
}

/// More objects than lie here: `FILE` and beside it `FILE.llvm.txt` as `testdata/inlined/make.sh`
/// makes it, in the folder that `VMFLAME_OBJECTS` names, with debug files in `VMFLAME_DEBUG_DIR`.
/// Shows how often both tell the same.
#[test]
fn objects_elsewhere_are_told_as_llvm_symbolizer_tells_them() {
    let Some(folder) = std::env::var_os("VMFLAME_OBJECTS") else {
        return;
    };
    let debug_dir = std::env::var_os("VMFLAME_DEBUG_DIR").map(PathBuf::from);
    let search = search(debug_dir.into_iter().collect());
    let mut folders = vec![PathBuf::from(folder)];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().unwrap().ends_with(".llvm.txt") {
                texts.push(path);
            }
        }
    }
    texts.sort();
    for text in texts {
        let object = text.to_str().unwrap().trim_end_matches(".llvm.txt");
        let told = fs::read_to_string(&text).unwrap();
        let Agreement {
            addresses,
            depths,
            names,
            lines,
            inlined,
            other_names,
            other_lines,
        } = compare(Path::new(object), &told, &search);
        println!(
            "{object}: {addresses} addresses, {inlined} with inlined functions; the same are \
             {depths} depths, {names} names, {lines} lines"
        );
        for other in other_names.iter().take(1).chain(other_lines.iter().take(1)) {
            println!("    {other}");
        }
    }
}
