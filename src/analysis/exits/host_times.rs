//! What concerns several threads at once: the scheduler, and interrupts on their way.

use super::basics::{Basics, HostRow, NO_PROCESS, Row};
use super::sources::Sources;
use crate::bytes::{Endian, with_order};
use crate::fold::TimeRange;
use crate::kvm::exit::{ExitSurvey, HostEvent, Interrupts, Moment, Schedule, Task};
use crate::units::{ThreadId, Timestamp};

/// What concerns several threads at once. Occurrences come in by [`Self::take`], those of all threads
/// in order of time, whatever recorded them.
#[derive(Debug)]
pub(super) struct HostTimes<'t> {
    times: &'t [TimeRange],
    schedule: Schedule,
    interrupts: Interrupts,
    has_any: bool,
    has_switches: bool,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct HostFinding {
    /// `None` when no switch was recorded.
    pub(super) schedule: Option<Schedule>,
    /// `None` when nothing of the kind was recorded.
    pub(super) interrupts: Option<Interrupts>,
}

impl<'t> HostTimes<'t> {
    /// Nothing yet, of the vCPUs that a survey found; within `times`, unless there are none.
    pub(super) fn of(survey: &ExitSurvey, times: &'t [TimeRange]) -> Self {
        Self {
            times,
            schedule: Schedule::of(survey.vcpus(), times),
            interrupts: Interrupts::of(survey.vcpus()),
            has_any: false,
            has_switches: survey.recorded().switches,
        }
    }

    /// Takes the next occurrence.
    pub(super) fn take(&mut self, moment: Moment, event: &HostEvent) {
        self.has_any = true;
        // What a thread does in the times that count may have begun before.
        self.schedule.take(moment, event);
        let is_in = |range: &TimeRange| (range.first..=range.last).contains(&moment.at);
        if self.times.is_empty() || self.times.iter().any(is_in) {
            self.interrupts.take(moment, event);
        }
    }

    /// There are no more occurrences. `last` is when the recording ended; `None` without times.
    pub(super) fn finish(mut self, last: Option<Timestamp>) -> HostFinding {
        if !self.has_any {
            return HostFinding::default();
        }
        if let Some(last) = last {
            self.schedule.end(last);
        }
        HostFinding {
            schedule: self.has_switches.then_some(self.schedule),
            interrupts: Some(self.interrupts),
        }
    }

    /// Takes the rows of a capture, in order of time.
    pub(super) fn take_rows(
        &mut self,
        sources: &Sources<'_>,
        endian: Endian,
        rows: &[HostRow<'_>],
    ) {
        for &HostRow { row, thread } in rows {
            let event = sources.get(row.event).and_then(
                |source| with_order!(endian, O => source.decoder.payload::<O>(row.payload)),
            );
            if let Some(event) = event {
                self.take(moment_of(row, thread), &event);
            }
        }
    }
}

/// When, where and in which thread a row was recorded.
fn moment_of(row: Row<'_>, thread: ThreadId) -> Moment {
    Moment {
        at: row.at,
        cpu: row.cpu(),
        task: Task {
            pid: (thread.pid != NO_PROCESS).then_some(thread.pid),
            tid: thread.tid,
        },
    }
}

/// How all threads got their CPUs, from the first to the last sample; `None` when no switch was
/// recorded. Takes the rows of all threads in order of time.
pub(super) fn schedule_of_all(
    sources: &Sources<'_>,
    endian: Endian,
    basics: &Basics<'_>,
    times: &[TimeRange],
) -> Option<Schedule> {
    let (first, last) = basics.times.filter(|_| sources.recorded.switches)?;
    let mut schedule = Schedule::of_all(times);
    basics.first_on.begin(&mut schedule, first);
    for &HostRow { row, thread } in &basics.host_rows {
        let Some(source) = sources.get(row.event) else {
            continue;
        };
        let event = with_order!(endian, O => source.decoder.payload::<O>(row.payload));
        if let Some(event) = event {
            schedule.take(moment_of(row, thread), &event);
        }
    }
    schedule.end(last);
    Some(schedule)
}
