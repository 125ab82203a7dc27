//! An exit that has not ended yet.

use super::access::{Access, AccessSet, TargetKind};
use super::finished::{Ending, FinishedExit};
use super::host_event::ExitEvent;
use super::qualification::accesses_of;
use super::reason::ExitReason;
use super::recorded::Recorded;
use super::time_parts::TimeParts;
use crate::units::Timestamp;

/// Where the thread of a vCPU is while its guest does not run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whereabouts {
    Kernel,
    Vmm,
}

/// A stretch of time off the CPU.
#[derive(Clone, Copy, Debug)]
struct OffCpu {
    start: Timestamp,
    /// `None` while it lasts.
    end: Option<Timestamp>,
    /// Whether the thread could have gone on.
    is_runnable: bool,
}

impl OffCpu {
    /// How much of it lies behind `since` and before `now`, in nanoseconds.
    fn behind(&self, since: Timestamp, now: Timestamp) -> u64 {
        let end = self.end.unwrap_or(now).as_nanos();
        end.saturating_sub(self.start.max(since).as_nanos())
    }
}

/// An exit that has not ended yet.
#[derive(Clone, Debug)]
pub(super) struct OpenExit {
    start: Timestamp,
    pub(super) reason: ExitReason,
    pub(super) rip: Option<u64>,
    accesses: AccessSet,
    pub(super) occurrences: u32,
    /// How many tracepoints told of the memory fault that it is about.
    pub(super) told_faults: u32,
    pub(super) parts: TimeParts,
    /// Whether it is counted.
    pub(super) is_wanted: bool,
    place: Whereabouts,
    /// Up to when `parts` tell.
    told: Timestamp,
    off_cpu: Vec<OffCpu>,
    has_halted: bool,
}

impl OpenExit {
    pub(super) fn new(start: Timestamp, exit: &ExitEvent, is_wanted: bool) -> Self {
        let reason = ExitReason::of(exit);
        Self {
            start,
            reason,
            rip: exit.rip,
            accesses: accesses_of(reason, exit),
            occurrences: 1,
            told_faults: 0,
            parts: TimeParts::default(),
            is_wanted,
            place: Whereabouts::Kernel,
            told: start,
            off_cpu: Vec::new(),
            has_halted: false,
        }
    }

    fn is_off_cpu(&self) -> bool {
        self.off_cpu.last().is_some_and(|last| last.end.is_none())
    }

    /// Gives the time up to `now` to where the thread is.
    fn tell(&mut self, now: Timestamp) {
        let passed = now.as_nanos().saturating_sub(self.told.as_nanos());
        self.told = now;
        let part = if self.is_off_cpu() {
            &mut self.parts.off_cpu
        } else if self.place == Whereabouts::Vmm {
            &mut self.parts.vmm
        } else {
            &mut self.parts.kernel
        };
        *part = part.saturating_add(passed);
    }

    /// The thread is found at a place, where it stays until it is found elsewhere.
    pub(super) fn is_in(&mut self, now: Timestamp, place: Whereabouts) {
        self.switch_in(now);
        if self.place != place {
            self.tell(now);
            self.place = place;
        }
    }

    pub(super) fn switch_out(&mut self, now: Timestamp, is_runnable: bool) {
        if !self.is_off_cpu() {
            self.tell(now);
            self.off_cpu.push(OffCpu {
                start: now,
                end: None,
                is_runnable,
            });
        }
    }

    pub(super) fn switch_in(&mut self, now: Timestamp) {
        if self.is_off_cpu() {
            self.tell(now);
            if let Some(last) = self.off_cpu.last_mut() {
                last.end = Some(now);
            }
        }
    }

    /// A halt has ended that took so long. It polled for `poll_limit` at most, if that is known.
    pub(super) fn halted(
        &mut self,
        now: Timestamp,
        halted_ns: u64,
        poll_limit: Option<u64>,
        recorded: Recorded,
    ) {
        self.is_in(now, Whereabouts::Kernel);
        self.tell(now);
        self.has_halted = true;
        let begun = now.as_nanos().saturating_sub(halted_ns);
        let begun = self.start.max(Timestamp::from_nanos(begun));
        let off_cpu = self.off_cpu.iter().map(|off| off.behind(begun, now));
        let off_cpu = off_cpu.fold(0, u64::saturating_add).min(self.parts.off_cpu);
        self.parts.off_cpu -= off_cpu;
        self.parts.blocked = self.parts.blocked.saturating_add(off_cpu);
        let length = now.as_nanos().saturating_sub(begun.as_nanos());
        let running = length.saturating_sub(off_cpu).min(self.parts.kernel);
        self.parts.kernel -= running;
        // Without switches it is not seen when polling ended and sleep began.
        let unknown_limit = if recorded.switches { running } else { 0 };
        let polled = running.min(poll_limit.unwrap_or(unknown_limit));
        self.parts.polled = self.parts.polled.saturating_add(polled);
        if recorded.switches {
            self.parts.kernel += running - polled;
        } else {
            self.parts.blocked = self.parts.blocked.saturating_add(running - polled);
        }
    }

    /// Adds what it reached. What `kvm_exit` itself told stays. Whether that is the same.
    pub(super) fn reach(&mut self, access: Access) -> bool {
        let own = self.accesses.add(access);
        own.is_some_and(|own| own.target == access.target)
    }

    /// It has ended.
    pub(super) fn finish(
        mut self,
        now: Timestamp,
        ending: Ending,
        recorded: Recorded,
    ) -> FinishedExit {
        if ending == Ending::Entry {
            self.switch_in(now);
            self.tell(now);
            if self.reason.is_halt() && !self.has_halted {
                self.guess_halt(recorded);
            }
        } else {
            self.parts = TimeParts::default();
        }
        // The memory of a device is not mapped: the fault was the way to it.
        if self.accesses.get(TargetKind::Mmio).is_some() {
            self.accesses.remove(TargetKind::Fault);
        }
        FinishedExit {
            start: self.start,
            ending,
            parts: self.parts,
            reason: self.reason,
            rip: self.rip,
            accesses: self.accesses,
            occurrences: self.occurrences,
        }
    }

    /// The guest halted, and nothing tells for how long by itself: what was slept, if that was
    /// recorded, or else all the time.
    fn guess_halt(&mut self, recorded: Recorded) {
        let parts = &mut self.parts;
        if recorded.switches {
            let slept = self.off_cpu.iter().filter(|off| !off.is_runnable);
            let slept = slept.map(|off| off.behind(self.start, self.told));
            let slept = slept.fold(0, u64::saturating_add).min(parts.off_cpu);
            parts.off_cpu -= slept;
            parts.blocked = parts.blocked.saturating_add(slept);
            return;
        }
        // Without an interrupt controller in the kernel, the VMM sleeps for the guest.
        parts.blocked = parts.blocked.saturating_add(parts.vmm);
        parts.vmm = 0;
        if !recorded.wakeups {
            parts.blocked = parts.blocked.saturating_add(parts.kernel);
            parts.kernel = 0;
        }
    }
}
