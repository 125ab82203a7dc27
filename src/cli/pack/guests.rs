//! What the VMMs of a capture tell while they run.

use std::path::PathBuf;

use super::told_vm::ToldVm;
use crate::cli::this_machine;
use vmflame::analysis::case::CaseContents;
use vmflame::analysis::vm_processes;
use vmflame::input::Input;
use vmflame::perf::Capture;

/// Adds the command lines of the capture's VMs that still run, and what QEMU's monitors tell.
pub(super) fn add(
    contents: &mut CaseContents,
    capture: &Capture,
    input: &Input,
    named: &[PathBuf],
    threads: usize,
) {
    let processes = vm_processes(capture, threads);
    let is_only = processes.len() == 1;
    let mut asked: Vec<PathBuf> = Vec::new();
    for process in &processes {
        let Some(line) = this_machine::command_line(process, input, capture) else {
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

/// Adds what a VMM told to a case.
pub(in crate::cli) fn add_told(
    contents: &mut CaseContents,
    told: &ToldVm,
    vm: &str,
    is_only: bool,
) {
    contents.members.extend(told.members(vm, is_only));
    contents.missing.extend(told.missing.iter().cloned());
}
