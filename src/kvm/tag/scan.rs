//! One walk over a stack, from the root to the leaf.

use super::rules::Rule;
use super::table::{Role, Row};
use crate::stack::Tag;
use crate::units::CpuMode;

/// What the tables say about a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    pub(crate) row: Option<Row>,
    pub(crate) rule: Option<Rule>,
    pub(crate) place: FramePlace,
}

impl Known {
    /// Whether a row matches; about most frames there is none.
    #[inline]
    pub(crate) fn says_something(&self) -> bool {
        self.row.is_some() || self.rule.is_some()
    }
}

/// Where a frame's code runs, as far as tagging cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum FramePlace {
    Root,
    #[default]
    User,
    Kernel,
    Guest,
}

impl FramePlace {
    /// Where code of `mode` runs. Kernel rows also match frames whose mode is not recorded.
    pub(crate) const fn of(mode: CpuMode) -> Self {
        match mode {
            CpuMode::User => Self::User,
            CpuMode::Unknown | CpuMode::Kernel | CpuMode::Hypervisor => Self::Kernel,
            CpuMode::GuestKernel | CpuMode::GuestUser => Self::Guest,
        }
    }
}

/// A frame that may decide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) rank: u8,
    pub(crate) tag: Tag,
    pub(crate) at: usize,
    role: Role,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// The user's row that decides.
    pub(crate) rule: Option<(Rule, usize)>,
    /// The frame of the vCPU loop that decides.
    pub(crate) best: Option<Candidate>,
    /// The first frame that is not a grouping one.
    pub(crate) first: Option<usize>,
    /// The VMM function from which a vCPU runs.
    pub(crate) vcpu: Option<usize>,
    /// The first frame of a system call that may be `KVM_RUN`.
    pub(crate) syscall: Option<usize>,
    /// Whether the system call is another.
    pub(crate) other_syscall: bool,
    /// The first frame of I/O for guests.
    pub(crate) io: Option<usize>,
    /// Whether a host interrupt is in the stack.
    pub(crate) interrupted: bool,
    /// Whether the frame before calls the function of the system call.
    calls_syscall: bool,
    /// Whether a frame of the kernel is in the stack.
    pub(crate) in_kernel: bool,
    /// Whether the stack has one frame only.
    is_lone: bool,
    /// Whether the frames from here on belong to the vCPU loop.
    inside: bool,
    /// The last frame of the bare loop or of the way into the guest.
    bare: Option<usize>,
    /// Whether a dispatcher of exits was seen.
    dispatched: bool,
    /// Whether the frames from here on serve a request to KVM that is about no vCPU.
    requested: bool,
}

impl Findings {
    /// Takes in the next frame, about which the tables say nothing.
    #[inline]
    pub(crate) fn pass(&mut self, known: Known, at: usize, is_leaf: bool) {
        self.meet(known, at);
        // The function of a system call may be tail-called away (`__x64_sys_writev` calls
        // `do_writev`); that of `ioctl` is not. A leaf may as well be a thunk of the compiler's.
        if self.calls_syscall {
            self.calls_syscall = false;
            self.other_syscall |= !is_leaf && !self.inside;
        }
    }

    #[inline]
    fn meet(&mut self, known: Known, at: usize) {
        if self.first.is_none() && known.place != FramePlace::Root {
            self.first = Some(at);
        }
        self.in_kernel |= known.place == FramePlace::Kernel;
    }

    /// What is known before the walk over a stack of which all but one kernel frame is missing: on
    /// a thread that runs a vCPU, what means something in its loop only is taken to be in it.
    pub(crate) fn of_lone_frame() -> Self {
        Self {
            inside: true,
            is_lone: true,
            ..Self::default()
        }
    }

    /// Takes in the next frame; `is_guest` when a frame that enters the guest stands for it.
    pub(crate) fn visit(&mut self, known: Known, at: usize, is_guest: bool) {
        self.meet(known, at);
        if let Some(rule) = known.rule
            && self.rule.is_none_or(|(best, _)| rule.rank < best.rank)
        {
            self.rule = Some((rule, at));
        }
        let Some(row) = known.row else { return };
        self.calls_syscall = row.role == Role::SyscallCaller;
        match row.role {
            Role::Io => {
                self.io.get_or_insert(at);
            }
            Role::Vcpu => {
                self.vcpu.get_or_insert(at);
            }
            Role::Irq => self.interrupt(at),
            Role::Syscall | Role::SyscallCaller if !self.interrupted => {
                self.syscall.get_or_insert(at);
            }
            Role::OtherSyscall if !self.inside => self.other_syscall = true,
            Role::Syscall | Role::SyscallCaller | Role::OtherSyscall => {}
            Role::Exit
            | Role::Inside
            | Role::Dispatch
            | Role::Timer
            | Role::Run
            | Role::Loop
            | Role::Ioctl
            | Role::Request => self.candidate(row, at, is_guest),
        }
    }

    fn candidate(&mut self, row: Row, at: usize, is_guest: bool) {
        let only_inside = matches!(row.role, Role::Inside | Role::Timer);
        if self.interrupted || self.requested || (only_inside && !self.inside) {
            return;
        }
        if row.role == Role::Request && self.is_lone {
            return;
        }
        if row.role == Role::Request && !self.inside {
            self.requested = true;
            self.other_syscall = true;
            self.io.get_or_insert(at);
            return;
        }
        self.inside = true;
        let (rank, tag) = match row.role {
            Role::Request => (0, row.tag),
            Role::Timer if !self.dispatched => (row.rank, Tag::Entry),
            // Above other frames it is the world switch around the guest.
            Role::Run if !is_guest => (82, Tag::Entry),
            Role::Exit
            | Role::Inside
            | Role::Dispatch
            | Role::Timer
            | Role::Run
            | Role::Loop
            | Role::Ioctl
            | Role::Syscall
            | Role::SyscallCaller
            | Role::OtherSyscall
            | Role::Irq
            | Role::Io
            | Role::Vcpu => (row.rank, row.tag),
        };
        self.dispatched |= row.role == Role::Dispatch;
        if matches!(row.role, Role::Loop | Role::Run) {
            self.bare = Some(at);
        }
        if self.best.is_none_or(|best| rank < best.rank) {
            let role = row.role;
            self.best = Some(Candidate {
                rank,
                tag,
                at,
                role,
            });
        }
    }

    /// A host interrupt belongs to what it interrupts. In the bare loop nothing was going on: it
    /// is the interrupt that ended guest mode, taken as soon as interrupts were on again.
    fn interrupt(&mut self, at: usize) {
        if self.interrupted {
            return;
        }
        self.interrupted = true;
        if let Some(best) = &mut self.best
            && matches!(best.role, Role::Loop | Role::Run)
            && self.bare.is_some_and(|bare| bare + 1 == at)
        {
            best.tag = Tag::ExitIrq;
            best.at = at;
        }
    }
}
