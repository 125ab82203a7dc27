//! What was found, added up.

use std::cmp::Reverse;

use super::counted_kinds::CountedKinds;
use super::finished::{ExitEnding, Finding, FinishedExit};
use super::plain_exit::PlainExit;
use super::request::SurveyRequest;
use super::stats::TimeBasis;
use super::task::Task;
use super::view::View;

/// How many exits are not worth to be sorted by themselves.
const MIN_SORTED: usize = 64;

/// One of the slowest exits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SlowExit {
    /// Its thread.
    pub task: Task,
    /// The exit.
    pub exit: FinishedExit,
}

/// What was found, added up: in whatever order it comes, the sums are the same.
#[derive(Clone, Debug)]
pub struct ExitTables {
    basis: TimeBasis,
    /// How many of the slowest are kept.
    kept: usize,
    /// Whether those are kept, too, of which it is not known how long they took.
    keeps_endless: bool,
    /// Who takes less is not kept.
    least_kept: u64,
    pub(super) views: Vec<View>,
    /// Which kinds of accesses are counted in any of them.
    counted: CountedKinds,
    pub(super) slowest: Vec<SlowExit>,
}

impl ExitTables {
    /// Tables of nothing yet.
    pub fn new(request: &SurveyRequest) -> Self {
        let views = request.views.iter();
        let views: Vec<View> = views.map(|by| View::new(by, request.basis)).collect();
        let counted = views.iter().map(View::counted);
        Self {
            basis: request.basis,
            kept: if request.each {
                usize::MAX
            } else {
                request.slowest
            },
            keeps_endless: request.each,
            least_kept: 0,
            counted: counted.fold(CountedKinds::default(), CountedKinds::with),
            views,
            slowest: Vec::new(),
        }
    }

    /// Adds a finding of a thread.
    #[inline]
    pub fn add(&mut self, task: Task, finding: &Finding<'_>) {
        if let Finding::Access {
            access,
            is_told_twice,
            ..
        } = finding
            && !self.counted.count(access.target.kind(), *is_told_twice)
        {
            return;
        }
        self.add_counted(task, finding);
    }

    /// Adds an exit whose whole time passed in the kernel; `false`, and nothing, where more is asked
    /// of it than its reason and its length.
    #[inline]
    pub fn add_plain(&mut self, exit: &PlainExit) -> bool {
        let is_slow = self.kept > 0 && exit.took() >= self.least_kept;
        match self.views.as_mut_slice() {
            [view] if !is_slow => view.add_plain(exit),
            _ => false,
        }
    }

    fn add_counted(&mut self, task: Task, finding: &Finding<'_>) {
        for view in &mut self.views {
            view.add(task, finding);
        }
        if let Finding::Exit(exit) = finding
            && (exit.ending == ExitEnding::Entry || self.keeps_endless)
        {
            self.keep(task, exit);
        }
    }

    #[inline]
    fn keep(&mut self, task: Task, exit: &FinishedExit) {
        if self.kept > 0 && self.basis.of(&exit.parts) >= self.least_kept {
            self.keep_slow(task, exit);
        }
    }

    #[cold]
    fn keep_slow(&mut self, task: Task, exit: &FinishedExit) {
        self.slowest.push(SlowExit { task, exit: *exit });
        // Sorted now and then: all of them may be wanted.
        if self.slowest.len() / 2 >= self.kept.max(MIN_SORTED) {
            self.keep_slowest();
        }
    }

    /// Sorts those that are kept, and drops the others.
    pub(super) fn keep_slowest(&mut self) {
        let basis = self.basis;
        self.slowest.sort_by_key(|slow| {
            let taken = basis.of(&slow.exit.parts);
            (Reverse(taken), slow.exit.start, slow.task)
        });
        self.slowest.truncate(self.kept);
        if self.slowest.len() == self.kept
            && let Some(last) = self.slowest.last()
        {
            self.least_kept = basis.of(&last.exit.parts);
        }
    }

    /// Adds what was found elsewhere.
    pub fn merge(&mut self, other: &Self) {
        for (own, others) in self.views.iter_mut().zip(&other.views) {
            own.merge(others);
        }
        self.slowest.extend_from_slice(&other.slowest);
        self.keep_slowest();
    }
}
