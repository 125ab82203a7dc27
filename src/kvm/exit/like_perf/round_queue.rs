//! perf's order of records: by time, within the rounds of the recorder.

use super::moment::PerfMoment;

/// Puts records into the order in which perf delivers them.
///
/// ```text
/// file:  CPU 0's buffer | CPU 1's | end of round 1 | CPU 0's | CPU 1's | end of round 2
/// ```
/// At the end of a round the recorder has emptied all buffers once, so whatever is not newer than
/// the newest record of the round *before* is complete: it is delivered by time, records of the same
/// time in the order of the file. What arrives later though it is older than what was delivered is
/// out of order; it is delivered late.
///
/// Source: `queue_event()`, `do_flush()`, `__ordered_events__flush()`,
/// tools/perf/util/ordered-events.c, Linux 6.1.
#[derive(Debug, Default)]
pub(super) struct RoundQueue {
    waiting: Vec<PerfMoment>,
    /// The newest that waits, or waited.
    newest: u64,
    /// What is delivered at the end of the round.
    limit: u64,
    last_delivered: u64,
    /// Records that arrived out of order.
    pub(super) out_of_order: u32,
}

impl RoundQueue {
    /// Takes a record; gives it back when it has no time and is delivered at once.
    pub(super) fn push(&mut self, moment: PerfMoment) -> Option<PerfMoment> {
        let at = moment.at;
        if at == 0 || at == u64::MAX {
            return Some(moment);
        }
        self.out_of_order += u32::from(at < self.last_delivered);
        if self.waiting.is_empty() || at >= self.newest {
            self.newest = at;
        }
        self.waiting.push(moment);
        None
    }

    /// The recorder has emptied all buffers.
    pub(super) fn end_round(&mut self, deliver: impl FnMut(PerfMoment)) {
        if self.waiting.is_empty() {
            return;
        }
        if self.limit > 0 {
            self.deliver(deliver);
        }
        self.limit = self.newest;
    }

    /// There are no more records.
    pub(super) fn end(&mut self, deliver: impl FnMut(PerfMoment)) {
        self.limit = u64::MAX;
        self.deliver(deliver);
    }

    fn deliver(&mut self, deliver: impl FnMut(PerfMoment)) {
        // Stable, and quick where runs are in order, as each CPU's are.
        self.waiting.sort_by_key(|moment| moment.at);
        let ready = self
            .waiting
            .partition_point(|moment| moment.at <= self.limit);
        if let Some(last) = ready.checked_sub(1).and_then(|at| self.waiting.get(at)) {
            self.last_delivered = last.at;
        }
        self.waiting.drain(..ready).for_each(deliver);
    }
}
