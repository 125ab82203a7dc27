//! Samples of other events than the one that is folded are counted, in whatever order they come.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::Cursor;
use std::path::Path;

use proptest::prelude::*;
use vmflame::bytes::{Little, Storage, UnpackLimit};
use vmflame::fold::{FoldRequest, fold};
use vmflame::perf::Capture;
use vmflame::perf::abi::{PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_CPU};
use vmflame::perf::writer::{Description, FileWriter, RecordWriter, SampleValues, WrittenEvent};
use vmflame::units::{EventIx, Pid, Tid, Timestamp};

/// A dummy event as perf puts beside others, a tracepoint, and a clock. Where `is_even`, all hold their
/// time at the same place.
fn events(is_even: bool) -> Vec<WrittenEvent> {
    let kinds = [
        ("dummy:HG", 1, 9),
        ("sched:sched_switch", 2, 300),
        ("cpu-clock", 1, 0),
    ];
    let events = (1..).zip(kinds).map(|(id, (name, pmu_type, config))| {
        let mut event = WrittenEvent::cpu_clock();
        event.name = name.to_owned();
        event.ids = vec![id];
        event.attr.pmu_type = pmu_type;
        event.attr.config = config;
        if name == "sched:sched_switch" {
            event.attr.sample_type &= !PERF_SAMPLE_CALLCHAIN;
            event.attr.sample_type |= PERF_SAMPLE_CPU;
            if !is_even {
                // Without an instruction pointer the time lies a word further in front.
                event.attr.sample_type &= !1;
            }
        }
        event
    });
    events.collect()
}

/// A capture of samples of these events, one nanosecond one behind the other.
fn capture(events: &[WrittenEvent], order: &[usize]) -> Capture {
    let mut records = RecordWriter::<Little>::new();
    for (time, &at) in (100..).zip(order) {
        let values = SampleValues {
            id: at as u64 + 1,
            ip: 0x40_1010,
            pid: Pid::new(7),
            tid: Tid::new(7),
            time: Timestamp::from_nanos(time),
            period: 1,
            chain: &[0x40_1010, 0x40_2010],
            ..SampleValues::default()
        };
        records.sample(&events[at].attr, 2, &values);
    }
    let description = Description {
        events: events.to_vec(),
        features: vec![],
    };
    let mut out = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    let bytes = out.finish().unwrap().into_inner();
    let storage = Storage::Memory(bytes);
    Capture::from_storage(Path::new("others"), storage, UnpackLimit::default()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// By hand: the samples of each event, of which one is folded, the times of the first and the last
    /// of all, and nothing else.
    #[test]
    fn samples_of_other_events_are_counted(
        runs in prop::collection::vec((0..3_usize, 1..40_usize), 1..12),
        is_even: bool,
        threads in 1..4_usize,
    ) {
        let order: Vec<usize> = runs.iter().flat_map(|&(at, len)| vec![at; len]).collect();
        let capture = capture(&events(is_even), &order);
        let counts = [0, 1, 2].map(|at| order.iter().filter(|&&other| other == at).count() as u64);
        for wanted in [0_u32, 1, 2] {
            let folded = fold(&capture, &FoldRequest::all_of(EventIx(wanted), threads));
            let tally = &folded.census.tally;
            let all = order.len() as u64;
            let own = counts[wanted as usize];
            prop_assert!(tally.adds_up());
            prop_assert_eq!((tally.read, tally.folded, tally.other_events), (all, own, all - own));
            prop_assert_eq!(&folded.census.samples, &counts);
            let times = folded.census.times.unwrap();
            let expected = [100, 99 + all].map(Timestamp::from_nanos);
            prop_assert_eq!([times.0, times.1], expected);
            prop_assert_eq!(folded.stacks.distinct(), usize::from(own > 0));
        }
    }
}
