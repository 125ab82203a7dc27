//! Occurrences of a thread that wait for their turn.

use crate::kvm::exit::{PlainExit, PlainRun, WaitingEvent};
use crate::units::Timestamp;

/// How many runs are merged as they are; more are sorted.
const MAX_RUNS: usize = 32;

/// Occurrences of a thread in the order of the file: a few runs, each in order of time.
///
/// A run is what one buffer held of the thread. They are merged where they lie, a stretch of one run
/// after a stretch of another; a thread stays on its CPU for long.
///
/// ```text
/// list   | 3 4 5 9 | 1 2 7 8 | 6 |      three runs
/// taken    1 2   3 4 5   6   7 8   9    a stretch at a time
/// ```
#[derive(Debug, Default)]
pub(super) struct WaitingList {
    list: Vec<WaitingEvent>,
    /// Where runs begin, but for the first.
    starts: Vec<usize>,
    /// The time of the last one.
    last: Timestamp,
    /// Where the last exit of the last run lies, if nothing was taken out since.
    exit: Option<usize>,
}

/// A run, and how much of it is complete.
#[derive(Clone, Copy, Debug)]
struct WaitingRun {
    /// The first that was not taken.
    next: usize,
    /// Where what is complete ends.
    complete: usize,
    end: usize,
}

/// The place of an occurrence in the order of time: those of one time are in that of their runs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Turn {
    at: Timestamp,
    run: usize,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, Default)]
struct Turns {
    first: Option<Turn>,
    /// Who comes next of the other runs.
    second: Option<Turn>,
}

impl Turns {
    #[inline]
    fn add(&mut self, turn: Turn) {
        if self.first.is_none_or(|first| turn < first) {
            self.second = self.first;
            self.first = Some(turn);
        } else if self.second.is_none_or(|second| turn < second) {
            self.second = Some(turn);
        }
    }

    /// Up to when it is the turn of the first.
    fn until(&self) -> Timestamp {
        match (self.first, self.second) {
            (Some(first), Some(second)) if second.run < first.run => {
                // Of one time, the earlier run comes first; and the first one is older.
                Timestamp::from_nanos(second.at.as_nanos().saturating_sub(1))
            }
            (_, Some(second)) => second.at,
            (_, None) => Timestamp::from_nanos(u64::MAX),
        }
    }
}

impl WaitingList {
    /// Adds an occurrence.
    #[inline]
    pub(super) fn push(&mut self, waiting: WaitingEvent) {
        let WaitingEvent { at, event } = waiting;
        if at < self.last {
            self.starts.push(self.list.len());
            self.exit = None;
        }
        self.last = at;
        if event.is_exit() {
            self.exit = Some(self.list.len());
        }
        self.list.push(waiting);
    }

    /// Puts the exit that the last occurrence ends into one run with those before it, if it is plain
    /// and soon over, and lets `tell` tell it, which these occurrences are.
    #[inline]
    pub(super) fn put_together(&mut self, tell: impl FnOnce(&PlainExit, &[WaitingEvent])) {
        let Some(start) = self.exit.take() else {
            return;
        };
        let events = self.list.get(start..).unwrap_or_default();
        let exit = PlainExit::first_of(events);
        if let Some(exit) = exit.filter(PlainExit::is_soon_over) {
            tell(&exit, events);
            self.list.truncate(start);
            self.append_run(&exit.run());
        }
    }

    /// Adds plain exits that are told already.
    pub(super) fn push_run(&mut self, run: &PlainRun) {
        if run.start < self.last {
            self.starts.push(self.list.len());
        }
        self.exit = None;
        self.last = run.end;
        self.append_run(run);
    }

    /// Adds plain exits to those at the end of the list, if these are near.
    fn append_run(&mut self, run: &PlainRun) {
        let is_first = self.starts.last() == Some(&self.list.len());
        if let Some(last) = self.list.last_mut().filter(|_| !is_first)
            && let Some(before) = last.event.as_plain_run(last.at)
            && before.is_near(run)
        {
            *last = (&before.with(run)).into();
        } else {
            self.list.push(run.into());
        }
    }

    /// Takes all up to `complete` out, in order of time, a stretch at a time. Those of one time stay in
    /// the order of the file.
    pub(super) fn take_until(
        &mut self,
        complete: Timestamp,
        mut take: impl FnMut(&[WaitingEvent]),
    ) {
        self.exit = None;
        if self.starts.len() >= MAX_RUNS {
            self.list.sort_by_key(|waiting| waiting.at);
            self.starts.clear();
        }
        let mut runs = self.runs(complete);
        loop {
            let turns = self.turns(&runs);
            let Some(Turn { run: first, .. }) = turns.first else {
                break;
            };
            let Some(run) = runs.get_mut(first) else {
                break;
            };
            let stretch = self.list.get(run.next..run.complete).unwrap_or_default();
            let until = turns.until();
            let len = stretch.partition_point(|waiting| waiting.at <= until);
            take(stretch.get(..len).unwrap_or_default());
            run.next += len;
        }
        self.keep_rest(&runs);
    }

    fn runs(&self, complete: Timestamp) -> Vec<WaitingRun> {
        let ends = self.starts.iter().copied().chain([self.list.len()]);
        let mut next = 0;
        let runs = ends.map(|end| {
            let run = self.list.get(next..end).unwrap_or_default();
            let taken = run.partition_point(|waiting| waiting.at <= complete);
            let run = WaitingRun {
                next,
                complete: next + taken,
                end,
            };
            next = end;
            run
        });
        runs.collect()
    }

    fn turns(&self, runs: &[WaitingRun]) -> Turns {
        let mut turns = Turns::default();
        for (run, left) in runs.iter().enumerate() {
            let stretch = self.list.get(left.next..left.complete).unwrap_or_default();
            if let Some(&WaitingEvent { at, .. }) = stretch.first() {
                turns.add(Turn { at, run });
            }
        }
        turns
    }

    /// Keeps what was not complete.
    fn keep_rest(&mut self, runs: &[WaitingRun]) {
        self.starts.clear();
        let mut len = 0_usize;
        for run in runs.iter().filter(|run| run.complete < run.end) {
            let last = len.checked_sub(1).and_then(|last| self.list.get(last));
            let first = self.list.get(run.complete);
            if let (Some(last), Some(first)) = (last, first)
                && last.at > first.at
            {
                self.starts.push(len);
            }
            self.list.copy_within(run.complete..run.end, len);
            len += run.end - run.complete;
        }
        self.list.truncate(len);
        self.last = self.list.last().map_or_else(Timestamp::default, |last| {
            let run = last.event.as_plain_run(last.at);
            run.map_or(last.at, |run| run.end)
        });
    }

    /// All that is left, in order of time.
    pub(super) fn into_sorted(mut self) -> Vec<WaitingEvent> {
        if !self.starts.is_empty() {
            self.list.sort_by_key(|waiting| waiting.at);
        }
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvm::exit::ThreadEvent;
    use proptest::prelude::*;

    proptest! {
        /// Law: what is taken, all in all, is the list by a stable sort; and of what is taken at once
        /// nothing is younger than what was asked for.
        #[test]
        fn all_are_taken_in_order_of_time(
            // Few runs that overlap, and lists in no order at all.
            runs in prop::collection::vec(
                (0..50_u64, prop::collection::vec(0..4_u64, 0..30)),
                0..60,
            ),
            cut in 0..100_u64,
        ) {
            let mut list = WaitingList::default();
            let mut pushed = Vec::new();
            for (start, steps) in runs {
                let mut at = start;
                for step in steps {
                    at += step;
                    let number = pushed.len();
                    list.push(WaitingEvent {
                        at: Timestamp::from_nanos(at),
                        event: ThreadEvent::halt_poll(number as u64),
                    });
                    pushed.push((at, number as u64));
                }
            }
            pushed.sort_by_key(|&(at, _)| at);
            let told = |waiting: &WaitingEvent| {
                (waiting.at.as_nanos(), waiting.event.poll_limit().unwrap())
            };
            let mut taken = Vec::new();
            list.take_until(Timestamp::from_nanos(cut), |stretch| {
                taken.extend(stretch.iter().map(told));
            });
            prop_assert!(taken.iter().all(|&(at, _)| at <= cut));
            let left = list.into_sorted();
            prop_assert!(left.iter().all(|waiting| waiting.at.as_nanos() > cut));
            taken.extend(left.iter().map(told));
            prop_assert_eq!(taken, pushed);
        }
    }
}
