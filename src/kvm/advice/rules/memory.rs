//! Memory of the guest.

use crate::kvm::advice::case::{Case, Measurement};
use crate::kvm::advice::evidence::ExitSite;
use crate::kvm::advice::exit_kind::ExitKind;
use crate::kvm::advice::pattern::RowPattern;
use crate::kvm::advice::rule::{ExitSignature, Gain, Remedy, Rule, RuleKind, Signature};
use crate::stack::Tag;

/// Faults on guest memory.
pub(super) const MEMORY_FAULTS: Rule = Rule {
    id: "memory-faults",
    title: "faults on the guest's memory cost time",
    kind: RuleKind::Cost,
    signature: Signature::Other(faults),
    only_for: None,
    meaning: "pages of the guest are not, or no longer, in the second-level page table: memory that is \
              touched for the first time, or that the host takes away again (swap, KSM, NUMA balancing, \
              ballooning, split huge pages)",
    remedies: &[Remedy {
        what: "give the guest its memory at once, in huge pages, and leave it alone",
        qemu: Some(
            "-m SIZE -object memory-backend-file,id=m0,size=SIZE,mem-path=/dev/hugepages,\
             prealloc=on,share=off -machine memory-backend=m0 -overcommit mem-lock=on",
        ),
        libvirt: Some("<memoryBacking><hugepages/><locked/></memoryBacking>"),
        on_host: Some(
            "look for who takes pages away: grep -E 'thp_split|numa_pte|pswp|ksm' /proc/vmstat twice; \
             sysctl kernel.numa_balancing=0; echo 2 > /sys/kernel/mm/ksm/run",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry", "kvm_page_fault"],
    culprits: &["virtio-balloon"],
    other_functions: &["direct_page_fault", "kvm_tdp_page_fault", "hva_to_pfn_slow"],
    reasoning: "EPT_VIOLATION and npf without a device behind them. Faults on the APIC's page and on \
                devices are left out; where a capture cannot tell them apart (no kvm_page_fault, kvm_mmio \
                or kvm_apic in it), the rule is silent. In a guest that has just started they are \
                expected",
    sources: &[
        "Linux arch/x86/kvm/mmu/mmu.c (direct_page_fault, kvm_faultin_pfn)",
        "libvirt docs/formatdomain.rst, Memory Backing",
        "QEMU qemu-options.hx (-object memory-backend-file, -overcommit mem-lock)",
    ],
};

fn faults(case: &Case<'_>) -> Option<Measurement> {
    let Some(exits) = case.exits() else {
        return case.samples_worth_a_word(MEMORY_FAULTS.other_functions, &[Tag::ExitMemory]);
    };
    let faults = exits.rows.iter().filter(|row| row.kind == ExitKind::Memory);
    let (mut unknown, mut apic) = (0_u64, 0_u64);
    faults.for_each(|row| match row.place {
        Some(ExitSite::Apic(_)) => apic = apic.saturating_add(row.count),
        None => unknown = unknown.saturating_add(row.count),
        Some(_) => {}
    });
    // A read of the APIC takes two such exits on Linux 6.1, and only one of them shows the register.
    let are_apics = apic.saturating_mul(2) >= unknown;
    if unknown > 0 && (are_apics || !tells_devices(case, exits.recording)) {
        return None;
    }
    let mut measured = case.exits_worth_a_word(&[RowPattern {
        kinds: &[ExitKind::Memory],
        is_memory: true,
        ..RowPattern::ANY
    }])?;
    if exits.seconds < 5.0 {
        measured.words.push(format!(
            "only {:.1} s were recorded: a guest that has just started does the same",
            exits.seconds
        ));
    }
    Some(measured)
}

/// Whether a recording tells devices' memory from the guest's own.
fn tells_devices(case: &Case<'_>, recording: usize) -> bool {
    let telling = ["kvm_mmio", "kvm_page_fault", "kvm_guest_fault"];
    let recording = case.evidence.recordings.get(recording);
    recording.is_some_and(|recording| {
        let mut events = recording.events.iter();
        events.any(|event| telling.iter().any(|name| event.ends_with(name)))
    })
}

/// Dirty logging.
pub(super) const DIRTY_LOG: Rule = Rule {
    id: "dirty-log",
    title: "the VM's memory is tracked for a migration or a backup",
    kind: RuleKind::Expected,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::DirtyLog],
            ..RowPattern::ANY
        }],
        functions: &[],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "the log of dirty pages (PML) fills: a migration, a snapshot or a backup is running. It \
              ends with it; do not compare captures across it",
    remedies: &[],
    gain: Gain::Nothing,
    record: &["kvm_exit", "kvm_entry"],
    culprits: &[],
    other_functions: &[],
    reasoning: "PML_FULL happens only while KVM logs dirty pages",
    sources: &[
        "Intel SDM volume 3, Page-Modification Logging",
        "Linux arch/x86/kvm/vmx/vmx.c (handle_pml_full)",
    ],
};

/// Flushes of caches.
pub(super) const CACHE_FLUSH: Rule = Rule {
    id: "cache-flush",
    title: "the guest flushes CPU caches (WBINVD)",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Cache],
            ..RowPattern::ANY
        }],
        functions: &[],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "a passed-through device whose DMA is not coherent makes the guest flush all caches, which \
              all VMs on these CPUs feel",
    remedies: &[Remedy {
        what: "give the device coherent DMA, or a driver that does not flush",
        on_host: Some("an IOMMU with snoop control; check dmesg | grep -i -E 'dmar|snoop'"),
        in_guest: Some("a newer driver of the passed-through GPU"),
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry"],
    culprits: &[],
    other_functions: &[],
    reasoning: "WBINVD is only carried out where non-coherent DMA is registered for the VM; any steady \
                rate of it costs",
    sources: &["Linux arch/x86/kvm/x86.c (kvm_emulate_wbinvd, kvm_arch_has_noncoherent_dma)"],
};
