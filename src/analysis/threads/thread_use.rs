//! What is known of one thread.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::roles::{ThreadCalled, ThreadRole, tell_roles};
use crate::kvm::exit::Task;
use crate::stack::Tag;
use crate::units::{Cpu, Pid, Tid};

/// What a thread ran, in the unit of the whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct OnCpuParts {
    /// Guest code.
    pub guest: u64,
    /// The kernel, for the guest: from a VM exit to the next entry.
    pub exits: u64,
    /// The VMM in user space, on a thread of a vCPU.
    pub vmm: u64,
    /// Waiting for the guest on the CPU: halt polling, and the way to sleep.
    pub halt: u64,
    /// All else.
    pub host: u64,
}

impl OnCpuParts {
    /// All of it.
    pub const fn total(&self) -> u64 {
        self.guest
            .saturating_add(self.exits)
            .saturating_add(self.vmm)
            .saturating_add(self.halt)
            .saturating_add(self.host)
    }

    /// Adds what stacks of a tag weigh.
    pub(super) const fn add(&mut self, tag: Tag, weight: u64) {
        let part = match tag {
            Tag::Guest => &mut self.guest,
            Tag::Halt => &mut self.halt,
            Tag::Vmm => &mut self.vmm,
            Tag::Io | Tag::Idle | Tag::Host => &mut self.host,
            Tag::ExitPio
            | Tag::ExitMmio
            | Tag::ExitApic
            | Tag::ExitDoorbell
            | Tag::ExitMsr
            | Tag::ExitCpuid
            | Tag::ExitHlt
            | Tag::ExitIrq
            | Tag::ExitIrqWindow
            | Tag::ExitMemory
            | Tag::ExitReg
            | Tag::ExitHypercall
            | Tag::ExitException
            | Tag::ExitTimer
            | Tag::ExitPause
            | Tag::ExitNested
            | Tag::ExitEmulate
            | Tag::ExitOther
            | Tag::Entry => &mut self.exits,
        };
        *part = part.saturating_add(weight);
    }

    /// Adds those of another thread.
    pub const fn join(&mut self, other: &Self) {
        self.guest = self.guest.saturating_add(other.guest);
        self.exits = self.exits.saturating_add(other.exits);
        self.vmm = self.vmm.saturating_add(other.vmm);
        self.halt = self.halt.saturating_add(other.halt);
        self.host = self.host.saturating_add(other.host);
    }

    /// The same parts of another whole.
    pub(super) fn of_whole(&self, whole: u64) -> Option<Self> {
        let own = u128::from(self.total());
        let scaled = |part: u64| {
            let part = (u128::from(part) * u128::from(whole)).checked_div(own)?;
            u64::try_from(part).ok()
        };
        let [guest, exits, vmm, halt] = [self.guest, self.exits, self.vmm, self.halt].map(scaled);
        let mut parts = Self {
            guest: guest?,
            exits: exits?,
            vmm: vmm?,
            halt: halt?,
            host: 0,
        };
        parts.host = whole.saturating_sub(parts.total());
        Some(parts)
    }
}

/// Which parts of running time are told; the others are in `exits`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ToldParts {
    /// The VMM in user space.
    pub vmm: bool,
    /// Halt polling.
    pub halt: bool,
    /// All else.
    pub host: bool,
}

impl ToldParts {
    /// All of them.
    pub(super) const ALL: Self = Self {
        vmm: true,
        halt: true,
        host: true,
    };
}

/// How a thread waited. Times are nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Waits {
    /// Time in which it could run and did not.
    pub ready_ns: u64,
    /// Time asleep.
    pub asleep_ns: u64,
    /// How often it was made to stop running.
    pub preempted: u64,
    /// How often it was woken.
    pub woken: u64,
}

/// What is known of one thread. The kernel uses ids again: several may have the same.
#[derive(Clone, PartialEq, Debug)]
pub struct ThreadUse {
    /// The thread.
    pub task: Task,
    /// Its latest name; empty where none was recorded.
    pub name: String,
    /// Names that it had before, in no order.
    pub earlier_names: Vec<String>,
    /// The name of its process; empty where none was recorded.
    pub process: String,
    /// What it does.
    pub role: ThreadRole,
    /// The process of the VM that it belongs to or works for.
    pub vm: Option<Pid>,
    /// Samples; `None` where its times are not told by samples.
    pub samples: Option<u64>,
    /// What it ran: nanoseconds, or what its samples weigh where the event counts no time. `None`
    /// where that is not known.
    pub on_cpu: Option<u64>,
    /// The same, by host CPU, as far as samples tell it.
    pub by_cpu: BTreeMap<Cpu, u64>,
    /// What it ran then; `None` where nothing tells that.
    pub parts: Option<OnCpuParts>,
    /// How it waited; `None` without switches.
    pub waits: Option<Waits>,
}

impl ThreadUse {
    /// A thread that is not yet known to do anything.
    pub(super) fn of(task: Task, name: String) -> Self {
        Self {
            task,
            name,
            earlier_names: Vec::new(),
            process: String::new(),
            role: ThreadRole::Host,
            vm: None,
            samples: None,
            on_cpu: None,
            by_cpu: BTreeMap::new(),
            parts: None,
            waits: None,
        }
    }

    /// Whether it is, or was, called so.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.earlier_names.iter().any(|earlier| earlier == name)
    }
}

/// Tells roles and VMs of threads. `vcpus` are threads that something else than a name shows to run a
/// vCPU.
pub(super) fn tell_roles_of(threads: &mut [ThreadUse], vcpus: &BTreeSet<Tid>) {
    let called = threads.iter().map(|thread| ThreadCalled {
        task: thread.task,
        name: &thread.name,
        earlier_names: &thread.earlier_names,
    });
    let told = tell_roles(&called.collect::<Vec<_>>(), vcpus);
    for (thread, told) in threads.iter_mut().zip(told) {
        thread.role = told.role;
        thread.vm = told.vm;
    }
}
