//! The local APIC.

use crate::kvm::advice::case::{Case, Measurement};
use crate::kvm::advice::exit_kind::ExitKind;
use crate::kvm::advice::guest_system::GuestSystem;
use crate::kvm::advice::host_facts::{ReleaseVersion, Vendor};
use crate::kvm::advice::pattern::{PlaceRange, RowPattern};
use crate::kvm::advice::rule::{CpuNeed, Gain, Need, Remedy, Rule, RuleKind, Signature};
use crate::stack::Tag;

pub(super) const APIC_SOURCES: &[&str] = &[
    "QEMU docs/system/i386/hyperv.rst (hv-vapic: exit-less EOI; hv-avic: SynIC with APICv, harmful \
     without APICv hardware)",
    "libvirt docs/formatdomain.rst (vapic since 1.1.0, QEMU 2.0; avic since 8.10.0, QEMU 6.2; apic eoi \
     since 0.10.2; timer tickpolicy)",
    "Linux arch/x86/kvm/vmx/vmx.c (enable_apicv), arch/x86/kvm/svm/avic.c (avic; 6.18: on by itself \
     on Zen 4 and later with x2AVIC), arch/x86/include/asm/kvm_host.h (enum kvm_apicv_inhibit)",
    "Linux commit 44a95dae1d22 (AVIC, kvm-amd.avic=1, 4.7)",
];

/// Hardware that handles the APIC.
pub(super) const APICV_INTEL: Remedy = Remedy {
    vendor: Some(Vendor::Intel),
    what: "turn APICv on: the CPU then handles TPR, EOI and most other registers itself",
    on_host: Some(
        "with all VMs off: modprobe -r kvm_intel && modprobe kvm_intel enable_apicv=1; to keep it: \
         options kvm_intel enable_apicv=1 in /etc/modprobe.d/kvm.conf",
    ),
    parameter: Some("kvm_intel.enable_apicv"),
    needs: &[Need::Cpu(CpuNeed {
        what: "APICv",
        flag: "apicv",
    })],
    ..Remedy::NONE
};

/// The same on AMD.
pub(super) const AVIC_AMD: Remedy = Remedy {
    vendor: Some(Vendor::Amd),
    what: "turn AVIC on: the CPU then handles TPR, EOI and most other registers itself",
    on_host: Some(
        "with all VMs off: modprobe -r kvm_amd && modprobe kvm_amd avic=1; to keep it: options \
         kvm_amd avic=1 in /etc/modprobe.d/kvm.conf",
    ),
    qemu: Some("-global kvm-pit.lost_tick_policy=discard (re-injected PIT ticks inhibit AVIC)"),
    libvirt: Some("<timer name='pit' tickpolicy='discard'/>"),
    parameter: Some("kvm_amd.avic"),
    needs: &[
        Need::Cpu(CpuNeed {
            what: "AVIC",
            flag: "avic",
        }),
        Need::Kernel(ReleaseVersion::new(4, 7)),
    ],
    ..Remedy::NONE
};

/// Paravirtual EOI for Windows.
const HYPERV_VAPIC: Remedy = Remedy {
    guest: Some(GuestSystem::Windows),
    what: "give Windows the VP assist page: it ends interrupts (EOI) without an exit",
    qemu: Some("-cpu host,hv-relaxed,hv-vapic (with hv-synic on APICv hardware also hv-avic)"),
    libvirt: Some("<hyperv><relaxed state='on'/><vapic state='on'/></hyperv>"),
    features: &["hv-vapic"],
    needs: &[
        Need::Libvirt(ReleaseVersion::new(1, 1)),
        Need::Qemu(ReleaseVersion::new(2, 0)),
    ],
    ..Remedy::NONE
};

/// x2APIC for Linux, and paravirtual EOI.
const LINUX_X2APIC: Remedy = Remedy {
    guest: Some(GuestSystem::Linux),
    what: "let the guest use x2APIC: an access is then an MSR exit, which costs a fraction of an \
           emulated instruction, and EOI can be paravirtual",
    qemu: Some("-cpu host,+x2apic (kvm-pv-eoi is on by default)"),
    libvirt: Some("<feature policy='require' name='x2apic'/> and <apic eoi='on'/>"),
    in_guest: Some("dmesg | grep -i x2apic must say enabled; take nox2apic off the command line"),
    features: &["x2apic"],
    needs: &[Need::Guest("Linux 3.10 or later for the paravirtual EOI")],
    ..Remedy::NONE
};

/// The page of the local APIC, and EOI and TPR of x2APIC.
const APIC_ROWS: &[RowPattern] = &[
    RowPattern {
        kinds: &[
            ExitKind::Memory,
            ExitKind::Device,
            ExitKind::ApicAccess,
            ExitKind::Other,
        ],
        // The timer's counts exit with APICv and AVIC too.
        places: &[PlaceRange::Apic(0, 0x37f), PlaceRange::Apic(0x391, 0xfff)],
        ..RowPattern::ANY
    },
    RowPattern {
        kinds: &[ExitKind::Msr],
        places: &[
            PlaceRange::Msrs(0x808, 0x808),
            PlaceRange::Msrs(0x80b, 0x80b),
        ],
        ..RowPattern::ANY
    },
];

/// Each access to the local APIC is emulated.
pub(super) const APIC_ACCESS: Rule = Rule {
    id: "apic-access",
    title: "each access to the local APIC is an exit",
    kind: RuleKind::Cost,
    signature: Signature::Other(emulated_apic),
    only_for: None,
    meaning: "no hardware handles this guest's interrupts (APICv, AVIC), so that KVM emulates each read \
              and write of TPR, EOI and ICR",
    remedies: &[APICV_INTEL, AVIC_AMD, HYPERV_VAPIC, LINUX_X2APIC],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry", "kvm_apic", "kvm_mmio", "kvm_msr"],
    culprits: &["kernel_irqchip=off", "kernel-irqchip=off"],
    other_functions: APICV_FUNCTIONS,
    reasoning: "without APICv the page 0xfee00000 faults (APIC_ACCESS, EPT_VIOLATION or npf), the \
                instruction is fetched and emulated, on Linux 6.1 a read even takes two exits. The rule \
                is silent where exits or functions occur that only APICv or AVIC make (APIC_WRITE, \
                EOI_INDUCED, avic_*), and where the module parameters say that it is on: then \
                apicv-inhibited looks at it",
    sources: APIC_SOURCES,
};

/// Functions that run only with `APICv` or AVIC.
const APICV_FUNCTIONS: &[&str] = &[
    "handle_apic_write",
    "handle_apic_eoi_induced",
    "avic_incomplete_ipi_interception",
    "avic_unaccelerated_access_interception",
];

fn emulated_apic(case: &Case<'_>) -> Option<Measurement> {
    if case.shows_apicv() || case.enables_apicv() {
        return None;
    }
    case.exits_worth_a_word(APIC_ROWS)
        .or_else(|| apic_in_stacks(case))
}

/// Stacks show that instructions are emulated, and of few of them for which device. Of the rest the
/// APIC gets its part.
fn apic_in_stacks(case: &Case<'_>) -> Option<Measurement> {
    let stacks = case.stacks()?;
    let of = |tag| stacks.share_of_tags(&[tag]);
    let (apic, mmio) = (of(Tag::ExitApic), of(Tag::ExitMmio));
    let rest = of(Tag::ExitEmulate);
    let part = if apic > 0.0 {
        apic / (apic + mmio)
    } else {
        0.0
    };
    let share = apic + rest * part;
    let is_seen = stacks.samples_of(stacks.weight_of_tags(&[Tag::ExitApic])) >= 5;
    if !is_seen || !case.reaches("samples", Some(share * 100.0)) {
        return None;
    }
    let mut measured = case.tags(&[Tag::ExitApic, Tag::ExitEmulate])?;
    measured.share = Some(share);
    if rest > 0.0 {
        measured.words.push(format!(
            "of emulation without a known cause the APIC gets {:.0} %, its part of what is known",
            part * 100.0
        ));
    }
    Some(measured)
}

/// `APICv` is on, and this VM does without.
pub(super) const APICV_INHIBITED: Rule = Rule {
    id: "apicv-inhibited",
    title: "APICv or AVIC is on, but not for this VM",
    kind: RuleKind::Cost,
    signature: Signature::Other(inhibited),
    only_for: None,
    meaning: "the host has it on, and yet TPR and EOI are exits, which the CPU would handle itself: KVM \
              switched it off for this VM",
    remedies: &[
        Remedy {
            guest: Some(GuestSystem::Windows),
            what: "SynIC switches APICv off unless the guest is told to do without AutoEOI",
            qemu: Some("-cpu …,hv-synic,hv-avic"),
            libvirt: Some("<hyperv><synic state='on'/><avic state='on'/></hyperv>"),
            features: &["hv-avic"],
            needs: &[
                Need::Kernel(ReleaseVersion::new(5, 15)),
                Need::Libvirt(ReleaseVersion::new(8, 10)),
                Need::Qemu(ReleaseVersion::new(6, 2)),
            ],
            ..Remedy::NONE
        },
        Remedy {
            what: "find what inhibits it, and take that away",
            qemu: Some("-global kvm-pit.lost_tick_policy=discard -machine kernel-irqchip=on"),
            libvirt: Some("<timer name='pit' tickpolicy='discard'/>, <ioapic driver='kvm'/>"),
            on_host: Some(
                "while the VM starts: perf record -a -e kvm:kvm_apicv_inhibit_changed, then perf \
                 script names the reason (PIT_REINJ, HYPERV, NESTED, BLOCKIRQ, …)",
            ),
            ..Remedy::NONE
        },
    ],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry", "kvm_apic", "kvm_msr"],
    culprits: &[
        "hv-synic",
        "hv_synic",
        "kernel-irqchip=off",
        "kernel_irqchip=off",
    ],
    other_functions: APICV_FUNCTIONS,
    reasoning: "the module parameter (or an exit that only APICv makes) says that APICv is on, and exits \
                at TPR (0x80) or EOI (0xb0) say that this VM runs without it",
    sources: APIC_SOURCES,
};

fn inhibited(case: &Case<'_>) -> Option<Measurement> {
    if !case.enables_apicv() || case.shows_apicv() {
        return None;
    }
    case.exits_worth_a_word(&[
        RowPattern {
            kinds: &[ExitKind::Memory, ExitKind::Device, ExitKind::ApicAccess],
            places: &[PlaceRange::Apic(0x80, 0x80), PlaceRange::Apic(0xb0, 0xb0)],
            ..RowPattern::ANY
        },
        RowPattern {
            kinds: &[ExitKind::Msr],
            places: &[PlaceRange::Msrs(0x80b, 0x80b)],
            ..RowPattern::ANY
        },
    ])
}
