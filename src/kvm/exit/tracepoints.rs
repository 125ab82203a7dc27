//! The tracepoints that are known, and what kernels call their fields.

use super::host_event::HypercallInterface;

/// Which of the tracepoints it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Entry,
    Exit,
    Pio,
    Mmio,
    FastMmio,
    Msr,
    Cpuid,
    Apic,
    Hypercall(HypercallInterface),
    PageFault,
    UserspaceExit,
    HaltPoll,
    Wakeup,
    SetIrq,
    MsiSetIrq,
    AcceptIrq,
    InjectVirq,
    Eoi,
    EmulateInsn,
    SchedSwitch,
    SchedWakeup,
}

/// A tracepoint with its fields, each by the names that kernels gave it, in the order in which
/// `Decoder::decode` takes them.
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) fields: &'static [&'static str],
}

const fn known(name: &'static str, kind: Kind, fields: &'static [&'static str]) -> Known {
    Known { name, kind, fields }
}

const ENTRY: [&str; 2] = ["vcpu_id|id", "rip|vcpu_pc|pc|pswaddr"];
pub(super) const EXIT: [&str; 10] = [
    "exit_reason|scause|icptcode|trap|reason",
    "guest_rip|vcpu_pc|sepc|pc|pswaddr",
    "isa",
    "info1|htval",
    "info2",
    "intr_info",
    "error_code",
    "vcpu_id|id",
    "ret|idx",
    "esr_ec",
];

/// Source: see [`HostEvent`](super::HostEvent); `arch/s390/kvm/trace.h`, `arch/powerpc/kvm/trace_hv.h`,
/// `arch/loongarch/kvm/trace.h`, Linux 6.12.
#[rustfmt::skip]
pub(super) const TRACEPOINTS: [Known; 34] = [
    known("kvm:kvm_entry", Kind::Entry, &ENTRY),
    known("kvm:kvm_enter", Kind::Entry, &ENTRY),
    known("kvm:kvm_reenter", Kind::Entry, &ENTRY),
    known("kvm:kvm_s390_sie_enter", Kind::Entry, &ENTRY),
    known("kvm_hv:kvm_guest_enter", Kind::Entry, &ENTRY),
    known("kvm:kvm_exit", Kind::Exit, &EXIT),
    known("kvm:kvm_exit_gspr", Kind::Exit, &EXIT),
    known("kvm:kvm_s390_sie_exit", Kind::Exit, &EXIT),
    known("kvm_hv:kvm_guest_exit", Kind::Exit, &EXIT),
    known("kvm:kvm_pio", Kind::Pio, &["rw", "port", "size", "count", "val"]),
    known("kvm:kvm_mmio", Kind::Mmio, &["type", "gpa", "len", "val"]),
    known("kvm:kvm_fast_mmio", Kind::FastMmio, &["gpa"]),
    known("kvm:kvm_msr", Kind::Msr, &["write|rw", "ecx", "data", "exception"]),
    known("kvm:kvm_cpuid", Kind::Cpuid, &["function", "index"]),
    known("kvm:kvm_apic", Kind::Apic, &["rw", "reg", "val"]),
    known("kvm:kvm_hypercall", Kind::Hypercall(HypercallInterface::Kvm), &["nr"]),
    known("kvm:kvm_hv_hypercall", Kind::Hypercall(HypercallInterface::HyperV), &["code"]),
    known("kvm:kvm_xen_hypercall", Kind::Hypercall(HypercallInterface::Xen), &["nr"]),
    known("kvm:kvm_page_fault", Kind::PageFault, &["fault_address", "guest_rip", "error_code"]),
    known("kvm:kvm_guest_fault", Kind::PageFault, &["ipa", "vcpu_pc", "hsr"]),
    known("kvm:kvm_userspace_exit", Kind::UserspaceExit, &["reason", "errno"]),
    known("kvm:kvm_halt_poll_ns", Kind::HaltPoll, &["grow", "vcpu_id", "new", "old"]),
    known("kvm:kvm_vcpu_wakeup", Kind::Wakeup, &["ns", "waited", "valid"]),
    known("kvm:kvm_set_irq", Kind::SetIrq, &["gsi", "level"]),
    known("kvm:kvm_msi_set_irq", Kind::MsiSetIrq, &["address", "data"]),
    known("kvm:kvm_apic_accept_irq", Kind::AcceptIrq, &["apicid", "vec"]),
    known("kvm:kvm_apicv_accept_irq", Kind::AcceptIrq, &["apicid", "vec"]),
    known("kvm:kvm_inj_virq", Kind::InjectVirq, &["vector|irq"]),
    known("kvm:kvm_eoi", Kind::Eoi, &["apicid", "vector"]),
    known("kvm:kvm_pv_eoi", Kind::Eoi, &["apicid", "vector"]),
    known("kvm:kvm_emulate_insn", Kind::EmulateInsn, &["rip", "failed"]),
    known("sched:sched_switch", Kind::SchedSwitch, &["prev_pid", "prev_state", "next_pid", "next_comm"]),
    known("sched:sched_wakeup", Kind::SchedWakeup, &["pid", "target_cpu"]),
    known("sched:sched_wakeup_new", Kind::SchedWakeup, &["pid", "target_cpu"]),
];

/// The names of the tracepoints that exits are told by, those of the scheduler among them, as
/// `kvm:kvm_exit`.
pub fn tracepoint_names() -> impl Iterator<Item = &'static str> {
    TRACEPOINTS.iter().map(|known| known.name)
}
