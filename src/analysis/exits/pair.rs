//! The rows of each thread in order of time, decoded, paired and added up.

use super::basics::{NO_PROCESS, Row};
use super::kernel_stacks::{KernelStacks, KernelStretches};
use super::sources::Sources;
use crate::bytes::{Endian, with_order};
use crate::kvm::exit::{ExitSurvey, HostEvent, Moment, Recorded, SurveyRequest, Task};
use crate::parallel::by_pieces;
use crate::units::ThreadId;

/// What one thread's tracepoints recorded, and switches to it.
#[derive(Debug)]
pub(super) struct ThreadRows<'a> {
    pub(super) thread: ThreadId,
    pub(super) rows: Vec<Row<'a>>,
}

/// How rows are paired.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowPairing<'p> {
    /// Whether stacks that stand for exits are wanted. Then threads are paired one after the other, so
    /// that stacks have the same numbers every time.
    pub(super) has_stacks: bool,
    pub(super) sources: &'p Sources<'p>,
    pub(super) request: &'p SurveyRequest,
    pub(super) endian: Endian,
    pub(super) threads: usize,
}

/// What came of the rows.
#[derive(Debug)]
pub(super) struct Paired<'a> {
    pub(super) survey: ExitSurvey,
    /// The stacks that stand for exits.
    pub(super) stacks: KernelStacks<'a>,
    /// Rows whose payload is not what their format says.
    pub(super) undecoded: u64,
}

impl RowPairing<'_> {
    /// Pairs the rows of all threads, several threads at the same time.
    pub(super) fn pair<'a>(self, threads: &mut [ThreadRows<'a>]) -> Paired<'a> {
        let order = |rows: &mut ThreadRows<'_>| rows.rows.sort_by_key(|row| row.at);
        // A stable sort: rows of one time stay in the order of the file.
        crate::parallel::in_shares_mut(
            threads,
            crate::parallel::Shares {
                threads: self.threads,
                least: 1,
            },
            |share| share.iter_mut().for_each(order),
        );
        let recorded = self.sources.recorded;
        let threads = &*threads;
        let done = by_pieces(
            threads.len(),
            if self.has_stacks { 1 } else { self.threads },
            || self.nothing(recorded),
            |paired, ix| {
                if let Some(rows) = threads.get(ix) {
                    self.pair_thread(paired, rows);
                }
            },
        );
        let mut all = self.nothing(recorded);
        for part in done {
            all.survey.merge(part.survey);
            if self.has_stacks {
                all.stacks = part.stacks;
            }
            all.undecoded += part.undecoded;
        }
        all
    }

    fn nothing<'a>(&self, recorded: Recorded) -> Paired<'a> {
        Paired {
            survey: ExitSurvey::new(self.request, recorded),
            stacks: KernelStacks::default(),
            undecoded: 0,
        }
    }

    fn pair_thread<'a>(&self, paired: &mut Paired<'a>, thread: &ThreadRows<'a>) {
        let ThreadId { pid, tid } = thread.thread;
        let task = Task {
            pid: (pid != NO_PROCESS).then_some(pid),
            tid,
        };
        let mut stretches = KernelStretches::default();
        for row in &thread.rows {
            let Some(event) = self.decode(row) else {
                paired.undecoded += 1;
                continue;
            };
            let moment = Moment {
                at: row.at,
                cpu: row.cpu(),
                task,
            };
            if self.has_stacks
                && let Some(chain) = stretches.take(row, &event, tid)
            {
                let number = paired.stacks.number(chain, self.endian);
                paired.survey.set_kernel_stack(tid, number);
            }
            paired.survey.take(moment, &event);
        }
        paired.survey.end();
    }

    fn decode(&self, row: &Row<'_>) -> Option<HostEvent> {
        let source = self.sources.get(row.event)?;
        with_order!(self.endian, O => source.decoder.payload::<O>(row.payload))
    }
}
