//! One thread's occurrences, in order of time, made into exits.

use super::access::{Access, Target, TargetKind};
use super::counts::{HaltCounts, PairingCounts};
use super::finished::{ExitEnding, Finding};
use super::host_event::{ExitEvent, HostEvent, MmioKind};
use super::open_exit::{OpenExit, Whereabouts};
use super::recorded::Recorded;
use crate::units::{Tid, Timestamp};

/// What is known of one thread while its occurrences come in.
#[derive(Clone, Debug, Default)]
pub struct ThreadPairing {
    tid: Tid,
    recorded: Recorded,
    open: OpenExit,
    /// When the guest was entered, while it runs.
    entered: Option<Timestamp>,
    last: Timestamp,
    /// How long a halt polls at most, where that was recorded, in nanoseconds.
    poll_limit: Option<u64>,
    /// Whether it did what only the thread of a vCPU does.
    pub is_vcpu: bool,
    /// The vCPU's number in its VM; `None` where none was recorded.
    pub vcpu: Option<u32>,
    /// What became of its exits and entries.
    pub counts: PairingCounts,
    /// What its halts did.
    pub halts: HaltCounts,
    /// Time in the guest, in nanoseconds: from each entry to the exit that follows.
    pub guest_ns: u64,
}

/// An entry at which a thread is taken up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EntryAt {
    /// When.
    pub at: Timestamp,
    /// The vCPU's number in its VM.
    pub vcpu: Option<u32>,
    /// How long a halt polls at most from then on, where that was recorded, in nanoseconds.
    pub poll_limit: Option<u64>,
}

impl ThreadPairing {
    /// A thread of which nothing has come in yet.
    pub fn new(tid: Tid, recorded: Recorded) -> Self {
        Self {
            tid,
            recorded,
            ..Self::default()
        }
    }

    /// The same thread from one of its entries on, of which others take what came before. `earlier`
    /// tells, of what it took, how long halts poll.
    #[must_use]
    pub fn from_entry(tid: Tid, recorded: Recorded, entry: EntryAt) -> Self {
        Self {
            is_vcpu: true,
            entered: Some(entry.at),
            last: entry.at,
            vcpu: entry.vcpu,
            poll_limit: entry.poll_limit,
            ..Self::new(tid, recorded)
        }
    }

    /// Goes on where `later` arrived, which began with the entry that was taken last here. `false`
    /// when none was: then nothing of it is taken.
    pub fn absorb(&mut self, later: Self) -> bool {
        if self.open.is_open || self.entered.is_none() {
            return false;
        }
        self.is_vcpu |= later.is_vcpu;
        self.open = later.open;
        self.entered = later.entered;
        self.last = later.last;
        self.poll_limit = later.poll_limit.or(self.poll_limit);
        self.vcpu = later.vcpu.or(self.vcpu);
        self.counts.add(&later.counts);
        self.halts.add(&later.halts);
        self.guest_ns = self.guest_ns.saturating_add(later.guest_ns);
        true
    }

    /// Takes the next occurrence of the thread, or a switch to it, which another one recorded.
    ///
    /// Times do not go backwards; one that does is counted and taken for the time before. What is
    /// not wanted is not counted, nor found; an exit is wanted when its `kvm_exit` is.
    pub fn take(
        &mut self,
        at: Timestamp,
        event: &HostEvent,
        is_wanted: bool,
        found: &mut impl FnMut(&Finding<'_>),
    ) {
        if at < self.last {
            self.counts.out_of_order += 1;
        }
        let now = at.max(self.last);
        self.last = now;
        let occurrences = &mut self.open.exit.occurrences;
        *occurrences = occurrences.saturating_add(1);
        if let HostEvent::SchedSwitch {
            prev_tid, next_tid, ..
        } = event
        {
            let is_out = *prev_tid == self.tid;
            if self.open.is_open && is_out {
                self.open.switch_out(now, event.leaves_runnable());
            } else if self.open.is_open && *next_tid == self.tid {
                self.open.switch_in(now);
            }
            return;
        }
        self.is_vcpu |= event.is_of_vcpu();
        match event {
            HostEvent::Exit(exit) => {
                self.finish(now, ExitEnding::Exit, found);
                self.exit(now, exit, is_wanted);
            }
            HostEvent::Entry { vcpu, .. } => {
                let had_exit = self.finish(now, ExitEnding::Entry, found);
                self.entry(now, *vcpu, had_exit, is_wanted);
            }
            HostEvent::UserspaceExit { .. } => self.is_in(now, Whereabouts::Vmm),
            HostEvent::HaltPoll { new_ns, .. } => {
                self.poll_limit = Some(*new_ns);
                self.is_in(now, Whereabouts::Kernel);
            }
            HostEvent::Wakeup {
                halted_ns, is_wait, ..
            } => self.wakeup(now, *halted_ns, *is_wait),
            // The VMM moves interrupt lines by system calls of its own: it is still there.
            HostEvent::SetIrq { .. }
            | HostEvent::MsiSetIrq { .. }
            | HostEvent::AcceptIrq { .. }
            | HostEvent::SchedWakeup { .. }
            | HostEvent::SchedSwitch { .. }
            | HostEvent::Other => {}
            HostEvent::Pio { .. }
            | HostEvent::Mmio { .. }
            | HostEvent::FastMmio { .. }
            | HostEvent::Msr { .. }
            | HostEvent::Cpuid { .. }
            | HostEvent::Apic { .. }
            | HostEvent::Hypercall { .. }
            | HostEvent::PageFault { .. }
            | HostEvent::InjectVirq { .. }
            | HostEvent::Eoi { .. }
            | HostEvent::EmulateInsn { .. } => {
                self.is_in(now, Whereabouts::Kernel);
                if is_wanted {
                    self.access(now, event, found);
                }
            }
        }
    }

    /// There are no more occurrences: an exit that is open has no end.
    pub fn end(&mut self, found: &mut impl FnMut(&Finding<'_>)) {
        self.finish(self.last, ExitEnding::Nothing, found);
        self.entered = None;
    }

    fn is_in(&mut self, now: Timestamp, place: Whereabouts) {
        if self.open.is_open {
            self.open.is_in(now, place);
        }
    }

    fn exit(&mut self, now: Timestamp, exit: &ExitEvent, is_wanted: bool) {
        self.counts.exits += u64::from(is_wanted);
        self.vcpu = exit.vcpu.or(self.vcpu);
        if let Some(entered) = self.entered.take()
            && is_wanted
        {
            let ran = now.as_nanos().saturating_sub(entered.as_nanos());
            self.guest_ns = self.guest_ns.saturating_add(ran);
        }
        self.open.begin(now, exit, is_wanted);
    }

    fn entry(&mut self, now: Timestamp, vcpu: Option<u32>, had_exit: bool, is_wanted: bool) {
        self.vcpu = vcpu.or(self.vcpu);
        self.entered = Some(now);
        if is_wanted {
            self.counts.entries += 1;
            self.counts.entries_without_exit += u64::from(!had_exit);
        }
    }

    /// Finishes the exit that is open, and tells whether there was one.
    fn finish(
        &mut self,
        now: Timestamp,
        ending: ExitEnding,
        found: &mut impl FnMut(&Finding<'_>),
    ) -> bool {
        if !self.open.is_open {
            return false;
        }
        self.open.is_open = false;
        if !self.open.is_wanted {
            return true;
        }
        match ending {
            ExitEnding::Entry => self.counts.paired += 1,
            ExitEnding::Exit => self.counts.ended_by_exit += 1,
            ExitEnding::Nothing => self.counts.unended += 1,
        }
        let told_faults = self.open.told_faults;
        let exit = self.open.finish(now, ending, self.recorded);
        found(&Finding::Exit(exit));
        if let Some(access) = exit.accesses.get(TargetKind::Fault) {
            for _ in 0..told_faults {
                found(&Finding::Access {
                    at: exit.start,
                    access,
                    is_told_twice: true,
                    rip: exit.rip,
                    reason: Some(exit.reason),
                });
            }
        }
        true
    }

    fn wakeup(&mut self, now: Timestamp, halted_ns: u64, is_wait: bool) {
        let open = &mut self.open;
        if !open.is_open {
            return;
        }
        if open.is_wanted {
            self.halts.ended += 1;
            self.halts.slept += u64::from(is_wait);
        }
        let polled = if is_wait {
            self.poll_limit
        } else {
            Some(u64::MAX)
        };
        let before = open.exit.parts;
        open.halted(now, halted_ns, polled, self.recorded);
        if !open.is_wanted {
            return;
        }
        let polled = open.exit.parts.polled - before.polled;
        if is_wait {
            self.halts.lost_ns = self.halts.lost_ns.saturating_add(polled);
        } else {
            self.halts.won_ns = self.halts.won_ns.saturating_add(polled);
        }
        let blocked = open.exit.parts.blocked - before.blocked;
        self.halts.blocked_ns = self.halts.blocked_ns.saturating_add(blocked);
    }

    fn access(&mut self, now: Timestamp, event: &HostEvent, found: &mut impl FnMut(&Finding<'_>)) {
        let Some(access) = access_of(event) else {
            return;
        };
        let open = &mut self.open;
        let is_own = open.is_open && open.reach(access);
        if is_own && access.target.kind() == TargetKind::Fault {
            // Whether it is a fault or the way to a device is known at the end.
            open.told_faults += 1;
            return;
        }
        let told_as_apic = match access.target {
            Target::Mmio(gpa) => Target::apic_of_gpa(gpa),
            target if target.is_x2apic() && self.recorded.apic => Some(target),
            Target::Port(_)
            | Target::Apic(_)
            | Target::Msr(_)
            | Target::Cpuid(..)
            | Target::Hypercall(..)
            | Target::HostInterrupt(_)
            | Target::GuestInterrupt(_)
            | Target::Fault(_) => None,
        };
        let mut tell = |access: Access, is_told_twice: bool| {
            let exit = self.open.is_open.then(|| {
                self.open.reach(access);
                &self.open.exit
            });
            found(&Finding::Access {
                at: now,
                access,
                is_told_twice,
                rip: exit.and_then(|exit| exit.rip).or_else(|| rip_of(event)),
                reason: exit.map(|exit| exit.reason),
            });
        };
        if let HostEvent::Mmio {
            kind: MmioKind::UnsatisfiedRead,
            ..
        } = event
        {
            // The VMM answers, and the read that follows is the one access.
            return;
        }
        tell(access, told_as_apic.is_some());
        if let Some(target @ Target::Apic(_)) = told_as_apic
            && !self.recorded.apic
        {
            tell(Access { target, ..access }, false);
        }
    }
}

/// The access that a tracepoint tells of; `None` where it tells of none.
fn access_of(event: &HostEvent) -> Option<Access> {
    match *event {
        HostEvent::Pio { is_write, port, .. } => Some(Access::new(Target::Port(port), is_write)),
        HostEvent::Mmio { kind, gpa, .. } => {
            Some(Access::new(Target::Mmio(gpa), kind == MmioKind::Write))
        }
        HostEvent::FastMmio { gpa } => Some(Access::new(Target::Mmio(gpa), true)),
        HostEvent::Msr {
            is_write, index, ..
        } => Some(Access::new(Target::Msr(index), is_write)),
        HostEvent::Cpuid { function, index } => {
            Some(Access::undirected(Target::Cpuid(function, index)))
        }
        HostEvent::Apic {
            is_write, register, ..
        } => Some(Access::new(Target::Apic(register), is_write)),
        HostEvent::Hypercall { interface, number } => {
            Some(Access::undirected(Target::Hypercall(interface, number)))
        }
        HostEvent::PageFault { gpa, .. } => Some(Access::undirected(Target::Fault(gpa))),
        HostEvent::InjectVirq { vector } => {
            Some(Access::undirected(Target::GuestInterrupt(vector)))
        }
        HostEvent::Entry { .. }
        | HostEvent::Exit(_)
        | HostEvent::UserspaceExit { .. }
        | HostEvent::HaltPoll { .. }
        | HostEvent::Wakeup { .. }
        | HostEvent::SetIrq { .. }
        | HostEvent::MsiSetIrq { .. }
        | HostEvent::AcceptIrq { .. }
        | HostEvent::Eoi { .. }
        | HostEvent::EmulateInsn { .. }
        | HostEvent::SchedSwitch { .. }
        | HostEvent::SchedWakeup { .. }
        | HostEvent::Other => None,
    }
}

/// The guest's instruction pointer that a tracepoint of an access tells by itself.
const fn rip_of(event: &HostEvent) -> Option<u64> {
    if let HostEvent::PageFault { rip, .. } = event {
        *rip
    } else {
        None
    }
}

#[cfg(test)]
#[path = "pairing_tests.rs"]
mod tests;
