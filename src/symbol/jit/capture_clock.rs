//! The times of files of this machine, in the clock of a capture that it made.

use std::ops::RangeInclusive;
use std::time::SystemTime;

use crate::symbol::request::LiveProcesses;
use crate::units::Timestamp;

/// How fast the clock of recorded times, which nobody corrects, and the kernel's may part, as a part
/// of the time since the machine was started.
///
/// Source: `MAXFREQ`, include/linux/timex.h, Linux 6.18: 500 parts in a million.
const DRIFT_PART: i128 = 2000;
/// Times of files are those of the last tick, which comes a hundred times a second at least.
const TICK_NANOS: i128 = 10_000_000;

/// How far the time since this machine was started is ahead of a capture's clock. That is known
/// within limits: the file was begun before its first sample was taken, and written after its last.
#[derive(Clone, Debug)]
pub(super) struct CaptureClock {
    booted: SystemTime,
    ahead: RangeInclusive<i128>,
}

impl CaptureClock {
    /// The clock of a capture with samples from `first` to `last`.
    pub(super) fn new(live: &LiveProcesses, first: Timestamp, last: Timestamp) -> Self {
        let nanos = |time: Timestamp| i128::from(time.as_nanos());
        let drift = TICK_NANOS + nanos(last) / DRIFT_PART;
        // A copy of the file has times of its own.
        let within = |ahead: &i128| (-drift..=drift).contains(ahead);
        let written = live.input_written.map(|at| nanos(at) - nanos(last));
        let most = written.filter(within).unwrap_or(drift);
        let begun = live.input_begun.map(|at| nanos(at) - nanos(first));
        let begun = begun.filter(|begun| within(begun) && *begun <= most);
        Self {
            booted: live.booted,
            ahead: begun.unwrap_or(-drift)..=most,
        }
    }

    /// When a file was written, in the capture's clock; `None` before the machine was started.
    pub(super) fn time_of(&self, written: SystemTime) -> Option<RangeInclusive<i128>> {
        let up = written.duration_since(self.booted).ok()?.as_nanos();
        let up = i128::try_from(up).ok()?;
        Some(up - self.ahead.end()..=up - self.ahead.start() + TICK_NANOS)
    }
}
