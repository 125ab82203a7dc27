//! What was lost is counted for the event that the records name.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::Cursor as Memory;

use crate::common::scratch::Scratch;
use vmflame::analysis::event_losses;
use vmflame::bytes::{Big, ByteOrder, Little};
use vmflame::perf::Capture;
use vmflame::perf::abi::{PERF_SAMPLE_ID, PERF_SAMPLE_IDENTIFIER};
use vmflame::perf::writer::{
    Description, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
    WrittenRecord,
};
use vmflame::units::Timestamp;

fn event(name: &str, id: u64) -> WrittenEvent {
    let mut event = WrittenEvent::cpu_clock();
    event.name = name.to_owned();
    event.ids = vec![id];
    event.attr.sample_type |= PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_ID;
    event
}

/// Two events, the second with three samples, 5 lost ones of its own and 7 records lost before one
/// of it; the first with one sample and 2 lost ones.
fn are_counted<O: ByteOrder>(name: &str) {
    let events = vec![event("clock", 11), event("kvm:kvm_exit", 12)];
    let attr = events[0].attr.clone();
    let names = FeatureSection::event_names(&events);
    let description = Description {
        events,
        features: vec![names],
    };
    let at = |id, nanos| SampleValues {
        id,
        time: Timestamp::from_nanos(nanos),
        ..SampleValues::default()
    };
    let mut records = RecordWriter::<O>::new();
    for (id, nanos) in [(12, 50), (11, 20), (12, 90), (12, 60)] {
        records.sample(&attr, 1, &at(id, nanos));
    }
    for (trailer, lost) in [
        (12, WrittenRecord::LostSamples { lost: 5 }),
        (11, WrittenRecord::LostSamples { lost: 2 }),
        (11, WrittenRecord::Lost { id: 12, lost: 7 }),
    ] {
        records.entry(0, &lost, Some((&attr, &at(trailer, 95))));
    }
    let mut file = FileWriter::<O, _>::new(Memory::new(Vec::new()), &description).unwrap();
    file.write(records.bytes()).unwrap();
    let scratch = Scratch::new(name, &file.finish().unwrap().into_inner());
    let capture = Capture::open(&scratch.0).unwrap();
    for threads in [1, 2] {
        let losses = event_losses(&capture, threads);
        let counts = losses.events.iter().map(|loss| {
            let counts = [loss.samples, loss.lost_samples, loss.lost_records_before];
            (loss.name.as_str(), counts)
        });
        let counts: Vec<_> = counts.collect();
        assert_eq!(
            counts,
            [("clock", [1, 2, 0]), ("kvm:kvm_exit", [3, 5, 7])],
            "{name}"
        );
        let times = [20, 90].map(Timestamp::from_nanos);
        assert_eq!(losses.times, Some((times[0], times[1])));
    }
}

#[test]
fn losses_are_counted_for_their_events() {
    are_counted::<Little>("losses-little");
    are_counted::<Big>("losses-big");
}
