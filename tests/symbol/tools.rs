//! ELF symbols against nm, readelf, objdump and c++filt on the programs of this machine, and
//! against bytes that make no sense.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop and speak"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::shared::skipped;
use vmflame::object::{FileOrigin, ObjectSearch, read_build_id};
use vmflame::symbol::{
    FoundSymbols, KernelSymbols, ObjectSymbols, Places, Unresolved, demangle, parse_table,
};
use vmflame::units::{Avma, BuildId, FileOffset, Svma};

/// Objects with dynamic symbols only, with full tables, with C++ and with Rust.
fn objects() -> Vec<String> {
    let own = std::env::current_exe().unwrap();
    let fixed = [
        "/bin/ls",
        "/bin/bash",
        "/usr/bin/perf",
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib/aarch64-linux-gnu/libc.so.6",
        "/lib/x86_64-linux-gnu/libstdc++.so.6",
    ];
    let own = own.to_str().unwrap().to_owned();
    let fixed = fixed.into_iter().map(str::to_owned);
    fixed
        .chain([own])
        .filter(|path| Path::new(path).exists())
        .collect()
}

fn parse(path: &str) -> ObjectSymbols {
    ObjectSymbols::parse_elf(
        Path::new(path),
        &fs::read(path).unwrap(),
        Places::Everywhere,
    )
    .unwrap()
}

/// What a program prints; `None`, with a line, when it is not installed.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let Ok(output) = Command::new(program).args(arguments).output() else {
        skipped(&format!("no {program}"));
        return None;
    };
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Every function that readelf lists with a size is found at its first and last byte, under one
/// of the names that readelf has for that address.
#[test]
fn functions_are_those_of_readelf() {
    let mut checked = 0;
    for path in objects() {
        let object = parse(&path);
        let Some(text) = run("readelf", &["-sW", &path]) else {
            return;
        };
        let mut names: BTreeMap<u64, Vec<(u64, String)>> = BTreeMap::new();
        for line in text.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            let [_, value, bytes, "FUNC" | "IFUNC", _, _, section, name, ..] = fields[..] else {
                continue;
            };
            let bytes = match bytes.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).unwrap(),
                None => bytes.parse().unwrap(),
            };
            if section == "UND" || bytes == 0 {
                continue;
            }
            let name = name.split('@').next().unwrap().to_owned();
            let start = u64::from_str_radix(value, 16).unwrap();
            names.entry(start).or_default().push((bytes, name));
        }
        for (&start, aliases) in &names {
            let symbol = object.look_up(Svma::new(start)).unwrap();
            assert_eq!(symbol.start.as_u64(), start, "{path}: {aliases:?}");
            let name = symbol.name.split('@').next().unwrap();
            let bytes = symbol.end.as_u64() - start;
            let listed = aliases
                .iter()
                .any(|(size, alias)| *size == bytes && alias == name);
            assert!(listed, "{path}: {symbol:?} is not among {aliases:?}");
            let inner = names.range(start + 1..start + bytes).next();
            if inner.is_none() {
                assert_eq!(object.look_up(Svma::new(start + bytes - 1)), Ok(symbol));
            }
            checked += 1;
        }
    }
    eprintln!("{checked} functions as readelf has them");
    assert!(checked > 1000);
}

/// File offsets become addresses as the program headers say, and the build id is readelf's.
#[test]
fn segments_and_build_ids_are_those_of_readelf() {
    for path in objects() {
        let object = parse(&path);
        let Some(text) = run("readelf", &["-lnW", &path]) else {
            return;
        };
        for line in text.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if let ["LOAD", offset, svma, _, bytes, _, flags @ ..] = &fields[..] {
                let hex = |text: &str| u64::from_str_radix(&text[2..], 16).unwrap();
                if flags.contains(&"E") {
                    let last = hex(bytes) - 1;
                    let offset = FileOffset::new(hex(offset) + last);
                    let svma = Svma::new(hex(svma) + last);
                    assert_eq!(object.svma_of(offset), Some(svma), "{path}");
                }
            }
            if let ["Build", "ID:", id] = &fields[..] {
                let own = read_build_id(&fs::read(&path).unwrap()).unwrap();
                assert_eq!(own.to_string(), *id, "{path}");
            }
        }
    }
}

/// Every entry of a linkage table that objdump names is named so.
#[test]
fn linkage_tables_are_those_of_objdump() {
    for path in [
        "/bin/ls",
        "/bin/bash",
        "/usr/bin/perf",
        "/lib/x86_64-linux-gnu/libstdc++.so.6",
    ] {
        if !Path::new(path).exists() {
            continue;
        }
        let object = parse(path);
        let sections = ["-j", ".plt", "-j", ".plt.sec", "-j", ".plt.got", "-d", path];
        let Some(text) = run("objdump", &sections) else {
            return;
        };
        let mut checked = 0;
        for line in text.lines().filter_map(|line| line.strip_suffix("@plt>:")) {
            let (start, name) = line.split_once(" <").unwrap();
            if name.starts_with('*') {
                continue;
            }
            let svma = Svma::new(u64::from_str_radix(start, 16).unwrap());
            let symbol = object.look_up(svma).unwrap();
            assert_eq!(symbol.name, format!("{name}@plt"), "{path} {start}");
            assert_eq!(symbol.start, svma);
            checked += 1;
        }
        eprintln!("{checked} linkage entries of {path} as objdump has them");
    }
}

/// Of the C++ names of big programs, 99.5 in 100 are spelled as `c++filt -p` spells them.
#[test]
fn cpp_names_are_those_of_cppfilt() {
    let libraries = "/usr/lib/x86_64-linux-gnu";
    let llvm = fs::read_dir(libraries).into_iter().flatten().flatten();
    let llvm = llvm.map(|entry| entry.path().display().to_string());
    let mut paths: Vec<String> = llvm.filter(|path| path.contains("/libLLVM")).collect();
    paths.sort();
    paths.truncate(1);
    paths.extend([
        "/usr/bin/node".to_owned(),
        format!("{libraries}/libstdc++.so.6"),
    ]);
    for path in paths {
        let Some(text) = run("readelf", &["-sW", &path]) else {
            return;
        };
        let names = text
            .lines()
            .filter_map(|line| line.split_whitespace().nth(7));
        let names = names.map(|name| name.split('@').next().unwrap());
        let names: BTreeSet<&str> = names.filter(|name| name.starts_with("_Z")).collect();
        let list = std::env::temp_dir().join(format!("vmflame-names-{}", std::process::id()));
        fs::write(
            &list,
            names
                .iter()
                .map(|name| format!("{name}\n"))
                .collect::<String>(),
        )
        .unwrap();
        let command = format!("c++filt -p < {}", list.display());
        let theirs = run("sh", &["-c", &command]).unwrap();
        fs::remove_file(&list).unwrap();
        if theirs.is_empty() {
            skipped(&format!("no c++filt, or no {path}"));
            continue;
        }
        let pairs = names.iter().zip(theirs.lines());
        let different: Vec<_> = pairs
            .filter(|(name, theirs)| demangle(name) != **theirs)
            .collect();
        let (bad, all) = (different.len(), names.len());
        eprintln!("{bad} of {all} C++ names of {path} differ from c++filt");
        for (name, theirs) in different.iter().take(5) {
            eprintln!("  {name}\n    {theirs}\n    ours {}", demangle(name));
        }
        assert!(bad * 200 <= all, "{path}");
    }
}

/// A stripped program whose table is packed in `.gnu_debugdata`, as Fedora builds them, has all its
/// functions.
#[test]
fn packed_tables_are_read() {
    let dir = std::env::temp_dir().join(format!("vmflame-packed-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let script = "printf 'static int __attribute__((noinline)) inner(int a) { return a * 3; }\n\
        int main(int c, char **v) { (void)v; return inner(c); }\n' > a.c && cc -O1 -o whole a.c && \
        objcopy --only-keep-debug whole debug && strip -g debug && xz -k debug && \
        strip -o stripped whole && objcopy --add-section .gnu_debugdata=debug.xz stripped packed";
    let status = Command::new("sh")
        .arg("-c")
        .arg(script)
        .current_dir(&dir)
        .status();
    if !status.is_ok_and(|status| status.success()) {
        skipped("no compiler, binutils or xz");
        return;
    }
    let file = |name: &str| parse(dir.join(name).to_str().unwrap());
    let (whole, stripped, packed) = (file("whole"), file("stripped"), file("packed"));
    let inner = whole.iter().find(|symbol| symbol.name == "inner").unwrap();
    assert!(stripped.look_up(inner.start).is_err());
    assert_eq!(packed.look_up(inner.start), Ok(inner));
    assert!(stripped.is_stripped() && !packed.is_stripped());
    let joined = stripped.with_debug_file(&file("debug"));
    assert_eq!(joined.look_up(inner.start), Ok(inner));
    let bytes = fs::read(dir.join("packed")).unwrap();
    let stream = bytes
        .windows(6)
        .position(|window| window == b"\xfd7zXZ\0")
        .unwrap();
    let mut seed = 7;
    for _ in 0..500 {
        let mut flipped = bytes.clone();
        let reach = 1 + next(&mut seed) % 1500;
        flipped[stream + next(&mut seed) % reach] = u8::try_from(next(&mut seed) % 256).unwrap();
        drop(ObjectSymbols::parse_elf(
            Path::new("x"),
            &flipped,
            Places::Everywhere,
        ));
    }
    fs::remove_dir_all(&dir).unwrap();
}

/// A file is used only when its build id is the recorded one.
#[test]
fn only_the_same_build_is_used() {
    let path = "/bin/ls";
    let Some(id) = fs::read(path).ok().and_then(|bytes| read_build_id(&bytes)) else {
        skipped(&format!("{path} has no build id"));
        return;
    };
    let search = ObjectSearch {
        recorded_paths: true,
        ..ObjectSearch::default()
    };
    assert!(
        FoundSymbols::find(&search, path, Some(&id), Places::Everywhere)
            .symbols
            .is_ok()
    );
    let other = BuildId::new(&[7; 20]).unwrap();
    let found = FoundSymbols::find(&search, path, Some(&other), Places::Everywhere);
    assert_eq!(found.symbols.err(), Some(Unresolved::BuildIdMismatch));
    assert_eq!(found.refused[0].found.as_ref(), Some(&id));
    let none = FoundSymbols::find(&search, path, None, Places::Everywhere)
        .symbols
        .err();
    assert_eq!(none, Some(Unresolved::NoBuildId));
    let nowhere = ObjectSearch::default();
    let missing = FoundSymbols::find(&nowhere, path, Some(&id), Places::Everywhere)
        .symbols
        .err();
    assert_eq!(missing, Some(Unresolved::NoFile));
    let device = FoundSymbols::find(&search, "/dev/zero", Some(&id), Places::Everywhere)
        .symbols
        .err();
    assert_eq!(device, Some(Unresolved::NoFile));
}

/// The capture's text table comes first; caches hold files by id and by name; loops are harmless.
#[test]
fn places_are_tried_in_order() {
    let dir = std::env::temp_dir().join(format!("vmflame-places-{}", std::process::id()));
    let id = BuildId::new(&[0xab; 20]).unwrap();
    let hex = id.to_string();
    let cache = dir.join("buildid");
    let by_id = cache.join(".build-id").join(&hex[..2]);
    fs::create_dir_all(&by_id).unwrap();
    std::os::unix::fs::symlink(&hex[2..], by_id.join(&hex[2..])).unwrap();
    let search = ObjectSearch {
        capture_dir: Some(dir.clone()),
        ..ObjectSearch::default()
    };
    let found = FoundSymbols::find(
        &search,
        "/usr/bin/../../../x",
        Some(&id),
        Places::Everywhere,
    );
    assert_eq!(found.symbols.err(), Some(Unresolved::NoFile));

    let by_name = cache.join("usr/bin/x").join(&hex);
    fs::create_dir_all(&by_name).unwrap();
    fs::write(by_name.join("elf"), "no ELF").unwrap();
    let found = FoundSymbols::find(&search, "/usr/bin/x", Some(&id), Places::Everywhere);
    assert_eq!(
        (found.symbols.err(), found.broken.len()),
        (Some(Unresolved::NoFile), 1)
    );

    fs::create_dir_all(dir.join("symbols")).unwrap();
    fs::write(
        dir.join("symbols").join(format!("{hex}.txt")),
        "10 8 main\n",
    )
    .unwrap();
    let found = FoundSymbols::find(&search, "/usr/bin/x", Some(&id), Places::Everywhere);
    assert_eq!(found.file.unwrap().origin, FileOrigin::Capture);
    let object = found.symbols.unwrap();
    assert_eq!(object.look_up(Svma::new(0x17)).unwrap().name, "main");

    let kernel = cache.join("[kernel.kallsyms]").join(&hex);
    fs::create_dir_all(&kernel).unwrap();
    fs::write(kernel.join("kallsyms"), "cached").unwrap();
    assert!(search.find_kallsyms(None).unwrap().is_none());
    let found = search.find_kallsyms(Some(&id)).unwrap().unwrap();
    assert_eq!(found.storage.bytes(), b"cached");
    fs::write(dir.join("kallsyms"), "own").unwrap();
    let found = search.find_kallsyms(Some(&id)).unwrap().unwrap();
    assert_eq!(found.storage.bytes(), b"own");
    fs::remove_dir_all(&dir).unwrap();
}

/// A small linear generator: the same flips on every run.
fn next(seed: &mut u64) -> usize {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*seed >> 33).unwrap()
}

/// A parser is fed prefixes and flipped bytes; it may refuse, but must not panic.
fn torture(bytes: &[u8], step: usize, mut parse: impl FnMut(&[u8])) {
    for len in (0..bytes.len()).step_by(step) {
        parse(&bytes[..len]);
    }
    let mut seed = 42;
    for _ in 0..400 {
        let mut flipped = bytes.to_vec();
        for _ in 0..1 + next(&mut seed) % 8 {
            // Headers decide most, so half of the flips go there.
            let reach = if next(&mut seed).is_multiple_of(2) {
                1024
            } else {
                flipped.len()
            };
            let at = next(&mut seed) % reach.min(flipped.len());
            flipped[at] = u8::try_from(next(&mut seed) % 256).unwrap();
        }
        parse(&flipped);
    }
}

#[test]
fn hostile_elf_bytes_never_panic() {
    let Ok(bytes) = fs::read("/bin/true") else {
        return;
    };
    torture(&bytes, 61, |bytes| {
        drop(read_build_id(bytes));
        if let Ok(object) = ObjectSymbols::parse_elf(Path::new("x"), bytes, Places::Everywhere) {
            for symbol in object.iter() {
                assert!(object.look_up(symbol.start).is_ok());
                drop(demangle(symbol.name));
            }
            for segment in object.segments() {
                assert!(object.svma_of(segment.file_offset).is_some() || segment.bytes == 0);
            }
        }
    });
}

#[test]
fn hostile_texts_never_panic() {
    let text = "ffffffff81000000 T _text\nffffffffffffffff t top\nffffffffc0001000 t run\t[kvm]\n\
        ffffffffc0002000 d data\t[kvm]\n"
        .repeat(8);
    torture(text.as_bytes(), 1, |bytes| {
        if let Ok(symbols) = KernelSymbols::parse(Path::new("x"), bytes) {
            for raw in [0, 0xffff_ffff_8100_0000, 0xffff_ffff_c000_1000, u64::MAX] {
                let found = symbols.look_up(Avma::new(raw));
                assert!(
                    found.is_err()
                        || found.unwrap().range.contains(&Avma::new(raw))
                        || raw == u64::MAX
                );
            }
        }
    });
    let table = "# segment 0 1000 20\n1000 10 main\nffffffffffffffff 10 top\n";
    torture(table.as_bytes(), 1, |bytes| {
        drop(parse_table(Path::new("x"), bytes, Places::Everywhere));
    });
}
