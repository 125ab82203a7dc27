//! One thread's occurrences, in order of time, made into exits.

use super::access::{Access, Target, TargetKind};
use super::counts::{HaltCounts, PairingCounts};
use super::finished::{ExitEnding, Finding};
use super::host_event::HostEvent;
use super::open_exit::{OpenExit, Whereabouts};
use super::plain_exit::{PlainExit, WaitingEvent};
use super::plain_run::PlainRun;
use super::recorded::Recorded;
use super::thread_event::ThreadEvent;
use super::thread_marks::What;
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
    /// What comes behind it is not older.
    pub last: Timestamp,
}

impl EntryAt {
    /// The entry that an occurrence is, or that a run of plain exits ends with; `None` where there is
    /// none. `poll_limit` is what is known by then.
    pub fn of(waiting: &WaitingEvent, poll_limit: Option<u64>) -> Option<Self> {
        let run = waiting.event.as_plain_run(waiting.at);
        let at = run.map_or(waiting.at, |run| run.end);
        let last = run.map_or(waiting.at, |run| run.nothing_before());
        (run.is_some() || waiting.event.is_entry()).then_some(Self {
            at,
            vcpu: waiting.event.vcpu(),
            poll_limit,
            last,
        })
    }
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
            last: entry.last,
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
        let event = ThreadEvent::of(event, self.tid).wanted(is_wanted);
        self.take_event(at, &event, found);
    }

    /// The same of an occurrence of which it is known already what it means to the thread.
    #[inline]
    pub fn take_event(
        &mut self,
        at: Timestamp,
        event: &ThreadEvent,
        found: &mut impl FnMut(&Finding<'_>),
    ) {
        if at < self.last {
            self.counts.out_of_order += 1;
        }
        let now = at.max(self.last);
        self.last = now;
        let occurrences = &mut self.open.exit.occurrences;
        *occurrences = occurrences.saturating_add(1);
        self.is_vcpu |= event.is_of_vcpu();
        match event.what() {
            What::Exit => {
                self.finish(now, ExitEnding::Exit, found);
                self.exit(now, event);
            }
            What::Entry => {
                let had_exit = self.finish(now, ExitEnding::Entry, found);
                self.entry(now, event, had_exit);
            }
            What::Access | What::UnsatisfiedRead => {
                self.is_in(now, Whereabouts::Kernel);
                if event.is_wanted() {
                    self.access(now, event, found);
                }
            }
            What::Kernel | What::KernelForOthers => self.is_in(now, Whereabouts::Kernel),
            What::UserspaceExit => self.is_in(now, Whereabouts::Vmm),
            What::HaltPoll => {
                self.poll_limit = event.poll_limit();
                self.is_in(now, Whereabouts::Kernel);
            }
            What::PolledHalt => self.wakeup(now, event.halted_ns(), false),
            What::SleptHalt => self.wakeup(now, event.halted_ns(), true),
            What::Preempted if self.open.is_open => self.open.switch_out(now, true),
            What::Sleeps if self.open.is_open => self.open.switch_out(now, false),
            What::Runs if self.open.is_open => self.open.switch_in(now),
            What::PlainRun => {
                if let Some(run) = event.as_plain_run(now) {
                    self.finish(now, ExitEnding::Exit, found);
                    self.take_run(&run);
                }
            }
            What::Preempted | What::Sleeps | What::Runs | What::Passing => {}
        }
    }

    /// Begins anew, with a thread of which nothing has come in; sums stay.
    pub(super) fn turn_to(&mut self, tid: Tid) {
        self.tid = tid;
        self.open.is_open = false;
        self.entered = None;
        self.last = Timestamp::default();
        self.poll_limit = None;
    }

    /// Whether an exit that begins then can be taken by [`Self::take_plain`].
    #[inline]
    pub fn takes_plain(&self, start: Timestamp) -> bool {
        !self.open.is_open && self.last <= start
    }

    /// Takes all occurrences of an exit at once; its finding is told already.
    #[inline]
    pub fn take_plain(&mut self, exit: &PlainExit) {
        self.add_run(&exit.run());
        self.last = exit.end;
    }

    /// Takes exits that were told before all was known that happens in their time. What shows later
    /// that it does is out of order.
    fn take_run(&mut self, run: &PlainRun) {
        self.add_run(run);
        self.last = run.nothing_before();
    }

    #[inline]
    fn add_run(&mut self, run: &PlainRun) {
        let exits = u64::from(run.exits);
        self.is_vcpu = true;
        self.counts.exits += exits;
        self.counts.paired += exits;
        self.counts.entries += exits;
        self.vcpu = run.vcpu.or(self.vcpu);
        if let Some(entered) = self.entered {
            let ran = run.start.as_nanos().saturating_sub(entered.as_nanos());
            self.guest_ns = self.guest_ns.saturating_add(ran);
        }
        self.guest_ns = self.guest_ns.saturating_add(run.guest_ns);
        self.entered = Some(run.end);
    }

    /// Numbers the stack that stands for the time in the kernel of the exit that is open.
    pub fn set_kernel_stack(&mut self, stack: u32) {
        if self.open.is_open {
            self.open.exit.kernel_stack = Some(stack);
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

    #[inline]
    fn exit(&mut self, now: Timestamp, exit: &ThreadEvent) {
        self.counts.exits += u64::from(exit.is_wanted());
        self.vcpu = exit.vcpu().or(self.vcpu);
        if let Some(entered) = self.entered.take()
            && exit.is_wanted()
        {
            let ran = now.as_nanos().saturating_sub(entered.as_nanos());
            self.guest_ns = self.guest_ns.saturating_add(ran);
        }
        self.open.begin(now, exit);
    }

    #[inline]
    fn entry(&mut self, now: Timestamp, entry: &ThreadEvent, had_exit: bool) {
        self.vcpu = entry.vcpu().or(self.vcpu);
        self.entered = Some(now);
        if entry.is_wanted() {
            self.counts.entries += 1;
            self.counts.entries_without_exit += u64::from(!had_exit);
        }
    }

    /// Finishes the exit that is open, and tells whether there was one.
    #[inline]
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

    fn access(
        &mut self,
        now: Timestamp,
        event: &ThreadEvent,
        found: &mut impl FnMut(&Finding<'_>),
    ) {
        let Some(access) = event.reached() else {
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
        if event.what() == What::UnsatisfiedRead {
            // The VMM answers, and the read that follows is the one access.
            return;
        }
        found(&self.finding(now, event, access, told_as_apic.is_some()));
        if let Some(target @ Target::Apic(_)) = told_as_apic
            && !self.recorded.apic
        {
            let access = Access { target, ..access };
            if self.open.is_open {
                self.open.reach(access);
            }
            found(&self.finding(now, event, access, false));
        }
    }

    fn finding(
        &self,
        at: Timestamp,
        event: &ThreadEvent,
        access: Access,
        is_told_twice: bool,
    ) -> Finding<'static> {
        let exit = self.open.is_open.then_some(&self.open.exit);
        Finding::Access {
            at,
            access,
            is_told_twice,
            rip: exit.and_then(|exit| exit.rip).or_else(|| event.rip()),
            reason: exit.map(|exit| exit.reason),
        }
    }
}

#[cfg(test)]
#[path = "pairing_tests.rs"]
mod tests;
