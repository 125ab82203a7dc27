//! The kvm tracepoints of made-up captures: their fields, and their texts in tracefs.

use std::fmt::Write as _;

use crate::perf::writer::sections::TracepointFormat;

/// A tracepoint of the system `kvm`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KvmTracepoint {
    pub(crate) name: &'static str,
    pub(crate) id: u16,
    /// Type, name, offset, size of the fields behind the common ones.
    fields: &'static [(&'static str, &'static str, u32, u32)],
    print: fn() -> String,
}

/// Fields that all tracepoints have.
const COMMON: [(&str, &str, u32, u32); 4] = [
    ("unsigned short", "common_type", 0, 2),
    ("unsigned char", "common_flags", 2, 1),
    ("unsigned char", "common_preempt_count", 3, 1),
    ("int", "common_pid", 4, 4),
];

/// Source of these: arch/x86/kvm/trace.h, Linux 6.1.
pub(crate) const KVM_ENTRY: KvmTracepoint = KvmTracepoint {
    name: "kvm_entry",
    id: 1600,
    fields: &[
        ("unsigned int", "vcpu_id", 8, 4),
        ("unsigned long", "rip", 16, 8),
        ("bool", "immediate_exit", 24, 1),
    ],
    print: || {
        "\"vcpu %u, rip 0x%lx%s\", REC->vcpu_id, REC->rip, \
         REC->immediate_exit ? \"[immediate exit]\" : \"\""
            .to_owned()
    },
};

pub(crate) const KVM_EXIT: KvmTracepoint = KvmTracepoint {
    name: "kvm_exit",
    id: 1591,
    fields: &[
        ("unsigned int", "exit_reason", 8, 4),
        ("unsigned long", "guest_rip", 16, 8),
        ("u32", "isa", 24, 4),
        ("u64", "info1", 32, 8),
        ("u64", "info2", 40, 8),
        ("u32", "intr_info", 48, 4),
        ("u32", "error_code", 52, 4),
        ("unsigned int", "vcpu_id", 56, 4),
    ],
    print: print_of_exit,
};

pub(crate) const KVM_PIO: KvmTracepoint = KvmTracepoint {
    name: "kvm_pio",
    id: 1595,
    fields: &[
        ("unsigned int", "rw", 8, 4),
        ("unsigned int", "port", 12, 4),
        ("unsigned int", "size", 16, 4),
        ("unsigned int", "count", 20, 4),
        ("unsigned int", "val", 24, 4),
    ],
    print: || {
        "\"pio_%s at 0x%x size %d count %d val 0x%x %s\", REC->rw ? \"write\" : \"read\", \
         REC->port, REC->size, REC->count, REC->val, REC->count > 1 ? \"(...)\" : \"\""
            .to_owned()
    },
};

/// Source: include/trace/events/kvm.h, Linux 6.1.
pub(crate) const KVM_MMIO: KvmTracepoint = KvmTracepoint {
    name: "kvm_mmio",
    id: 1524,
    fields: &[
        ("u32", "type", 8, 4),
        ("u32", "len", 12, 4),
        ("u64", "gpa", 16, 8),
        ("u64", "val", 24, 8),
    ],
    print: || {
        "\"mmio %s len %u gpa 0x%llx val 0x%llx\", __print_symbolic(REC->type, \
         { 0, \"unsatisfied-read\" }, { 1, \"read\" }, { 2, \"write\" }), \
         REC->len, REC->gpa, REC->val"
            .to_owned()
    },
};

pub(crate) const KVM_MSR: KvmTracepoint = KvmTracepoint {
    name: "kvm_msr",
    id: 1587,
    fields: &[
        ("unsigned", "write", 8, 4),
        ("u32", "ecx", 12, 4),
        ("u64", "data", 16, 8),
        ("u8", "exception", 24, 1),
    ],
    print: || {
        "\"msr_%s %x = 0x%llx%s\", REC->write ? \"write\" : \"read\", REC->ecx, REC->data, \
         REC->exception ? \" (#GP)\" : \"\""
            .to_owned()
    },
};

/// Those of VMX exits that the captures hold, and a few more.
///
/// Source: `VMX_EXIT_REASONS`, arch/x86/include/uapi/asm/vmx.h, Linux 6.1.
const VMX_NAMES: [(u32, &str); 14] = [
    (0, "EXCEPTION_NMI"),
    (1, "EXTERNAL_INTERRUPT"),
    (7, "INTERRUPT_WINDOW"),
    (10, "CPUID"),
    (12, "HLT"),
    (28, "CR_ACCESS"),
    (30, "IO_INSTRUCTION"),
    (31, "MSR_READ"),
    (32, "MSR_WRITE"),
    (40, "PAUSE_INSTRUCTION"),
    (44, "APIC_ACCESS"),
    (48, "EPT_VIOLATION"),
    (49, "EPT_MISCONFIG"),
    (52, "PREEMPTION_TIMER"),
];

/// Source: `SVM_EXIT_REASONS`, arch/x86/include/uapi/asm/svm.h, Linux 6.1.
const SVM_NAMES: [(u32, &str); 10] = [
    (0x060, "interrupt"),
    (0x061, "nmi"),
    (0x064, "vintr"),
    (0x072, "cpuid"),
    (0x077, "pause"),
    (0x078, "hlt"),
    (0x07b, "io"),
    (0x07c, "msr"),
    (0x081, "hypercall"),
    (0x400, "npf"),
];

fn print_of_exit() -> String {
    let vmx = VMX_NAMES.map(|(code, name)| format!("{{ {code}, \"{name}\" }}"));
    let svm = SVM_NAMES.map(|(code, name)| format!("{{ {code:#05x}, \"{name}\" }}"));
    format!(
        "\"vcpu %u reason %s%s%s rip 0x%lx info1 0x%016llx info2 0x%016llx intr_info 0x%08x \
         error_code 0x%08x\", REC->vcpu_id, (REC->isa == 1) ? \
         __print_symbolic(REC->exit_reason & 0xffff, {}) : \
         __print_symbolic(REC->exit_reason, {}), \
         (REC->isa == 1 && REC->exit_reason & ~0xffff) ? \" \" : \"\", \
         (REC->isa == 1) ? __print_flags(REC->exit_reason & ~0xffff, \" \", \
         {{ 0x80000000, \"FAILED_VMENTRY\" }}) : \"\", \
         REC->guest_rip, REC->info1, REC->info2, REC->intr_info, REC->error_code",
        vmx.join(", "),
        svm.join(", "),
    )
}

impl KvmTracepoint {
    /// The text of its file `format` in tracefs.
    pub(crate) fn format(&self) -> TracepointFormat {
        let Self { name, id, .. } = self;
        let mut text = format!("name: {name}\nID: {id}\nformat:\n");
        let fields = [COMMON.as_slice(), &[("", "", 0, 0)], self.fields].concat();
        for (of_type, name, offset, size) in fields {
            let signed = u8::from(of_type == "int");
            // A string takes whatever is written.
            let _ = if name.is_empty() {
                writeln!(text)
            } else {
                writeln!(
                    text,
                    "\tfield:{of_type} {name};\toffset:{offset};\tsize:{size};\tsigned:{signed};"
                )
            };
        }
        let print = (self.print)();
        text.push_str(&format!("\nprint fmt: {print}\n"));
        TracepointFormat {
            system: "kvm".to_owned(),
            text,
        }
    }
}
