//! Inlined functions and lines against llvm-symbolizer.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::made_up::Random;

use vmflame::object::{ObjectSearch, read_build_id};
use vmflame::symbol::{CodeFrames, CodeTextIx, CodeWish, FoundSymbols, Places};
use vmflame::units::Svma;

/// An address, and its frames as llvm-symbolizer tells them: `name`, then `file:line:column`, the
/// innermost function first.
struct Block {
    address: Svma,
    frames: Vec<(String, String)>,
}

/// How often both tell the same.
#[derive(Default, Debug)]
struct Agreement {
    addresses: usize,
    /// Chains of as many functions.
    depths: usize,
    /// Chains of the same names.
    names: usize,
    /// Chains of the same lines too.
    lines: usize,
    /// Chains in which a function of another name stands where llvm-symbolizer has one.
    other_names: Vec<String>,
    other_lines: Vec<String>,
    /// Chains with inlined functions.
    inlined: usize,
}

fn blocks(text: &str) -> Vec<Block> {
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
fn find(search: &ObjectSearch, object: &Path) -> FoundSymbols {
    let build_id = read_build_id(&fs::read(object).unwrap());
    let recorded = object.to_str().unwrap();
    FoundSymbols::find(search, recorded, build_id.as_ref(), Places::Everywhere)
}

/// Compares what is told of an object with a text of llvm-symbolizer.
fn compare(object: &Path, text: &str, search: &ObjectSearch) -> Agreement {
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
fn inlined(code: &CodeFrames, at: Svma) -> Vec<Option<&str>> {
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

fn search(debug_dirs: Vec<PathBuf>) -> ObjectSearch {
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

/// A debug file is the one that its object means, or it is not used: of another checksum, of another
/// build it tells nothing, and says why.
#[test]
fn debug_files_of_others_are_not_used() {
    let scratch = tempfile::tempdir().unwrap();
    let copy = |name: &str, to: &str| {
        let to = scratch.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(Path::new("testdata/inlined").join(name), &to).unwrap();
        to
    };
    let object = copy("linked", "bin/linked");
    let given = scratch.path().join("given");
    let search = search(vec![given.clone()]);
    let asked = || {
        let mut found = find(&search, &object);
        let addresses: Vec<Svma> = (0..64).map(|at| Svma::new(0x0040_0180 + at)).collect();
        let wish = CodeWish {
            addresses: &addresses,
            lines: false,
            threads: 1,
        };
        let code = found.code(&search, wish).map(|code| code.file);
        let broken = found.broken.iter().map(ToString::to_string);
        let refused = found.refused.iter().map(|_| "other build".to_owned());
        (code, broken.chain(refused).collect::<String>())
    };
    assert_eq!(asked(), (None, String::new()));
    // Another program's debug file, and a damaged one, under the name that the object states.
    let debug_file = copy("packed5", "bin/linked.debug");
    assert_eq!(asked(), (None, "other build".to_owned()));
    let mut damaged = fs::read("testdata/inlined/linked.debug").unwrap();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&debug_file, damaged).unwrap();
    let (code, why) = asked();
    assert!(code.is_none() && why.contains("checksum"), "{why}");
    fs::remove_file(debug_file).unwrap();
    let own_folder = scratch
        .path()
        .join("bin")
        .strip_prefix("/")
        .unwrap()
        .to_owned();
    let places = [
        "bin/linked.debug".to_owned(),
        "bin/.debug/linked.debug".to_owned(),
        "given/linked.debug".to_owned(),
        format!("given/{}/linked.debug", own_folder.display()),
        by_build_id(&object),
    ];
    for place in places {
        let debug_file = copy("linked.debug", &place);
        assert_eq!(
            asked(),
            (Some(debug_file.clone()), String::new()),
            "{place}"
        );
        fs::remove_file(debug_file).unwrap();
    }
}

/// A `.dwo` of another compilation, under the name that the program states, tells nothing: its ids differ.
#[test]
fn split_files_of_others_are_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let object = folder.path().join("split5");
    fs::copy("testdata/inlined/split5", &object).unwrap();
    let text = fs::read_to_string("testdata/inlined/split5.llvm.txt").unwrap();
    let addresses: BTreeSet<Svma> = blocks(&text).iter().map(|block| block.address).collect();
    let addresses: Vec<Svma> = addresses.into_iter().collect();
    let search = search(Vec::new());
    let inlined_in = |split_file: &str| {
        let to = folder.path().join("split5.dwo");
        fs::copy(Path::new("testdata/inlined").join(split_file), to).unwrap();
        let wish = CodeWish {
            addresses: &addresses,
            lines: true,
            threads: 1,
        };
        let code = find(&search, &object).code(&search, wish);
        let code = code.expect("debug information").frames;
        let inlined = addresses
            .iter()
            .filter(|&&at| !inlined(&code, at).is_empty());
        inlined.count()
    };
    assert_eq!(inlined_in("other5.dwo"), 0);
    assert!(inlined_in("split5.dwo") > 90);
}

/// A debug file that refers to what is not there tells nothing, and which file that is.
#[test]
fn a_missing_common_debug_file_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let object = folder.path().join("common");
    fs::copy("testdata/inlined/common", &object).unwrap();
    let search = search(Vec::new());
    let mut found = find(&search, &object);
    let wish = CodeWish {
        addresses: &[Svma::new(0x0040_0180)],
        lines: false,
        threads: 1,
    };
    assert!(found.code(&search, wish).is_none());
    assert!(found.broken[0].to_string().contains("common.debug"));
}

/// perf keeps a copy of a program in its cache, beside which nothing lies; what `dwz` made for several
/// programs lies beside the program.
#[test]
fn the_common_debug_file_of_a_cached_copy_lies_beside_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let object = folder.path().join("bin/common");
    fs::create_dir_all(object.parent().unwrap()).unwrap();
    fs::copy("testdata/inlined/common", &object).unwrap();
    let common = object.with_file_name("common.debug");
    fs::copy("testdata/inlined/common.debug", common).unwrap();
    let id = read_build_id(&fs::read(&object).unwrap()).unwrap();
    let cached = folder.path().join("cache");
    let cached = cached
        .join(object.strip_prefix("/").unwrap())
        .join(id.to_string());
    fs::create_dir_all(&cached).unwrap();
    fs::copy(&object, cached.join("elf")).unwrap();
    let search = ObjectSearch {
        buildid_dirs: vec![folder.path().join("cache")],
        ..search(Vec::new())
    };
    let text = fs::read_to_string("testdata/inlined/common.llvm.txt").unwrap();
    let agreement = compare(&object, &text, &search);
    assert!(
        agreement.inlined > 90 && agreement.other_names.is_empty(),
        "{agreement:?}"
    );
    let found = find(&search, &object);
    assert_eq!(found.file.unwrap().path, cached.join("elf"));
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

/// Where a debug directory has the debug file of an object's build.
fn by_build_id(object: &Path) -> String {
    let id = read_build_id(&fs::read(object).unwrap())
        .unwrap()
        .to_string();
    let (first, rest) = id.split_at(2);
    format!("given/.build-id/{first}/{rest}.debug")
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
