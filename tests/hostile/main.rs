//! Bytes that no recorder wrote: cut, flipped, zeroed, repeated. Nothing may panic, hang, lose count
//! of a sample, or take memory out of proportion.
//!
//! The bound on memory: a case may hold 1 MiB and 64 bytes for each byte of its file at any time, as
//! a counting allocator sees it (100 000 cases of 2 to 5 kB held 269 kB at most). What a compressed
//! file unpacks to counts as the file's; damage does not make these unpack to more. What the C
//! libraries of the decompressors allocate themselves is not seen: it depends on the window that a
//! frame states, not on the records.
//!
//! 100 000 cases take about a minute where code is optimised; without, a fiftieth of them runs, and
//! files are cut at every 13th byte. `VMFLAME_HOSTILE_CASES`, `VMFLAME_HOSTILE_PREFIX_STEP` and
//! `VMFLAME_HOSTILE_SEED` say otherwise; `.ci/run` asks for all.
#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    clippy::cast_possible_truncation,
    clippy::print_stderr,
    reason = "a test may stop and speak"
)]

#[path = "../common/mod.rs"]
mod common;
mod kinds;
mod law;
mod seeds;

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vmflame::analysis::{Request, profile, survey};
use vmflame::bytes::Little;
use vmflame::fold::{FoldRequest, Folded, WeightKind, fold};
use vmflame::output::{Annotate, write_folded};
use vmflame::perf::Capture;
use vmflame::perf::abi::PERF_CONTEXT_USER;
use vmflame::perf::writer::{
    Description, FileWriter, RecordWriter, SampleValues, WrittenEvent, WrittenRecord,
};
use vmflame::symbol::SymbolRequest;
use vmflame::units::{Avma, EventIx, FileOffset, Pid, Tid, Timestamp};

use common::made_up::{Random, open};
use kinds::{directory, kinds};

/// Counts the bytes that are allocated.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

#[expect(unsafe_code, reason = "an allocator cannot be expressed safely")]
// SAFETY: every call goes to the system's allocator with the arguments it came with; counting
// touches atomics only.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as promised by the caller.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The bound on memory: this much, and [`BYTES_PER_BYTE`] for each byte of the file. Reading what
/// is compressed takes a buffer of 128 KiB for each layer, the tagger 50 kB for its tables.
const BASE: usize = 1 << 20;
/// A record of 8 bytes becomes a stack or a mapping of a few hundred.
const BYTES_PER_BYTE: usize = 64;
/// One case of so many is tagged as well. The number has no divisor in common with that of the
/// kinds, so that each kind has its turn.
const TAGGED: u64 = 61;
/// No small file takes longer than this, on a machine however busy.
const LONGEST: Duration = Duration::from_secs(20);

/// Tests of this file run one after the other: they share the count of bytes.
fn alone() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a fold makes, in values that can be compared.
fn facts(folded: &Folded<'_>) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        folded.census.clone(),
        folded.stacks.distinct(),
        folded.sideband.len(),
    )
}

/// Runs the pipeline on a capture, if it is one, and checks the laws. Returns whether it was one.
fn look_at(opened: vmflame::error::Result<Capture>, with_tags: bool) -> bool {
    let Ok(capture) = opened else {
        return false;
    };
    let symbols = SymbolRequest::default();
    for (ix, _) in capture.events().iter().take(3) {
        let folded = fold(&capture, &FoldRequest::all_of(ix, 1));
        assert!(folded.census.tally.adds_up(), "{:?}", folded.census.tally);
        let other = fold(&capture, &FoldRequest::all_of(ix, 3));
        assert_eq!(facts(&folded), facts(&other), "threads change the result");
    }
    let looked = survey(&capture, &symbols, 1).unwrap();
    assert!(looked.account.tally.adds_up(), "{:?}", looked.account.tally);
    let request = Request {
        weight: WeightKind::Samples,
        no_tag: !with_tags,
        stitches_calls: true,
        threads: 1,
        ..Request::default()
    };
    if let Ok(profile) = profile(&capture, &symbols, &request) {
        assert!(
            profile.account.tally.adds_up(),
            "{:?}",
            profile.account.tally
        );
        assert_eq!(profile.total, profile.account.tally.folded);
        let tree = profile.tree();
        let mut text = Vec::new();
        write_folded(&tree, &profile.frames, Annotate::default(), &mut text).unwrap();
        let sum: u64 = String::from_utf8(text)
            .unwrap()
            .lines()
            .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
            .sum();
        assert_eq!(sum, profile.total, "the drawn total");
    }
    true
}

/// Runs a case within its bounds of time and memory.
fn within_bounds(name: &str, len: usize, case: impl FnOnce() -> bool) -> (bool, usize) {
    let before = LIVE.load(Ordering::Relaxed);
    PEAK.store(before, Ordering::Relaxed);
    let start = Instant::now();
    let was_one = case();
    let took = start.elapsed();
    let peak = PEAK.load(Ordering::Relaxed).saturating_sub(before);
    assert!(took < LONGEST, "{name}: took {took:?}");
    let bound = BASE + BYTES_PER_BYTE * len;
    assert!(peak <= bound, "{name}: {peak} bytes for a file of {len}");
    (was_one, peak)
}

/// Changes `bytes` in one of the ways in which files break.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    const ODD: [u64; 8] = [
        0,
        1,
        8,
        0x7fff_ffff,
        0xffff_ffff,
        1 << 63,
        u64::MAX - 7,
        u64::MAX,
    ];
    let at = |random: &mut Random, len: usize| random.below(len.max(1) as u64) as usize;
    for _ in 0..=random.below(4) {
        let len = bytes.len();
        let start = at(random, len);
        let end = (start + 1 + at(random, 64)).min(len);
        match random.below(8) {
            0..3 => {
                if let Some(byte) = bytes.get_mut(start) {
                    *byte ^= 1 << random.below(8);
                }
            }
            3 => bytes[start..end].fill(0),
            4 => {
                let word = ODD[at(random, ODD.len())].to_le_bytes();
                let place = start & !7;
                let end = (place + 8).min(len);
                bytes[place..end].copy_from_slice(&word[..end - place]);
            }
            5 => {
                let word = (ODD[at(random, ODD.len())] as u16).to_le_bytes();
                let place = start & !1;
                let end = (place + 2).min(len);
                bytes[place..end].copy_from_slice(&word[..end - place]);
            }
            6 => {
                bytes.drain(start..end);
            }
            _ => {
                let copy = bytes[start..end].to_vec();
                let place = at(random, len);
                bytes.splice(place..place, copy);
            }
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    let set = std::env::var(name).ok();
    set.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A number for builds without optimisation, and one for others.
fn few_or(few: u64, all: u64) -> u64 {
    if cfg!(debug_assertions) { few } else { all }
}

/// Recorders are killed and disks fill up: the file may end anywhere.
#[test]
fn every_prefix_of_every_kind_is_survived() {
    let _turn = alone();
    let step = setting("VMFLAME_HOSTILE_PREFIX_STEP", few_or(13, 1)) as usize;
    for (name, whole) in kinds() {
        let mut opened = 0;
        let lens = (0..whole.len()).step_by(step.max(1));
        for len in lens.chain([whole.len()]) {
            let part = whole[..len].to_vec();
            let shown = format!("{name} cut at {len}");
            let (was_one, _) = within_bounds(&shown, len, || look_at(open(&part), len % 16 == 0));
            opened += u32::from(was_one);
        }
        // A short zstd frame is one block, which is readable only as a whole.
        assert!(opened > 0, "{name}: not even the whole was a capture");
    }
}

/// Single bits flip, sectors are zeroed, blocks go missing or come twice.
#[test]
fn seeded_damage_to_every_kind_is_survived() {
    let _turn = alone();
    let cases = setting("VMFLAME_HOSTILE_CASES", few_or(2_000, 100_000));
    let mut random = Random(setting("VMFLAME_HOSTILE_SEED", 1));
    let kinds = kinds();
    let (mut opened, mut highest) = (0_u64, 0);
    let start = Instant::now();
    for case in 0..cases {
        let (name, whole) = &kinds[(case % kinds.len() as u64) as usize];
        let mut bytes = whole.clone();
        damage(&mut bytes, &mut random);
        let shown = format!("{name}, case {case}");
        let capture = || look_at(open(&bytes), case % TAGGED == 0);
        let (was_one, peak) = within_bounds(&shown, whole.len(), capture);
        opened += u64::from(was_one);
        highest = highest.max(peak);
    }
    let took = start.elapsed();
    eprintln!("{cases} cases in {took:?}, {opened} were captures, at most {highest} bytes");
    assert!(opened > cases / 2, "most damage hits records, not headers");
}

/// The parts of a directory break one by one.
#[test]
fn seeded_damage_to_directories_is_survived() {
    let _turn = alone();
    let cases = setting("VMFLAME_HOSTILE_CASES", few_or(2_000, 100_000)) / 100;
    let mut random = Random(setting("VMFLAME_HOSTILE_SEED", 2));
    let folder = tempfile::tempdir().unwrap();
    let parts = directory();
    let len: usize = parts.iter().map(|(_, bytes)| bytes.len()).sum();
    for (name, bytes) in &parts {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let whole = Capture::open(folder.path()).unwrap();
    let folded = fold(&whole, &FoldRequest::all_of(EventIx(0), 1));
    assert!(whole.anomalies().is_empty() && folded.census.tally.folded > 10);
    for case in 0..cases {
        let (name, whole) = &parts[random.below(parts.len() as u64) as usize];
        let mut bytes = whole.clone();
        damage(&mut bytes, &mut random);
        let place = folder.path().join(name);
        std::fs::write(&place, &bytes).unwrap();
        let shown = format!("{name}, case {case}");
        let capture = || look_at(Capture::open(folder.path()), false);
        within_bounds(&shown, len, capture);
        std::fs::write(&place, whole).unwrap();
    }
}

/// Large files are walked by several threads from guessed places: damage at the guesses must not
/// change what is found.
#[test]
fn damage_is_found_the_same_by_any_number_of_threads() {
    let _turn = alone();
    let whole = kinds::large();
    let mut random = Random(3);
    for case in 0..24 {
        let mut bytes = whole.clone();
        for _ in 0..=random.below(6) {
            let start = random.below(bytes.len() as u64) as usize;
            let len = 1 << random.below(18);
            let end = (start + len).min(bytes.len());
            match random.below(3) {
                0 => bytes[start..end].fill(0),
                1 => bytes[start..end]
                    .iter_mut()
                    .for_each(|byte| *byte = random.next() as u8),
                _ => drop(bytes.drain(start..end)),
            }
        }
        let Ok(capture) = open(&bytes) else { continue };
        let one = fold(&capture, &FoldRequest::all_of(EventIx(0), 1));
        assert!(one.census.tally.adds_up());
        for threads in [2, 3, 7] {
            let several = fold(&capture, &FoldRequest::all_of(EventIx(0), threads));
            assert_eq!(
                facts(&one),
                facts(&several),
                "case {case}, {threads} threads"
            );
        }
    }
}

/// Stacks that outlast changes of a process's mappings are compared with what lay at their addresses
/// in between; it may not cost a look at all mappings for each of them.
#[test]
fn many_changes_of_many_mappings_take_no_time() {
    const MAPPINGS: u64 = 5000;
    const CHANGES: u64 = 1000;
    let _turn = alone();
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let at = |nanos| SampleValues {
        id: 1,
        pid: Pid::new(7),
        tid: Tid::new(7),
        time: Timestamp::from_nanos(nanos),
        ..SampleValues::default()
    };
    let mut records = RecordWriter::<Little>::new();
    let mut map = |start: u64, file_offset: u64, nanos: u64| {
        let mapping = WrittenRecord::Mmap {
            pid: Pid::new(7),
            tid: Tid::new(7),
            start: Avma::new(start),
            len: 0x1000,
            file_offset: FileOffset::new(file_offset),
            name: b"/a",
        };
        records.entry(2, &mapping, Some((&event.attr, &at(nanos))));
    };
    (0..MAPPINGS).for_each(|number| map(0x10_0000 + number * 0x2000, 0, 10));
    (0..CHANGES).for_each(|change| map(0x10_0000, change * 0x1000, 1000 + change * 100));
    for change in 0..CHANGES - 16 {
        for later in 0..16 {
            let chain = [PERF_CONTEXT_USER, 0x1000 + change * 16 + later];
            for of in [change, change + later] {
                let sample = SampleValues {
                    chain: &chain,
                    ..at(1050 + of * 100)
                };
                records.sample(&event.attr, 2, &sample);
            }
        }
    }
    let description = Description {
        events: vec![event.clone()],
        features: Vec::new(),
    };
    let memory = Cursor::new(Vec::new());
    let mut file = FileWriter::<Little, _>::new(memory, &description).unwrap();
    file.write(records.bytes()).unwrap();
    let bytes = file.finish().unwrap().into_inner();
    within_bounds("changes", bytes.len(), || look_at(open(&bytes), false));
}

/// A path that does not lead to a file is no reason to wait.
#[test]
fn what_is_no_file_is_an_error() {
    assert!(Capture::open(Path::new("/nonexistent/perf.data")).is_err());
    assert!(Capture::open(Path::new("/dev/null")).is_err());
}
