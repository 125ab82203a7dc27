//! Rows of views, as a graph of exits is made of them.

use crate::kvm::exit::{
    Access, DimensionValue, Direction, ExitReason, ExitStats, Target, Task, TimeParts,
};
use crate::units::Pid;

/// Exits of one vCPU, reason and slice of time that reach the same.
#[derive(Clone, PartialEq, Debug)]
pub struct ExitCell {
    /// The vCPU; `None` where it is not told.
    pub vcpu: Option<Task>,
    /// What the reason is called.
    pub reason: String,
    /// What they reach; `None` where they reach nothing, or that was not recorded.
    pub reached: Option<ReachedPlace>,
    /// The slice of time in which they began.
    pub slice: u64,
    /// How many.
    pub exits: u64,
    /// Their time in nanoseconds, without what the guest slept; 0 where it is not known.
    pub nanos: u64,
}

/// What exits reach.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReachedPlace {
    /// What it is.
    pub target: Target,
    /// Which way.
    pub direction: Direction,
    /// What it is called, without the way.
    pub name: String,
    /// The device behind it, with a question mark where that is assumed; empty where none is known.
    pub device: String,
}

/// What the exits of a row have in common, as far as it is drawn.
#[derive(Clone, Copy, Default)]
pub(super) struct WidthSums {
    pub(super) exits: u64,
    pub(super) parts: TimeParts,
}

impl WidthSums {
    pub(super) fn of(stats: &ExitStats) -> Self {
        Self {
            exits: stats.exits,
            parts: stats.parts,
        }
    }

    /// What is left without others, which are some of these.
    pub(super) fn without(self, others: &ExitStats) -> Self {
        let (all, parts) = (self.parts, others.parts);
        Self {
            exits: self.exits.saturating_sub(others.exits),
            parts: TimeParts {
                kernel: all.kernel.saturating_sub(parts.kernel),
                vmm: all.vmm.saturating_sub(parts.vmm),
                off_cpu: all.off_cpu.saturating_sub(parts.off_cpu),
                polled: all.polled.saturating_sub(parts.polled),
                blocked: all.blocked.saturating_sub(parts.blocked),
            },
        }
    }
}

/// What the values of a row are.
#[derive(Clone, Copy, Default)]
pub(super) struct RowValues {
    pub(super) vm: Option<Pid>,
    pub(super) vcpu: Option<Task>,
    pub(super) reason: Option<ExitReason>,
    pub(super) rip: Option<u64>,
    pub(super) kernel_stack: Option<u32>,
    pub(super) access: Option<Access>,
    /// The slice of time; 0 unless they are told apart by it.
    pub(super) slice: u64,
}

impl RowValues {
    pub(super) fn of(values: &[DimensionValue]) -> Self {
        let mut found = Self::default();
        for &value in values {
            match value {
                DimensionValue::Vm(vm) => found.vm = vm,
                DimensionValue::Vcpu(task) => found.vcpu = Some(task),
                DimensionValue::Reason(reason) => found.reason = Some(reason),
                DimensionValue::Rip(rip) => found.rip = Some(rip),
                DimensionValue::Access(access) => found.access = Some(access),
                DimensionValue::KernelStack(stack) => found.kernel_stack = Some(stack),
                DimensionValue::Slice(slice) => found.slice = slice,
                DimensionValue::Absent | DimensionValue::Page(_) | DimensionValue::Second(_) => {}
            }
        }
        found
    }
}

/// Where time of exits went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitPlace {
    /// It is not told apart.
    Any,
    /// The host's kernel.
    Kernel,
    /// The VMM in user space.
    Vmm,
    /// Nowhere: the thread did not run, although the guest had not halted.
    OffCpu,
    /// The kernel, polling for the end of a halt.
    Polling,
    /// The guest was halted.
    Halted,
}

impl ExitPlace {
    /// The frame that stands for it.
    pub(super) const fn frame(self) -> Option<&'static str> {
        match self {
            Self::Any => None,
            Self::Kernel => Some("[kernel]"),
            Self::Vmm => Some("[vmm]"),
            Self::OffCpu => Some("[off CPU]"),
            Self::Polling => Some("[halt polling]"),
            Self::Halted => Some("[halted]"),
        }
    }
}
