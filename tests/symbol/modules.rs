//! Names of modules from their own files. Where their functions lie is what a linker made of the same
//! code (`testdata/inlined/module.ld`), or what kallsyms of the recorded boot tells.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Cursor as Memory;
use std::path::{Path, PathBuf};
use std::process::Command;

use vmflame::analysis::{FrameDetail, Profile, Request, profile};
use vmflame::bytes::Little;
use vmflame::object::ObjectSearch;
use vmflame::perf::abi::PERF_CONTEXT_KERNEL;
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
    WrittenRecord,
};
use vmflame::perf::{Capture, Feature};
use vmflame::symbol::SymbolRequest;
use vmflame::units::{Avma, FileOffset, Pid, Tid};

use crate::common::shared::{shared, skipped};

const TEXT: u64 = 0xffff_ffff_8100_0000;
const MODULE: u64 = 0xffff_ffff_c030_0000;
const RECORDED: &str = "/lib/modules/6.1.0-lab/kernel/shop/corner-shop.ko.xz";

/// Places in the module as the linker put its functions, and their names; the last lies behind all
/// code.
const PLACES: [(u64, &str); 6] = [
    (0x0, "sell"),
    (0x6e, "sell"),
    (0x6f, "complain"),
    (0xb1, "enter"),
    (0xd5, "leave"),
    (0x1000, "[corner_shop]"),
];

/// A capture with a sample at each of the places.
fn write(place: &Path, module: &str) {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let mut records = RecordWriter::<Little>::new();
    let mapping = |start, len, name| WrittenRecord::Mmap {
        pid: Pid::new(-1),
        tid: Tid::new(0),
        start: Avma::new(start),
        len,
        file_offset: FileOffset::new(if start == TEXT { TEXT } else { 0 }),
        name,
    };
    let at_start = SampleValues::default();
    for record in [
        mapping(TEXT, 0x100_0000, &b"[kernel.kallsyms]_text"[..]),
        mapping(MODULE, 0x4000, module.as_bytes()),
    ] {
        records.entry(1, &record, Some((&event.attr, &at_start)));
    }
    for (within, _) in PLACES {
        let values = SampleValues {
            id: 1,
            ip: MODULE + within,
            pid: Pid::new(7),
            tid: Tid::new(7),
            chain: &[PERF_CONTEXT_KERNEL, MODULE + within],
            ..SampleValues::default()
        };
        records.sample(&event.attr, 1, &values);
    }
    let events = vec![event];
    let features = vec![
        FeatureSection::text(Feature::OSRELEASE, "6.1.0-lab"),
        FeatureSection::event_names(&events),
    ];
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    fs::write(place, out.finish().unwrap().into_inner()).unwrap();
}

/// The leaves of all stacks, once each, in order.
fn leaves(profile: &Profile) -> Vec<String> {
    let leaf = |stack| {
        let frames = profile.stacks.frames(stack);
        let leaf = frames.last().copied().unwrap();
        profile.frames.get(leaf).name.to_string()
    };
    let mut leaves: Vec<String> = profile.stacks.iter().map(leaf).collect();
    leaves.sort();
    leaves.dedup();
    leaves
}

fn leaves_of(data: &Path, symbols: &SymbolRequest) -> Vec<String> {
    let capture = Capture::open(data).unwrap();
    leaves(&profile(&capture, symbols, &Request::default()).unwrap())
}

fn expected() -> Vec<String> {
    let mut names: Vec<String> = PLACES.map(|(_, name)| name.to_owned()).to_vec();
    names.sort();
    names.dedup();
    names
}

/// A machine's file system with the module, packed by a program; `None` where there is no such program.
fn root(folder: &Path, packer: Option<&str>) -> Option<PathBuf> {
    let root = folder.join(packer.unwrap_or("plain"));
    let modules = root.join("lib/modules/6.1.0-lab");
    let place = modules.join("kernel/shop");
    fs::create_dir_all(&place).unwrap();
    let file = place.join("corner-shop.ko");
    fs::copy("testdata/inlined/module.ko", &file).unwrap();
    fs::write(
        modules.join("modules.dep"),
        "kernel/a.ko.xz:\nkernel/shop/corner-shop.ko.zst: kernel/a.ko.xz\n",
    )
    .unwrap();
    if let Some(packer) = packer {
        let packed = Command::new(packer).arg(&file).output();
        if !packed.is_ok_and(|packed| packed.status.success()) {
            return None;
        }
        drop(fs::remove_file(file));
    }
    Some(root)
}

/// Found at its path, whatever packed it since, and by its name in the list of modules.
#[test]
fn functions_of_modules_lie_where_the_kernel_puts_them() {
    let folder = tempfile::tempdir().unwrap();
    for packer in [None, Some("xz"), Some("zstd"), Some("gzip")] {
        let Some(root) = root(folder.path(), packer) else {
            skipped("a program that packs modules is missing");
            continue;
        };
        let symbols = SymbolRequest {
            search: ObjectSearch {
                symfs: vec![root],
                ..ObjectSearch::default()
            },
            ..SymbolRequest::default()
        };
        for module in [RECORDED, "[corner_shop]"] {
            let data = folder.path().join("perf.data");
            write(&data, module);
            assert_eq!(
                leaves_of(&data, &symbols),
                expected(),
                "{packer:?} {module}"
            );
        }
    }
}

/// A module's names in kallsyms go before those of a file, and a file whose build nothing tells is not
/// taken at its path on this machine.
#[test]
fn kallsyms_and_unknown_builds_go_before_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = root(folder.path(), None).unwrap();
    let data = folder.path().join("perf.data");
    write(&data, RECORDED);
    let kallsyms = folder.path().join("kallsyms");
    fs::write(
        &kallsyms,
        format!("{TEXT:016x} T _text\n{MODULE:016x} t other\t[corner_shop]\n"),
    )
    .unwrap();
    let mut symbols = SymbolRequest {
        kallsyms: Some(kallsyms),
        search: ObjectSearch {
            symfs: vec![root],
            ..ObjectSearch::default()
        },
        ..SymbolRequest::default()
    };
    assert_eq!(leaves_of(&data, &symbols), ["[corner_shop]", "other"]);
    symbols.kallsyms = None;
    symbols.search.symfs.clear();
    assert_eq!(leaves_of(&data, &symbols), ["[corner_shop]"]);
}

/// Captures of real kernels: without the lines of modules in kallsyms their files give all the names
/// that those lines gave.
#[test]
fn files_of_modules_tell_what_kallsyms_tells() {
    let Some(captures) = shared("captures/vmx") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let cache = captures.join("debug-cache-apicv0-full.tar.xz");
    let mut unpack = Command::new("tar");
    unpack.arg("-xJf").arg(&cache).arg("-C").arg(folder.path());
    if !unpack.status().is_ok_and(|status| status.success()) {
        skipped("no tar with xz");
        return;
    }
    fs::rename(folder.path().join(".debug"), folder.path().join("buildid")).unwrap();
    for boot in ["apicv0", "apicv1", "qemu1", "l2linux"] {
        let packed = Command::new("gzip")
            .arg("-dc")
            .arg(captures.join(boot).join("kallsyms.gz"))
            .output();
        let whole = String::from_utf8(packed.unwrap().stdout).unwrap();
        let bare: String = whole
            .lines()
            .filter(|line| !line.ends_with(']'))
            .flat_map(|line| [line, "\n"])
            .collect();
        let kallsyms = ["whole", "bare"].map(|name| folder.path().join(name));
        fs::write(&kallsyms[0], whole).unwrap();
        fs::write(&kallsyms[1], bare).unwrap();
        let capture = match boot {
            "qemu1" => "qemu-apicv1-bad.cpu.data".to_owned(),
            "l2linux" => "l2linux.cpu.data".to_owned(),
            boot => format!("{boot}-bad.cpu.data"),
        };
        let capture = Capture::open(&captures.join(boot).join(capture)).unwrap();
        let request = Request {
            detail: FrameDetail::default(),
            ..Request::default()
        };
        let names = kallsyms.map(|kallsyms| {
            let symbols = SymbolRequest {
                kallsyms: Some(kallsyms),
                search: ObjectSearch {
                    capture_dir: Some(folder.path().to_owned()),
                    ..ObjectSearch::default()
                },
                ..SymbolRequest::default()
            };
            let found = profile(&capture, &symbols, &request).unwrap();
            let mut text = Vec::new();
            let tree = found.tree();
            let how = vmflame::output::Annotate::None;
            vmflame::output::write_folded(&tree, &found.frames, how, &mut text).unwrap();
            String::from_utf8(text).unwrap()
        });
        assert!(names[0].contains(";kvm_"), "{boot}");
        assert_eq!(names[0], names[1], "{boot}");
    }
}
