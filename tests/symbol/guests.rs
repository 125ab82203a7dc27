//! Addresses in the kernels of guests.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Cursor as Memory;
use std::path::Path;

use vmflame::analysis::{Request, profile};
use vmflame::bytes::Little;
use vmflame::object::ObjectSearch;
use vmflame::output::{Annotate, write_folded};
use vmflame::perf::Capture;
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
};
use vmflame::symbol::{GuestKernels, GuestRequest, SymbolRequest};
use vmflame::units::{Avma, Pid, Tid, Timestamp};

/// Where kernels lie, hosts' and guests' alike.
const TEXT: u64 = 0xffff_ffff_8100_0000;
/// What `PERF_RECORD_MISC_CPUMODE_MASK` has for a guest's kernel and for its programs.
const GUEST_KERNEL: u16 = 4;
const GUEST_USER: u16 = 5;

fn kallsyms(name: &str) -> String {
    let next = TEXT + 0x100;
    format!("{TEXT:016x} T {name}\n{next:016x} t idle\t[guest_module]\n")
}

/// Two VMs, each with a sample in two functions of its kernel and one in a program of its guest.
fn write(place: &Path) {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let mut records = RecordWriter::<Little>::new();
    for pid in [7, 8] {
        for (mode, ip) in [
            (GUEST_KERNEL, TEXT + 0x10),
            (GUEST_KERNEL, TEXT + 0x110),
            (GUEST_USER, 0x40_0000),
        ] {
            let values = SampleValues {
                id: 1,
                ip,
                pid: Pid::new(pid),
                tid: Tid::new(pid),
                time: Timestamp::from_nanos(10),
                ..SampleValues::default()
            };
            records.sample(&event.attr, mode, &values);
        }
    }
    let events = vec![event];
    let features = vec![FeatureSection::event_names(&events)];
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    fs::write(place, out.finish().unwrap().into_inner()).unwrap();
}

fn folded(symbols: &SymbolRequest, folder: &Path) -> Vec<String> {
    let capture = Capture::open(&folder.join("perf.data")).unwrap();
    let profile = profile(&capture, symbols, &Request::default()).unwrap();
    let mut text = Vec::new();
    let tree = profile.tree();
    write_folded(&tree, &profile.frames, Annotate::None, &mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Without names of guests a host's would be wrong at the same addresses: none is shown. With them
/// each VM has those of its own kernel, those beside the capture before those of all.
#[test]
fn each_guest_has_the_names_of_its_own_kernel() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    write(&place("perf.data"));
    fs::write(place("kallsyms"), kallsyms("of_host")).unwrap();
    let search = ObjectSearch {
        capture_dir: Some(folder.path().to_owned()),
        ..ObjectSearch::default()
    };
    let mut symbols = SymbolRequest {
        search,
        ..SymbolRequest::default()
    };
    let unnamed = |pid| {
        [
            format!(":{pid};[guest kernel] 2"),
            format!(":{pid};[guest user] 1"),
        ]
    };
    assert_eq!(
        folded(&symbols, folder.path()),
        [unnamed(7), unnamed(8)].concat()
    );
    fs::create_dir_all(place("guest/7")).unwrap();
    fs::write(place("guest/7/kallsyms"), kallsyms("of_seven")).unwrap();
    fs::create_dir_all(place("mounts/8/proc")).unwrap();
    fs::write(place("mounts/8/proc/kallsyms"), kallsyms("of_eight")).unwrap();
    fs::write(place("of_all"), kallsyms("of_all")).unwrap();
    let named = |pid, name: &str| {
        [
            format!(":{pid};[guest kernel];{name} 1"),
            format!(":{pid};[guest kernel];idle 1"),
            format!(":{pid};[guest user] 1"),
        ]
    };
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    symbols.guests.kallsyms = Some(place("of_all"));
    let expected = sorted([named(7, "of_seven"), named(8, "of_all")].concat());
    assert_eq!(sorted(folded(&symbols, folder.path())), expected);
    symbols.guests.mount = Some(place("mounts"));
    let expected = sorted([named(7, "of_seven"), named(8, "of_eight")].concat());
    assert_eq!(sorted(folded(&symbols, folder.path())), expected);
}

/// A module that the guest says is elsewhere is one of another boot.
#[test]
fn modules_that_lie_elsewhere_have_no_names() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::write(place("kallsyms"), kallsyms("function")).unwrap();
    let read = |modules: &str| {
        fs::write(place("modules"), modules).unwrap();
        let guests = GuestRequest {
            kallsyms: Some(place("kallsyms")),
            modules: Some(place("modules")),
            ..GuestRequest::default()
        };
        let symbols = SymbolRequest {
            guests,
            ..SymbolRequest::default()
        };
        let guests = GuestKernels::read(&symbols).unwrap();
        let at = |offset| {
            let found = guests.look_up(Some(Pid::new(7)), Avma::new(TEXT + offset));
            found.ok().map(|symbol| symbol.name.to_owned())
        };
        [at(0x10), at(0x110)]
    };
    let function = || Some("function".to_owned());
    let here = format!("guest_module 16384 0 - Live {:#018x}\n", TEXT + 0x100);
    assert_eq!(read(&here), [function(), Some("idle".to_owned())]);
    let elsewhere = format!("guest_module 16384 0 - Live {:#018x}\n", TEXT + 0x10_0000);
    assert_eq!(read(&elsewhere), [function(), None]);
}
