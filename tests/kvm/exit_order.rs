//! Exits of captures whose threads move between CPUs, against a table that is made by hand: all samples
//! of a thread in order of time, each exit with the entry behind it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers fail with the test"
)]

use std::collections::BTreeMap;
use std::io::Cursor as Memory;

use proptest::prelude::*;

use crate::common::scratch::Scratch;
use vmflame::analysis::Request;
use vmflame::analysis::exits::{Dimension, ExitRequest, TimeBasis, recorded_exits};
use vmflame::kvm::exit::DimensionValue;
use vmflame::perf::Capture;
use vmflame::perf::writer::{ExitLoad, Little};

/// Positions in a sample of the generated captures, header included.
const TID: usize = 28;
const TIME: usize = 32;
const PAYLOAD: usize = 60;
/// Ids of `kvm_exit` and `kvm_entry` there.
const EXIT: u16 = 1591;
const ENTRY: u16 = 1600;

/// What there is to find, in nanoseconds by the clock.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Found {
    /// By reason: exits, those with an entry behind them, their time.
    rows: BTreeMap<u32, [u64; 3]>,
    /// The ten longest.
    slowest: Vec<u64>,
    /// Exits that another exit follows, entries without an exit.
    unpaired: [u64; 2],
    /// By thread: time in the guest.
    guest_ns: BTreeMap<i32, u64>,
}

fn u32_of(record: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*record[at..].first_chunk().unwrap())
}

fn time_of(record: &[u8]) -> u64 {
    u64::from_le_bytes(*record[TIME..].first_chunk().unwrap())
}

/// Calls `each` with every sample of a capture.
fn each_sample(capture: &mut [u8], mut each: impl FnMut(&mut [u8])) {
    let word = |at: usize| u64::from_le_bytes(*capture[at..].first_chunk().unwrap());
    let (start, len) = (word(40), word(48));
    let mut at = usize::try_from(start).unwrap();
    let end = at + usize::try_from(len).unwrap();
    while at < end {
        let len = usize::from(u16::from_le_bytes(
            *capture[at + 6..].first_chunk().unwrap(),
        ));
        if capture[at] == 9 {
            each(&mut capture[at..at + len]);
        }
        at += len;
    }
}

/// The table by hand.
fn by_hand(capture: &mut [u8]) -> Found {
    let mut threads: BTreeMap<i32, Vec<(u64, u16, u32)>> = BTreeMap::new();
    each_sample(capture, |record| {
        let tid = u32_of(record, TID).cast_signed();
        let kind = u16::from_le_bytes(*record[PAYLOAD..].first_chunk().unwrap());
        let row = (time_of(record), kind, u32_of(record, PAYLOAD + 8));
        threads.entry(tid).or_default().push(row);
    });
    let mut found = Found::default();
    for (tid, mut rows) in threads {
        rows.sort_by_key(|&(at, ..)| at);
        let (mut open, mut entered, mut guest_ns) = (None, None, 0);
        for (at, kind, reason) in rows {
            match kind {
                EXIT => {
                    found.unpaired[0] += u64::from(open.is_some());
                    open = Some((at, reason));
                    found.rows.entry(reason).or_default()[0] += 1;
                    guest_ns += entered.take().map_or(0, |entered| at - entered);
                }
                ENTRY => {
                    if let Some((start, reason)) = open.take() {
                        let row = found.rows.entry(reason).or_default();
                        row[1] += 1;
                        row[2] += at - start;
                        found.slowest.push(at - start);
                    } else {
                        found.unpaired[1] += 1;
                    }
                    entered = Some(at);
                }
                _ => {}
            }
        }
        found.guest_ns.insert(tid, guest_ns);
    }
    found.slowest.sort_unstable_by(|a, b| b.cmp(a));
    found.slowest.truncate(10);
    found
}

/// What is found.
fn by_program(capture: &[u8], threads: usize) -> Found {
    let scratch = Scratch::new("exit-order", capture);
    let capture = Capture::open(&scratch.0).unwrap();
    let request = ExitRequest {
        filter: Request {
            threads,
            ..Request::default()
        },
        views: vec![vec![Dimension::Reason]],
        basis: TimeBasis::Wall,
        slowest: 10,
        all_threads: false,
        each: false,
    };
    let survey = recorded_exits(&capture, &request).unwrap().survey;
    let counts = survey.counts();
    let row = |row: &vmflame::kvm::exit::ViewRow<'_>| match row.values {
        &[DimensionValue::Reason(reason)] => {
            let stats = row.stats;
            (reason.code, [stats.exits, stats.timed, stats.parts.wall()])
        }
        other => panic!("{other:?}"),
    };
    let slowest = survey.slowest().iter();
    let vcpus = survey.vcpus().iter();
    Found {
        rows: survey.views()[0].rows().iter().map(row).collect(),
        slowest: slowest.map(|slow| slow.exit.parts.wall()).collect(),
        unpaired: [counts.ended_by_exit, counts.entries_without_exit],
        guest_ns: vcpus
            .map(|vcpu| (vcpu.task.tid.as_i32(), vcpu.guest_ns))
            .collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// Law: whatever moves to another CPU, and however close it lies, what is told before its turn comes
    /// is what all samples tell in order of time.
    #[test]
    fn exits_are_those_of_all_samples_in_order(
        seed in any::<u64>(),
        vcpus in 1..9_u16,
        cpus in 1..4_u16,
        // One of so many samples becomes that of another thread, or one earlier.
        strange in prop_oneof![Just(0_u64), Just(40), Just(2000)],
        threads in 1..4_usize,
    ) {
        let load = ExitLoad::parse(&format!("size=3M,vcpus={vcpus},cpus={cpus},seed={seed}"));
        let (bytes, _) = load.unwrap().write::<Little, _>(Memory::new(Vec::new())).unwrap();
        let mut bytes = bytes.into_inner();
        let (mut random, mut last) = (seed, 0_u64);
        each_sample(&mut bytes, |record| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let chosen = random >> 33;
            let time = time_of(record);
            if strange > 0 && chosen.is_multiple_of(strange) {
                match random >> 61 {
                    0..4 => record[TID] ^= 1,
                    4 | 5 => record[TIME..TIME + 8].copy_from_slice(&last.to_le_bytes()),
                    _ => record[TIME..TIME + 8].copy_from_slice(&(time - 900).to_le_bytes()),
                }
            }
            last = time;
        });
        let mut expected = by_hand(&mut bytes);
        let found = by_program(&bytes, threads);
        expected.guest_ns.retain(|tid, _| found.guest_ns.contains_key(tid));
        prop_assert_eq!(found, expected);
    }
}
