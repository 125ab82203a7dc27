//! Which files with debug information are taken: those that an object means, and no others.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::inlined::{blocks, compare, find, inlined, search};

use vmflame::object::{LostUnitCause, ObjectSearch, read_build_id};
use vmflame::symbol::CodeWish;
use vmflame::units::Svma;

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
/// That is said, as of one that is none, of one that is not there, and of a package that is none; and
/// nothing of the right one.
#[test]
fn split_files_of_others_are_not_used() {
    let folder = tempfile::tempdir().unwrap();
    let object = folder.path().join("split5");
    fs::copy("testdata/inlined/split5", &object).unwrap();
    let text = fs::read_to_string("testdata/inlined/split5.llvm.txt").unwrap();
    let addresses: BTreeSet<Svma> = blocks(&text).iter().map(|block| block.address).collect();
    let addresses: Vec<Svma> = addresses.into_iter().collect();
    let search = search(Vec::new());
    let (unit, package) = (
        folder.path().join("split5.dwo"),
        folder.path().join("split5.dwp"),
    );
    // The number of addresses with inlined functions, and why there are none.
    let asked = || {
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
        let causes: Vec<LostUnitCause> = code.lost().map(|lost| lost.cause.clone()).collect();
        (inlined.count(), causes)
    };
    assert_eq!(asked(), (0, vec![LostUnitCause::NoFile]));
    fs::write(&package, "no package").unwrap();
    assert_eq!(asked(), (0, vec![LostUnitCause::Unreadable(package)]));
    fs::copy("testdata/inlined/other5.dwo", &unit).unwrap();
    assert_eq!(
        asked(),
        (0, vec![LostUnitCause::OtherCompilation(unit.clone())])
    );
    fs::write(&unit, "no object").unwrap();
    assert_eq!(asked(), (0, vec![LostUnitCause::Unreadable(unit.clone())]));
    fs::copy("testdata/inlined/split5.dwo", &unit).unwrap();
    let (inlined, causes) = asked();
    assert!(inlined > 90);
    assert_eq!(causes, []);
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

/// Where a debug directory has the debug file of an object's build.
fn by_build_id(object: &Path) -> String {
    let id = read_build_id(&fs::read(object).unwrap())
        .unwrap()
        .to_string();
    let (first, rest) = id.split_at(2);
    format!("given/.build-id/{first}/{rest}.debug")
}
