//! What a survey of exits tells, as evidence.

use std::collections::BTreeMap;

use super::evidence::{
    DeviceTold, Evidence, ExitEvidence, ExitRow, ExitSite, HaltEvidence, VmEvidence,
};
use super::exit_kind::ExitKind;
use super::guest_system::KernelAddresses;
use super::host_facts::Vendor;
use crate::kvm::device::{DeviceMap, Register};
use crate::kvm::exit::{
    Access, Dimension, DimensionValue, Direction, ExitReason, ExitStats, ExitSurvey, HaltCounts,
    ReasonNumbering, Target, TimeParts, View,
};
use crate::units::Pid;

/// A survey of exits as a source of evidence.
#[derive(Clone, Copy)]
pub struct SurveySource<'s> {
    /// Index of the recording.
    pub recording: usize,
    /// How long was recorded, in seconds.
    pub seconds: f64,
    /// The survey, which asked for [`wanted_views`], and perhaps for others.
    pub survey: &'s ExitSurvey,
    /// The devices behind registers.
    pub devices: &'s DeviceMap,
    /// The name of a reason.
    pub reason_name: &'s dyn Fn(ExitReason) -> String,
    /// The name of a VM's process.
    pub vm_name: &'s dyn Fn(Option<Pid>) -> String,
}

impl std::fmt::Debug for SurveySource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SurveySource")
            .field("recording", &self.recording)
            .field("seconds", &self.seconds)
            .finish_non_exhaustive()
    }
}

/// Stands for the reason where only accesses are recorded, and no exits.
pub const ACCESS: &str = "access";

/// What a survey must be asked for.
pub fn wanted_views() -> Vec<Vec<Dimension>> {
    vec![
        vec![Dimension::Vm, Dimension::Reason],
        vec![Dimension::Vm, Dimension::Reason, Dimension::Register],
        vec![Dimension::Vm, Dimension::Rip],
    ]
}

/// Adds the exits of each VM, and what they tell of its guest.
pub fn add_exits(evidence: &mut Evidence, source: &SurveySource<'_>) {
    let views = wanted_views();
    let mut found = views.iter().filter_map(|view| source.survey.view(view));
    let (Some(by_reason), Some(by_register), Some(by_rip)) =
        (found.next(), found.next(), found.next())
    else {
        return;
    };
    evidence.host.vendor = evidence.host.vendor.or_else(|| vendor_of(by_reason));
    let mut vms: BTreeMap<Option<Pid>, VmRows> = BTreeMap::new();
    note_exits(&mut vms, by_reason);
    add_registers(&mut vms, by_register, source);
    add_the_rest(&mut vms, by_reason, source);
    add_addresses(&mut vms, by_rip);
    for vcpu in source.survey.vcpus() {
        let vm = vms.entry(vcpu.task.pid).or_default();
        vm.vcpus = vm.vcpus.saturating_add(1);
        vm.halts.add(&vcpu.halts);
    }
    for (pid, vm) in vms {
        vm.put_into(evidence, pid, source);
    }
}

/// Who made the CPU, by whose numbers the reasons are.
fn vendor_of(by_reason: &View) -> Option<Vendor> {
    by_reason.rows().iter().find_map(|row| match row.values {
        [_, DimensionValue::Reason(reason)] => match reason.numbering {
            ReasonNumbering::Vmx => Some(Vendor::Intel),
            ReasonNumbering::Svm => Some(Vendor::Amd),
            ReasonNumbering::ArmReturn | ReasonNumbering::ArmTrap | ReasonNumbering::Other => None,
        },
        _ => None,
    })
}

/// What is gathered of a VM.
#[derive(Debug, Default)]
struct VmRows {
    vcpus: u32,
    halts: HaltCounts,
    rows: Vec<ExitRow>,
    /// What the rows of a reason add up to.
    told: BTreeMap<ExitReason, Sum>,
    halted_nanos: u64,
    /// Whether any exit was recorded, and not accesses alone.
    has_exits: bool,
    is_timed: bool,
    addresses: KernelAddresses,
}

/// Exits and where their time went.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    exits: u64,
    parts: TimeParts,
}

impl Sum {
    fn add(&mut self, stats: &ExitStats) {
        self.exits = self.exits.saturating_add(stats.exits);
        self.parts.add(&stats.parts);
    }

    /// What is left of `all` without this.
    const fn rest_of(&self, all: &ExitStats) -> Self {
        let (whole, told) = (&all.parts, &self.parts);
        Self {
            exits: all.exits.saturating_sub(self.exits),
            parts: TimeParts {
                kernel: whole.kernel.saturating_sub(told.kernel),
                vmm: whole.vmm.saturating_sub(told.vmm),
                off_cpu: whole.off_cpu.saturating_sub(told.off_cpu),
                polled: whole.polled.saturating_sub(told.polled),
                blocked: whole.blocked.saturating_sub(told.blocked),
            },
        }
    }
}

/// Notes of which VMs exits were recorded.
fn note_exits(vms: &mut BTreeMap<Option<Pid>, VmRows>, view: &View) {
    for row in view.rows() {
        if let [DimensionValue::Vm(pid), DimensionValue::Reason(_)] = row.values {
            let vm = vms.entry(*pid).or_default();
            vm.has_exits |= row.stats.exits > 0;
        }
    }
}

/// The rows about registers. Where no exits were recorded, what tracepoints of accesses tell is
/// counted. Where they were, an access without one belongs to an exit that was lost, or that lies
/// before the first: tables of exits do not count it either.
fn add_registers(vms: &mut BTreeMap<Option<Pid>, VmRows>, view: &View, source: &SurveySource<'_>) {
    for row in view.rows() {
        let [
            DimensionValue::Vm(pid),
            reason,
            DimensionValue::Access(access),
        ] = row.values
        else {
            continue;
        };
        let vm = vms.entry(*pid).or_default();
        let reason = if let DimensionValue::Reason(reason) = reason {
            Some(*reason)
        } else {
            None
        };
        let exits = match reason {
            Some(reason) => {
                vm.told.entry(reason).or_default().add(row.stats);
                row.stats.exits
            }
            None if vm.has_exits => continue,
            None => row.stats.exits.max(row.stats.accesses),
        };
        let parts = row.stats.parts;
        let sum = Sum { exits, parts };
        let kind = reason.map_or_else(|| kind_of_target(access.target), kind_of);
        let mut found = exit_row(kind, sum);
        found.reason =
            reason.map_or_else(|| ACCESS.to_owned(), |reason| (source.reason_name)(reason));
        place(&mut found, *pid, *access, source);
        vm.add(found, sum);
    }
}

/// What is in no row about a register.
fn add_the_rest(vms: &mut BTreeMap<Option<Pid>, VmRows>, view: &View, source: &SurveySource<'_>) {
    for row in view.rows() {
        let [DimensionValue::Vm(pid), DimensionValue::Reason(reason)] = row.values else {
            continue;
        };
        let vm = vms.entry(*pid).or_default();
        vm.is_timed |= row.stats.timed > 0 || row.stats.parts.blocked > 0;
        let told = vm.told.get(reason).copied().unwrap_or_default();
        let rest = told.rest_of(row.stats);
        if rest.exits > 0 {
            let mut found = exit_row(kind_of(*reason), rest);
            found.reason = (source.reason_name)(*reason);
            vm.add(found, rest);
        }
    }
}

fn add_addresses(vms: &mut BTreeMap<Option<Pid>, VmRows>, view: &View) {
    for row in view.rows() {
        if let [DimensionValue::Vm(pid), DimensionValue::Rip(rip)] = row.values {
            let vm = vms.entry(*pid).or_default();
            vm.addresses.add(*rip, row.stats.exits);
        }
    }
}

impl VmRows {
    /// Adds a row. Faults on any page of the guest's memory are one, and so is what a reason has
    /// without a register: interrupts of all vectors, CPUID of all leaves.
    fn add(&mut self, row: ExitRow, sum: Sum) {
        self.halted_nanos = self.halted_nanos.saturating_add(sum.parts.blocked);
        let is_same = |other: &&mut ExitRow| other.place == row.place && other.reason == row.reason;
        let is_whole = matches!(row.place, None | Some(ExitSite::Memory));
        match self.rows.iter_mut().find(is_same) {
            Some(known) if is_whole => {
                known.count = known.count.saturating_add(row.count);
                known.nanos = known.nanos.saturating_add(row.nanos);
                known.user_nanos = known.user_nanos.saturating_add(row.user_nanos);
            }
            Some(_) | None => self.rows.push(row),
        }
    }

    fn put_into(self, evidence: &mut Evidence, pid: Option<Pid>, source: &SurveySource<'_>) {
        let is_x86 = evidence
            .host
            .machine
            .as_deref()
            .is_none_or(|machine| machine.contains("86"));
        let name = (source.vm_name)(pid);
        let vm = vm_of(evidence, pid, &name);
        if vm.guest.is_none() && is_x86 {
            vm.guest = self.addresses.system();
        }
        let vcpus = self.vcpus.max(1);
        if self.halts.ended > 0 {
            vm.halts = Some(HaltEvidence {
                recording: source.recording,
                seconds: source.seconds,
                vcpus,
                wakeups: self.halts.ended,
                polled_nanos: self.halts.won_ns.saturating_add(self.halts.lost_ns),
                won: self.halts.ended.saturating_sub(self.halts.slept),
            });
        }
        vm.exits = Some(ExitEvidence {
            recording: source.recording,
            seconds: source.seconds,
            vcpus,
            rows: self.rows,
            is_timed: self.is_timed,
            knows_user_space: source.survey.recorded().userspace_exits,
            halted_nanos: self.halted_nanos,
        });
    }
}

/// The VM of a process, added where it is not known yet.
pub fn vm_of<'e>(evidence: &'e mut Evidence, pid: Option<Pid>, name: &str) -> &'e mut VmEvidence {
    let found = evidence.vms.iter().position(|vm| vm.pid == pid);
    let at = found.unwrap_or_else(|| {
        evidence.vms.push(VmEvidence {
            pid,
            name: name.to_owned(),
            ..VmEvidence::default()
        });
        evidence.vms.len() - 1
    });
    &mut evidence.vms[at]
}

/// A row without a register. Waiting for a CPU is no cost of the exit.
fn exit_row(kind: ExitKind, sum: Sum) -> ExitRow {
    ExitRow {
        kind,
        reason: String::new(),
        place: None,
        direction: Direction::Unknown,
        device: None,
        count: sum.exits,
        nanos: sum
            .parts
            .kernel
            .saturating_add(sum.parts.vmm)
            .saturating_add(sum.parts.polled),
        user_nanos: sum.parts.vmm,
        is_doorbell: false,
    }
}

/// The MSR of the APIC's register at offset 0, with x2APIC.
///
/// Source: `APIC_BASE_MSR`, `arch/x86/include/asm/apicdef.h`, Linux 6.12.
const X2APIC: u32 = 0x800;

/// Puts the register and its device into a row.
fn place(row: &mut ExitRow, vm: Option<Pid>, access: Access, source: &SurveySource<'_>) {
    row.direction = access.direction;
    let apic = |offset| (ExitSite::Apic(offset), Some(Register::ApicRegister(offset)));
    let (place, register) = match access.target {
        Target::Port(port) => (ExitSite::Port(port), Some(Register::Port(port))),
        Target::Apic(offset) if row.kind == ExitKind::Msr => {
            let index = X2APIC.saturating_add(offset >> 4);
            (ExitSite::Msr(index), Some(Register::Msr(index)))
        }
        Target::Apic(offset) => apic(offset),
        Target::Msr(index) => (ExitSite::Msr(index), Some(Register::Msr(index))),
        Target::Mmio(gpa) => (ExitSite::Gpa(gpa), Some(Register::Gpa(gpa))),
        Target::Fault(gpa) => match Target::apic_of_gpa(gpa) {
            Some(Target::Apic(offset)) => apic(offset),
            _ => (ExitSite::Memory, None),
        },
        Target::Hypercall(_, number) => (ExitSite::Hypercall(number), None),
        Target::Cpuid(..) | Target::HostInterrupt(_) | Target::GuestInterrupt(_) => return,
    };
    row.place = Some(place);
    let name = register.and_then(|register| source.devices.name(vm, register));
    let region = name.as_ref().map_or("", |name| &*name.device);
    if let Target::Mmio(_) = access.target {
        // Fast MMIO shows as a write without anything else: no known device of KVM's own is there.
        let is_kvms_own = ["ioapic", "kvm-ioapic", "hpet", "APIC"].contains(&region);
        row.is_doorbell = row.kind == ExitKind::Device
            && row.direction == Direction::Write
            && row.user_nanos == 0
            && source.survey.recorded().userspace_exits
            && !is_kvms_own;
        if row.kind == ExitKind::Memory {
            row.kind = ExitKind::Device;
        }
    }
    row.device = name.map(|name| DeviceTold {
        is_sure: !name.origin.is_assumption(),
        words: name.to_string(),
        region: name.device,
    });
}

const fn kind_of(reason: ExitReason) -> ExitKind {
    match reason.numbering {
        ReasonNumbering::Vmx => ExitKind::of_vmx(reason.code),
        ReasonNumbering::Svm => ExitKind::of_svm(reason.code),
        ReasonNumbering::ArmTrap => ExitKind::of_arm64(reason.code),
        // ARM_EXCEPTION_IRQ, arch/arm64/include/asm/kvm_asm.h, Linux 6.12.
        ReasonNumbering::ArmReturn if reason.code == 0 => ExitKind::HostInterrupt,
        ReasonNumbering::ArmReturn | ReasonNumbering::Other => ExitKind::Other,
    }
}

/// The kind of an exit of which only the access is known.
const fn kind_of_target(target: Target) -> ExitKind {
    match target {
        Target::Port(_) => ExitKind::Port,
        Target::Mmio(_) => ExitKind::Device,
        Target::Apic(_) => ExitKind::Memory,
        Target::Msr(_) => ExitKind::Msr,
        Target::Cpuid(..) => ExitKind::Cpuid,
        Target::Hypercall(..) => ExitKind::Hypercall,
        Target::Fault(_) => ExitKind::Memory,
        Target::HostInterrupt(_) | Target::GuestInterrupt(_) => ExitKind::Other,
    }
}
