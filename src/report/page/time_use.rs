//! What the host, its VMs and their vCPUs did with their time.

use std::collections::BTreeMap;

use super::model::PageSide;
use crate::analysis::Profile;
use crate::analysis::threads::{RunningBasis, ThreadRole, ThreadTimes, ThreadUse};
use crate::kvm::exit::Task;
use crate::report::exits::{ExitGraph, ExitPlace};
use crate::stack::Tag;
use crate::text::{NANOSECONDS, SAMPLES, one_line};
use crate::units::{Pid, Tid};

/// What time was used for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum TimeUse {
    /// What stacks or exits say.
    Tag(Tag),
    /// Stopped in the middle of an exit: no CPU.
    Waiting,
}

/// Whose time it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Whose {
    /// All CPUs of the host.
    Host,
    /// The vCPUs of a VM together.
    Vm(Option<Pid>),
    /// A vCPU: its VM, its number where it has one, its thread.
    Vcpu(Option<Pid>, u32, Tid),
    /// The other threads of a VM together.
    Others(Option<Pid>),
}

impl Whose {
    /// The VM.
    pub(super) const fn vm(self) -> Option<Option<Pid>> {
        match self {
            Self::Host => None,
            Self::Vm(vm) | Self::Vcpu(vm, ..) | Self::Others(vm) => Some(vm),
        }
    }

    /// Where it stands: the host, then VM by VM.
    const fn order(self) -> (bool, Option<Pid>, u8, u32) {
        match self {
            Self::Host => (false, None, 0, 0),
            Self::Vm(vm) => (true, vm, 1, 0),
            Self::Vcpu(vm, number, _) => (true, vm, 2, number),
            Self::Others(vm) => (true, vm, 3, 0),
        }
    }
}

/// What somebody did.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct TimeSpent {
    pub(super) whose: Whose,
    /// What people call it.
    pub(super) name: String,
    /// By use, in the unit of `whole`.
    pub(super) uses: BTreeMap<TimeUse, u64>,
    /// All of it, told or not.
    pub(super) whole: u64,
}

impl TimeSpent {
    /// The part of the whole, from 0 to 1.
    pub(super) fn share(&self, part: u64) -> f64 {
        (part as f64 / self.whole.max(1) as f64).min(1.0)
    }

    /// The sum of some uses, as a part of the whole.
    pub(super) fn share_of(&self, is_meant: impl Fn(TimeUse) -> bool) -> f64 {
        let meant = self.uses.iter().filter(|&(&one, _)| is_meant(one));
        self.share(meant.map(|(_, &part)| part).fold(0, u64::saturating_add))
    }

    /// All that is told.
    fn ran(&self) -> u64 {
        let parts = self.uses.values();
        parts.fold(0, |sum, &part| sum.saturating_add(part))
    }

    fn add(&mut self, one: TimeUse, part: u64) {
        if part > 0 {
            let sum = self.uses.entry(one).or_default();
            *sum = sum.saturating_add(part);
        }
    }
}

/// What is known of all of them.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct TimeUses {
    /// The host, then VM by VM.
    pub(super) spent: Vec<TimeSpent>,
    /// What it is told by, a sentence each.
    pub(super) bases: Vec<String>,
}

/// A number behind all others: a vCPU that has none.
const UNNUMBERED: u32 = u32::MAX;

/// Tells what was done with time: of vCPUs by exits where they were recorded with their ends, else
/// by samples.
pub(super) fn time_uses(side: &PageSide<'_>, exits: &ExitGraph) -> TimeUses {
    let mut found = TimeUses::default();
    let vcpus = vcpus_of(side);
    if let Ok(profile) = side.profile {
        found.add_host(profile);
    }
    let recorded = side.exits.recorded;
    let is_exact = recorded.survey.counts().paired > 0 && recorded.span_ns > 0;
    let mut by_thread = if is_exact {
        found.bases.push(
            "vCPUs by kvm_exit and kvm_entry, exactly: shares of the time that was recorded"
                .to_owned(),
        );
        by_exits(side, exits)
    } else if let Ok(profile) = side.profile {
        let (spent, basis) = by_samples(side, profile);
        found.bases.push(basis);
        spent
    } else {
        BTreeMap::new()
    };
    by_thread.retain(|task, _| vcpus.contains_key(&task.tid));
    found.add_vcpus(&vcpus, &by_thread);
    if let (Ok(profile), Ok(times)) = (&side.profile, &side.threads) {
        let whole = whole_of_cpu(side, profile);
        found.add_others(profile, times, whole);
    }
    found.spent.sort_by_key(|spent| spent.whose.order());
    found.name_all(side);
    found
}

/// A vCPU: its VM and its number.
#[derive(Clone, Copy, Debug)]
struct VcpuPlace {
    vm: Option<Pid>,
    number: u32,
}

/// The threads of vCPUs, as exits and threads tell them.
fn vcpus_of(side: &PageSide<'_>) -> BTreeMap<Tid, VcpuPlace> {
    let mut vcpus = BTreeMap::new();
    let known = side.exits.recorded.survey.vcpus().iter();
    for vcpu in known {
        let place = VcpuPlace {
            vm: vcpu.task.pid,
            number: vcpu.vcpu.unwrap_or(UNNUMBERED),
        };
        vcpus.insert(vcpu.task.tid, place);
    }
    for thread in side.threads.iter().flat_map(|times| &times.threads) {
        if let ThreadRole::Vcpu(number) = thread.role {
            let place = vcpus.entry(thread.task.tid).or_insert(VcpuPlace {
                vm: thread.task.pid,
                number: UNNUMBERED,
            });
            if place.number == UNNUMBERED {
                place.number = number.unwrap_or(UNNUMBERED);
            }
        }
    }
    vcpus
}

type ByThread = BTreeMap<Task, TimeSpent>;

fn spent_of(task: Task, whole: u64) -> TimeSpent {
    TimeSpent {
        whose: Whose::Vcpu(task.pid, UNNUMBERED, task.tid),
        name: String::new(),
        uses: BTreeMap::new(),
        whole,
    }
}

/// By the time in guests and in exits.
fn by_exits(side: &PageSide<'_>, exits: &ExitGraph) -> ByThread {
    let recorded = side.exits.recorded;
    let span = recorded.span_ns;
    let mut found = ByThread::new();
    for vcpu in recorded.survey.vcpus() {
        let spent = found.entry(vcpu.task);
        let spent = spent.or_insert_with(|| spent_of(vcpu.task, span));
        spent.add(TimeUse::Tag(Tag::Guest), vcpu.guest_ns);
    }
    for stack in &exits.stacks {
        let Some(spent) = stack.vcpu.and_then(|task| found.get_mut(&task)) else {
            continue;
        };
        let one = match stack.place {
            ExitPlace::Any | ExitPlace::Kernel => TimeUse::Tag(stack.tag),
            ExitPlace::Vmm => TimeUse::Tag(Tag::Vmm),
            ExitPlace::OffCpu => TimeUse::Waiting,
            ExitPlace::Polling | ExitPlace::Halted => TimeUse::Tag(Tag::Halt),
        };
        spent.add(one, stack.weight);
    }
    found
}

/// What one CPU would weigh in samples, all the time; `None` where they are of no clock.
fn whole_of_cpu(side: &PageSide<'_>, profile: &Profile) -> Option<u64> {
    let times = side.threads.as_ref().ok()?;
    let RunningBasis::Clock {
        event,
        samples,
        weight,
    } = &times.basis
    else {
        return None;
    };
    if *event != profile.event_name || times.span_ns == 0 {
        return None;
    }
    if profile.unit == NANOSECONDS {
        return Some(times.span_ns);
    }
    // As many as there are periods of the clock in the time.
    let whole = u128::from(times.span_ns) * u128::from(*samples);
    let whole = whole.checked_div(u128::from(*weight))?;
    u64::try_from(whole)
        .ok()
        .filter(|_| profile.unit == SAMPLES)
}

/// By samples, with what they are shares of.
fn by_samples(side: &PageSide<'_>, profile: &Profile) -> (ByThread, String) {
    let event = one_line(&profile.event_name).into_owned();
    let whole = whole_of_cpu(side, profile);
    let mut found = ByThread::new();
    for stack in profile.stacks.iter() {
        let Some(thread) = profile.stacks.thread_id(stack) else {
            continue;
        };
        let task = Task {
            pid: Some(thread.pid),
            tid: thread.tid,
        };
        let spent = found.entry(task).or_insert_with(|| spent_of(task, 0));
        spent.add(TimeUse::Tag(stack.tag), stack.weight);
    }
    for spent in found.values_mut() {
        let ran = spent.ran();
        spent.whole = whole.map_or(ran, |whole| whole.max(ran));
    }
    let basis = if whole.is_some() {
        format!("vCPUs by samples of {event}: shares of the time that was recorded")
    } else {
        format!("vCPUs by samples of {event}: shares of the samples of each")
    };
    (found, basis)
}

impl TimeUses {
    fn add_host(&mut self, profile: &Profile) {
        let mut host = TimeSpent {
            whose: Whose::Host,
            name: "host".to_owned(),
            uses: BTreeMap::new(),
            whole: profile.total,
        };
        for &(tag, weight) in &profile.totals {
            host.add(TimeUse::Tag(tag), weight);
        }
        if !host.uses.is_empty() {
            let event = one_line(&profile.event_name);
            self.bases.push(format!(
                "the host by samples of {event}: shares of all of them"
            ));
            self.spent.push(host);
        }
    }

    /// Adds the vCPUs, and those of each VM together.
    fn add_vcpus(&mut self, vcpus: &BTreeMap<Tid, VcpuPlace>, by_thread: &ByThread) {
        let mut vms: BTreeMap<Option<Pid>, TimeSpent> = BTreeMap::new();
        for (task, spent) in by_thread {
            let Some(&VcpuPlace { vm, number }) = vcpus.get(&task.tid) else {
                continue;
            };
            let all = vms.entry(vm).or_insert_with(|| TimeSpent {
                whose: Whose::Vm(vm),
                ..spent_of(*task, 0)
            });
            all.whole = all.whole.saturating_add(spent.whole);
            for (&one, &part) in &spent.uses {
                all.add(one, part);
            }
            self.spent.push(TimeSpent {
                whose: Whose::Vcpu(vm, number, task.tid),
                ..spent.clone()
            });
        }
        self.spent.extend(vms.into_values());
    }

    /// Adds what other threads did for each VM: the emulator, I/O threads, vhost. The whole is the time
    /// of one CPU.
    fn add_others(&mut self, profile: &Profile, times: &ThreadTimes, whole: Option<u64>) {
        let is_other = |thread: &&ThreadUse| {
            thread.vm.is_some() && !matches!(thread.role, ThreadRole::Vcpu(_))
        };
        let others = times.threads.iter().filter(is_other);
        let vms: BTreeMap<Tid, Option<Pid>> =
            others.map(|thread| (thread.task.tid, thread.vm)).collect();
        if vms.is_empty() {
            return;
        }
        let mut found: BTreeMap<Option<Pid>, TimeSpent> = BTreeMap::new();
        for stack in profile.stacks.iter() {
            let thread = profile.stacks.thread_id(stack);
            let Some(&vm) = thread.and_then(|thread| vms.get(&thread.tid)) else {
                continue;
            };
            let spent = found.entry(vm).or_insert_with(|| TimeSpent {
                whose: Whose::Others(vm),
                name: String::new(),
                uses: BTreeMap::new(),
                whole: 0,
            });
            spent.add(TimeUse::Tag(stack.tag), stack.weight);
        }
        self.bases.push(if whole.is_some() {
            "other threads by the same samples: shares of the time of one CPU".to_owned()
        } else {
            "other threads by the same samples: shares of all of them".to_owned()
        });
        for mut spent in found.into_values() {
            let ran = spent.ran();
            spent.whole = whole.map_or(profile.total, |whole| whole.max(ran));
            self.spent.push(spent);
        }
    }

    fn name_all(&mut self, side: &PageSide<'_>) {
        for spent in &mut self.spent {
            spent.name = match spent.whose {
                Whose::Host => "all samples".to_owned(),
                Whose::Vm(_) => "all vCPUs".to_owned(),
                Whose::Vcpu(_, UNNUMBERED, tid) => thread_name(side, tid),
                Whose::Vcpu(_, number, _) => format!("vCPU {number}"),
                Whose::Others(_) => "other threads".to_owned(),
            };
        }
    }
}

/// The name of a thread, with its id.
fn thread_name(side: &PageSide<'_>, tid: Tid) -> String {
    let mut threads = side.threads.iter().flat_map(|times| &times.threads);
    let named = threads.find(|thread| thread.task.tid == tid);
    let named = named.map(|thread| &thread.name);
    match named.or_else(|| side.exits.recorded.names.get(&tid)) {
        Some(name) => format!("{} ({tid})", one_line(name)),
        None => format!("thread {tid}"),
    }
}

/// What a VM is called: its name where the evidence tells it, and its process.
pub(super) fn vm_name(side: &PageSide<'_>, vm: Option<Pid>) -> String {
    let Some(pid) = vm else {
        return "VM".to_owned();
    };
    let mut vms = side.advice.evidence.vms.iter();
    let told = vms.find(|told| told.pid == Some(pid));
    let process = || side.exits.recorded.names.get(&Tid::new(pid.as_i32()));
    let name = told.map(|told| &told.name).or_else(process);
    match name {
        Some(name) => format!("{} ({pid})", one_line(name)),
        None => format!("VM {pid}"),
    }
}
