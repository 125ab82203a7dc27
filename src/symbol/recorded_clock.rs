//! When, by the clock of files, a capture's records were written.

use std::time::{Duration, SystemTime};

use crate::units::{RecordOrder, Timestamp};

/// Translates times of records, which count from some moment of the machine's own, to times of
/// files.
///
/// The recorder writes its file to the end after the last sample. By when a record was made is
/// therefore known, and a little more than by how much too late the answer is: it ends its work.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordedClock {
    /// Times of the first and the last sample; `None` where samples carry none.
    times: Option<(Timestamp, Timestamp)>,
    written: SystemTime,
}

/// File systems that count whole seconds round the time when the capture was written down.
const WHOLE_SECOND: Duration = Duration::from_secs(1);

impl RecordedClock {
    /// The clock of a capture that was last written at a time.
    pub(crate) fn new(times: Option<(Timestamp, Timestamp)>, written: SystemTime) -> Self {
        let since = written.duration_since(SystemTime::UNIX_EPOCH);
        let is_whole = since.is_ok_and(|since| since.subsec_nanos() == 0);
        let written = if is_whole {
            written + WHOLE_SECOND
        } else {
            written
        };
        Self { times, written }
    }

    /// When the recorder had ended, at the latest.
    pub(crate) fn end(&self) -> SystemTime {
        self.written
    }

    /// When a record had been written, at the latest. perf's own records of what was there before
    /// have no time: that was when the first sample was taken.
    pub(crate) fn latest(&self, at: RecordOrder) -> SystemTime {
        let Some((first, last)) = self.times else {
            return self.written;
        };
        let at = at.as_time().max(first);
        let before_end = last.as_nanos().saturating_sub(at.as_nanos());
        let before_end = Duration::from_nanos(before_end);
        self.written.checked_sub(before_end).unwrap_or(self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: ten seconds of samples, the file written at 1 000.5 s.
    #[test]
    fn records_are_as_much_older_than_the_file_as_than_the_last_sample() {
        let nanos = |seconds: u64| Timestamp::from_nanos(seconds * 1_000_000_000);
        let at = |seconds| RecordOrder::of_time(nanos(seconds));
        let real = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        let clock = RecordedClock::new(Some((nanos(20), nanos(30))), real(1_000_500));
        assert_eq!(clock.latest(at(30)), real(1_000_500));
        assert_eq!(clock.latest(at(22)), real(992_500));
        assert_eq!(clock.latest(RecordOrder::default()), real(990_500));
        assert_eq!(clock.end(), real(1_000_500));
        // Of whole seconds the last one may have been gone.
        let coarse = RecordedClock::new(None, real(7_000));
        assert_eq!(coarse.latest(at(22)), real(8_000));
    }
}
