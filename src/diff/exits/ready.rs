//! How long vCPUs were ready and did not run, which guests see as steal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::analysis::exits::RecordedExits;
use crate::before_after::{SideRole, Sides};
use crate::kvm::exit::{Histogram, TaskSchedule};
use crate::units::Pid;

/// Which vCPUs.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReadyOf {
    /// All of a side.
    All,
    /// Those of this number, of all VMs.
    Vcpu(u32),
    /// Those of a VM, by its VMM.
    Vm(Pid),
    /// One of a VM.
    VcpuOf(Pid, u32),
}

/// What conditions and tables call it.
const NAME: &str = "ready-time";

impl fmt::Display for ReadyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str(NAME),
            Self::Vcpu(number) => write!(f, "{NAME}:vcpu{number}"),
            Self::Vm(pid) => write!(f, "{NAME}:{pid}"),
            Self::VcpuOf(pid, number) => write!(f, "{NAME}:{pid}/{number}"),
        }
    }
}

impl ReadyOf {
    /// Reads `ready-time`, `ready-time:vcpu0`, `ready-time:PID` and `ready-time:PID/0`, as tables
    /// call vCPUs. `None` for what is about something else.
    ///
    /// # Errors
    /// When it names no vCPUs.
    pub(crate) fn parse(text: &str) -> Option<Result<Self, String>> {
        let rest = text.strip_prefix(NAME)?.trim();
        if rest.is_empty() {
            return Some(Ok(Self::All));
        }
        let name = rest.strip_prefix(':')?.trim();
        let of_vm = |pid: &str, number: Option<&str>| {
            let pid = Pid::new(pid.parse().ok().filter(|pid| *pid > 0)?);
            Some(match number {
                Some(number) => Self::VcpuOf(pid, number.parse().ok()?),
                None => Self::Vm(pid),
            })
        };
        let found = match (name.strip_prefix("vcpu"), name.split_once('/')) {
            (Some(number), _) => number.trim().parse().ok().map(Self::Vcpu),
            (None, Some((pid, number))) => of_vm(pid, Some(number)),
            (None, None) => of_vm(name, None),
        };
        Some(found.ok_or_else(|| {
            format!(
                "{text:?} names no vCPUs: write {NAME}, {NAME}:vcpu0, {NAME}:PID or {NAME}:PID/0"
            )
        }))
    }
}

/// How vCPUs got their host CPUs. Times are nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct ReadyFigures {
    /// Time on a host CPU.
    pub running_ns: u64,
    /// Time in which they could run and did not.
    pub ready_ns: u64,
    /// The sum of the squares of these times.
    squares: f64,
}

impl ReadyFigures {
    fn of(task: &TaskSchedule) -> Self {
        let squares = |times: &Histogram| -> f64 {
            let ranges = times.ranges();
            let squares = ranges.map(|range| {
                let middle = f64::midpoint(range.least as f64, range.greatest as f64);
                middle * middle * range.values as f64
            });
            squares.sum()
        };
        Self {
            running_ns: task.running_ns,
            ready_ns: task.ready_ns,
            squares: squares(&task.preempted_for) + squares(&task.wake_latency),
        }
    }

    fn add(&mut self, other: &Self) {
        self.running_ns = self.running_ns.saturating_add(other.running_ns);
        self.ready_ns = self.ready_ns.saturating_add(other.ready_ns);
        self.squares += other.squares;
    }

    /// The part, in percent, that they were ready of the time in which they wanted to run; 0 where
    /// they did not want to.
    pub fn percent(&self) -> f64 {
        let wanted = self.running_ns.saturating_add(self.ready_ns);
        100.0 * self.ready_ns as f64 / wanted.max(1) as f64
    }

    /// The standard deviation of that part, in points, as if waits came by chance, each by itself and
    /// as long as those that were seen: a compound Poisson process, whose sum varies by the sum of
    /// squares.
    fn deviation(&self) -> f64 {
        let wanted = self.running_ns.saturating_add(self.ready_ns);
        100.0 * self.squares.sqrt() / wanted.max(1) as f64
    }
}

/// The ready time of a side, of all that it can be asked of; empty where switches were not recorded.
pub(super) type ReadyFiguresOf = BTreeMap<ReadyOf, ReadyFigures>;

/// The ready time of a recording's vCPUs.
pub(super) fn ready_figures(recorded: &RecordedExits) -> ReadyFiguresOf {
    let mut found = ReadyFiguresOf::new();
    let Some(schedule) = &recorded.schedule else {
        return found;
    };
    let vcpus = recorded.survey.vcpus();
    for task in schedule.tasks() {
        if task.running_ns == 0 && task.ready_ns == 0 {
            continue;
        }
        let figures = ReadyFigures::of(task);
        let known = vcpus.iter().find(|vcpu| vcpu.task == task.task);
        let number = known.and_then(|vcpu| vcpu.vcpu);
        let pid = task.task.pid;
        let subjects = [
            Some(ReadyOf::All),
            number.map(ReadyOf::Vcpu),
            pid.map(ReadyOf::Vm),
            pid.zip(number)
                .map(|(pid, number)| ReadyOf::VcpuOf(pid, number)),
        ];
        for subject in subjects.into_iter().flatten() {
            found.entry(subject).or_default().add(&figures);
        }
    }
    found
}

/// How the ready time of vCPUs changed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ReadyChange {
    /// Which vCPUs.
    pub subject: ReadyOf,
    /// Their times; `None` on a side that has no such vCPUs.
    pub figures: Sides<Option<ReadyFigures>>,
}

impl ReadyChange {
    /// The parts in percent, where both sides have them.
    pub fn percents(&self) -> Option<Sides<f64>> {
        let Sides { before, after } = self.figures;
        Some(Sides {
            before: before?.percent(),
            after: after?.percent(),
        })
    }

    /// Whether the parts differ by more than three standard deviations.
    pub fn is_significant(&self) -> bool {
        const DEVIATIONS: f64 = 3.0;
        let (Some(before), Some(after)) = (self.figures.before, self.figures.after) else {
            return false;
        };
        let deviation = before.deviation().hypot(after.deviation());
        (after.percent() - before.percent()).abs() > DEVIATIONS * deviation
    }
}

/// The change of the ready time of these vCPUs.
///
/// # Errors
/// When a side does not tell it: why.
pub(super) fn find_ready(
    sides: &Sides<&ReadyFiguresOf>,
    subject: ReadyOf,
) -> Result<ReadyChange, String> {
    for (role, side) in sides.with_roles() {
        let role = role.as_str();
        if side.is_empty() {
            return Err(format!(
                "the {role} side tells no ready time of vCPUs: record sched:sched_switch and \
                 sched:sched_wakeup beside kvm_exit and kvm_entry"
            ));
        }
        if !side.contains_key(&subject) {
            return Err(format!("the {role} side has no such vCPU"));
        }
    }
    Ok(change(sides, subject))
}

fn change(sides: &Sides<&ReadyFiguresOf>, subject: ReadyOf) -> ReadyChange {
    ReadyChange {
        subject,
        figures: sides.map(|side| side.get(&subject).copied()),
    }
}

/// All changes that a table shows: of all vCPUs, and of each; by number where each side is of one VM.
pub(super) fn ready_changes(sides: &Sides<&ReadyFiguresOf>) -> Vec<ReadyChange> {
    if sides.iter().any(|side| side.is_empty()) {
        return Vec::new();
    }
    let vms = |role: SideRole| {
        let subjects = sides[role].keys();
        subjects
            .filter(|subject| matches!(subject, ReadyOf::Vm(_)))
            .count()
    };
    let is_of_one = SideRole::BOTH.iter().all(|&role| vms(role) <= 1);
    let subjects: BTreeSet<ReadyOf> = sides.iter().flat_map(|side| side.keys().copied()).collect();
    let is_shown = |subject: &ReadyOf| match subject {
        ReadyOf::All => true,
        ReadyOf::Vcpu(_) => is_of_one,
        ReadyOf::Vm(_) | ReadyOf::VcpuOf(..) => !is_of_one,
    };
    let shown = subjects.into_iter().filter(is_shown);
    shown.map(|subject| change(sides, subject)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vcpus_are_named_as_tables_name_them() {
        let parsed = |text: &str| ReadyOf::parse(text).map(|found| found.map_err(|_| ()));
        assert_eq!(parsed("ready-time"), Some(Ok(ReadyOf::All)));
        let pid = Pid::new(3962);
        for subject in [
            ReadyOf::All,
            ReadyOf::Vcpu(7),
            ReadyOf::Vm(pid),
            ReadyOf::VcpuOf(pid, 0),
        ] {
            assert_eq!(parsed(&subject.to_string()), Some(Ok(subject)));
        }
        for wrong in [
            "ready-time:",
            "ready-time:x",
            "ready-time:-1",
            "ready-time:1/x",
        ] {
            assert_eq!(parsed(wrong), Some(Err(())), "{wrong}");
        }
        assert_eq!(parsed("port:0x608"), None);
    }

    /// 100 waits of 1 ms in a second: 10 % ± 1 point by hand (√100 · 1 ms of 1 s). A change by 2
    /// points is noise, one by 5 is none; one wait of 100 ms is 10 % ± 10 points.
    #[test]
    fn many_short_waits_tell_more_than_a_long_one() {
        const MILLI: u64 = 1_000_000;
        let figures = |ready_ms: u64, wait_ms: u64| ReadyFigures {
            running_ns: (1000 - ready_ms) * MILLI,
            ready_ns: ready_ms * MILLI,
            squares: (ready_ms / wait_ms) as f64 * ((wait_ms * MILLI) as f64).powi(2),
        };
        let before = figures(100, 1);
        assert!((before.percent() - 10.0).abs() < 1e-9);
        assert!((before.deviation() - 1.0).abs() < 1e-9);
        let is_significant = |after: ReadyFigures| {
            let figures = Sides {
                before: Some(before),
                after: Some(after),
            };
            let subject = ReadyOf::All;
            ReadyChange { subject, figures }.is_significant()
        };
        assert!(!is_significant(figures(120, 1)));
        assert!(is_significant(figures(150, 1)));
        assert!(!is_significant(figures(200, 100)));
    }
}
