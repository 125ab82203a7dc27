//! What the VMMs of a capture tell while they run.

use std::path::PathBuf;

use super::told_vm::ToldVm;
use crate::cli::this_machine;
use vmflame::analysis::VmProcess;
use vmflame::analysis::case::{CaseContents, CaseMember};
use vmflame::input::Input;
use vmflame::perf::Capture;
use vmflame::units::Pid;

/// Adds the command lines of the capture's VMs that still run and are wanted, and what QEMU's monitors
/// tell.
pub(super) fn add(
    contents: &mut CaseContents,
    capture: &Capture,
    input: &Input,
    named: &[PathBuf],
    vms: &WantedVms,
) {
    let is_only = vms.processes.len() == 1;
    let mut asked: Vec<PathBuf> = Vec::new();
    for process in vms.processes.iter().filter(|vm| vms.wants(vm.pid)) {
        let Some(line) = this_machine::command_line(process, &input.data, capture) else {
            continue;
        };
        let told = ToldVm::of(process.pid, &line);
        add_told(contents, &told, &process.pid.to_string(), is_only);
        asked.extend(line.qmp_sockets());
    }
    for (number, socket) in (1..).zip(named.iter().filter(|socket| !asked.contains(socket))) {
        let told = ToldVm::of_socket(socket);
        let is_only = is_only && asked.is_empty();
        add_told(contents, &told, &format!("monitor-{number}"), is_only);
    }
}

/// The VMs of a capture, and which of them are asked for.
#[derive(Debug)]
pub(super) struct WantedVms {
    pub(super) processes: Vec<VmProcess>,
    /// Processes; empty for all VMs.
    pub(super) wanted: Vec<Pid>,
}

impl WantedVms {
    pub(super) fn wants(&self, pid: Pid) -> bool {
        self.wanted.is_empty() || self.wanted.contains(&pid)
    }

    /// Those that are asked for and are none of the capture's.
    pub(super) fn missing(&self) -> impl Iterator<Item = Pid> {
        let is_there = |pid: &Pid| self.processes.iter().any(|vm| vm.pid == *pid);
        self.wanted
            .iter()
            .copied()
            .filter(move |pid| !is_there(pid))
    }

    /// Whether what belongs to a VM's folder in a case is wanted, or without one to the only VM: where
    /// VMs are asked for, what may be another's is not.
    pub(super) fn wants_folder(&self, folder: Option<&str>) -> bool {
        match folder {
            _ if self.wanted.is_empty() => true,
            Some(folder) => folder.parse().is_ok_and(|pid| self.wants(Pid::new(pid))),
            None => match self.processes.as_slice() {
                [only] => self.wants(only.pid),
                _ => false,
            },
        }
    }
}

/// Adds what a VMM told to a case, unless the case tells the same already.
pub(in crate::cli) fn add_told(
    contents: &mut CaseContents,
    told: &ToldVm,
    vm: &str,
    is_only: bool,
) {
    add_more(contents, told.members(vm, is_only));
    contents.missing.extend(told.missing.iter().cloned());
}

/// Adds members whose names are not taken.
pub(super) fn add_more(contents: &mut CaseContents, more: Vec<CaseMember>) {
    for one in more {
        let mut known = contents.members.iter();
        if known.all(|known| known.member.name != one.member.name) {
            contents.members.push(one);
        }
    }
}
