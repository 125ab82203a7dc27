//! The page of system calls that old programs call at fixed addresses.

use crate::units::Avma;

/// What the kernel calls the page in its mapping records.
pub(crate) const VSYSCALL: &str = "[vsyscall]";

/// Where the page lies in every process.
///
/// Source: `VSYSCALL_ADDR`, arch/x86/include/uapi/asm/vsyscall.h, Linux 6.18.
const PAGE: u64 = 0xffff_ffff_ff60_0000;

/// Bytes between two entries, and of what an entry holds: `mov $nr, %rax; syscall; ret`.
///
/// Source: `arch/x86/entry/vsyscall/vsyscall_emu_64.S`, Linux 6.18.
const STEP: u64 = 0x400;
const ENTRY_BYTES: u64 = 10;

/// A place in the page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum VsyscallEntry {
    /// `gettimeofday`
    GetTimeOfDay,
    /// `time`
    Time,
    /// `getcpu`
    GetCpu,
    /// Where no entry is.
    None,
}

impl VsyscallEntry {
    /// The place of an address of a process; `None` outside of the page.
    pub(crate) const fn at(at: Avma) -> Option<Self> {
        let within = at.as_u64().wrapping_sub(PAGE);
        if within >= 0x1000 {
            return None;
        }
        if within % STEP >= ENTRY_BYTES {
            return Some(Self::None);
        }
        Some(match within / STEP {
            0 => Self::GetTimeOfDay,
            1 => Self::Time,
            2 => Self::GetCpu,
            _ => Self::None,
        })
    }

    /// What the kernel's source calls it; `None` where no entry is.
    pub(crate) const fn name(self) -> Option<&'static str> {
        match self {
            Self::GetTimeOfDay => Some("vgettimeofday"),
            Self::Time => Some("vtime"),
            Self::GetCpu => Some("vgetcpu"),
            Self::None => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By the kernel's assembler source: three entries, a kilobyte apart, ten bytes each.
    #[test]
    fn entries_lie_at_fixed_addresses() {
        let at = |within: u64| VsyscallEntry::at(Avma::new(0xffff_ffff_ff60_0000 + within));
        let name = |within| at(within).and_then(VsyscallEntry::name);
        assert_eq!(name(0), Some("vgettimeofday"));
        assert_eq!(name(9), Some("vgettimeofday"));
        assert_eq!(at(10), Some(VsyscallEntry::None));
        assert_eq!(name(0x400), Some("vtime"));
        assert_eq!(name(0x807), Some("vgetcpu"));
        assert_eq!(at(0xc00), Some(VsyscallEntry::None));
        assert_eq!(at(0x1000), None);
        assert_eq!(VsyscallEntry::at(Avma::new(0x1000)), None);
    }
}
