//! How threads got their host CPUs, and who had them meanwhile.
//!
//! ```text
//! thread  running ─┤ ready ├─ running ──┤ asleep ├ ready ├─ running
//!           sched_switch  sched_switch  switch  wakeup  switch
//!           (made to stop)             (by itself)
//! ```
//! Ready is what a guest sees as stolen time: its vCPU could run and did not.
//!
//! A switch away from a thread that nothing had switched to, or on a CPU where another one was seen,
//! has none recorded before it: it was lost. What these threads did since then is not known and counts
//! as nothing.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::host_event::HostEvent;
use super::request::Moment;
use super::survey::VcpuSummary;
use super::task::Task;
use super::task_schedule::{PaddedName, TaskSchedule};
use crate::fold::TimeRange;
use crate::units::{Cpu, Tid, Timestamp};

#[derive(Clone, Copy, Debug)]
enum State {
    Unknown,
    Running {
        since: Timestamp,
        cpu: Cpu,
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

/// Whose schedule is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Followed {
    Given,
    All,
}

/// How threads got their host CPUs: takes `sched_switch` and `sched_wakeup` of all CPUs in order of
/// time.
#[derive(Clone, Debug)]
pub struct Schedule {
    followed: Followed,
    tasks: Vec<TaskSchedule>,
    states: Vec<State>,
    by_tid: HashMap<Tid, usize>,
    /// The ready ones, of which it is told who ran meanwhile.
    ready: Vec<usize>,
    names: BTreeMap<Tid, PaddedName>,
    /// Who was seen last on each CPU.
    on_cpu: HashMap<Cpu, Tid>,
    /// Which times count, in order and apart from each other; empty for all.
    times: Vec<TimeRange>,
    /// Switches.
    pub switches: u64,
    /// Switches away from threads of which it is not recorded that they were switched to.
    pub unseen: u64,
}

impl Schedule {
    /// The schedule of these vCPUs. What passes outside of `times` does not count; empty wants all.
    pub fn of(vcpus: &[VcpuSummary], times: &[TimeRange]) -> Self {
        let mut schedule = Self {
            followed: Followed::Given,
            ..Self::of_all(times)
        };
        for vcpu in vcpus {
            schedule.add(vcpu.task);
        }
        schedule
    }

    /// The schedule of all threads but the idle ones, as far as they are met; the same times count.
    pub fn of_all(times: &[TimeRange]) -> Self {
        let mut sorted = times.to_vec();
        sorted.sort_unstable_by_key(|range| range.first);
        let mut apart: Vec<TimeRange> = Vec::new();
        for range in sorted {
            match apart.last_mut() {
                Some(last) if range.first <= last.last => last.last = last.last.max(range.last),
                Some(_) | None => apart.push(range),
            }
        }
        Self {
            followed: Followed::All,
            tasks: Vec::new(),
            states: Vec::new(),
            by_tid: HashMap::new(),
            ready: Vec::new(),
            names: BTreeMap::new(),
            on_cpu: HashMap::new(),
            times: apart,
            switches: 0,
            unseen: 0,
        }
    }

    fn add(&mut self, task: Task) -> usize {
        let place = self.tasks.len();
        self.by_tid.insert(task.tid, place);
        self.tasks.push(TaskSchedule::of(task));
        self.states.push(State::Unknown);
        place
    }

    /// The place of a thread; `None` where its schedule is not wanted. A thread of another process than
    /// the one before with its id is another thread.
    fn place_of(&mut self, task: Task) -> Option<usize> {
        let known = self.by_tid.get(&task.tid).copied();
        if self.followed == Followed::Given || task.tid == Tid::new(0) {
            return known;
        }
        let own = known.and_then(|place| self.tasks.get_mut(place));
        let is_other = match (own, task.pid) {
            (Some(own), Some(pid)) => *own.task.pid.get_or_insert(pid) != pid,
            (Some(_), None) => false,
            (None, _) => true,
        };
        Some(match known {
            Some(place) if !is_other => place,
            Some(_) | None => self.add(task),
        })
    }

    /// A thread was seen on a CPU before any switch there: it has been running since `since`.
    pub fn begin(&mut self, cpu: Cpu, task: Task, since: Timestamp) {
        self.on_cpu.insert(cpu, task.tid);
        if let Some(place) = self.place_of(task)
            && let Some(state) = self.states.get_mut(place)
        {
            *state = State::Running { since, cpu };
        }
    }

    /// Takes the next occurrence; those of other tracepoints mean nothing here, nor do those of which
    /// the CPU is not known.
    pub fn take(&mut self, moment: Moment, event: &HostEvent) {
        let Some(cpu) = moment.cpu else {
            return;
        };
        let now = moment.at;
        let task_of = |tid: Tid| Task {
            // A switch is recorded in the thread that stops running.
            pid: moment.task.pid.filter(|_| moment.task.tid == tid),
            tid,
        };
        if let HostEvent::SchedSwitch {
            prev_tid,
            next_tid,
            next_comm,
            ..
        } = event
        {
            self.switches += 1;
            let ran = self.ran_since_last_switch(cpu, *prev_tid);
            self.on_cpu.insert(cpu, *next_tid);
            self.tell_rivals(now, cpu, ran);
            if let Some(place) = self.place_of(task_of(*prev_tid)) {
                self.switch_out(place, now, cpu, event.leaves_runnable());
                if event.ends_thread() && self.followed == Followed::All {
                    self.end_thread(place, *prev_tid);
                }
            }
            let next = Task {
                pid: None,
                tid: *next_tid,
            };
            if let Some(place) = self.place_of(next) {
                self.switch_in(place, now, cpu);
                if let Some(task) = self.tasks.get_mut(place) {
                    task.is_called(*next_comm);
                }
            }
            self.names.insert(*next_tid, *next_comm);
        } else if let HostEvent::SchedWakeup { tid, target_cpu } = event {
            let woken = Task {
                pid: None,
                tid: *tid,
            };
            if let Some(place) = self.place_of(woken) {
                self.wake(place, now, Cpu(*target_cpu));
            }
        }
    }

    /// Which thread ran on a CPU since the last switch there, where `running` runs now; `None` where it
    /// is another one than was seen last, for nobody knows how long.
    fn ran_since_last_switch(&mut self, on: Cpu, running: Tid) -> Option<Tid> {
        let seen = self.on_cpu.get(&on).copied();
        let Some(seen) = seen.filter(|&seen| seen != running) else {
            return Some(running);
        };
        self.unseen += 1;
        let place = self.by_tid.get(&seen);
        if let Some(state) = place.and_then(|&place| self.states.get_mut(place))
            && matches!(state, State::Running { cpu, .. } if *cpu == on)
        {
            *state = State::Unknown;
        }
        None
    }

    fn end_thread(&mut self, place: usize, tid: Tid) {
        self.by_tid.remove(&tid);
        if let Some(state) = self.states.get_mut(place) {
            *state = State::Unknown;
        }
    }

    /// Who ran on the CPU up to `now`, if that is known, had it while others were ready for it.
    fn tell_rivals(&mut self, now: Timestamp, cpu: Cpu, ran: Option<Tid>) {
        for &place in &self.ready {
            if let (Some(task), Some(State::Ready { told, cpu: own, .. })) =
                (self.tasks.get_mut(place), self.states.get_mut(place))
                && *own == cpu
            {
                let passed = within(&self.times, *told, now);
                *told = now;
                if let Some(ran) = ran {
                    task.saw(ran, passed);
                }
            }
        }
    }

    fn switch_out(&mut self, place: usize, now: Timestamp, on: Cpu, is_runnable: bool) {
        let is_in = self.is_in(now);
        let (Some(task), Some(state)) = (self.tasks.get_mut(place), self.states.get_mut(place))
        else {
            return;
        };
        match *state {
            State::Running { since, cpu } if cpu == on => {
                task.ran(cpu, within(&self.times, since, now));
            }
            State::Unknown | State::Running { .. } | State::Ready { .. } | State::Asleep { .. } => {
            }
        }
        task.did_not_wait();
        self.ready.retain(|&ready| ready != place);
        if is_runnable {
            task.preempted += u64::from(is_in);
            *state = State::Ready {
                since: now,
                told: now,
                cpu: on,
                is_woken: false,
            };
            self.is_ready(place);
        } else {
            *state = State::Asleep { since: now };
        }
    }

    /// Whether a time counts.
    fn is_in(&self, at: Timestamp) -> bool {
        let is_in = |range: &TimeRange| (range.first..=range.last).contains(&at);
        self.times.is_empty() || self.times.iter().any(is_in)
    }

    fn is_ready(&mut self, place: usize) {
        if self.followed == Followed::Given {
            self.ready.push(place);
        }
    }

    fn switch_in(&mut self, place: usize, now: Timestamp, cpu: Cpu) {
        let is_in = self.is_in(now);
        let (Some(task), Some(state)) = (self.tasks.get_mut(place), self.states.get_mut(place))
        else {
            return;
        };
        match *state {
            State::Ready {
                since, is_woken, ..
            } => {
                let waited = within(&self.times, since, now);
                task.waited(waited);
                if is_in && is_woken {
                    task.wake_latency.add(waited);
                    task.longest_wake_ns = task.longest_wake_ns.max(waited);
                } else if is_in {
                    task.preempted_for.add(waited);
                    task.longest_preempted_ns = task.longest_preempted_ns.max(waited);
                }
                self.ready.retain(|&ready| ready != place);
            }
            // When it was woken was not recorded.
            State::Asleep { since } => {
                let slept = within(&self.times, since, now);
                task.asleep_ns = task.asleep_ns.saturating_add(slept);
            }
            State::Unknown | State::Running { .. } => {}
        }
        *state = State::Running { since: now, cpu };
    }

    fn wake(&mut self, place: usize, now: Timestamp, cpu: Cpu) {
        let is_in = self.is_in(now);
        let (Some(task), Some(state)) = (self.tasks.get_mut(place), self.states.get_mut(place))
        else {
            return;
        };
        match *state {
            State::Asleep { since } => {
                let slept = within(&self.times, since, now);
                task.asleep_ns = task.asleep_ns.saturating_add(slept);
            }
            State::Unknown => {}
            // It was about to sleep, or is in the queue already.
            State::Running { .. } | State::Ready { .. } => return,
        }
        task.woken += u64::from(is_in);
        *state = State::Ready {
            since: now,
            told: now,
            cpu,
            is_woken: true,
        };
        self.is_ready(place);
    }

    /// The recording ended: what threads do lasts until then.
    pub fn end(&mut self, now: Timestamp) {
        let running: Vec<(Cpu, Tid)> = self.on_cpu.iter().map(|(&cpu, &tid)| (cpu, tid)).collect();
        for (cpu, tid) in running {
            self.tell_rivals(now, cpu, Some(tid));
        }
        for (task, state) in self.tasks.iter_mut().zip(&mut self.states) {
            match std::mem::replace(state, State::Unknown) {
                State::Unknown => {}
                State::Running { since, cpu } => task.ran(cpu, within(&self.times, since, now)),
                State::Ready { since, .. } => task.waited(within(&self.times, since, now)),
                State::Asleep { since } => {
                    let slept = within(&self.times, since, now);
                    task.asleep_ns = task.asleep_ns.saturating_add(slept);
                }
            }
        }
    }

    /// The threads, in the order in which they were given or met. What lasts still is not counted
    /// before [`Self::end`].
    pub fn tasks(&self) -> &[TaskSchedule] {
        &self.tasks
    }

    /// The CPUs on which a thread was seen.
    pub fn cpus(&self) -> usize {
        self.on_cpu.len()
    }

    /// The name of a thread, by the latest switch to it; `None` where there was none.
    pub fn name(&self, tid: Tid) -> Option<String> {
        let padded = self.names.get(&tid)?;
        let name = padded.split(|&byte| byte == 0).next().unwrap_or_default();
        Some(String::from_utf8_lossy(name).into_owned())
    }
}

/// Nanoseconds between two times.
const fn span(from: Timestamp, to: Timestamp) -> u64 {
    to.as_nanos().saturating_sub(from.as_nanos())
}

/// Nanoseconds between two times that lie in ranges, which are apart from each other.
fn within(times: &[TimeRange], from: Timestamp, to: Timestamp) -> u64 {
    if times.is_empty() {
        return span(from, to);
    }
    let parts = times
        .iter()
        .map(|range| span(from.max(range.first), to.min(range.last)));
    parts.fold(0, u64::saturating_add)
}

#[cfg(test)]
#[path = "schedule_tests.rs"]
mod tests;
