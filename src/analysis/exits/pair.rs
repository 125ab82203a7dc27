//! The rows of each thread in order of time, decoded, paired and added up.

use super::basics::{NO_PROCESS, Row};
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
    pub(super) sources: &'p Sources<'p>,
    pub(super) request: &'p SurveyRequest,
    pub(super) endian: Endian,
    pub(super) threads: usize,
}

/// What came of the rows.
#[derive(Debug)]
pub(super) struct Paired {
    pub(super) survey: ExitSurvey,
    /// Rows whose payload is not what their format says.
    pub(super) undecoded: u64,
}

impl RowPairing<'_> {
    /// Pairs the rows of all threads, several threads at the same time.
    pub(super) fn pair(self, threads: &mut [ThreadRows<'_>]) -> Paired {
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
            self.threads,
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
            all.undecoded += part.undecoded;
        }
        all
    }

    fn nothing(&self, recorded: Recorded) -> Paired {
        Paired {
            survey: ExitSurvey::new(self.request, recorded),
            undecoded: 0,
        }
    }

    fn pair_thread(&self, paired: &mut Paired, thread: &ThreadRows<'_>) {
        let ThreadId { pid, tid } = thread.thread;
        let task = Task {
            pid: (pid != NO_PROCESS).then_some(pid),
            tid,
        };
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
            paired.survey.take(moment, &event);
        }
        paired.survey.end();
    }

    fn decode(&self, row: &Row<'_>) -> Option<HostEvent> {
        let source = self.sources.get(row.event)?;
        with_order!(self.endian, O => source.decoder.payload::<O>(row.payload))
    }
}
