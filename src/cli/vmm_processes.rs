//! Which process a VM is, and what it is called.

use std::path::{Path, PathBuf};

use crate::cli::this_machine::read_command_line;
use vmflame::kvm::VcpuThreadNames;
use vmflame::kvm::counter::LiveVm;
use vmflame::units::{Pid, Tid};

fn folder(pid: Pid) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}"))
}

/// The VM that KVM knows as this file descriptor of a process.
///
/// Its number is that of the first pid namespace. Where this program is in another one, a process of
/// that number is some other: then the VM has neither pid nor name.
pub(super) fn vm_of_descriptor(key: String, pid: Pid, descriptor: &str) -> LiveVm {
    let link = std::fs::read_link(folder(pid).join("fd").join(descriptor));
    let is_it = link.map(|link| link.to_string_lossy().contains("kvm-vm"));
    let line = read_command_line(&folder(pid).join("cmdline"));
    let is_vmm = line.as_ref().is_some_and(|line| line.vmm().is_some());
    // Links of others' processes can be read by root only.
    let is_it = is_it.unwrap_or(is_vmm);
    let name = line.and_then(|line| line.vm_name());
    LiveVm {
        key,
        pid: is_it.then_some(pid),
        name: name.filter(|_| is_it),
    }
}

/// The VM of a process.
pub(super) fn vm_of_process(key: String, pid: Pid) -> LiveVm {
    let line = read_command_line(&folder(pid).join("cmdline"));
    LiveVm {
        key,
        pid: Some(pid),
        name: line.and_then(|line| line.vm_name()),
    }
}

/// The process of a thread, if it is a VMM.
pub(super) fn vmm_of_thread(tid: Tid) -> Option<Pid> {
    let status = std::fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("Tgid:"))?;
    let pid = Pid::new(line.trim().parse().ok()?);
    let command_line = read_command_line(&folder(pid).join("cmdline"))?;
    command_line.vmm().map(|_| pid)
}

/// The threads of a process; none when it has ended.
pub(super) fn threads(pid: Pid) -> Vec<Tid> {
    let entries = std::fs::read_dir(folder(pid).join("task"));
    let entries = entries.into_iter().flatten().flatten();
    let mut tids: Vec<Tid> = entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .map(Tid::new)
        .collect();
    tids.sort_unstable();
    tids
}

/// The processes that are VMMs: by what they run, or since they have a thread that is called as a
/// vCPU's is.
pub(super) fn vmms() -> Vec<Pid> {
    let names = VcpuThreadNames::new();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut pids: Vec<Pid> = pids
        .map(Pid::new)
        .filter(|pid| is_vmm(*pid, &names))
        .collect();
    pids.sort_unstable();
    pids
}

fn is_vmm(pid: Pid, names: &VcpuThreadNames) -> bool {
    let line = read_command_line(&folder(pid).join("cmdline"));
    if line.is_some_and(|line| line.vmm().is_some()) {
        return true;
    }
    let is_vcpu = |tid: &Tid| {
        let comm = Path::new("/proc").join(tid.to_string()).join("comm");
        let name = std::fs::read_to_string(comm).unwrap_or_default();
        names.contain(name.trim_end())
    };
    // A VMM has threads beside its first one; most processes have none.
    let threads = threads(pid);
    threads.len() > 1 && threads.iter().any(is_vcpu)
}
