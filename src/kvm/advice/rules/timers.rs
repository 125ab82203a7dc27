//! Timers of the guest.

use crate::kvm::advice::case::{Case, Measurement};
use crate::kvm::advice::exit_kind::ExitKind;
use crate::kvm::advice::guest_system::GuestSystem;
use crate::kvm::advice::host_facts::ReleaseVersion;
use crate::kvm::advice::pattern::{PlaceRange, RowPattern};
use crate::kvm::advice::rule::{ExitSignature, Gain, Need, Remedy, Rule, RuleKind, Signature};
use crate::kvm::exit::Direction;

/// Timers that are set again and again.
pub(super) const GUEST_TIMERS: Rule = Rule {
    id: "guest-timers",
    title: "timers of the guest cost time",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: TIMER_ROWS,
        functions: &["__kvm_wait_lapic_expire"],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "each timer that is set costs one exit to set it and mostly another when it ends",
    remedies: &[
        Remedy {
            guest: Some(GuestSystem::Linux),
            what: "fewer ticks in the guest",
            in_guest: Some(
                "a kernel with a lower CONFIG_HZ, nohz=on, or nohz_full= for busy CPUs; look for \
                 programs that sleep for microseconds",
            ),
            ..Remedy::NONE
        },
        Remedy {
            guest: Some(GuestSystem::Windows),
            what: "synthetic timers in direct mode, and fewer high-resolution timers",
            qemu: Some("-cpu host,hv-vpindex,hv-synic,hv-time,hv-stimer,hv-stimer-direct"),
            libvirt: Some(
                "<hyperv><vpindex state='on'/><synic state='on'/><stimer state='on'><direct \
                 state='on'/></stimer></hyperv>",
            ),
            in_guest: Some("powercfg /energy names programs that asked for a finer timer"),
            features: &["hv-stimer-direct"],
            needs: &[
                Need::Libvirt(ReleaseVersion::new(5, 7)),
                Need::Qemu(ReleaseVersion::new(4, 1)),
            ],
            ..Remedy::NONE
        },
    ],
    gain: Gain::Part,
    record: &["kvm_exit", "kvm_entry", "kvm_msr"],
    culprits: &[],
    other_functions: &[],
    reasoning: "WRMSR of TSC_DEADLINE (0x6e0) or a write of the APIC timer's initial count arms a timer; \
                on Intel the preemption timer ends it in another exit. That is the price of timers in \
                guests: only fewer of them cost less. Where __kvm_wait_lapic_expire is hot, KVM waits \
                for timers that it started too early (lapic_timer_advance)",
    sources: &[
        "Linux arch/x86/kvm/lapic.c (kvm_set_lapic_tscdeadline_msr, __kvm_wait_lapic_expire)",
        "QEMU docs/system/i386/hyperv.rst (hv-stimer-direct)",
        "libvirt docs/formatdomain.rst (stimer direct since 5.7.0, QEMU 4.1)",
    ],
};

/// Timers being set and ending.
const TIMER_ROWS: &[RowPattern] = &[
    RowPattern {
        kinds: &[ExitKind::Timer],
        ..RowPattern::ANY
    },
    RowPattern {
        kinds: &[ExitKind::Msr],
        places: &[
            PlaceRange::Msrs(0x6e0, 0x6e0),
            PlaceRange::Msrs(0x838, 0x838),
        ],
        direction: Some(Direction::Write),
        ..RowPattern::ANY
    },
    RowPattern {
        places: &[PlaceRange::Apic(0x380, 0x380)],
        direction: Some(Direction::Write),
        ..RowPattern::ANY
    },
];

/// An idle Windows that ticks.
pub(super) const WINDOWS_TICKS: Rule = Rule {
    id: "windows-ticks",
    title: "an idle Windows guest is kept awake by its timers",
    kind: RuleKind::Cost,
    signature: Signature::Other(idle_ticks),
    only_for: Some(GuestSystem::Windows),
    meaning: "the vCPUs are halted most of the time and yet wake hundreds of times a second, to serve \
              ticks of emulated timers",
    remedies: &[Remedy {
        guest: Some(GuestSystem::Windows),
        what: "give Windows synthetic timers",
        qemu: Some("-cpu host,hv-relaxed,hv-vpindex,hv-synic,hv-time,hv-stimer"),
        libvirt: Some(
            "<hyperv><relaxed state='on'/><vpindex state='on'/><synic state='on'/><stimer \
             state='on'/></hyperv> and <timer name='hypervclock' present='yes'/>",
        ),
        in_guest: Some("powercfg /energy names programs that asked for a finer timer"),
        features: &["hv-stimer"],
        needs: &[
            Need::Libvirt(ReleaseVersion::with_patch(1, 3, 3)),
            Need::Qemu(ReleaseVersion::new(2, 6)),
        ],
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry", "kvm_pio", "kvm_mmio", "kvm_msr"],
    culprits: &[],
    other_functions: &[],
    reasoning: "exits of timers (TSC_DEADLINE, APIC timer, preemption timer, RTC, HPET, PIT) are added \
                up for a guest that is known, or by its name taken, to be Windows and that is halted \
                for more than half of the time. QEMU says of hv-stimer that without it certain \
                Windows versions consume CPU even when idle",
    sources: &[
        "QEMU docs/system/i386/hyperv.rst (hv-stimer)",
        "libvirt docs/formatdomain.rst (synic, stimer since 1.3.3, QEMU 2.6)",
    ],
};

fn idle_ticks(case: &Case<'_>) -> Option<Measurement> {
    let exits = case.exits()?;
    let halted = exits.halted_share();
    // Only where the guest is known to be Windows: `only_for` passes unknown guests.
    let guest = case.vm?.guest.as_ref()?;
    let patterns: Vec<RowPattern> = TIMER_ROWS
        .iter()
        .copied()
        .chain([
            RowPattern {
                kinds: &[ExitKind::Port],
                places: &[PlaceRange::Ports(0x70, 0x71), PlaceRange::Ports(0x40, 0x43)],
                regions: &["rtc", "pit", "kvm-pit"],
                ..RowPattern::ANY
            },
            RowPattern {
                kinds: &[ExitKind::Memory, ExitKind::Device],
                places: &[PlaceRange::Gpas(0xfed0_0000, 0xfed0_03ff)],
                regions: &["hpet"],
                ..RowPattern::ANY
            },
        ])
        .collect();
    let mut measured = case.amount(&patterns)?;
    let is_idle = case.reaches("halted", Some(halted * 100.0));
    let speaks =
        guest.system == GuestSystem::Windows && is_idle && case.reaches("rate", measured.rate);
    measured.words.push(format!(
        "the vCPUs were halted for {:.0} % of the time",
        halted * 100.0
    ));
    speaks.then_some(measured)
}
