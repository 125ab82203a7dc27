//! What values of dimensions are called.

use crate::analysis::exits::RecordedExits;
use crate::kvm::device::{DeviceMap, DeviceName, Register};
use crate::kvm::exit::{
    Access, ExitReason, HypercallInterface, ReasonNames, Target, Task, VcpuSummary,
};
use crate::symbol::{GuestKernels, demangle};
use crate::units::{Avma, Pid};

/// What values are called.
#[derive(Clone, Debug)]
pub(in crate::report) struct ExitLabels<'r> {
    recorded: &'r RecordedExits,
    devices: &'r DeviceMap,
    guests: &'r GuestKernels,
    reasons: ReasonNames,
    has_several_vms: bool,
}

impl<'r> ExitLabels<'r> {
    pub(in crate::report) fn of(
        recorded: &'r RecordedExits,
        devices: &'r DeviceMap,
        guests: &'r GuestKernels,
    ) -> Self {
        let mut vcpus = recorded.survey.vcpus().iter();
        let first = vcpus.next().and_then(|vcpu| vcpu.task.pid);
        Self {
            recorded,
            devices,
            guests,
            reasons: ReasonNames::new(&recorded.formats),
            has_several_vms: vcpus.any(|vcpu| vcpu.task.pid != first),
        }
    }

    /// What a reason is called.
    pub(in crate::report) fn reason(&self, reason: ExitReason) -> String {
        self.reasons.name(reason).text
    }

    /// The function of a guest's kernel at an address. Where the VM is not told it is the only one,
    /// or what is of all.
    pub(super) fn guest_function(&self, vm: Option<Pid>, rip: u64) -> Option<String> {
        let mut vcpus = self.recorded.survey.vcpus().iter();
        let only = || vcpus.next().filter(|_| !self.has_several_vms)?.task.pid;
        let symbol = self.guests.look_up(vm.or_else(only), Avma::new(rip)).ok()?;
        let name = demangle(symbol.name);
        Some(match symbol.module {
            Some(module) => format!("{name} [{module}]"),
            None => name.into_owned(),
        })
    }

    /// What is known of a vCPU by its thread.
    pub(in crate::report) fn vcpu(&self, task: Task) -> Option<&'r VcpuSummary> {
        let mut vcpus = self.recorded.survey.vcpus().iter();
        vcpus.find(|vcpu| vcpu.task == task)
    }

    /// A vCPU: its number, where none was recorded its thread's name; its VM where there are several.
    pub(super) fn vcpu_name(&self, task: Task) -> String {
        let number = self.vcpu(task).and_then(|vcpu| vcpu.vcpu);
        let name = match (number, self.recorded.names.get(&task.tid)) {
            (Some(number), _) => number.to_string(),
            (None, Some(name)) => name.clone(),
            (None, None) => format!("tid {}", task.tid),
        };
        match task.pid {
            Some(pid) if self.has_several_vms => format!("{pid}/{name}"),
            Some(_) | None => name,
        }
    }

    /// Whether exits are of more than one VM.
    pub(super) const fn has_several_vms(&self) -> bool {
        self.has_several_vms
    }

    /// The name of a VM: what its VMM's command line says, or else that of its first thread.
    pub(super) fn vm_name(&self, vm: Pid) -> Option<&'r str> {
        if let Some(name) = self.recorded.vm_names.get(&vm) {
            return Some(name);
        }
        let mut names = self.recorded.names.iter();
        let found = names.find(|(tid, _)| tid.as_i32() == vm.as_i32());
        found.map(|(_, name)| name.as_str())
    }

    /// The device behind what was reached, in a VM if that is told.
    pub(in crate::report) fn device(&self, vm: Option<Pid>, access: Access) -> Option<DeviceName> {
        let register = match access.target {
            Target::Port(port) => Register::Port(port),
            Target::Mmio(gpa) => Register::Gpa(gpa),
            Target::Apic(offset) => Register::ApicRegister(offset),
            Target::Msr(index) => Register::Msr(index),
            Target::Cpuid(..)
            | Target::Hypercall(..)
            | Target::HostInterrupt(_)
            | Target::GuestInterrupt(_)
            | Target::Fault(_) => return None,
        };
        self.devices.name(vm.or_else(|| self.only_vm()), register)
    }

    /// The VM where exits are of one only.
    fn only_vm(&self) -> Option<Pid> {
        let first = self.recorded.survey.vcpus().first()?;
        first.task.pid.filter(|_| !self.has_several_vms)
    }

    /// What was reached, by itself.
    pub(in crate::report) fn target(target: Target) -> String {
        match target {
            Target::Port(port) => format!("port {port:#x}"),
            Target::Mmio(gpa) => format!("mmio {gpa:#x}"),
            Target::Apic(offset) => format!("apic {offset:#x}"),
            Target::Msr(index) => format!("msr {index:#x}"),
            Target::Cpuid(function, None) => format!("cpuid {function:#x}"),
            Target::Cpuid(function, Some(index)) => format!("cpuid {function:#x}.{index}"),
            Target::Hypercall(interface, number) => {
                format!("hypercall {}{number:#x}", interface_prefix(interface))
            }
            Target::HostInterrupt(vector) => format!("host interrupt {vector:#x}"),
            Target::GuestInterrupt(vector) => format!("guest interrupt {vector:#x}"),
            Target::Fault(gpa) => format!("memory {gpa:#x}"),
        }
    }
}

/// Whose hypercall it is, in front of its number.
pub(super) const fn interface_prefix(interface: HypercallInterface) -> &'static str {
    match interface {
        HypercallInterface::Kvm => "",
        HypercallInterface::HyperV => "Hyper-V ",
        HypercallInterface::Xen => "Xen ",
    }
}
