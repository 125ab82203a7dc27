//! Clocks of the guest.

use crate::kvm::advice::exit_kind::ExitKind;
use crate::kvm::advice::guest_system::GuestSystem;
use crate::kvm::advice::host_facts::ReleaseVersion;
use crate::kvm::advice::pattern::{PlaceRange, RowPattern};
use crate::kvm::advice::rule::{ExitSignature, Gain, Need, Remedy, Rule, RuleKind, Signature};
use crate::kvm::exit::Direction;
use crate::stack::Tag;

/// Where Linux in the guest shows and sets its clock.
const LINUX_CLOCK: &str = "cat /sys/devices/system/clocksource/clocksource0/current_clocksource; \
    take clocksource=, tsc=unstable, notsc and no-kvmclock off the kernel's command line; until the \
    next boot: echo kvm-clock > /sys/devices/system/clocksource/clocksource0/current_clocksource";

/// The Hyper-V reference clock.
const HYPERV_CLOCK: Remedy = Remedy {
    guest: Some(GuestSystem::Windows),
    what: "give Windows the Hyper-V reference clock: it then reads the time from a page of memory \
           (reference TSC), without an exit",
    qemu: Some("-cpu host,hv-relaxed,hv-vpindex,hv-time"),
    libvirt: Some("<clock offset='localtime'><timer name='hypervclock' present='yes'/></clock>"),
    in_guest: Some(
        "bcdedit /enum {current} must not show useplatformclock Yes; if it does: bcdedit \
         /deletevalue useplatformclock, and restart",
    ),
    features: &["hv-time"],
    needs: &[
        Need::Libvirt(ReleaseVersion::with_patch(1, 2, 2)),
        Need::Host(
            "the host's own clock is tsc (/sys/devices/system/clocksource/clocksource0/\
             current_clocksource)",
        ),
        Need::Guest("a Windows that knows Hyper-V's interfaces"),
    ],
    ..Remedy::NONE
};

/// kvm-clock or the TSC.
const LINUX_CLOCKSOURCE: Remedy = Remedy {
    guest: Some(GuestSystem::Linux),
    what: "let Linux read the time from kvm-clock or the TSC, without an exit",
    qemu: Some("-cpu host (kvmclock is on by default; where the VM is not migrated: ,+invtsc)"),
    libvirt: Some(
        "<clock offset='utc'><timer name='kvmclock' present='yes'/></clock>, and for the TSC \
         <feature policy='require' name='invtsc'/>",
    ),
    in_guest: Some(LINUX_CLOCK),
    needs: &[Need::Guest(
        "Linux 2.6.26 or later with CONFIG_KVM_GUEST, for kvm-clock",
    )],
    ..Remedy::NONE
};

const CLOCK_SOURCES: &[&str] = &[
    "QEMU docs/system/i386/hyperv.rst (hv-time: exit-less time stamps through the reference TSC page)",
    "QEMU docs/system/i386/kvm-pv.rst (kvmclock: on by default, Linux 2.6.26)",
    "libvirt docs/formatdomain.rst, Time keeping (hypervclock since 1.2.2, kvmclock)",
    "QEMU hw/acpi/core.c acpi_pm_tmr_read; info mtree: acpi-tmr",
    "edk2 OvmfPkg/Include/OvmfPlatforms.h (PIIX4_PMBA_VALUE 0xB000: port 0xb008)",
];

/// The ACPI PM timer.
pub(super) const PM_TIMER: Rule = Rule {
    id: "pm-timer",
    title: "the guest polls the ACPI PM timer as its clock",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Port],
            places: &[
                PlaceRange::Ports(0x608, 0x60b),
                PlaceRange::Ports(0xb008, 0xb00b),
            ],
            regions: &["acpi-tmr"],
            direction: Some(Direction::Read),
            ..RowPattern::ANY
        }],
        functions: &["acpi_pm_tmr_read"],
        tags: &[],
        divided: &[Tag::ExitPio, Tag::Vmm],
    }),
    only_for: None,
    meaning: "each question for the time is an exit that goes all the way to the VMM: the guest has \
              no better clock, or does not trust it",
    remedies: &[HYPERV_CLOCK, LINUX_CLOCKSOURCE],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry", "kvm_pio", "kvm_userspace_exit"],
    culprits: &[
        "clocksource=acpi_pm",
        "tsc=unstable",
        "notsc",
        "no-kvmclock",
        "-kvmclock",
    ],
    other_functions: &[],
    reasoning: "the PM timer is a 24-bit counter of 3.58 MHz that can only be read by IN. QEMU emulates \
                it in user space, so each read costs an exit, a return from KVM_RUN, the device, and \
                the way back. An operating system takes it when it does not trust the TSC and is \
                offered no paravirtual clock. Windows is offered one by hv-time, Linux by kvmclock",
    sources: CLOCK_SOURCES,
};

/// The MSR form of the Hyper-V clock.
pub(super) const REFERENCE_COUNTER: Rule = Rule {
    id: "reference-counter",
    title: "the guest reads the Hyper-V reference counter by MSR",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Msr],
            places: &[PlaceRange::Msrs(0x4000_0020, 0x4000_0020)],
            direction: Some(Direction::Read),
            ..RowPattern::ANY
        }],
        functions: &[],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "the Hyper-V clock is on, but its page without exits is not used: the host's TSC is not \
              stable, or the guest does not take the page",
    remedies: &[Remedy {
        guest: Some(GuestSystem::Windows),
        what: "make the TSC page usable: a stable TSC on the host, and tell the guest that it is \
               invariant",
        qemu: Some("-cpu host,+invtsc,hv-time,hv-frequencies"),
        libvirt: Some(
            "<feature policy='require' name='invtsc'/> and \
             <hyperv><frequencies state='on'/></hyperv>",
        ),
        on_host: Some(
            "cat /sys/devices/system/clocksource/clocksource0/current_clocksource must say tsc; \
             else dmesg | grep -i tsc tells why",
        ),
        needs: &[
            Need::Libvirt(ReleaseVersion::new(4, 7)),
            Need::Qemu(ReleaseVersion::new(2, 12)),
            Need::Host("the host's own clock is tsc"),
        ],
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry", "kvm_msr"],
    culprits: &[],
    other_functions: &[],
    reasoning: "hv-time offers two clocks: MSR 0x40000020, each read of which is an exit, and a page \
                that together with RDTSC needs none. A guest reads the MSR again and again only when \
                the page says that the TSC cannot be used, or when it does not know the page",
    sources: &[
        "QEMU docs/system/i386/hyperv.rst (hv-time, hv-frequencies)",
        "libvirt docs/formatdomain.rst (frequencies since 4.7.0, QEMU 2.12)",
        "Linux include/hyperv/hvgdk_mini.h (HV_X64_MSR_TIME_REF_COUNT)",
    ],
};

/// HPET and RTC.
pub(super) const HPET_RTC: Rule = Rule {
    id: "hpet-rtc",
    title: "the guest uses HPET or RTC as timer or clock",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[
            RowPattern {
                kinds: &[ExitKind::Memory, ExitKind::Device],
                places: &[PlaceRange::Gpas(0xfed0_0000, 0xfed0_03ff)],
                regions: &["hpet"],
                ..RowPattern::ANY
            },
            RowPattern {
                kinds: &[ExitKind::Port],
                places: &[PlaceRange::Ports(0x70, 0x71)],
                regions: &["rtc"],
                ..RowPattern::ANY
            },
        ],
        functions: &[
            "hpet_ram_read",
            "hpet_ram_write",
            "cmos_ioport_read",
            "cmos_ioport_write",
        ],
        tags: &[],
        divided: &[Tag::ExitPio, Tag::ExitMmio, Tag::Vmm],
    }),
    only_for: None,
    meaning: "each access is an exit to the VMM: the guest has no better timer, or no better clock",
    remedies: &[
        Remedy {
            guest: Some(GuestSystem::Windows),
            what: "give Windows synthetic timers: without them some versions fall back to HPET, and \
                   without that to the RTC",
            qemu: Some("-cpu host,hv-vpindex,hv-synic,hv-time,hv-stimer -machine hpet=off"),
            libvirt: Some(
                "<hyperv><vpindex state='on'/><synic state='on'/><stimer state='on'/></hyperv>, in \
                 <clock> <timer name='hypervclock' present='yes'/> <timer name='hpet' present='no'/> \
                 <timer name='rtc' tickpolicy='catchup'/>",
            ),
            features: &["hv-stimer"],
            needs: &[
                Need::Libvirt(ReleaseVersion::with_patch(1, 3, 3)),
                Need::Qemu(ReleaseVersion::new(2, 6)),
            ],
            ..Remedy::NONE
        },
        LINUX_CLOCKSOURCE,
    ],
    gain: Gain::All,
    record: &[
        "kvm_exit",
        "kvm_entry",
        "kvm_pio",
        "kvm_mmio",
        "kvm_userspace_exit",
    ],
    culprits: &[
        "clocksource=hpet",
        "tsc=unstable",
        "notsc",
        "no-kvmclock",
        "-kvmclock",
    ],
    other_functions: &[],
    reasoning: "HPET (0xfed00000, its counter at +0xf0) and RTC (ports 0x70 and 0x71) are emulated in \
                user space. QEMU says of hv-stimer that certain Windows versions use HPET, or RTC, \
                extensively without it, and that this costs CPU even when the vCPU is idle. \
                -machine hpet=off is -no-hpet up to QEMU 8",
    sources: &[
        "QEMU docs/system/i386/hyperv.rst (hv-stimer; needs hv-vpindex, hv-synic, hv-time)",
        "libvirt docs/formatdomain.rst (synic, stimer since 1.3.3, QEMU 2.6; timers hpet, rtc)",
        "QEMU commit 48c1c25a55cd (-no-hpet deprecated since 8.0 and removed)",
    ],
};

/// The timer of the local APIC as a clock.
pub(super) const APIC_TIMER_CLOCK: Rule = Rule {
    id: "apic-timer-clock",
    title: "the guest reads the APIC timer's count as its clock",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[
            RowPattern {
                places: &[PlaceRange::Apic(0x390, 0x390)],
                direction: Some(Direction::Read),
                ..RowPattern::ANY
            },
            RowPattern {
                kinds: &[ExitKind::Msr],
                places: &[PlaceRange::Msrs(0x839, 0x839)],
                direction: Some(Direction::Read),
                ..RowPattern::ANY
            },
        ],
        functions: &[],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "the current count (TMCCT) is not virtualised, not even with APICv: each read is an exit",
    remedies: &[
        HYPERV_CLOCK,
        Remedy {
            guest: Some(GuestSystem::Linux),
            what: "let Linux use the TSC deadline timer and kvm-clock",
            qemu: Some("-cpu host (or a named model with ,+tsc-deadline)"),
            libvirt: Some(
                "<cpu mode='host-passthrough'/> and <timer name='kvmclock' present='yes'/>",
            ),
            in_guest: Some(LINUX_CLOCK),
            ..Remedy::NONE
        },
    ],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry", "kvm_apic", "kvm_mmio"],
    culprits: &["no-kvmclock", "-kvmclock"],
    other_functions: &[],
    reasoning: "the count of a timer says how much of its period is left. A guest that reads it \
                thousands of times a second measures time with it. APICv and AVIC leave this register \
                to KVM, because it changes without being written",
    sources: &[
        "Linux arch/x86/kvm/lapic.c (apic_get_tmcct)",
        "Intel SDM volume 3, Virtualizing Memory-Mapped APIC Accesses",
        "QEMU docs/system/i386/hyperv.rst (hv-time)",
    ],
};
