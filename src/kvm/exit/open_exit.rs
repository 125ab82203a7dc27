//! An exit that has not ended yet.

use super::access::{Access, TargetKind};
use super::finished::{ExitEnding, FinishedExit};
use super::qualification::add_with_apic;
use super::recorded::Recorded;
use super::thread_event::ThreadEvent;
use super::time_parts::TimeParts;
use crate::units::Timestamp;

/// Where the thread of a vCPU is while its guest does not run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Whereabouts {
    #[default]
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

/// An exit that has not ended yet. One value serves all exits of a thread, one after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenExit {
    /// What is known so far.
    pub(super) exit: FinishedExit,
    /// Whether there is one.
    pub(super) is_open: bool,
    /// Whether it is counted.
    pub(super) is_wanted: bool,
    /// How many tracepoints told of the memory fault that it is about.
    pub(super) told_faults: u32,
    place: Whereabouts,
    /// Up to when the parts of its time tell.
    told: Timestamp,
    off_cpu: Vec<OffCpu>,
    has_halted: bool,
}

impl OpenExit {
    /// Begins an exit.
    #[inline]
    pub(super) fn begin(&mut self, start: Timestamp, event: &ThreadEvent) {
        let exit = &mut self.exit;
        exit.start = start;
        exit.reason = event.reason();
        exit.rip = event.rip();
        exit.accesses.clear();
        if let Some(access) = event.reached() {
            add_with_apic(&mut exit.accesses, access);
        }
        exit.kernel_stack = None;
        exit.occurrences = 1;
        exit.parts = TimeParts::default();
        self.is_open = true;
        self.is_wanted = event.is_wanted();
        self.told_faults = 0;
        self.place = Whereabouts::Kernel;
        self.told = start;
        self.off_cpu.clear();
        self.has_halted = false;
    }

    fn is_off_cpu(&self) -> bool {
        self.off_cpu.last().is_some_and(|last| last.end.is_none())
    }

    /// Gives the time up to `now` to where the thread is.
    #[inline]
    fn tell(&mut self, now: Timestamp) {
        let passed = now.as_nanos().saturating_sub(self.told.as_nanos());
        self.told = now;
        let part = if self.is_off_cpu() {
            &mut self.exit.parts.off_cpu
        } else if self.place == Whereabouts::Vmm {
            &mut self.exit.parts.vmm
        } else {
            &mut self.exit.parts.kernel
        };
        *part = part.saturating_add(passed);
    }

    /// The thread is found at a place, where it stays until it is found elsewhere.
    #[inline]
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
        let begun = self.exit.start.max(Timestamp::from_nanos(begun));
        let off_cpu = self.off_cpu.iter().map(|off| off.behind(begun, now));
        let off_cpu = off_cpu
            .fold(0, u64::saturating_add)
            .min(self.exit.parts.off_cpu);
        self.exit.parts.off_cpu -= off_cpu;
        self.exit.parts.blocked = self.exit.parts.blocked.saturating_add(off_cpu);
        let length = now.as_nanos().saturating_sub(begun.as_nanos());
        let running = length.saturating_sub(off_cpu).min(self.exit.parts.kernel);
        self.exit.parts.kernel -= running;
        // Without switches it is not seen when polling ended and sleep began.
        let unknown_limit = if recorded.switches { running } else { 0 };
        let polled = running.min(poll_limit.unwrap_or(unknown_limit));
        self.exit.parts.polled = self.exit.parts.polled.saturating_add(polled);
        if recorded.switches {
            self.exit.parts.kernel += running - polled;
        } else {
            self.exit.parts.blocked = self.exit.parts.blocked.saturating_add(running - polled);
        }
    }

    /// Adds what it reached. What `kvm_exit` itself told stays. Whether that is the same.
    #[inline]
    pub(super) fn reach(&mut self, access: Access) -> bool {
        let own = self.exit.accesses.add(access);
        own.is_some_and(|own| own.target == access.target)
    }

    /// It has ended.
    #[inline]
    pub(super) fn finish(
        &mut self,
        now: Timestamp,
        ending: ExitEnding,
        recorded: Recorded,
    ) -> &FinishedExit {
        self.is_open = false;
        if ending == ExitEnding::Entry {
            self.switch_in(now);
            self.tell(now);
            if self.exit.reason.is_halt() && !self.has_halted {
                self.guess_halt(recorded);
            }
        } else {
            self.exit.parts = TimeParts::default();
        }
        // The memory of a device is not mapped: the fault was the way to it.
        if self.exit.accesses.get(TargetKind::Mmio).is_some() {
            self.exit.accesses.remove(TargetKind::Fault);
        }
        self.exit.ending = ending;
        &self.exit
    }

    /// The guest halted, and nothing tells for how long by itself: what was slept, if that was
    /// recorded, or else all the time.
    fn guess_halt(&mut self, recorded: Recorded) {
        let parts = &mut self.exit.parts;
        if recorded.switches {
            let slept = self.off_cpu.iter().filter(|off| !off.is_runnable);
            let slept = slept.map(|off| off.behind(self.exit.start, self.told));
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
