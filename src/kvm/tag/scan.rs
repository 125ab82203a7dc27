//! One walk over a stack, from the root to the leaf.

use super::rules::UserRule;
use super::table::{NameRow, Role};
use crate::stack::{Frame, FrameKind, Tag};
use crate::units::CpuMode;

/// What the tables say about a frame.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KnownFrame {
    pub(super) row: Option<NameRow>,
    pub(super) rule: Option<UserRule>,
    pub(super) place: FramePlace,
    pub(super) hint: Hint,
}

/// What tells where a stack without kernel symbols was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Hint {
    #[default]
    Nothing,
    /// The user function that asks KVM to run the guest, among others.
    Ioctl,
    /// Kernel code without a name.
    Unnamed,
    /// Code of a KVM module without a name.
    UnnamedKvm,
}

impl Hint {
    /// What a frame tells by itself.
    pub(super) fn of(frame: &Frame, place: FramePlace) -> Self {
        let is_named = frame.kind == FrameKind::Function;
        match place {
            // glibc's aliases `ioctl`, `__ioctl` and `__GI___ioctl`; musl has the first.
            FramePlace::User
                if is_named
                    && frame
                        .name
                        .trim_start_matches("__GI")
                        .trim_start_matches('_')
                        == "ioctl" =>
            {
                Self::Ioctl
            }
            FramePlace::Kernel if !is_named && is_kvm_module(&frame.dso) => Self::UnnamedKvm,
            FramePlace::Kernel if !is_named => Self::Unnamed,
            FramePlace::User
            | FramePlace::Kernel
            | FramePlace::Root
            | FramePlace::Guest
            | FramePlace::Inlined => Self::Nothing,
        }
    }
}

/// Whether a kernel module is KVM or its part for one kind of CPU: `[kvm]`, `[kvm_intel]`.
fn is_kvm_module(dso: &str) -> bool {
    let name = dso.trim_start_matches('[').trim_end_matches(']');
    name == "kvm" || name.starts_with("kvm_")
}

impl KnownFrame {
    /// Whether a row matches; about most frames there is none.
    #[inline]
    pub(super) fn says_something(&self) -> bool {
        self.row.is_some() || self.rule.is_some()
    }

    /// Where its code runs, of a frame that tells nothing else; of several in a row that run there
    /// the first tells all.
    pub(super) fn plain_place(&self) -> Option<FramePlace> {
        let is_plain = !self.says_something() && self.hint == Hint::Nothing;
        is_plain.then_some(self.place)
    }
}

/// Where a frame's code runs, as far as tagging cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum FramePlace {
    Root,
    #[default]
    User,
    Kernel,
    Guest,
    /// Inside the code of the frame above it: no frame of its own.
    Inlined,
}

impl FramePlace {
    /// Where code of `mode` runs. Kernel rows also match frames whose mode is not recorded.
    pub(super) const fn of(mode: CpuMode) -> Self {
        match mode {
            CpuMode::User => Self::User,
            CpuMode::Unknown | CpuMode::Kernel | CpuMode::Hypervisor => Self::Kernel,
            CpuMode::GuestKernel | CpuMode::GuestUser => Self::Guest,
        }
    }
}

/// A user's row that may decide, and the position of the frame that it matches.
#[derive(Clone, Copy, Debug)]
pub(super) struct DecidingRule {
    pub(super) rule: UserRule,
    pub(super) at: usize,
}

/// A frame that may decide.
#[derive(Clone, Copy, Debug)]
pub(super) struct DecidingFrame {
    pub(super) rank: u8,
    pub(super) tag: Tag,
    pub(super) at: usize,
    role: Role,
}

/// What a walk found.
#[derive(Debug, Default)]
pub(super) struct WalkFindings {
    /// The user's row that decides.
    pub(super) rule: Option<DecidingRule>,
    /// The frame of the vCPU loop that decides.
    pub(super) best: Option<DecidingFrame>,
    /// The first frame that is not a grouping one.
    pub(super) first: Option<usize>,
    /// The VMM function from which a vCPU runs.
    pub(super) vcpu: Option<usize>,
    /// The first frame of a system call that may be `KVM_RUN`.
    pub(super) syscall: Option<usize>,
    /// Whether the system call is another.
    pub(super) other_syscall: bool,
    /// The first frame of I/O for guests.
    pub(super) io: Option<usize>,
    /// Whether a host interrupt is in the stack.
    pub(super) interrupted: bool,
    /// Whether the frame before calls the function of the system call.
    calls_syscall: bool,
    /// Whether a frame of the kernel is in the stack.
    pub(super) in_kernel: bool,
    /// The first kernel frame, when it has no name and may be on the way to the vCPU loop.
    pub(super) unnamed: Option<usize>,
    /// Whether user code that is not on the way to KVM has been seen last.
    in_other_user_code: bool,
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

impl WalkFindings {
    /// Takes in the next frame, about which the tables say nothing.
    #[inline]
    pub(super) fn pass(&mut self, known: KnownFrame, at: usize, is_leaf: bool) {
        self.meet(known, at);
        // The function of a system call may be tail-called away (`__x64_sys_writev` calls
        // `do_writev`); that of `ioctl` is not. A leaf may as well be a thunk of the compiler's.
        if self.calls_syscall {
            self.calls_syscall = false;
            self.other_syscall |= !is_leaf && !self.inside;
        }
    }

    #[inline]
    fn meet(&mut self, known: KnownFrame, at: usize) {
        if self.first.is_none() && known.place != FramePlace::Root {
            self.first = Some(at);
        }
        if known.place == FramePlace::User {
            self.in_other_user_code = known.hint != Hint::Ioctl;
        }
        let may_run_vcpu = match known.hint {
            Hint::Nothing | Hint::Ioctl => false,
            Hint::Unnamed => !self.in_kernel && !self.in_other_user_code,
            Hint::UnnamedKvm => true,
        };
        if may_run_vcpu {
            self.unnamed.get_or_insert(at);
        }
        self.in_kernel |= known.place == FramePlace::Kernel;
    }

    /// What is known before the walk over a stack of which all but one kernel frame is missing: on
    /// a thread that runs a vCPU, what means something in its loop only is taken to be in it.
    pub(super) fn of_lone_frame() -> Self {
        Self {
            inside: true,
            is_lone: true,
            ..Self::default()
        }
    }

    /// Takes in the next frame; `is_guest` when a frame that enters the guest stands for it.
    pub(super) fn visit(&mut self, known: KnownFrame, at: usize, is_guest: bool) {
        self.meet(known, at);
        if let Some(rule) = known.rule
            && self.rule.is_none_or(|best| rule.rank < best.rule.rank)
        {
            self.rule = Some(DecidingRule { rule, at });
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

    fn candidate(&mut self, row: NameRow, at: usize, is_guest: bool) {
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
            self.best = Some(DecidingFrame {
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
