//! What is read of an object for some places is what is read of it for all, on the programs of this
//! machine.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop and speak"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::made_elf::{FIRST, FUNCTION_BYTES, made_elf, shown};
use crate::common::shared::skipped;
use vmflame::object::{ObjectSearch, read_build_id};
use vmflame::symbol::{FoundSymbols, ObjectSymbols, Places, demangle};
use vmflame::units::{FileOffset, Svma};

/// Objects with linkage tables, with dynamic symbols only, with full tables, of Arm too.
fn objects() -> Vec<String> {
    let own = std::env::current_exe().unwrap();
    let fixed = [
        "/bin/bash",
        "/usr/bin/perf",
        "/lib/x86_64-linux-gnu/libc.so.6",
        "/lib/aarch64-linux-gnu/libc.so.6",
        "/usr/aarch64-linux-gnu/lib/libc.so.6",
        "/lib/x86_64-linux-gnu/libstdc++.so.6",
    ];
    let own = own.to_str().unwrap().to_owned();
    let fixed = fixed.into_iter().map(str::to_owned);
    fixed
        .chain([own])
        .filter(|path| Path::new(path).exists())
        .collect()
}

/// A small linear generator: the same places on every run.
fn next(seed: &mut u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// Addresses in and around functions, in linkage tables, in gaps, and in no segment.
fn addresses(whole: &ObjectSymbols, count: usize, seed: &mut u64) -> Vec<Svma> {
    let symbols: Vec<_> = whole.iter().collect();
    let plt: Vec<_> = symbols
        .iter()
        .filter(|symbol| symbol.name.ends_with("@plt"))
        .collect();
    let pick = |seed: &mut u64, len: usize| usize::try_from(next(seed)).unwrap() % len;
    let one = |_| match next(seed) % 4 {
        0 => symbols[pick(seed, symbols.len())].start,
        1 => {
            let end = symbols[pick(seed, symbols.len())].end.as_u64();
            Svma::new((end + next(seed) % 40).saturating_sub(20))
        }
        2 if !plt.is_empty() => plt[pick(seed, plt.len())].start,
        _ => Svma::new(next(seed) % (symbols.last().unwrap().end.as_u64() + 0x1000)),
    };
    (0..count).map(one).collect()
}

#[test]
fn some_places_have_the_names_that_all_have() {
    let mut seed = 3;
    for path in objects() {
        let bytes = fs::read(&path).unwrap();
        let parse = |places: Places<'_>| {
            ObjectSymbols::parse_elf(Path::new(&path), &bytes, places).unwrap()
        };
        let whole = parse(Places::Everywhere);
        for count in [1, 1, 2, 7, 300, 0] {
            let asked = addresses(&whole, count, &mut seed);
            let lean = parse(Places::Addresses(&asked));
            let covers = |start: Svma, end: Svma| asked.iter().any(|&at| start <= at && at < end);
            let covering = whole
                .iter()
                .filter(|symbol| covers(symbol.start, symbol.end));
            assert!(lean.iter().eq(covering), "{path}: {asked:?}");
            for &at in &asked {
                assert_eq!(lean.look_up(at), whole.look_up(at), "{path}: {at:?}");
            }
            assert_eq!(lean.is_empty(), whole.is_empty(), "{path}: {asked:?}");
            assert_eq!(lean.is_stripped(), whole.is_stripped());
        }
    }
}

/// Of a file that is made up it is known what each byte belongs to, however few are asked for.
#[test]
fn made_up_functions_are_known() {
    let count = 400;
    let bytes = made_elf(count);
    let ends = FIRST + count * FUNCTION_BYTES;
    let mut seed = 5;
    for asked in [1, 3, 50, 2000] {
        let offsets = (0..asked).map(|_| FIRST - 70 + next(&mut seed) % (ends - FIRST + 140));
        let offsets: Vec<FileOffset> = offsets.map(FileOffset::new).collect();
        let places = Places::Offsets(&offsets);
        let lean = ObjectSymbols::parse_elf(Path::new("made"), &bytes, places).unwrap();
        for &offset in &offsets {
            let inside = (FIRST..ends).contains(&offset.as_u64());
            let name = lean.svma_of(offset).map(|at| {
                let symbol = lean.look_up(at).unwrap();
                demangle(symbol.name).into_owned()
            });
            let ix = (offset.as_u64().saturating_sub(FIRST)) / FUNCTION_BYTES;
            assert_eq!(name, inside.then(|| shown(ix)), "{offset:?}");
        }
        let functions = lean.iter().count();
        assert!(functions <= 2 * asked, "{functions} read for {asked}");
    }
}

/// Looks places up in two readings of an object, one by one and in order, which must tell the same;
/// returns how many have a name.
fn same_names(lean: &ObjectSymbols, whole: &ObjectSymbols, asked: &[FileOffset]) -> usize {
    let (mut names, mut near, mut near_in_whole) = (0, 0, 0);
    for &offset in asked {
        let at = whole.svma_of(offset).unwrap();
        assert_eq!(lean.svma_of(offset), Some(at));
        let expected = whole.look_up(at);
        assert_eq!(lean.look_up(at), expected, "{at:?}");
        assert_eq!(lean.look_up_near(at, &mut near), expected, "{at:?}");
        let before = lean.look_up_before_return(at, &mut near);
        let expected = whole.look_up_before_return(at, &mut 0);
        assert_eq!(before, expected, "{at:?}");
        let expected = whole.look_up_before_return(at, &mut near_in_whole);
        assert_eq!(before, expected, "{at:?}");
        names += usize::from(before.is_ok());
    }
    names
}

/// A stripped program with its debug file, both in a cache: every byte of its code has the name that
/// it has when all is read, alone and with others.
#[test]
fn debug_files_are_joined_for_places() {
    let dir = std::env::temp_dir().join(format!("vmflame-joined-{}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let script = "printf 'static int __attribute__((noinline)) inner(int a) { return a * 3; }\n\
        extern int puts(const char *); int shown(int a) { puts(\"x\"); return inner(a); }\n\
        int alias(int a) __attribute__((alias(\"shown\")));\n\
        __asm__(\".globl open_end\\\\nopen_end: nop\\\\nnop\\\\nlabel: nop\\\\n\");\n\
        int main(int c, char **v) { (void)v; return shown(c); }\n' > a.c && \
        cc -O1 -rdynamic -Wl,--build-id -o whole a.c && \
        objcopy --only-keep-debug whole debug && strip -o stripped whole";
    let status = Command::new("sh")
        .args(["-c", script])
        .current_dir(&dir)
        .status();
    if !status.is_ok_and(|status| status.success()) {
        skipped("no compiler or binutils");
        return;
    }
    let stripped = fs::read(dir.join("stripped")).unwrap();
    let id = read_build_id(&stripped).unwrap();
    let hex = id.to_string();
    let cache = dir.join("buildid/.build-id").join(&hex[..2]);
    let cache = cache.join(&hex[2..]);
    fs::create_dir_all(&cache).unwrap();
    fs::write(cache.join("elf"), &stripped).unwrap();
    fs::rename(dir.join("debug"), cache.join("debug")).unwrap();
    let search = ObjectSearch {
        capture_dir: Some(dir.clone()),
        ..ObjectSearch::default()
    };
    let find = |places: Places<'_>| {
        let found = FoundSymbols::find(&search, "/x", Some(&id), places);
        found.symbols.unwrap()
    };
    let whole = find(Places::Everywhere);
    assert!(!whole.is_stripped());
    let code = whole.segments().iter().filter(|part| part.executable);
    let code = code.flat_map(|part| (0..part.bytes).map(|at| part.file_offset.as_u64() + at));
    let code: Vec<FileOffset> = code.map(FileOffset::new).collect();
    let sets = code.chunks(1).chain(code.chunks(7)).chain([&*code]);
    let mut names = 0;
    for asked in sets {
        let lean = find(Places::Offsets(asked));
        names += same_names(&lean, &whole, asked);
    }
    assert!(names > 500, "{names} names");
    let names: Vec<&str> = whole.iter().map(|symbol| symbol.name).collect();
    for name in ["inner", "main", "puts@plt", "open_end", "label"] {
        assert!(names.contains(&name), "{name} of {names:?}");
    }
    fs::remove_dir_all(&dir).unwrap();
}
