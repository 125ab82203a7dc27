//! The forms in which tracepoints are printed.
//!
//! Each is the kernel's `print fmt`, or what libtraceevent's plugins make of it, turned round; what a
//! form takes is called as the kernel calls the field. The first form that fits to its end is
//! taken, else the one that takes the most.
//!
//! Source: `TP_printk` of arch/x86/kvm/trace.h, `arch/arm64/kvm/trace_arm.h`,
//! arch/riscv/kvm/trace.h, include/trace/events/kvm.h, include/trace/events/sched.h, Linux 2.6.32 to
//! 6.18; `plugins/plugin_kvm.c` and `plugins/plugin_sched_switch.c`, libtraceevent 1.7.

/// A tracepoint's forms.
pub(super) struct Forms {
    /// Its name with its system.
    pub(super) name: &'static str,
    pub(super) forms: &'static [&'static str],
}

const fn forms(name: &'static str, forms: &'static [&'static str]) -> Forms {
    Forms { name, forms }
}

const ENTRY: [&str; 2] = [
    "vcpu {vcpu_id}{} rip {rip:x} intr_info {intr_info:x8} error_code {error_code:x8}",
    "{*}PC: {vcpu_pc:x}",
];

const EXIT: [&str; 6] = [
    "vcpu {vcpu_id} reason {exit_reason^}{} rip {guest_rip:x} info1 {info1:x16} info2 \
     {info2:x16} intr_info {intr_info:x8} error_code {error_code:x8} requests {requests:x16}",
    "vcpu {vcpu_id} reason {exit_reason^}{} rip {guest_rip:x} info {info1:x} {info2:x}",
    "reason {exit_reason^}{} rip {guest_rip:x} info {info1:x} {info2:x}",
    "reason {exit_reason^}{} rip {guest_rip:x} info1 {info1:x16} info2 {info2:x16} \
     intr_info {intr_info:x8} error_code {error_code:x8}",
    "{*}{ret@arm}: HSR_EC: {esr_ec:x}{}{*}PC: {vcpu_pc:x}",
    "SEPC:{sepc:x} SCAUSE:{scause:x}{} STVAL:{stval:x} HTVAL:{htval:x}",
];

/// Tracepoints whose text is understood.
pub(super) const FORMS: [Forms; 27] = [
    forms("kvm:kvm_entry", &ENTRY),
    forms("kvm:kvm_exit", &EXIT),
    forms(
        "kvm:kvm_pio",
        &["pio_{rw=read,write} at {port:x}{} size {size} count {count} val {val:x}"],
    ),
    forms(
        "kvm:kvm_mmio",
        &["mmio {type=unsatisfied-read,read,write} len {len} gpa {gpa:x}{} val {val:x}"],
    ),
    forms("kvm:kvm_fast_mmio", &["fast mmio at gpa {gpa:x}"]),
    forms(
        "kvm:kvm_msr",
        &["msr_{write=read,write} {ecx:x} ={} {data:x} {exception=-,(#GP)}"],
    ),
    forms(
        "kvm:kvm_cpuid",
        &[
            "func {function:x} idx {index:x}{} rax {rax:x} rbx {rbx:x} rcx {rcx:x} rdx {rdx:x}",
            "func {function:x}{} rax {rax:x} rbx {rbx:x} rcx {rcx:x} rdx {rdx:x}",
        ],
    ),
    forms(
        "kvm:kvm_apic",
        &["apic_{rw=read,write} {reg@apic}{} = {val:x}"],
    ),
    forms(
        "kvm:kvm_hypercall",
        &["nr {nr:x}{} a0 {a0:x} a1 {a1:x} a2 {a2:x} a3 {a3:x}"],
    ),
    forms("kvm:kvm_hv_hypercall", &["code {code:x}"]),
    forms("kvm:kvm_xen_hypercall", &["{*}nr {nr:x}"]),
    forms(
        "kvm:kvm_page_fault",
        &[
            "vcpu {vcpu_id} rip {guest_rip:x} address {fault_address:x16}{} error_code \
             {error_code:x}",
            "address {fault_address:x}{} error_code {error_code:x}",
        ],
    ),
    forms(
        "kvm:kvm_guest_fault",
        &["ipa {ipa:x}{} hsr {hsr:x} hxfar {hxfar:x} pc {vcpu_pc:x}"],
    ),
    forms(
        "kvm:kvm_userspace_exit",
        &[
            "reason {reason=restart} ({errno:-})",
            "reason {reason=error} ({errno:-})",
            "reason KVM_EXIT_{*} ({reason})",
            "reason 0x{*} ({reason})",
        ],
    ),
    forms(
        "kvm:kvm_halt_poll_ns",
        &["vcpu {vcpu_id}: halt_poll_ns {new} ({grow=shrink,grow} {old})"],
    ),
    forms(
        "kvm:kvm_vcpu_wakeup",
        &["{waited=poll,wait} time {ns} ns{} polling {valid=invalid,valid}"],
    ),
    forms(
        "kvm:kvm_set_irq",
        &["gsi {gsi} level {level}{} source {irq_source_id}"],
    ),
    forms(
        "kvm:kvm_msi_set_irq",
        &[
            "dst {dst:x} vec {vec}{} ({delivery=Fixed,LowPrio,SMI,Res3,NMI,INIT,SIPI,ExtINT}|\
             {logical=physical,logical}|{level=edge,level}",
        ],
    ),
    forms("kvm:kvm_apic_accept_irq", &["apicid {apicid:x} vec {vec}"]),
    forms("kvm:kvm_apicv_accept_irq", &["apicid {apicid:x} vec {vec}"]),
    forms(
        "kvm:kvm_inj_virq",
        &["{soft=IRQ,Soft/INTn} {vector:x}", "irq {irq}"],
    ),
    forms("kvm:kvm_eoi", &["apicid {apicid:x} vector {vector}"]),
    forms("kvm:kvm_pv_eoi", &["apicid {apicid:x} vector {vector}"]),
    forms("kvm:kvm_emulate_insn", &["{csbase:x}:{rip:x}"]),
    forms("sched:sched_switch", &SWITCH),
    forms("sched:sched_wakeup", &WAKEUP),
    forms("sched:sched_wakeup_new", &WAKEUP),
];

const SWITCH: [&str; 2] = [
    "prev_comm={prev_comm$} prev_pid={prev_pid} prev_prio={prev_prio} \
     prev_state={prev_state@state} ==> next_comm={next_comm$} \
     next_pid={next_pid}{} next_prio={next_prio}",
    "{prev_comm$}:{prev_pid} [{prev_prio}] {prev_state@plugin_state} ==> {next_comm$}:{next_pid} \
     [{next_prio}]",
];

const WAKEUP: [&str; 3] = [
    "comm={comm$} pid={pid} prio={prio}{} target_cpu={target_cpu}",
    "comm={comm$} pid={pid} prio={prio} success={success} target_cpu={target_cpu}",
    "{comm$}:{pid} [{prio}]{}{*}CPU:{target_cpu}",
];
