//! Interrupts between vCPUs and of the host, and the controllers of the guest.

use super::apic::{APIC_SOURCES, APICV_INTEL, AVIC_AMD};
use crate::kvm::advice::case::{Case, Measurement};
use crate::kvm::advice::exit_kind::ExitKind;
use crate::kvm::advice::guest_system::GuestSystem;
use crate::kvm::advice::host_facts::{ReleaseVersion, Vendor};
use crate::kvm::advice::pattern::{PlaceRange, RowPattern};
use crate::kvm::advice::rule::{
    CpuNeed, ExitSignature, Gain, Need, Remedy, Rule, RuleKind, Signature,
};
use crate::kvm::exit::Direction;

/// Interrupts between vCPUs.
pub(super) const IPI: Rule = Rule {
    id: "ipi",
    title: "interrupts between vCPUs cost time",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[
            RowPattern {
                kinds: &[ExitKind::Msr],
                places: &[
                    PlaceRange::Msrs(0x830, 0x830),
                    PlaceRange::Msrs(0x4000_0071, 0x4000_0071),
                ],
                direction: Some(Direction::Write),
                ..RowPattern::ANY
            },
            RowPattern {
                places: &[PlaceRange::Apic(0x300, 0x310)],
                direction: Some(Direction::Write),
                ..RowPattern::ANY
            },
            RowPattern {
                kinds: &[ExitKind::AvicIpi],
                ..RowPattern::ANY
            },
        ],
        functions: &[],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "each write of the interrupt command register (ICR) is an exit: wake-ups and TLB \
              shoot-downs between vCPUs",
    remedies: &[
        Remedy {
            guest: Some(GuestSystem::Windows),
            what: "hypercalls for many targets at once, and for TLB flushes",
            qemu: Some("-cpu …,hv-vpindex,hv-ipi,hv-tlbflush"),
            libvirt: Some(
                "<hyperv><vpindex state='on'/><ipi state='on'/><tlbflush state='on'/></hyperv>",
            ),
            features: &["hv-ipi"],
            needs: &[
                Need::Libvirt(ReleaseVersion::new(4, 10)),
                Need::Qemu(ReleaseVersion::new(3, 1)),
            ],
            ..Remedy::NONE
        },
        Remedy {
            guest: Some(GuestSystem::Linux),
            what: "paravirtual IPIs and TLB flushes",
            qemu: Some("-cpu …,+kvm-pv-ipi,+kvm-pv-tlb-flush (on with -cpu host)"),
            libvirt: Some("<kvm><pv-ipi state='on'/></kvm>"),
            needs: &[
                Need::Kernel(ReleaseVersion::new(4, 19)),
                Need::Libvirt(ReleaseVersion::new(7, 10)),
                Need::Qemu(ReleaseVersion::new(3, 1)),
                Need::Guest("Linux 4.19 or later"),
            ],
            ..Remedy::NONE
        },
        Remedy {
            vendor: Some(Vendor::Intel),
            what: "IPI virtualisation: the CPU sends them without an exit",
            on_host: Some("cat /sys/module/kvm_intel/parameters/enable_ipiv must say Y"),
            parameter: Some("kvm_intel.enable_ipiv"),
            needs: &[Need::Host("a CPU with IPI virtualisation, and APICv on")],
            ..Remedy::NONE
        },
        Remedy {
            vendor: Some(Vendor::Amd),
            what: "AVIC or x2AVIC: the CPU sends them to running vCPUs without an exit",
            on_host: Some("modprobe kvm_amd avic=1, with all VMs off"),
            parameter: Some("kvm_amd.avic"),
            needs: &[Need::Cpu(CpuNeed {
                what: "AVIC",
                flag: "avic",
            })],
            ..Remedy::NONE
        },
    ],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry", "kvm_apic", "kvm_msr"],
    culprits: &[],
    other_functions: &[],
    reasoning: "ICR is 0xfee00300 and 0xfee00310, MSR 0x830 with x2APIC. KVM has a fast path for the MSR, \
                but the exit itself remains",
    sources: &[
        "QEMU docs/system/i386/hyperv.rst (hv-ipi, hv-tlbflush)",
        "QEMU docs/system/i386/kvm-pv.rst (kvm-pv-ipi Linux 4.19, kvm-pv-tlb-flush Linux 4.16)",
        "libvirt docs/formatdomain.rst (ipi since 4.10.0, QEMU 3.1; pv-ipi since 7.10.0, QEMU 3.1)",
        "Linux arch/x86/kvm/vmx/vmx.c (enable_ipiv), arch/x86/kvm/svm/avic.c",
    ],
};

/// Interrupts of the host.
pub(super) const HOST_INTERRUPTS: Rule = Rule {
    id: "host-interrupts",
    title: "interrupts of the host cost the guest time",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::HostInterrupt],
            ..RowPattern::ANY
        }],
        functions: &[],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "devices and timers of the host interrupt the CPUs that run vCPUs",
    remedies: &[Remedy {
        what: "keep the host's interrupts and ticks off the CPUs of vCPUs",
        on_host: Some(
            "isolcpus=, nohz_full= and irqaffinity= on the kernel's command line, and \
             /proc/irq/*/smp_affinity_list; posted interrupts for passed-through devices",
        ),
        libvirt: Some(
            "<cputune><vcpupin vcpu='0' cpuset='2'/><emulatorpin cpuset='0-1'/></cputune>",
        ),
        qemu: Some("taskset -cp CPU TID for each vCPU thread"),
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry"],
    culprits: &[],
    other_functions: &[],
    reasoning: "EXTERNAL_INTERRUPT (VMX) and interrupt (SVM) are interrupts that the host takes while a \
                guest runs. A tick with CONFIG_HZ=250 makes 250 a second; more come from devices, from \
                rescheduling interrupts, or from the recording itself",
    sources: &[
        "Linux Documentation/admin-guide/kernel-parameters.txt (isolcpus, nohz_full, irqaffinity)",
        "libvirt docs/formatdomain.rst, CPU Tuning (vcpupin, emulatorpin)",
    ],
};

/// Waiting for the guest to take an interrupt.
pub(super) const INTERRUPT_WINDOW: Rule = Rule {
    id: "interrupt-window",
    title: "KVM waits for the guest to take interrupts",
    kind: RuleKind::Cost,
    signature: Signature::Other(windows),
    only_for: None,
    meaning: "an interrupt had to wait until the guest enabled interrupts, which takes an exit more: \
              neither APICv nor AVIC is in use, or the interrupt comes through the PIC",
    remedies: &[
        APICV_INTEL,
        AVIC_AMD,
        Remedy {
            what: "let devices use MSI in place of the PIC",
            in_guest: Some("no noapic, no pci=nomsi; in Windows a driver with MSI"),
            ..Remedy::NONE
        },
    ],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry", "kvm_inj_virq"],
    culprits: &["noapic", "pci=nomsi"],
    other_functions: &[],
    reasoning: "INTERRUPT_WINDOW (vintr on SVM) is asked for when an interrupt is pending and the guest \
                cannot take it. With virtual interrupt delivery the CPU does this alone",
    sources: APIC_SOURCES,
};

fn windows(case: &Case<'_>) -> Option<Measurement> {
    let all = case.exits()?.count();
    let mut measured = case.amount(&[RowPattern {
        kinds: &[ExitKind::InterruptWindow],
        ..RowPattern::ANY
    }])?;
    let count: u64 = measured
        .rows
        .iter()
        .map(|row| row.count)
        .fold(0, u64::saturating_add);
    let of_all = count as f64 * 100.0 / all.max(1) as f64;
    let speaks = case.reaches("of-exits", Some(of_all)) && case.reaches("rate", measured.rate);
    measured.words.push(format!("{of_all:.1} % of all exits"));
    speaks.then_some(measured)
}

/// Interrupt controllers in the VMM.
pub(super) const USER_IRQCHIP: Rule = Rule {
    id: "user-irqchip",
    title: "the interrupt controllers are emulated in the VMM",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[
            RowPattern {
                kinds: &[ExitKind::Port],
                places: &[
                    PlaceRange::Ports(0x20, 0x21),
                    PlaceRange::Ports(0xa0, 0xa1),
                    PlaceRange::Ports(0x40, 0x43),
                ],
                regions: &["pic", "kvm-pic", "pit", "kvm-pit", "elcr"],
                is_user: true,
                ..RowPattern::ANY
            },
            RowPattern {
                kinds: &[ExitKind::Memory, ExitKind::Device],
                places: &[PlaceRange::Gpas(0xfec0_0000, 0xfec0_0fff)],
                regions: &["ioapic", "kvm-ioapic"],
                is_user: true,
                ..RowPattern::ANY
            },
        ],
        functions: &[],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "accesses to PIC, PIT or I/O APIC leave KVM for the VMM",
    remedies: &[Remedy {
        what: "have KVM emulate them",
        qemu: Some("-machine kernel-irqchip=on"),
        libvirt: Some("<ioapic driver='kvm'/>"),
        needs: &[Need::Libvirt(ReleaseVersion::new(3, 4))],
        ..Remedy::NONE
    }],
    gain: Gain::Part,
    record: &[
        "kvm_exit",
        "kvm_entry",
        "kvm_pio",
        "kvm_mmio",
        "kvm_userspace_exit",
    ],
    culprits: &[
        "kernel_irqchip=split",
        "kernel-irqchip=split",
        "kernel_irqchip=off",
        "kernel-irqchip=off",
    ],
    other_functions: &[],
    reasoning: "with kernel-irqchip=split QEMU emulates I/O APIC, PIC and PIT and KVM the local APIC only; \
                with off everything is in QEMU. An exit at their registers that goes to the VMM shows \
                it. Split is on purpose where it shall reduce the attack surface, or with some IOMMUs",
    sources: &[
        "QEMU qemu-options.hx (-machine kernel-irqchip=on|off|split)",
        "libvirt docs/formatdomain.rst (ioapic since 3.4.0)",
    ],
};
