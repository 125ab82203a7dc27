//! Files of containers: on an overlay, and below the root of one that ended. The truth is in each case
//! what the test did to the files.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, SystemTime};

use vmflame::units::BuildId;

use crate::common::made_elf::made_elf_of_build;
use crate::mapped_files::{BUILDS, Case};

/// perf gives a file another name when it stops, in its cache. An overlay copies a file of a lower layer
/// up for that: the copy comes into being then, and was written to when what it is of was.
#[test]
#[allow(clippy::print_stderr, reason = "what is left out is told")]
fn a_file_that_an_overlay_copied_up_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let layers = ["lower/case", "upper", "work", "merged"].map(|name| folder.path().join(name));
    for layer in &layers {
        fs::create_dir_all(layer).unwrap();
    }
    // Its own mount namespace takes the overlay with it when it ends.
    let script = "cd \"$1\" && mount -t overlay overlay \
                  -o lowerdir=lower,upperdir=upper,workdir=work merged || exit 77; shift; exec \"$@\"";
    let output = Command::new("unshare")
        .args(["-m", "sh", "-c", script, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "containers::on_an_overlay", "--ignored"])
        .env("VMFLAME_OVERLAY", folder.path())
        .output();
    match output {
        Ok(output) if output.status.success() => (),
        Ok(output) if output.status.code() != Some(101) => {
            let why = String::from_utf8_lossy(&output.stderr).into_owned();
            eprintln!("left out: no overlay can be mounted here, which takes root: {why}");
        }
        output => panic!("{output:?}"),
    }
}

/// The part of the test above that sees the overlay.
#[test]
#[ignore = "started by the test above"]
fn on_an_overlay() {
    let folder = PathBuf::from(std::env::var_os("VMFLAME_OVERLAY").unwrap());
    let copied = |build: usize, name: &str| {
        let lower = folder.join("lower/case").join(name);
        fs::write(&lower, made_elf_of_build(4, &BUILDS[build])).unwrap();
        let file = fs::File::options().append(true).open(lower).unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        file.set_modified(long_ago).unwrap();
        let mut case = Case::of(folder.join("merged/case"), name);
        case.mapped = vec![case.identity()];
        // It was mapped ten seconds ago.
        case.lasting = Duration::from_secs(15);
        case.written = Some(SystemTime::now() + Duration::from_secs(5));
        case.caches = vec![case.folder.join("cache")];
        case
    };
    let link = |case: &Case| {
        let place = case.caches[0].join(".build-id/aa").join("aa".repeat(19));
        fs::create_dir_all(&place).unwrap();
        drop(fs::remove_file(place.join("elf")));
        fs::hard_link(case.path(), place.join("elf")).unwrap();
    };
    let case = copied(0, "program");
    assert_eq!(case.named(), [false], "made since, and in no cache");
    let before = case.identity();
    link(&case);
    assert_eq!(case.identity(), before, "an overlay keeps the number");
    assert_eq!(case.named(), [true], "made when perf put it into its cache");
    fs::write(case.path(), made_elf_of_build(4, &BUILDS[0])).unwrap();
    assert_eq!(case.named(), [false], "written to since");
    let case = copied(1, "other");
    link(&case);
    assert_eq!(case.named(), [false], "another build than the recorded one");
    let case = copied(0, "early");
    fs::set_permissions(case.path(), fs::Permissions::from_mode(0o700)).unwrap();
    std::thread::sleep(Duration::from_millis(1200));
    link(&case);
    assert_eq!(case.named(), [false], "copied before perf stopped");
}

/// The files of a container that ended, where they lie: an overlay passes the number of a layer's file
/// on.
#[test]
fn the_mapped_file_is_found_below_a_given_root() {
    let mut case = Case::new();
    let root = case.folder.join("root");
    let inside = root.join(case.path().strip_prefix("/").unwrap());
    fs::create_dir_all(inside.parent().unwrap()).unwrap();
    fs::rename(case.path(), &inside).unwrap();
    case.replace(1);
    case.table = BuildId::new(&BUILDS[1]);
    assert_eq!(case.named(), [false], "another file is at the path");
    case.roots = vec![root];
    assert_eq!(case.named(), [true], "it is below the root");
    fs::rename(&inside, case.folder.join("kept")).unwrap();
    fs::copy(case.path(), &inside).unwrap();
    assert_eq!(case.named(), [false], "another one is there");
}

/// A copy of the recorded machine's files: where the capture has a build id it decides, else the
/// user's word.
#[test]
fn files_below_a_given_root_must_be_of_the_recorded_build() {
    let mut case = Case::new();
    case.written = None;
    let root = case.folder.join("root");
    let inside = root.join(case.path().strip_prefix("/").unwrap());
    fs::create_dir_all(inside.parent().unwrap()).unwrap();
    fs::rename(case.path(), &inside).unwrap();
    assert_eq!(case.named(), [false], "not given");
    case.roots = vec![root];
    assert_eq!(case.named(), [true], "the recorded build");
    case.table = BuildId::new(&BUILDS[1]);
    assert_eq!(case.named(), [false], "another build");
    case.table = None;
    assert_eq!(case.named(), [true], "no build id was recorded");
}
