//! Which processes are meant, and what the VMMs among them tell while they run.

use std::collections::BTreeSet;
use std::fs;

use super::not_recorded::NotRecorded;
use super::request::RecordTarget;
use crate::cli::pack::ToldVm;
use crate::cli::this_machine::read_command_line;
use crate::cli::vmm_processes::vmms;
use vmflame::qemu::CommandLine;
use vmflame::units::Pid;

/// A VMM that runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct LiveVmm {
    /// Its process.
    pub(super) pid: Pid,
    /// How it was started.
    pub(super) line: CommandLine,
}

impl LiveVmm {
    /// The VMMs of this machine, in the order of their pids.
    pub(super) fn all() -> Vec<Self> {
        let vmms = vmms().into_iter();
        let with_line = |pid: Pid| {
            let line = read_command_line(format!("/proc/{pid}/cmdline").as_ref())?;
            Some(Self { pid, line })
        };
        vmms.filter_map(with_line).collect()
    }

    fn in_words(&self) -> String {
        match self.line.vm_name() {
            Some(name) => format!("{name} (pid {})", self.pid),
            None => format!("pid {}", self.pid),
        }
    }
}

/// The processes of VMs that are named, by name or pid; with them the kernel's threads that serve
/// them as processes of their own.
///
/// # Errors
/// When no VM, or more than one, is called so, or a process is not there.
pub(super) fn target(
    pids: &[i32],
    vms: &[String],
    running: &[LiveVmm],
) -> Result<RecordTarget, NotRecorded> {
    let mut found: BTreeSet<Pid> = BTreeSet::new();
    for pid in pids
        .iter()
        .copied()
        .chain(vms.iter().filter_map(|vm| vm.parse().ok()))
    {
        if !fs::exists(format!("/proc/{pid}")).unwrap_or(false) {
            let pid = pid.to_string();
            return Err(NotRecorded::NoProcess { pid });
        }
        found.insert(Pid::new(pid));
    }
    for vm in vms.iter().filter(|vm| vm.parse::<i32>().is_err()) {
        found.insert(named(vm, running)?.pid);
    }
    if found.is_empty() {
        return Ok(RecordTarget::Host);
    }
    found.extend(serving_threads(&found));
    Ok(RecordTarget::Processes(found))
}

fn named<'v>(name: &str, running: &'v [LiveVmm]) -> Result<&'v LiveVmm, NotRecorded> {
    let is_called = |vmm: &&LiveVmm| vmm.line.vm_name().as_deref() == Some(name);
    let mut called = running.iter().filter(is_called);
    let (first, second) = (called.next(), called.next());
    match (first, second) {
        (Some(vmm), None) => Ok(vmm),
        (first, _) => Err(NotRecorded::WhichVm {
            wrong: if first.is_some() {
                format!("several VMs are called {name:?}: name one by its pid")
            } else {
                format!("no VM that runs here is called {name:?}")
            },
            known: running.iter().map(LiveVmm::in_words).collect(),
        }),
    }
}

/// The threads of vhost, which are processes of the kernel up to Linux 6.3, and those of its PIT.
///
/// Source: `vhost_dev_set_owner`, drivers/vhost/vhost.c, Linux 6.1; `kvm_create_pit`,
/// arch/x86/kvm/i8254.c, Linux 6.18.
fn serving_threads(of: &BTreeSet<Pid>) -> Vec<Pid> {
    let names: Vec<String> = of
        .iter()
        .flat_map(|pid| [format!("vhost-{pid}"), format!("kvm-pit/{pid}")])
        .collect();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let serves = |pid: &i32| {
        let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
        names.iter().any(|name| name == comm.trim_end())
    };
    pids.filter(serves).map(Pid::new).collect()
}

/// A VMM that runs, with what it told.
#[derive(Debug)]
pub(super) struct AskedVmm {
    /// Its process.
    pub(super) pid: Pid,
    /// What it told.
    pub(super) told: ToldVm,
}

/// Asks the VMMs that are recorded; before recording, since a VM may end meanwhile.
pub(super) fn ask(target: &RecordTarget, running: &[LiveVmm]) -> Vec<AskedVmm> {
    let is_meant = |vmm: &&LiveVmm| match target {
        RecordTarget::Host => true,
        RecordTarget::Processes(pids) => pids.contains(&vmm.pid),
    };
    let asked = running.iter().filter(is_meant).map(|vmm| AskedVmm {
        pid: vmm.pid,
        told: ToldVm::of(vmm.pid, &vmm.line),
    });
    asked.collect()
}
