//! Captures that do not tell their kernel's build id, as perf writes them into a pipe.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Cursor as Memory;
use std::path::Path;

use vmflame::analysis::{Profile, Request, profile};
use vmflame::bytes::Little;
use vmflame::perf::abi::PERF_CONTEXT_KERNEL;
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
    WrittenRecord,
};
use vmflame::perf::{Capture, Feature};
use vmflame::symbol::{KernelSource, LiveKernel, SymbolRequest};
use vmflame::units::{Avma, BuildId, FileOffset, Pid, Tid, Timestamp};

/// Where the kernel lay.
pub(crate) const TEXT: u64 = 0xffff_ffff_8100_0000;
/// When the one sample was taken: the machine had been up for a day.
const TAKEN: u64 = 86_400_000_000_000;

/// A capture of one sample in the kernel, without build ids.
pub(crate) fn write(place: &Path) {
    write_of(place, true);
}

/// The same, which may not tell where the kernel lay.
fn write_of(place: &Path, is_kernel_told: bool) {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let mut records = RecordWriter::<Little>::new();
    let kernel = WrittenRecord::Mmap {
        pid: Pid::new(-1),
        tid: Tid::new(0),
        start: Avma::new(TEXT),
        len: 0x100_0000,
        file_offset: FileOffset::new(TEXT),
        name: b"[kernel.kallsyms]_text",
    };
    let at_start = SampleValues::default();
    if is_kernel_told {
        records.entry(1, &kernel, Some((&event.attr, &at_start)));
    }
    let values = SampleValues {
        id: 1,
        ip: TEXT + 0x1010,
        pid: Pid::new(7),
        tid: Tid::new(7),
        time: Timestamp::from_nanos(TAKEN),
        chain: &[PERF_CONTEXT_KERNEL, TEXT + 0x1010],
        ..SampleValues::default()
    };
    records.sample(&event.attr, 1, &values);
    let events = vec![event];
    let features = vec![
        FeatureSection::text(Feature::HOSTNAME, "lab"),
        FeatureSection::text(Feature::OSRELEASE, "6.1.0-lab"),
        FeatureSection::event_names(&events),
    ];
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    fs::write(place, out.finish().unwrap().into_inner()).unwrap();
}

/// The profile on a machine that differs from the recorded one as `change` says.
fn profile_on(text: u64, change: impl FnOnce(&mut LiveKernel)) -> Profile {
    let at = |offset: u64, name: &str| format!("{:016x} T {name}\n", text + offset);
    let lines = [
        (0, "_text"),
        (0x1000, "kvm_vcpu_block"),
        (0x2000, "schedule"),
    ];
    let lines: String = lines.map(|(offset, name)| at(offset, name)).concat();
    profile_of(true, &lines, change)
}

/// The same with these lines of kallsyms.
fn profile_of(is_kernel_told: bool, lines: &str, change: impl FnOnce(&mut LiveKernel)) -> Profile {
    let folder = tempfile::tempdir().unwrap();
    let (data, kallsyms) = (
        folder.path().join("perf.data"),
        folder.path().join("kallsyms"),
    );
    write_of(&data, is_kernel_told);
    fs::write(&kallsyms, lines).unwrap();
    let mut live = LiveKernel {
        build_id: BuildId::new(&[1; 20]).unwrap(),
        kallsyms,
        host_name: "lab".to_owned(),
        release: "6.1.0-lab".to_owned(),
        input_written: Some(Timestamp::from_nanos(TAKEN + 1_000_000_000)),
        input_changed: None,
        input_begun: None,
        clocks: None,
        vdso: Box::default(),
    };
    change(&mut live);
    let symbols = SymbolRequest {
        live: Some(live),
        ..SymbolRequest::default()
    };
    profile(
        &Capture::open(&data).unwrap(),
        &symbols,
        &Request::default(),
    )
    .unwrap()
}

pub(crate) fn leaf(profile: &Profile) -> String {
    let stack = profile.stacks.iter().next().unwrap();
    let leaf = profile.stacks.frames(stack).last().copied().unwrap();
    profile.frames.get(leaf).name.to_string()
}

/// `perf record -o - | vmflame convert -` would show a kernel without names on the very machine
/// that has them.
#[test]
fn what_this_machine_just_wrote_has_the_names_of_its_kernel() {
    let found = profile_on(TEXT, |_| {});
    assert!(matches!(
        found.account.kernel_source,
        KernelSource::SameBoot(_)
    ));
    assert_eq!(leaf(&found), "kvm_vcpu_block");
    // A day's worth of the most that a kernel corrects its clock by is 43.2 s, and 10 s more.
    let far = |live: &mut LiveKernel| {
        live.input_written = Some(Timestamp::from_nanos(TAKEN + 53_000_000_000))
    };
    assert_eq!(leaf(&profile_on(TEXT, far)), "kvm_vcpu_block");
}

/// A wrong name is worse than none.
#[test]
fn whatever_speaks_against_this_machine_leaves_the_kernel_nameless() {
    let changes: [fn(&mut LiveKernel); 5] = [
        |live| live.host_name = "other".to_owned(),
        |live| live.release = "6.1.0-other".to_owned(),
        |live| live.input_written = None,
        |live| live.input_written = Some(Timestamp::from_nanos(TAKEN + 54_000_000_000)),
        |live| live.input_written = Some(Timestamp::from_nanos(TAKEN - 54_000_000_000)),
    ];
    for change in changes {
        let found = profile_on(TEXT, change);
        assert_eq!(found.account.kernel_source, KernelSource::Missing);
        assert_eq!(leaf(&found), "[kernel]");
    }
    // Another boot: KASLR put it elsewhere.
    let found = profile_on(TEXT + (2 << 20), |_| {});
    assert_eq!(found.account.kernel_source, KernelSource::Missing);
    assert_eq!(leaf(&found), "[kernel]");
}

/// Nothing fits a capture that does not tell where its kernel lay. That all addresses are hidden is told
/// of the whole text, however many first lines are at zero.
#[test]
fn what_tells_no_kernel_gets_no_names_of_one() {
    let source = |lines: &str| {
        let found = profile_of(false, lines, |_| {});
        // Nothing that the capture tells of lies there.
        assert_eq!(leaf(&found), "[unknown]");
        found.account.kernel_source
    };
    let zeros = "0000000000000000 T at_zero\n".repeat(1000);
    let shown = format!("{TEXT:016x} T _text\n");
    assert_eq!(source(&shown), KernelSource::Missing);
    assert_eq!(source(&format!("{shown}{zeros}")), KernelSource::Missing);
    assert_eq!(source(&format!("{zeros}{shown}")), KernelSource::Missing);
    assert!(matches!(source(&zeros), KernelSource::Hidden(_)));
}
