//! What VMMs tell while they run.

use std::path::{Path, PathBuf};

use crate::cli::qmp::Monitor;
use crate::cli::this_machine;
use vmflame::analysis::case::{CaseContents, CaseMember};
use vmflame::analysis::vm_processes;
use vmflame::error::Result;
use vmflame::input::Input;
use vmflame::perf::Capture;
use vmflame::qemu::CommandLine;
use vmflame::qemu::qmp;

/// Adds the command lines of the capture's VMs that still run, and what QEMU's monitors tell.
///
/// Of the only VM the texts lie where every verb looks for them; of several, in a folder for each.
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
        let folder = folder_of(&process.pid.to_string(), is_only);
        let what = format!("the command line of VM {}, secrets masked", process.pid);
        let text = masked_text(&line);
        let name = if is_only { "vmm-cmdline" } else { "cmdline" };
        let member = CaseMember::text(folder.join(name), what, text);
        contents.members.push(member);
        for socket in line.qmp_sockets() {
            ask(contents, &socket, &folder);
            asked.push(socket);
        }
    }
    for (number, socket) in (1..).zip(named.iter().filter(|socket| !asked.contains(socket))) {
        let folder = folder_of(&format!("monitor-{number}"), is_only && asked.is_empty());
        ask(contents, socket, &folder);
    }
}

fn folder_of(vm: &str, is_only: bool) -> PathBuf {
    if is_only {
        PathBuf::new()
    } else {
        Path::new("vms").join(vm)
    }
}

/// The words as `/proc/PID/cmdline` has them.
fn masked_text(line: &CommandLine) -> String {
    let words = line.masked().into_iter().map(|word| word + "\0");
    words.collect()
}

/// Asks a monitor; what it does not answer is missing.
fn ask(contents: &mut CaseContents, socket: &Path, folder: &Path) {
    if let Err(problem) = take(contents, socket, folder) {
        let what = format!("what {} would tell: {problem}", socket.display());
        contents.missing.push(what);
    }
}

fn take(contents: &mut CaseContents, socket: &Path, folder: &Path) -> Result<()> {
    let mut monitor = Monitor::connect(socket)?;
    let map = monitor.human("info mtree -f")?;
    let what = "the VM's memory map";
    let member = CaseMember::text(folder.join("mtree-f.txt"), what, map);
    contents.members.push(member);
    for (command, what) in [
        (qmp::QUERY_CPUS_FAST, "threads of the VM's vCPUs"),
        (qmp::QUERY_VERSION, "the version of QEMU"),
        (qmp::QUERY_NAME, "the VM's name"),
        (qmp::QUERY_KVM, "whether KVM runs the VM"),
    ] {
        let answer = monitor.json(&qmp::command(command), command)?;
        let name = folder.join(format!("{command}.json"));
        contents.members.push(CaseMember::text(name, what, answer));
    }
    // QEMU before 7.1 has none.
    for (line, name, what) in [
        (
            qmp::query_stats("vcpu"),
            "query-stats-vcpu.json",
            "what KVM counted of each vCPU",
        ),
        (
            qmp::query_stats("vm"),
            "query-stats-vm.json",
            "what KVM counted of the VM",
        ),
    ] {
        if let Ok(answer) = monitor.json(&line, qmp::QUERY_STATS) {
            contents
                .members
                .push(CaseMember::text(folder.join(name), what, answer));
        }
    }
    Ok(())
}
