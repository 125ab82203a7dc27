//! What is measured, of whom, in which order.

use crate::units::Pid;

/// What intervals are counted by: `--event`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Measured {
    /// The reason of the exit.
    #[default]
    VmExit,
    /// The address of an MMIO access, and whether it writes.
    Mmio,
    /// The port of an access, and whether it writes.
    IoPort,
    /// The MSR, and whether it is written.
    Msr,
}

impl Measured {
    /// All, with what the user calls them.
    pub const ALL: [(&'static str, Self); 4] = [
        ("vmexit", Self::VmExit),
        ("mmio", Self::Mmio),
        ("ioport", Self::IoPort),
        ("msr", Self::Msr),
    ];

    /// What perf puts at the head of the first column.
    pub fn heading(self) -> &'static str {
        match self {
            Self::VmExit => "VM-EXIT",
            Self::Mmio => "MMIO Access",
            Self::IoPort => "IO Port Access",
            Self::Msr => "MSR Access",
        }
    }
}

/// What comes first in the table: `--key`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum SortKey {
    /// What happened most often.
    #[default]
    Samples,
    /// What took longest on average, in whole nanoseconds.
    Time,
}

/// What `perf kvm stat report` is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LikePerfRequest {
    /// What is measured.
    pub event: Measured,
    /// The one virtual CPU that counts, of every VM that has one of that number; all for `None`.
    pub vcpu: Option<u32>,
    /// What comes first.
    pub key: SortKey,
    /// The processes that count, as given; all when there are none.
    pub pids: Vec<Pid>,
}
