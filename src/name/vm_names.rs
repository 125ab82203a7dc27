//! How the VMs of a capture with several of them are told apart.

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::{HashMap, HashSet};

use super::grouping::{Grouping, TaskNames};
use crate::kvm::VcpuThreadNames;
use crate::locate::LocatedTask;
use crate::space::Timeline;
use crate::units::Pid;

/// What the VMs of a capture are called that has several of them; empty of others, which need no
/// telling apart.
#[derive(Debug, Default)]
pub(super) struct VmNames {
    of_vms: HashMap<Pid, VmName>,
    /// The names of processes that several VMs share: each of these gets a frame of its own, while
    /// other processes of one name share theirs.
    shared: HashSet<String>,
}

/// What a VM is called.
#[derive(Debug, Default)]
struct VmName {
    /// The names of its process, one behind the other in time.
    processes: BTreeSet<String>,
    /// What its VMM calls it; `None` when nothing tells that.
    own: Option<String>,
    /// Whether no other VM is called so.
    is_only: bool,
}

impl VmNames {
    /// A VM is a process with guest-mode samples or a thread named as QEMU names its vCPUs. Of each
    /// task it must be known whether it has such samples. `own` tells what VMMs call them.
    pub(super) fn find<'t>(
        tasks: impl Iterator<Item = &'t LocatedTask>,
        timeline: &Timeline,
        own: impl FnOnce() -> BTreeMap<Pid, String>,
    ) -> Self {
        let vcpu_threads = VcpuThreadNames::new();
        let mut of_vms: HashMap<Pid, VmName> = HashMap::new();
        for &LocatedTask { key, has_guest } in tasks {
            let thread = timeline.thread_name(key.tid, key.task_epoch);
            let thread = thread.unwrap_or_default();
            if has_guest || vcpu_threads.contain(thread) {
                let names = TaskNames::of_task(timeline, &key);
                let vm = of_vms.entry(key.pid).or_default();
                vm.processes.insert(names.process.into_owned());
            }
        }
        if of_vms.len() < 2 {
            return Self::default();
        }
        let own = own();
        let (mut processes, mut names) = (HashMap::new(), HashMap::new());
        for (pid, vm) in &of_vms {
            for process in &vm.processes {
                *processes.entry(process.clone()).or_insert(0) += 1;
            }
            if let Some(name) = own.get(pid) {
                *names.entry(name).or_insert(0) += 1;
            }
        }
        for (pid, vm) in &mut of_vms {
            vm.own = own.get(pid).cloned();
            vm.is_only = own.get(pid).is_some_and(|name| names.get(name) == Some(&1));
        }
        let shared = processes.into_iter().filter(|&(_, vms)| vms > 1);
        Self {
            shared: shared.map(|(process, _)| process).collect(),
            of_vms,
        }
    }

    /// The frame of a process: of a VM among several it tells which one.
    pub(super) fn process(&self, process: &str, pid: Pid) -> String {
        let vm = self.of_vms.get(&pid);
        match vm.and_then(|vm| Some((vm.own.as_ref()?, vm.is_only))) {
            Some((own, true)) => format!("{process} ({own})"),
            Some((own, false)) => format!("{process}-{pid} ({own})"),
            None if vm.is_some() && self.shared.contains(process) => format!("{process}-{pid}"),
            None => process.to_owned(),
        }
    }

    /// The frame of a process that tells its pid.
    pub(super) fn process_with_pid(&self, process: &str, pid: Pid) -> String {
        match self.of_vms.get(&pid).and_then(|vm| vm.own.as_ref()) {
            Some(own) => format!("{process}-{pid} ({own})"),
            None => format!("{process}-{pid}"),
        }
    }

    /// What the frames of guests' code are told apart by, where no frame above them tells the VM.
    pub(super) fn of_guests(&self, grouping: Grouping) -> HashMap<Pid, String> {
        if grouping.tells_process() {
            return HashMap::new();
        }
        let of_vms = self.of_vms.iter().map(|(&pid, vm)| {
            let process = vm.processes.first().map_or("VM", |process| process);
            let name = match &vm.own {
                Some(own) if vm.is_only => own.clone(),
                Some(_) | None => self.process_with_pid(process, pid),
            };
            (pid, name)
        });
        of_vms.collect()
    }
}
