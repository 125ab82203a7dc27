//! Which VM a thread belongs to, and what it does there.

use std::collections::BTreeSet;

use super::thread_use::{ThreadRole, ThreadUse};
use crate::kvm::VcpuThreadNames;
use crate::units::{Pid, Tid};

/// What the kernel's threads that work for a VM are called before the id of its process.
///
/// Source: `vhost_dev_set_owner()`, drivers/vhost/vhost.c, and `kvm_create_pit()`,
/// arch/x86/kvm/i8254.c, Linux 6.1. From 6.4 on vhost's are threads of the process itself.
const KERNEL_THREADS: [&str; 2] = ["vhost-", "kvm-pit/"];

/// Before the name of an iothread. Source: `iothread_init()`, iothread.c, QEMU 7.2.
const IO_THREAD: &str = "IO ";

/// Tells roles and VMs of threads. `vcpus` are threads that something else than a name shows to run a
/// vCPU.
pub(super) fn tell_roles(threads: &mut [ThreadUse], vcpus: &BTreeSet<Tid>) {
    let names = VcpuThreadNames::new();
    let mut vms: BTreeSet<Pid> = BTreeSet::new();
    for thread in &mut *threads {
        let mut called = std::iter::once(&thread.name).chain(&thread.earlier_names);
        let is_named = called.any(|name| names.contain(name));
        if is_named || vcpus.contains(&thread.task.tid) {
            thread.role = ThreadRole::Vcpu(names.vcpu(&thread.name));
            vms.extend(thread.task.pid);
        }
    }
    for thread in threads {
        let own = thread.task.pid.filter(|pid| vms.contains(pid));
        thread.vm = own.or_else(|| vm_of_name(&thread.name));
        if matches!(thread.role, ThreadRole::Vcpu(_)) {
            continue;
        }
        thread.role = if vm_of_name(&thread.name).is_some() {
            ThreadRole::Vhost
        } else if own.is_none() {
            ThreadRole::Host
        } else if thread.name.starts_with(IO_THREAD) {
            ThreadRole::IoThread
        } else {
            ThreadRole::Emulator
        };
    }
}

/// The VM that a thread of the kernel works for, by its name.
fn vm_of_name(name: &str) -> Option<Pid> {
    let pid = KERNEL_THREADS
        .iter()
        .find_map(|start| name.strip_prefix(start));
    Some(Pid::new(pid?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvm::exit::Task;

    /// Threads as they are called on hosts.
    #[test]
    fn threads_are_told_by_their_names_and_their_process() {
        let thread = |pid: i32, tid: i32, name: &str| {
            let pid = Some(Pid::new(pid));
            let tid = Tid::new(tid);
            ThreadUse::of(Task { pid, tid }, name.to_owned())
        };
        let mut threads = [
            thread(7, 7, "qemu-system-x86"),
            thread(7, 8, "CPU 3/KVM"),
            thread(7, 9, "IO io0"),
            thread(70, 70, "vhost-7"),
            thread(80, 80, "vhost-99"),
            thread(90, 90, "IO io0"),
            thread(5, 6, "mini-vcpu0"),
            thread(5, 5, "mini-vmm"),
        ];
        tell_roles(&mut threads, &BTreeSet::from([Tid::new(6)]));
        let told = threads.map(|thread| (thread.vm.map(Pid::as_i32), thread.role));
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
