//! Which VM a thread belongs to, and what it does there.

use std::collections::BTreeSet;

use crate::kvm::VcpuThreadNames;
use crate::kvm::exit::Task;
use crate::units::{Pid, Tid};

/// What the kernel's threads that work for a VM are called before the id of its process.
///
/// Source: `vhost_dev_set_owner()`, drivers/vhost/vhost.c, and `kvm_create_pit()`,
/// arch/x86/kvm/i8254.c, Linux 6.1. From 6.4 on vhost's are threads of the process itself.
const KERNEL_THREADS: [&str; 2] = ["vhost-", "kvm-pit/"];

/// Before the name of an iothread. Source: `iothread_init()`, iothread.c, QEMU 7.2.
const IO_THREAD: &str = "IO ";

/// What a thread does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ThreadRole {
    /// It runs a vCPU, by its number where the name or a tracepoint tells it.
    Vcpu(Option<u32>),
    /// Any other thread of a VM's process: main loop, workers, monitor, VNC.
    Emulator,
    /// It serves disks, as QEMU's iothreads do.
    IoThread,
    /// The kernel works for a VM: vhost, timers.
    Vhost,
    /// It belongs to no VM.
    Host,
}

/// A thread by what tells its role.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThreadCalled<'n> {
    pub(super) task: Task,
    /// Its latest name; empty where none was recorded.
    pub(super) name: &'n str,
    pub(super) earlier_names: &'n [String],
}

/// What a thread does, and for whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ToldRole {
    pub(super) role: ThreadRole,
    /// The process of the VM that it belongs to or works for.
    pub(super) vm: Option<Pid>,
}

/// Tells roles and VMs of threads. `vcpus` are threads that something else than a name shows to run a
/// vCPU.
pub(super) fn tell_roles(threads: &[ThreadCalled<'_>], vcpus: &BTreeSet<Tid>) -> Vec<ToldRole> {
    let names = VcpuThreadNames::new();
    let is_vcpu = |thread: &ThreadCalled<'_>| {
        let earlier = thread.earlier_names.iter().map(String::as_str);
        let mut called = std::iter::once(thread.name).chain(earlier);
        called.any(|name| names.contain(name)) || vcpus.contains(&thread.task.tid)
    };
    let vcpu_threads = threads.iter().filter(|thread| is_vcpu(thread));
    let vms: BTreeSet<Pid> = vcpu_threads.filter_map(|thread| thread.task.pid).collect();
    let tell = |thread: &ThreadCalled<'_>| {
        let own = thread.task.pid.filter(|pid| vms.contains(pid));
        let served = vm_of_name(thread.name);
        let role = if is_vcpu(thread) {
            ThreadRole::Vcpu(names.vcpu(thread.name))
        } else if served.is_some() {
            ThreadRole::Vhost
        } else if own.is_none() {
            ThreadRole::Host
        } else if thread.name.starts_with(IO_THREAD) {
            ThreadRole::IoThread
        } else {
            ThreadRole::Emulator
        };
        ToldRole {
            role,
            vm: own.or(served),
        }
    };
    threads.iter().map(tell).collect()
}

/// The VM that a thread of the kernel works for, by its name.
pub(crate) fn vm_of_name(name: &str) -> Option<Pid> {
    let pid = KERNEL_THREADS
        .iter()
        .find_map(|start| name.strip_prefix(start));
    Some(Pid::new(pid?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threads as they are called on hosts.
    #[test]
    fn threads_are_told_by_their_names_and_their_process() {
        let thread = |pid: i32, tid: i32, name| ThreadCalled {
            task: Task {
                pid: Some(Pid::new(pid)),
                tid: Tid::new(tid),
            },
            name,
            earlier_names: &[],
        };
        let threads = [
            thread(7, 7, "qemu-system-x86"),
            thread(7, 8, "CPU 3/KVM"),
            thread(7, 9, "IO io0"),
            thread(70, 70, "vhost-7"),
            thread(80, 80, "vhost-99"),
            thread(90, 90, "IO io0"),
            thread(5, 6, "mini-vcpu0"),
            thread(5, 5, "mini-vmm"),
        ];
        let told = tell_roles(&threads, &BTreeSet::from([Tid::new(6)]));
        let told: Vec<_> = told
            .iter()
            .map(|told| (told.vm.map(Pid::as_i32), told.role))
            .collect();
        let expected = [
            (Some(7), ThreadRole::Emulator),
            (Some(7), ThreadRole::Vcpu(Some(3))),
            (Some(7), ThreadRole::IoThread),
            (Some(7), ThreadRole::Vhost),
            (Some(99), ThreadRole::Vhost),
            (None, ThreadRole::Host),
            (Some(5), ThreadRole::Vcpu(None)),
            (Some(5), ThreadRole::Emulator),
        ];
        assert_eq!(told, expected);
    }
}
