//! Threads with their names, roles and VMs.

use std::collections::BTreeSet;

use super::placed::CalledThread;
use crate::analysis::roles::{ThreadCalled, ThreadRole, tell_roles};
use crate::analysis::vms::VmProcess;
use crate::kvm::exit::Task;
use crate::units::{Pid, ThreadId, Tid};

/// A thread that has samples. The kernel uses ids again: several may have the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SampledThread {
    /// Its process and its id.
    pub thread: ThreadId,
    /// Its latest name; `:TID` where none was recorded, as perf shows it.
    pub name: String,
    /// The name of its process; `:PID` where none was recorded.
    pub process: String,
    /// What it does.
    pub role: ThreadRole,
    /// The process of the VM that it belongs to or works for; `None` of the host's other threads.
    pub vm: Option<Pid>,
}

/// Tells roles and VMs of threads. `vcpus` are threads whose stacks show that they run a vCPU.
pub(super) fn with_roles(
    threads: Vec<CalledThread>,
    mut vcpus: BTreeSet<Tid>,
    vms: &[VmProcess],
) -> Vec<SampledThread> {
    let mut called: Vec<ThreadCalled<'_>> = threads
        .iter()
        .map(|thread| {
            let ThreadId { pid, tid } = thread.thread;
            let pid = Some(pid);
            ThreadCalled {
                task: Task { pid, tid },
                name: &thread.name,
                earlier_names: &thread.earlier_names,
            }
        })
        .collect();
    // A VM is one by its vCPUs, whether these have samples or not.
    for vm in vms {
        let pid = Some(vm.pid);
        called.extend(vm.vcpus.iter().map(|&tid| ThreadCalled {
            task: Task { pid, tid },
            name: "",
            earlier_names: &[],
        }));
        vcpus.extend(&vm.vcpus);
    }
    let told = tell_roles(&called, &vcpus);
    let pairs = threads.into_iter().zip(told);
    let threads = pairs.map(|(thread, told)| SampledThread {
        thread: thread.thread,
        name: thread.name,
        process: thread.process,
        role: told.role,
        vm: told.vm,
    });
    threads.collect()
}
