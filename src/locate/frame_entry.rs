//! What a kernel function means for the frames that called it.

use crate::symbol::{is_interrupt_entry, is_jumping_thunk};
use crate::units::CpuMode;

/// What a kernel function means for the frames that called it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub(crate) enum FrameEntry {
    /// Nothing: it was called.
    #[default]
    Call = 0,
    /// An interrupt or exception entered the kernel in it. What "called" it is the interrupted
    /// instruction: its address is exact.
    Interrupt = 1,
    /// The system call that replaces the process's program. What called it is code of the old
    /// program, also after the new one's name and mappings were recorded.
    Exec = 2,
    /// A thunk that returns to what it put on the stack. Where a function begins at the address above
    /// it, that is about to run and has called nothing: its address is exact.
    Jump = 3,
}

impl FrameEntry {
    /// The one whose number the two lowest bits hold.
    #[inline]
    pub(crate) const fn from_bits(bits: u32) -> Self {
        match bits & 3 {
            1 => Self::Interrupt,
            2 => Self::Exec,
            3 => Self::Jump,
            _ => Self::Call,
        }
    }

    /// Goes on from what was met below a function of a mode to what calls that function, which
    /// itself means `met`. A replaced program is replaced for all kernel functions above the system
    /// call too.
    #[inline]
    pub(crate) fn then(self, mode: CpuMode, met: Self) -> Self {
        if mode == CpuMode::Kernel && self == Self::Exec {
            self
        } else {
            met
        }
    }

    /// What a function means by its name.
    ///
    /// Source: `fs/exec.c` (`__x64_sys_execve`, `__arm64_sys_execveat`, before 4.17 `sys_execve`).
    pub(crate) fn of(name: &str) -> Self {
        if is_interrupt_entry(name) {
            Self::Interrupt
        } else if name.ends_with("sys_execve") || name.ends_with("sys_execveat") {
            Self::Exec
        } else if is_jumping_thunk(name) {
            Self::Jump
        } else {
            Self::Call
        }
    }
}
