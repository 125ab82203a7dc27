//! When, by the clock of files, a capture's records were made.

use std::time::{Duration, SystemTime};

use super::recorded_here::{SLACK_PART, was_written_at};
use super::request::{BothClocks, LiveKernel};
use crate::object::TICK;
use crate::units::{RecordOrder, Timestamp};

/// Translates times of records, which count from some moment of the machine's own, to times of
/// files.
///
/// ```text
/// files    made      .                       .         written to the end
///           |        .                       .             |
/// records           first sample        last sample
/// ```
///
/// The recorder makes its file before it records anything, and writes it to the end after the last
/// sample. How long either takes depends on the machine, seconds on a busy one, so that a moment of a
/// record is known within bounds only. What must have been before it is compared with the lower one:
/// otherwise a file that was overwritten just after it was mapped would pass for the one that was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordedClock {
    /// Times of the first and the last sample; `None` where samples carry none.
    times: Option<RecordedSpan>,
    written: SystemTime,
    /// When the recorder made the file; `None` of a copy, and where that is not known.
    begun: Option<SystemTime>,
    /// How long the machine had been up when the file was written to the end; `None` when it has been
    /// started again since.
    up: Option<Timestamp>,
    /// What both clocks showed later, in the same run of the machine.
    later: Option<BothClocks>,
}

/// Times of the first and the last sample.
#[derive(Clone, Copy, Debug)]
struct RecordedSpan {
    first: Timestamp,
    last: Timestamp,
}

/// File systems that count whole seconds round the time when the capture was written down.
const WHOLE_SECOND: Duration = Duration::from_secs(1);
/// How long a recorder takes to end at the most, where nothing better is known.
const ENDING: Duration = Duration::from_secs(10);

impl RecordedClock {
    /// The clock of the input, which the running machine recorded; `None` where it is not known when
    /// that was written. `has_own_clock`: its times are not those of the kernel's usual clock.
    pub(crate) fn new(
        times: Option<(Timestamp, Timestamp)>,
        live: &LiveKernel,
        has_own_clock: bool,
    ) -> Option<Self> {
        let written = live.input_changed?;
        let since = written.duration_since(SystemTime::UNIX_EPOCH);
        let is_whole = since.is_ok_and(|since| since.subsec_nanos() == 0);
        let written = if is_whole {
            written + WHOLE_SECOND
        } else {
            written
        };
        let times = times.map(|(first, last)| RecordedSpan { first, last });
        let is_same_boot = times.is_some_and(|times| was_written_at(times.last, live));
        // What took less time to write than to record is a copy.
        let lasted = times.map_or(0, |times| nanos_between(times.first, times.last));
        let is_own = |begun: &SystemTime| {
            let least = begun.checked_add(Duration::from_nanos(lasted));
            least.is_some_and(|least| least <= written)
        };
        let mut clock = Self {
            times,
            written,
            begun: live.input_begun.filter(is_own),
            up: live.input_written.filter(|_| is_same_boot),
            later: live.clocks.filter(|_| is_same_boot && !has_own_clock),
        };
        // A last sample behind the end is one of another clock; files may be a tick behind.
        let last = times.map(|times| RecordOrder::of_time(times.last));
        let end = written.checked_add(TICK);
        let is_possible = |reading| last.is_some_and(|last| before(reading, last) <= end);
        clock.later = clock.later.filter(|later| is_possible(*later));
        Some(clock)
    }

    /// Whether the machine has not been started again since.
    pub(crate) fn is_same_boot(&self) -> bool {
        self.up.is_some()
    }

    /// When the recorder had ended, at the latest.
    pub(crate) fn end(&self) -> SystemTime {
        self.written
    }

    /// When the last sample was taken; `None` where samples carry no times.
    pub(crate) fn last(&self) -> Option<RecordOrder> {
        self.times.map(|times| RecordOrder::of_time(times.last))
    }

    /// When a record was made, at the earliest. perf's own records of what was there before have no
    /// time: that was before the first sample was taken, and when the recorder had made its file.
    pub(crate) fn earliest(&self, order: RecordOrder) -> SystemTime {
        let at = order.as_time();
        let by_file = self.begun.and_then(|begun| {
            let since = self.times.map_or(0, |times| nanos_between(times.first, at));
            begun.checked_add(Duration::from_nanos(since))
        });
        let by_boot = self.up.filter(|_| at.as_nanos() > 0).and_then(|up| {
            let drift = at.as_nanos() / SLACK_PART;
            let before_end = nanos_between(at, up).checked_add(drift)?;
            self.written.checked_sub(Duration::from_nanos(before_end))
        });
        let by_clocks = self.later.and_then(|later| before(later, order));
        by_file.max(by_boot).max(by_clocks).unwrap_or_else(|| {
            let at = self.times.map_or(at, |times| at.max(times.first));
            let last = self.times.map_or(at, |times| times.last);
            let before_end = Duration::from_nanos(nanos_between(at, last));
            let least = self.written.checked_sub(before_end.saturating_add(ENDING));
            least.unwrap_or(SystemTime::UNIX_EPOCH)
        })
    }
}

/// When a record was made, at the earliest, by what clocks show since; `None` for records without a
/// time.
fn before(reading: BothClocks, at: RecordOrder) -> Option<SystemTime> {
    let at = at.as_time();
    let since = nanos_between(at, reading.recorded);
    let since = since.checked_add(since / SLACK_PART)?;
    let is_timed = at.as_nanos() > 0 && at <= reading.recorded;
    let made = reading.real.checked_sub(Duration::from_nanos(since));
    made.filter(|_| is_timed)
}

/// Nanoseconds from one time to a later one; 0 when it is none.
fn nanos_between(from: Timestamp, to: Timestamp) -> u64 {
    to.as_nanos().saturating_sub(from.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::BuildId;

    fn seconds(seconds: u64) -> Timestamp {
        Timestamp::from_nanos(seconds * 1_000_000_000)
    }

    fn real(millis: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_millis(millis)
    }

    /// Ten seconds of samples from 2 000 s after the machine was started, in a file that was made and
    /// written to the end at times, the second one after so many seconds of the machine's.
    fn clock(begun: Option<u64>, written: u64, up: Option<u64>) -> RecordedClock {
        clock_beside(begun, written, up, None)
    }

    /// The same where both clocks of the machine were read later.
    fn clock_beside(
        begun: Option<u64>,
        written: u64,
        up: Option<u64>,
        clocks: Option<BothClocks>,
    ) -> RecordedClock {
        let live = LiveKernel {
            build_id: BuildId::new(&[1; 20]).unwrap(),
            kallsyms: "/nowhere".into(),
            host_name: String::new(),
            release: String::new(),
            input_written: up.map(seconds),
            input_changed: Some(real(written)),
            input_begun: begun.map(real),
            clocks,
            vdso: Box::default(),
        };
        RecordedClock::new(Some((seconds(2000), seconds(2010))), &live, false).unwrap()
    }

    fn at(second: u64) -> RecordOrder {
        RecordOrder::of_time(seconds(second))
    }

    /// By hand: the recorder took 200 ms to begin and 300 ms to end.
    #[test]
    fn records_are_no_older_than_the_file_and_what_was_recorded_before() {
        let clock = clock(Some(1_000_000), 1_010_500, None);
        assert_eq!(clock.earliest(at(2003)), real(1_003_000));
        // Before the first sample, and without a time.
        assert_eq!(clock.earliest(at(1999)), real(1_000_000));
        assert_eq!(clock.earliest(RecordOrder::default()), real(1_000_000));
        assert_eq!(clock.end(), real(1_010_500));
    }

    /// By hand: a copy was made eight seconds after the last sample, of which only the machine's own time
    /// tells anything: 2 000 s of it are a second off at the most.
    #[test]
    fn a_copy_is_no_older_than_the_time_since_the_machine_was_started_tells() {
        let own = clock(Some(4_600_000), 4_602_500, Some(2018));
        assert_eq!(own.earliest(at(2000)), real(4_602_500 - 18_000 - 1000));
        // The machine has been started again: nothing is known but how long recorders take.
        let own = clock(Some(4_600_000), 4_602_500, Some(7));
        assert_eq!(own.earliest(at(2004)), real(4_602_500 - 6000 - 10_000));
        // Of whole seconds the last one may have been gone.
        assert_eq!(clock(None, 7_000, None).end(), real(8_000));
    }

    /// By hand: the last sample was taken in the tick in which the file was written to the end, whose time
    /// is that of the tick's beginning. The opposite: half a second behind it, which is another clock.
    #[test]
    fn a_sample_of_the_last_tick_is_no_other_clock() {
        for (behind, is_taken) in [(0, true), (10, true), (500, false)] {
            let read = BothClocks {
                recorded: seconds(2010),
                real: real(4_602_500 + behind),
            };
            let own = clock_beside(Some(4_600_000), 4_602_500, Some(2010), Some(read));
            assert_eq!(own.later.is_some(), is_taken, "{behind} ms");
        }
    }

    /// By hand: in the 100 s before both clocks were read they may have parted by 50 ms.
    #[test]
    fn clocks_that_are_read_later_tell_more() {
        let mut own = clock(Some(4_600_000), 4_602_500, Some(2018));
        own.later = Some(BothClocks {
            recorded: seconds(2010 + 100),
            real: real(4_700_000),
        });
        let made = real(4_700_000 - 100_000 - 50);
        assert_eq!(own.earliest(at(2010)), made);
        // perf's own records have no time.
        assert!(own.earliest(RecordOrder::default()) < made);
    }
}
