//! The order of threads.

use std::cmp::Reverse;

use crate::analysis::threads::ThreadUse;

/// What comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ThreadOrder {
    /// The thread that ran most.
    #[default]
    Cpu,
    /// The one that was ready longest.
    Ready,
    /// The one that slept longest.
    Asleep,
    /// The one that ran guest code longest.
    Guest,
    /// The one that handled exits longest.
    Exits,
    /// The one that was in the VMM longest.
    Vmm,
    /// The smallest id.
    Tid,
    /// By name.
    Name,
    /// By VM, in it by id.
    Vm,
}

impl ThreadOrder {
    /// All orders, as they are offered.
    const ALL: [Self; 9] = [
        Self::Cpu,
        Self::Ready,
        Self::Asleep,
        Self::Guest,
        Self::Exits,
        Self::Vmm,
        Self::Tid,
        Self::Name,
        Self::Vm,
    ];

    /// What it is called.
    const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Ready => "ready",
            Self::Asleep => "asleep",
            Self::Guest => "guest",
            Self::Exits => "exits",
            Self::Vmm => "vmm",
            Self::Tid => "tid",
            Self::Name => "name",
            Self::Vm => "vm",
        }
    }

    /// The order of that name.
    ///
    /// # Errors
    /// When there is none, in one line.
    pub fn parse(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|order| order.as_str() == name);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|order| order.as_str()).collect();
            format!("{name:?} is no order; there are {}", names.join(", "))
        })
    }

    /// Puts threads in order; equal ones by what they ran, then by id.
    pub(super) fn sort(self, threads: &mut [&ThreadUse]) {
        threads.sort_by_key(|thread| (Reverse(thread.on_cpu), thread.task.tid, thread.task.pid));
        let parts = |thread: &ThreadUse| thread.parts.unwrap_or_default();
        match self {
            Self::Cpu => {}
            Self::Ready => {
                threads.sort_by_key(|thread| Reverse(thread.waits.map(|waits| waits.ready_ns)));
            }
            Self::Asleep => {
                threads.sort_by_key(|thread| Reverse(thread.waits.map(|waits| waits.asleep_ns)));
            }
            Self::Guest => threads.sort_by_key(|thread| Reverse(parts(thread).guest)),
            Self::Exits => threads.sort_by_key(|thread| Reverse(parts(thread).exits)),
            Self::Vmm => threads.sort_by_key(|thread| Reverse(parts(thread).vmm)),
            Self::Tid => threads.sort_by_key(|thread| thread.task.tid),
            Self::Name => threads.sort_by(|a, b| a.name.cmp(&b.name)),
            Self::Vm => {
                threads.sort_by_key(|thread| (thread.vm.is_none(), thread.vm, thread.task.tid));
            }
        }
    }
}
