//! How vCPUs got their host CPUs, and who had them meanwhile.
//!
//! ```text
//! vCPU    running ─┤ ready ├─ running ──┤ asleep ├ ready ├─ running
//!           sched_switch  sched_switch  switch  wakeup  switch
//!           (made to stop)             (by itself)
//! ```
//! Ready is what the guest sees as stolen time: it could run and did not.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::histogram::Histogram;
use super::host_event::HostEvent;
use super::request::Moment;
use super::survey::VcpuSummary;
use super::task::Task;
use crate::units::{Cpu, Tid, Timestamp};

/// How a vCPU got its host CPUs. Times are nanoseconds.
#[derive(Clone, Debug)]
pub struct VcpuSchedule {
    /// Its thread.
    pub task: Task,
    /// Time on a CPU.
    pub running_ns: u64,
    /// Time in which it could run and did not.
    pub ready_ns: u64,
    /// Time asleep.
    pub asleep_ns: u64,
    /// How often it was made to stop running.
    pub preempted: u64,
    /// How long it then took until it ran again.
    pub preempted_for: Histogram,
    /// The longest of these.
    pub longest_preempted_ns: u64,
    /// How often it was woken.
    pub woken: u64,
    /// How long it then took until it ran.
    pub wake_latency: Histogram,
    /// The longest of these.
    pub longest_wake_ns: u64,
    /// Who ran on its CPU while it was ready, for how long; the idle task is thread 0.
    pub rivals: BTreeMap<Tid, u64>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Unknown,
    Running {
        since: Timestamp,
    },
    Ready {
        since: Timestamp,
        /// Up to when it is told who ran meanwhile.
        told: Timestamp,
        cpu: Cpu,
        is_woken: bool,
    },
    Asleep {
        since: Timestamp,
    },
}

/// How vCPUs got their host CPUs: takes `sched_switch` and `sched_wakeup` of all CPUs in order of
/// time.
#[derive(Clone, Debug)]
pub struct Schedule {
    vcpus: Vec<VcpuSchedule>,
    states: Vec<State>,
    by_tid: HashMap<Tid, usize>,
    /// The ready ones.
    ready: Vec<usize>,
    names: BTreeMap<Tid, [u8; 16]>,
}

impl Schedule {
    /// The schedule of these vCPUs.
    pub fn of(vcpus: &[VcpuSummary]) -> Self {
        let schedules = vcpus.iter().map(|vcpu| VcpuSchedule {
            task: vcpu.task,
            running_ns: 0,
            ready_ns: 0,
            asleep_ns: 0,
            preempted: 0,
            preempted_for: Histogram::default(),
            longest_preempted_ns: 0,
            woken: 0,
            wake_latency: Histogram::default(),
            longest_wake_ns: 0,
            rivals: BTreeMap::new(),
        });
        let tids = vcpus.iter().map(|vcpu| vcpu.task.tid);
        Self {
            vcpus: schedules.collect(),
            states: vec![State::Unknown; vcpus.len()],
            by_tid: tids.zip(0..).collect(),
            ready: Vec::new(),
            names: BTreeMap::new(),
        }
    }

    /// Takes the next occurrence; those of other tracepoints mean nothing here, nor do those of which
    /// the CPU is not known.
    pub fn take(&mut self, moment: Moment, event: &HostEvent) {
        let Some(cpu) = moment.cpu else {
            return;
        };
        let now = moment.at;
        if let HostEvent::SchedSwitch {
            prev_tid,
            next_tid,
            next_comm,
            ..
        } = event
        {
            self.tell_rivals(now, cpu, *prev_tid);
            if let Some(&place) = self.by_tid.get(prev_tid) {
                let is_runnable = event.leaves_runnable();
                self.switch_out(place, now, cpu, is_runnable);
            }
            if let Some(&place) = self.by_tid.get(next_tid) {
                self.switch_in(place, now);
            }
            self.names.insert(*next_tid, *next_comm);
        } else if let HostEvent::SchedWakeup { tid, target_cpu } = event
            && let Some(&place) = self.by_tid.get(tid)
        {
            self.wake(place, now, Cpu(*target_cpu));
        }
    }

    /// Who ran on the CPU up to `now` had it while others were ready for it.
    fn tell_rivals(&mut self, now: Timestamp, cpu: Cpu, running: Tid) {
        for &place in &self.ready {
            if let (Some(vcpu), Some(State::Ready { told, cpu: own, .. })) =
                (self.vcpus.get_mut(place), self.states.get_mut(place))
                && *own == cpu
            {
                let passed = span(*told, now);
                *told = now;
                let sum = vcpu.rivals.entry(running).or_default();
                *sum = sum.saturating_add(passed);
            }
        }
    }

    fn switch_out(&mut self, place: usize, now: Timestamp, cpu: Cpu, is_runnable: bool) {
        let (Some(vcpu), Some(state)) = (self.vcpus.get_mut(place), self.states.get_mut(place))
        else {
            return;
        };
        if let State::Running { since } = *state {
            vcpu.running_ns = vcpu.running_ns.saturating_add(span(since, now));
        }
        self.ready.retain(|&ready| ready != place);
        if is_runnable {
            vcpu.preempted += 1;
            *state = State::Ready {
                since: now,
                told: now,
                cpu,
                is_woken: false,
            };
            self.ready.push(place);
        } else {
            *state = State::Asleep { since: now };
        }
    }

    fn switch_in(&mut self, place: usize, now: Timestamp) {
        let (Some(vcpu), Some(state)) = (self.vcpus.get_mut(place), self.states.get_mut(place))
        else {
            return;
        };
        match *state {
            State::Ready {
                since, is_woken, ..
            } => {
                let waited = span(since, now);
                vcpu.ready_ns = vcpu.ready_ns.saturating_add(waited);
                if is_woken {
                    vcpu.wake_latency.add(waited);
                    vcpu.longest_wake_ns = vcpu.longest_wake_ns.max(waited);
                } else {
                    vcpu.preempted_for.add(waited);
                    vcpu.longest_preempted_ns = vcpu.longest_preempted_ns.max(waited);
                }
                self.ready.retain(|&ready| ready != place);
            }
            // When it was woken was not recorded.
            State::Asleep { since } => {
                vcpu.asleep_ns = vcpu.asleep_ns.saturating_add(span(since, now));
            }
            State::Unknown | State::Running { .. } => {}
        }
        *state = State::Running { since: now };
    }

    fn wake(&mut self, place: usize, now: Timestamp, cpu: Cpu) {
        let (Some(vcpu), Some(state)) = (self.vcpus.get_mut(place), self.states.get_mut(place))
        else {
            return;
        };
        match *state {
            State::Asleep { since } => {
                vcpu.asleep_ns = vcpu.asleep_ns.saturating_add(span(since, now));
            }
            State::Unknown => {}
            // It was about to sleep, or is in the queue already.
            State::Running { .. } | State::Ready { .. } => return,
        }
        vcpu.woken += 1;
        *state = State::Ready {
            since: now,
            told: now,
            cpu,
            is_woken: true,
        };
        self.ready.push(place);
    }

    /// The vCPUs, in the order in which they were given. What lasts still is not counted.
    pub fn vcpus(&self) -> &[VcpuSchedule] {
        &self.vcpus
    }

    /// The name of a thread, by the latest switch to it.
    pub fn name(&self, tid: Tid) -> Option<&[u8; 16]> {
        self.names.get(&tid)
    }
}

/// Nanoseconds between two times.
const fn span(from: Timestamp, to: Timestamp) -> u64 {
    to.as_nanos().saturating_sub(from.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvm::exit::{HaltCounts, PairingCounts};
    use crate::units::Pid;

    /// By hand: 10 ns made to wait by another thread, 4 ns from being woken on an idle CPU.
    #[test]
    fn ready_time_is_from_being_able_to_run_to_running() {
        let (own, other) = (Tid::new(7), Tid::new(9));
        let task = Task {
            pid: Some(Pid::new(1)),
            tid: own,
        };
        let vcpu = VcpuSummary {
            task,
            vcpu: None,
            counts: PairingCounts::default(),
            halts: HaltCounts::default(),
            guest_ns: 0,
        };
        let switch = |prev_tid, prev_state, next_tid| HostEvent::SchedSwitch {
            prev_tid,
            prev_state,
            next_tid,
            next_comm: *b"a name\0\0\0\0\0\0\0\0\0\0",
        };
        let woken = HostEvent::SchedWakeup {
            tid: own,
            target_cpu: 3,
        };
        let idle = Tid::new(0);
        let mut schedule = Schedule::of(&[vcpu]);
        for (at, event) in [
            (100, switch(idle, 0, own)),
            (130, switch(own, 0x100, other)),
            (140, switch(other, 1, own)),
            (150, switch(own, 1, idle)),
            (200, woken),
            (204, switch(idle, 0, own)),
            (209, switch(own, 1, idle)),
        ] {
            let moment = Moment {
                at: Timestamp::from_nanos(at),
                cpu: Some(Cpu(3)),
                task,
            };
            schedule.take(moment, &event);
        }
        let [vcpu] = schedule.vcpus() else {
            panic!("one vCPU");
        };
        assert_eq!(
            [vcpu.running_ns, vcpu.ready_ns, vcpu.asleep_ns],
            [30 + 10 + 5, 10 + 4, 50]
        );
        assert_eq!([vcpu.preempted, vcpu.woken], [1, 1]);
        assert_eq!([vcpu.longest_preempted_ns, vcpu.longest_wake_ns], [10, 4]);
        let rivals: Vec<(Tid, u64)> = vcpu.rivals.iter().map(|(&tid, &ns)| (tid, ns)).collect();
        assert_eq!(rivals, [(idle, 4), (other, 10)]);
    }
}
