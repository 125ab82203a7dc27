//! What the events of a group counted from one sample of their leader to the next.

use hashbrown::HashMap;

use crate::bytes::{ByteOrder, with_order};
use crate::perf::abi::PERF_RECORD_SAMPLE;
use crate::perf::{Capture, Event, Events, Record, Visitor, group_values};
use crate::units::{EventIx, FilePosition, Tid, Timestamp};

/// What an event counted up to a sample of its own or of another event of its group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reading {
    /// Where in the capture the sample is.
    position: FilePosition,
    pub(crate) event: EventIx,
    /// Occurrences since the sample before; 0 at most of the event that was sampled.
    pub(crate) period: u64,
}

/// The readings of all groups with events that have no samples of their own, in file order.
///
/// perf makes samples of such an event out of those of the group's leader: each stands for as many
/// occurrences as the counter went up by, and is none where it did not. The leader's own samples
/// stand for what its counter went up by. The first value of a counter counts from zero.
///
/// Source: `deliver_sample_value()`, tools/perf/util/session.c, Linux 6.12.
#[derive(Debug, Default)]
pub(crate) struct Readings {
    list: Vec<Reading>,
    /// Values that were smaller than the one before: nothing is told by them.
    pub(crate) gone_back: u64,
}

/// A sample that holds counters.
struct GroupSample<'a> {
    time: Timestamp,
    position: FilePosition,
    /// The thread, where each has counters of its own under the same id.
    thread: Option<Tid>,
    event: EventIx,
    read: &'a [u8],
}

/// The visitor that looks for them.
struct GroupSamples<'e> {
    events: &'e Events,
}

impl<'a> Visitor<'a> for GroupSamples<'_> {
    type Gathered = Vec<GroupSample<'a>>;

    fn begin(&self) -> Self::Gathered {
        Vec::new()
    }

    #[inline]
    fn record<O: ByteOrder>(&self, found: &mut Self::Gathered, record: Record<'a>) {
        found.extend(group_sample::<O>(self.events, record));
    }
}

impl Readings {
    /// Reads the counters in the order of time, which is not that of the file; takes a walk of its
    /// own where a capture has such events, and nothing elsewhere.
    pub(crate) fn of(capture: &Capture, threads: usize) -> Self {
        let events = capture.events();
        let is_counted = |event: &Event| event.attr.is_counted_with_group();
        if !events.iter().any(|(_, event)| is_counted(event)) {
            return Self::default();
        }
        let scan = capture.scan(threads, &GroupSamples { events });
        let mut samples: Vec<_> = scan.gathered.into_iter().flatten().collect();
        samples.sort_by_key(|sample| (sample.time, sample.position));
        with_order!(capture.endian(), O => Self::of_ordered::<O>(events, &samples))
    }

    fn of_ordered<O: ByteOrder>(events: &Events, samples: &[GroupSample<'_>]) -> Self {
        let mut readings = Self::default();
        let mut counters: HashMap<(u64, Option<Tid>), u64> = HashMap::new();
        for sample in samples {
            let Some(own) = events.get(sample.event) else {
                continue;
            };
            for read in group_values::<O>(&own.attr, sample.read) {
                let Some(event) = counted(events, read.id, sample.event) else {
                    continue;
                };
                let before = counters.insert((read.id, sample.thread), read.value);
                match read.value.checked_sub(before.unwrap_or(0)) {
                    Some(0) if event != sample.event => {}
                    Some(period) => readings.list.push(Reading {
                        position: sample.position,
                        event,
                        period,
                    }),
                    None => readings.gone_back += 1,
                }
            }
        }
        readings.join();
        readings
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Puts the readings in file order, those of an event that one sample names twice together.
    fn join(&mut self) {
        self.list
            .sort_by_key(|reading| (reading.position, reading.event));
        self.list.dedup_by(|later, first| {
            let is_same = (later.position, later.event) == (first.position, first.event);
            if is_same {
                first.period = first.period.saturating_add(later.period);
            }
            is_same
        });
    }

    /// The readings of a sample.
    #[inline]
    pub(crate) fn at(&self, position: FilePosition) -> &[Reading] {
        if self.list.is_empty() {
            return &[];
        }
        let start = self
            .list
            .partition_point(|reading| reading.position < position);
        let rest = self.list.get(start..).unwrap_or_default();
        let same = rest
            .iter()
            .take_while(|reading| reading.position == position);
        rest.get(..same.count()).unwrap_or_default()
    }

    /// All occurrences that were read of each of so many events; `None` when none were.
    pub(super) fn occurrences(&self, events: usize) -> Vec<Option<u64>> {
        let mut sums = vec![None; events];
        for reading in &self.list {
            if let Some(sum) = sums.get_mut(reading.event.as_usize()) {
                *sum = Some(reading.period.saturating_add(sum.unwrap_or(0)));
            }
        }
        sums
    }
}

/// The event with that id, when it is the one that was `sampled`, or is only counted. No event has
/// the id 0.
fn counted(events: &Events, id: u64, sampled: EventIx) -> Option<EventIx> {
    let ix = events.by_id(id).filter(|_| id != 0)?;
    let is_counted = |event: &Event| event.attr.is_counted_with_group();
    (ix == sampled || events.get(ix).is_some_and(is_counted)).then_some(ix)
}

fn group_sample<'a, O: ByteOrder>(events: &Events, record: Record<'a>) -> Option<GroupSample<'a>> {
    if record.header.record_type != PERF_RECORD_SAMPLE {
        return None;
    }
    let ix = events.of_sample::<O>(record.body)?;
    let event = events.get(ix).filter(|event| event.attr.reads_group())?;
    let head = event.layout.head::<O>(record.body)?;
    Some(GroupSample {
        time: head.time.unwrap_or_default(),
        position: record.position,
        thread: event.attr.counts_by_thread().then_some(head.tid),
        event: ix,
        read: head.read,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::path::Path;

    use super::*;
    use crate::bytes::{Big, Storage, UnpackLimit};
    use crate::fold::request::{FoldRequest, Kept};
    use crate::fold::split::Slicing;
    use crate::fold::walk::{Folded, fold};
    use crate::perf::abi::{
        PERF_FORMAT_GROUP, PERF_FORMAT_ID, PERF_FORMAT_LOST, PERF_FORMAT_TOTAL_TIME_ENABLED,
        PERF_FORMAT_TOTAL_TIME_RUNNING, PERF_SAMPLE_READ,
    };
    use crate::perf::writer::{
        Description, FileWriter, ReadMember, ReadValues, RecordWriter, SampleValues, WrittenEvent,
    };
    use crate::units::{Pid, RecordOrder};

    const FAULTS: EventIx = EventIx(1);
    const NAMED: u64 = PERF_FORMAT_GROUP | PERF_FORMAT_ID;
    const TIMES: u64 = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;

    /// A clock with ids 1 and 2, and page faults with ids 11 and 12, which are only counted.
    fn group(read_format: u64) -> [WrittenEvent; 2] {
        let mut clock = WrittenEvent::cpu_clock();
        clock.ids = vec![1, 2];
        clock.attr.sample_type |= PERF_SAMPLE_READ;
        clock.attr.read_format = read_format;
        let mut faults = clock.clone();
        faults.ids = vec![11, 12];
        faults.attr.config = 2;
        faults.attr.frequency_or_period = 0;
        [clock, faults]
    }

    /// A capture of the clock's samples: time, thread, id of the clock, value of the faults.
    fn capture(events: &[WrittenEvent; 2], samples: &[(u64, i32, u64, u64)]) -> Capture {
        let description = Description {
            events: events.to_vec(),
            features: vec![],
        };
        let mut out = FileWriter::<Big, _>::new(Cursor::new(Vec::new()), &description).unwrap();
        let mut records = RecordWriter::<Big>::new();
        for &(time, tid, id, value) in samples {
            let member = |id, value| ReadMember { value, id, lost: 7 };
            let members = [member(id, 1000 * time), member(id + 10, value)];
            let values = SampleValues {
                id,
                ip: 0x1000,
                pid: Pid::new(5),
                tid: Tid::new(tid),
                time: Timestamp::from_nanos(time),
                period: 1,
                read: ReadValues {
                    time_enabled: 8,
                    time_running: 9,
                    members: &members,
                },
                ..SampleValues::default()
            };
            records.sample(&events[0].attr, 2, &values);
        }
        out.write(records.bytes()).unwrap();
        let bytes = out.finish().unwrap().into_inner();
        Capture::from_storage(
            Path::new("group"),
            Storage::Memory(bytes),
            UnpackLimit::default(),
        )
        .unwrap()
    }

    /// Periods of the page faults in file order.
    fn faults(capture: &Capture) -> Vec<u64> {
        let list = Readings::of(capture, 1).list.into_iter();
        let faults = list.filter(|reading| reading.event == FAULTS);
        faults.map(|reading| reading.period).collect()
    }

    /// Each CPU has its counter, and its buffer is written when it is full. By hand: CPU 0 counts
    /// 5, 7, 7, 10 and CPU 1 counts 100, 101; what did not go up is no sample.
    #[test]
    fn counters_are_read_one_by_one_in_the_order_of_time() {
        let samples = [
            (30, 5, 1, 7),
            (40, 5, 1, 10),
            (10, 5, 1, 5),
            (20, 5, 1, 7),
            (15, 6, 2, 100),
            (35, 6, 2, 101),
        ];
        for more in [0, PERF_FORMAT_LOST, TIMES, TIMES | PERF_FORMAT_LOST] {
            let capture = capture(&group(NAMED | more), &samples);
            assert_eq!(faults(&capture), [3, 5, 2, 100, 1], "{more}");
        }
    }

    /// Threads that inherit an event count for themselves, all under the first one's id; without
    /// inheritance a counter goes on over whatever thread runs.
    #[test]
    fn threads_that_inherit_have_counters_of_their_own() {
        let samples = [(10, 5, 1, 5), (20, 6, 1, 6), (30, 5, 1, 8), (40, 6, 1, 9)];
        let events = group(NAMED);
        assert_eq!(faults(&capture(&events, &samples)), [5, 1, 2, 1]);
        let events = events.map(WrittenEvent::inherited);
        assert_eq!(faults(&capture(&events, &samples)), [5, 6, 3, 3]);
    }

    /// The counter says how often something happened: the fold of the counted event adds it up, and
    /// every sample read is in the account. The leader stands for what its own counter went up by.
    #[test]
    fn samples_stand_for_what_was_counted() {
        let samples = [(10, 5, 1, 5), (20, 5, 1, 5), (30, 5, 1, 4), (40, 5, 1, 9)];
        let capture = capture(&group(NAMED), &samples);
        let slicing = Slicing {
            origin: RecordOrder::default(),
            len: 30,
            slices: 2,
        };
        let of = |event| {
            let request = FoldRequest {
                kept: Kept {
                    slices: Some(slicing),
                    ..Kept::default()
                },
                ..FoldRequest::all_of(event, 2)
            };
            fold(&capture, &request)
        };
        let account = |folded: &Folded<'_>| {
            let tally = &folded.census.tally;
            let stacks = || folded.stacks.stacks.iter();
            assert!(tally.adds_up());
            (
                tally.folded,
                tally.other_events,
                stacks().map(|stack| stack.samples).sum::<u64>(),
                stacks().map(|stack| stack.period).sum::<u64>(),
            )
        };
        let clock = of(EventIx(0));
        assert_eq!(account(&clock), (4, 0, 4, 40_000));
        let faults = of(FAULTS);
        assert_eq!(account(&faults), (2, 2, 2, 10));
        assert_eq!(faults.census.samples, [4, 2]);
        assert_eq!(faults.census.slices, [[2, 2], [5, 5]]);
        assert_eq!(faults.census.occurrences_of(FAULTS), Some(10));
        // From 5 to 4.
        assert_eq!(faults.census.tally.odd_readings, 1);
    }

    /// The opposite: an event that takes samples, and counters without ids, are not read.
    #[test]
    fn events_with_samples_of_their_own_are_left_alone() {
        let samples = [(10, 5, 1, 5)];
        let mut events = group(NAMED);
        events[1].attr.frequency_or_period = 99;
        assert_eq!(faults(&capture(&events, &samples)), [] as [u64; 0]);
        assert_eq!(
            faults(&capture(&group(PERF_FORMAT_GROUP), &samples)),
            [0_u64; 0]
        );
    }
}
