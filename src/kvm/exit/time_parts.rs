//! Where the time of an exit goes.

/// Where the time of an exit goes, in nanoseconds. The parts are disjoint; together they are the time
/// from `kvm_exit` to the end of the exit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct TimeParts {
    /// In the host kernel.
    pub kernel: u64,
    /// In user space, that is, the VMM.
    pub vmm: u64,
    /// Not running although the guest had not halted: preempted, or waiting for something.
    pub off_cpu: u64,
    /// Polling for the end of a halt.
    pub polled: u64,
    /// Halted: the guest had nothing to do, and the CPU was free for others.
    pub blocked: u64,
}

impl TimeParts {
    /// All of it: what passed by the clock.
    pub const fn wall(&self) -> u64 {
        self.handled().saturating_add(self.blocked)
    }

    /// All but what the guest wanted to sleep.
    pub const fn handled(&self) -> u64 {
        self.kernel
            .saturating_add(self.vmm)
            .saturating_add(self.off_cpu)
            .saturating_add(self.polled)
    }

    /// Adds those of another exit.
    pub const fn add(&mut self, other: &Self) {
        self.kernel = self.kernel.saturating_add(other.kernel);
        self.vmm = self.vmm.saturating_add(other.vmm);
        self.off_cpu = self.off_cpu.saturating_add(other.off_cpu);
        self.polled = self.polled.saturating_add(other.polled);
        self.blocked = self.blocked.saturating_add(other.blocked);
    }
}
