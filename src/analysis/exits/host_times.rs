//! What concerns several threads at once: the scheduler, and interrupts on their way.

use super::basics::{Basics, HostRow, NO_PROCESS, Row};
use super::sources::Sources;
use crate::bytes::{Endian, with_order};
use crate::fold::TimeRange;
use crate::kvm::exit::{ExitSurvey, Interrupts, Moment, Schedule, Task};
use crate::units::ThreadId;

/// What concerns several threads at once.
#[derive(Debug, Default)]
pub(super) struct HostTimes {
    /// `None` when no switch was recorded.
    pub(super) schedule: Option<Schedule>,
    /// `None` when no injection was recorded.
    pub(super) interrupts: Option<Interrupts>,
}

impl HostTimes {
    /// Takes the rows of all threads in order of time.
    pub(super) fn of(
        survey: &ExitSurvey,
        sources: &Sources<'_>,
        endian: Endian,
        rows: &[HostRow<'_>],
        times: &[TimeRange],
    ) -> Self {
        if rows.is_empty() {
            return Self::default();
        }
        let mut schedule = Schedule::of(survey.vcpus());
        let mut interrupts = Interrupts::of(survey.vcpus());
        for &HostRow { row, thread } in rows {
            let is_in = |range: &TimeRange| (range.first..=range.last).contains(&row.at);
            let Some(source) = sources.get(row.event) else {
                continue;
            };
            if !times.is_empty() && !times.iter().any(is_in) {
                continue;
            }
            let event = with_order!(endian, O => source.decoder.payload::<O>(row.payload));
            if let Some(event) = event {
                let moment = moment_of(row, thread);
                schedule.take(moment, &event);
                interrupts.take(moment, &event);
            }
        }
        Self {
            schedule: sources.recorded.switches.then_some(schedule),
            interrupts: Some(interrupts),
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
