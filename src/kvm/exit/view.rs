//! Exits, told apart by some dimensions and added up.

use super::access::{Access, AccessSet, Target, TargetKind};
use super::counted_kinds::CountedKinds;
use super::dimension::{Dimension, DimensionValue, Packed};
use super::finished::{Finding, FinishedExit};
use super::known_reasons::KnownReasons;
use super::plain_exit::PlainExit;
use super::reason::ExitReason;
use super::stats::{ExitStats, TimeBasis};
use super::task::Task;
use crate::bytes::position;
use crate::hash::{HashedPositions, Mixer};
use crate::units::{Index as _, Timestamp};

/// Exits, told apart by some dimensions and added up.
#[derive(Clone, Debug)]
pub struct View {
    dimensions: Vec<Dimension>,
    basis: TimeBasis,
    /// Which kinds of accesses its rows count, by [`TargetKind::bit`].
    counted: CountedKinds,
    /// The values of all rows, row by row.
    keys: Vec<DimensionValue>,
    /// The same in words, by which they are compared.
    words: Vec<Packed>,
    stats: Vec<ExitStats>,
    /// Rows by the hashes of their values.
    rows: HashedPositions,
    /// Rows that were met lately, by a part of their hashes.
    recent: [u32; RECENT],
    /// Rows of reasons, where rows are told apart by these alone.
    known: KnownReasons,
    mixer: Mixer,
    /// The values of the row that is looked for, one for each dimension.
    wanted: Vec<Packed>,
    /// Exits that have none of what the dimensions are about, added up.
    left_out: ExitStats,
}

/// How many rows are found without a table.
const RECENT: usize = 64;

/// A row of a view.
#[derive(Clone, Copy, Debug)]
pub struct ViewRow<'v> {
    /// The values of its dimensions, in their order.
    pub values: &'v [DimensionValue],
    /// What its exits have in common.
    pub stats: &'v ExitStats,
}

/// What a row's values are taken from.
struct Met<'e> {
    task: Task,
    at: Timestamp,
    reason: Option<ExitReason>,
    rip: Option<u64>,
    kernel_stack: Option<u32>,
    accesses: Accesses<'e>,
}

/// What was reached.
enum Accesses<'e> {
    OfExit(&'e AccessSet),
    One(Access),
}

impl Accesses<'_> {
    fn get(&self, kind: TargetKind) -> Option<Access> {
        match self {
            Self::OfExit(set) => set.get(kind),
            Self::One(access) => Some(*access).filter(|access| access.target.kind() == kind),
        }
    }

    fn foremost(&self) -> Option<Access> {
        match self {
            Self::OfExit(set) => set.foremost(),
            Self::One(access) => Some(*access),
        }
    }
}

impl View {
    /// A view without rows.
    pub fn new(dimensions: &[Dimension], basis: TimeBasis) -> Self {
        Self {
            dimensions: dimensions.to_vec(),
            basis,
            counted: CountedKinds::of(dimensions),
            keys: Vec::new(),
            words: Vec::new(),
            stats: Vec::new(),
            rows: HashedPositions::default(),
            recent: [0; RECENT],
            known: KnownReasons::default(),
            mixer: Mixer::new(),
            wanted: vec![Packed::default(); dimensions.len()],
            left_out: ExitStats::default(),
        }
    }

    /// Which kinds of accesses its rows count.
    pub(super) const fn counted(&self) -> CountedKinds {
        self.counted
    }

    /// What its rows are told apart by.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// Exits that have none of what the dimensions are about, added up: they are in no row.
    pub fn left_out(&self) -> &ExitStats {
        &self.left_out
    }

    /// Which time its statistics are of.
    pub const fn basis(&self) -> TimeBasis {
        self.basis
    }

    /// Whether its rows are told apart by what is reached: then accesses are counted beside exits.
    pub fn is_of_targets(&self) -> bool {
        self.dimensions.iter().any(|one| one.is_of_target())
    }

    /// The rows, by their values.
    pub fn rows(&self) -> Vec<ViewRow<'_>> {
        let len = self.dimensions.len();
        let keys = (0..).map(|row: usize| self.keys.get(row * len..(row + 1) * len));
        let rows = keys.map(Option::unwrap_or_default).zip(&self.stats);
        let mut rows: Vec<ViewRow<'_>> = rows
            .map(|(values, stats)| ViewRow { values, stats })
            .collect();
        rows.sort_unstable_by_key(|row| row.values);
        rows
    }

    /// All exits of all rows and of those that are in none, added up.
    pub fn total(&self) -> ExitStats {
        let mut total = self.left_out.clone();
        self.stats.iter().for_each(|stats| total.merge(stats));
        total
    }

    /// Adds what a thread's occurrences told.
    pub fn add(&mut self, task: Task, finding: &Finding<'_>) {
        match finding {
            Finding::Exit(exit) => self.add_exit(task, exit),
            &Finding::Access {
                at,
                access,
                is_told_twice,
                rip,
                reason,
            } => {
                if !self.counted.count(access.target.kind(), is_told_twice) {
                    return;
                }
                let met = Met {
                    task,
                    at,
                    reason,
                    rip,
                    kernel_stack: None,
                    accesses: Accesses::One(access),
                };
                if let Some(stats) = self.stats_of(&met) {
                    stats.accesses += 1;
                }
            }
        }
    }

    /// Adds an exit whose whole time passed in the kernel; `false`, and nothing, where more is asked
    /// of it than its reason, or where there is none like it yet.
    #[inline]
    pub(super) fn add_plain(&mut self, exit: &PlainExit) -> bool {
        let row = self.known.row(exit.reason);
        let row = row.or_else(|| self.learn(exit.reason));
        let stats = row.and_then(|row| self.stats.get_mut(row as usize));
        stats.map(|stats| stats.add_plain(exit)).is_some()
    }

    /// The row of a reason, if rows are told apart by reasons alone and it was met lately.
    #[cold]
    fn learn(&mut self, reason: ExitReason) -> Option<u32> {
        let ([Dimension::Reason], [wanted]) =
            (self.dimensions.as_slice(), self.wanted.as_mut_slice())
        else {
            return None;
        };
        *wanted = DimensionValue::Reason(reason).packed();
        let row = u32::of(self.recent_row(self.recent_place())?);
        self.known.keep(reason, row);
        Some(row)
    }

    fn add_exit(&mut self, task: Task, exit: &FinishedExit) {
        let basis = self.basis;
        let met = Met {
            task,
            at: exit.start,
            reason: Some(exit.reason),
            rip: exit.rip,
            kernel_stack: exit.kernel_stack,
            accesses: Accesses::OfExit(&exit.accesses),
        };
        match self.stats_of(&met) {
            Some(stats) => stats.add(exit, basis),
            None => self.left_out.add(exit, basis),
        }
    }

    /// The statistics of the row; `None` where nothing is reached that the dimensions are about.
    #[inline]
    fn stats_of(&mut self, met: &Met<'_>) -> Option<&mut ExitStats> {
        if let ([Dimension::Reason], Some(reason)) = (self.dimensions.as_slice(), met.reason)
            && let [wanted] = self.wanted.as_mut_slice()
        {
            // What is asked for most, in few steps.
            *wanted = DimensionValue::Reason(reason).packed();
        } else if !self.want(met) {
            return None;
        }
        let recent = self.recent_place();
        let row = match self.recent_row(recent) {
            Some(row) => row,
            None => self.row_of_met(met, recent),
        };
        self.stats.get_mut(row)
    }

    /// Sets the values that are wanted; `false` where nothing is reached that the dimensions are
    /// about.
    fn want(&mut self, met: &Met<'_>) -> bool {
        let (mut asks, mut reaches) = (false, false);
        for (&dimension, wanted) in self.dimensions.iter().zip(&mut self.wanted) {
            let value = value_of(dimension, met);
            asks |= dimension.is_of_target();
            reaches |= dimension.is_of_target() && value != DimensionValue::Absent;
            *wanted = value.packed();
        }
        !asks || reaches
    }

    /// The row of the values that are wanted, which are those of what was met.
    #[cold]
    fn row_of_met(&mut self, met: &Met<'_>, recent: usize) -> usize {
        let dimensions = std::mem::take(&mut self.dimensions);
        let row = self.find_or_add(recent, |keys| {
            let values = dimensions.iter().map(|&dimension| value_of(dimension, met));
            keys.extend(values);
        });
        self.dimensions = dimensions;
        row
    }

    /// Where the row of the values that are wanted is among those that were met lately. What shares a
    /// place only takes turns there, so that little effort will do.
    #[inline]
    fn recent_place(&self) -> usize {
        let words = self.wanted.iter();
        let mixed = words.fold(0_u64, |mixed, &Packed { what, number }| {
            (mixed ^ what ^ number.rotate_left(24)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        });
        position(mixed >> (u64::BITS - RECENT.ilog2()))
    }

    /// The row of the values that are wanted, when it was met lately.
    #[inline]
    fn recent_row(&self, recent: usize) -> Option<usize> {
        let row = *self.recent.get(recent)?;
        let is_it = (row as usize) < self.stats.len()
            && words_of(&self.words, row, self.wanted.len()) == self.wanted.as_slice();
        is_it.then_some(row as usize)
    }

    /// The row of the values that are wanted; `add_values` adds them to the keys where there is none.
    fn find_or_add(
        &mut self,
        recent: usize,
        add_values: impl FnOnce(&mut Vec<DimensionValue>),
    ) -> usize {
        let hash = self.mixer.hash_words(&self.wanted);
        let (words, wanted) = (&mut self.words, &self.wanted);
        let is_it = |row| words_of(words, row, wanted.len()) == wanted.as_slice();
        let row = self.rows.find(hash, is_it).unwrap_or_else(|| {
            let row = u32::of(self.stats.len());
            self.rows.insert(hash, row);
            words.extend_from_slice(wanted);
            add_values(&mut self.keys);
            self.stats.push(ExitStats::default());
            row
        });
        if let Some(place) = self.recent.get_mut(recent) {
            *place = row;
        }
        row as usize
    }

    /// The same exits told apart by VM where this view tells them apart by vCPU.
    pub(super) fn by_vm(&self) -> Self {
        let dimensions = self.dimensions.iter().map(|one| one.by_vm());
        let mut by_vm = Self::new(&dimensions.collect::<Vec<_>>(), self.basis);
        for ViewRow { values, stats } in self.rows() {
            let values = values.iter().map(|&value| {
                if let DimensionValue::Vcpu(task) = value {
                    DimensionValue::Vm(task.pid)
                } else {
                    value
                }
            });
            by_vm.merge_row(&values.collect::<Vec<_>>(), stats);
        }
        by_vm.left_out.merge(&self.left_out);
        by_vm
    }

    /// Adds what another view of the same dimensions holds.
    pub fn merge(&mut self, other: &Self) {
        for ViewRow { values, stats } in other.rows() {
            self.merge_row(values, stats);
        }
        self.left_out.merge(&other.left_out);
    }

    fn merge_row(&mut self, values: &[DimensionValue], stats: &ExitStats) {
        for (&value, wanted) in values.iter().zip(&mut self.wanted) {
            *wanted = value.packed();
        }
        let recent = self.recent_place();
        let row = self.find_or_add(recent, |keys| keys.extend_from_slice(values));
        if let Some(own) = self.stats.get_mut(row) {
            own.merge(stats);
        }
    }
}

/// The words of a row.
#[inline]
fn words_of(words: &[Packed], row: u32, len: usize) -> &[Packed] {
    let start = row as usize * len;
    words.get(start..start + len).unwrap_or_default()
}

fn value_of(dimension: Dimension, met: &Met<'_>) -> DimensionValue {
    const PAGE: u64 = 0xfff;
    let access = match dimension {
        Dimension::Reason => {
            return met
                .reason
                .map_or(DimensionValue::Absent, DimensionValue::Reason);
        }
        Dimension::Vm => return DimensionValue::Vm(met.task.pid),
        Dimension::Vcpu => return DimensionValue::Vcpu(met.task),
        Dimension::Rip => return met.rip.map_or(DimensionValue::Absent, DimensionValue::Rip),
        Dimension::Second => {
            return DimensionValue::Second(met.at.as_nanos() / 1_000_000_000);
        }
        Dimension::Slice(slices) => return DimensionValue::Slice(slices.slice_of(met.at)),
        Dimension::KernelStack => {
            let stack = met.kernel_stack;
            return stack.map_or(DimensionValue::Absent, DimensionValue::KernelStack);
        }
        Dimension::Register | Dimension::Device => met.accesses.foremost(),
        Dimension::Port => met.accesses.get(TargetKind::Port),
        Dimension::Mmio => met.accesses.get(TargetKind::Mmio),
        Dimension::Apic => met.accesses.get(TargetKind::Apic),
        Dimension::Msr => met.accesses.get(TargetKind::Msr),
        Dimension::Cpuid => met.accesses.get(TargetKind::Cpuid),
        Dimension::Hypercall => met.accesses.get(TargetKind::Hypercall),
        Dimension::Irq => met.accesses.get(TargetKind::Interrupt),
        Dimension::Gpa => met.accesses.get(TargetKind::Fault),
    };
    match access {
        None => DimensionValue::Absent,
        Some(Access {
            target: Target::Fault(gpa),
            ..
        }) if dimension == Dimension::Gpa => DimensionValue::Page(gpa & !PAGE),
        Some(access) => DimensionValue::Access(access),
    }
}
