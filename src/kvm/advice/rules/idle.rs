//! Halted vCPUs.

use crate::kvm::advice::case::{Case, Measurement};
use crate::kvm::advice::exit_kind::ExitKind;
use crate::kvm::advice::guest_system::GuestSystem;
use crate::kvm::advice::host_facts::ReleaseVersion;
use crate::kvm::advice::pattern::RowPattern;
use crate::kvm::advice::rule::{ExitSignature, Gain, Need, Remedy, Rule, RuleKind, Signature};

const HALT_SOURCES: &[&str] = &[
    "Linux Documentation/virt/kvm/halt-polling.rst (halt_poll_ns; idle CPU time becomes kernel time)",
    "Linux arch/x86/include/asm/kvm_host.h (KVM_HALT_POLL_NS_DEFAULT 200000)",
    "libvirt docs/formatdomain.rst (poll-control since 6.10.0, QEMU 4.2; hint-dedicated since 5.7.0, \
     QEMU 2.12)",
    "QEMU docs/system/i386/kvm-pv.rst (kvm-poll-control), qemu-options.hx (-overcommit cpu-pm)",
];

/// Polling hosts.
pub(super) const HALT_POLLING: Rule = Rule {
    id: "halt-polling",
    title: "the host burns CPU polling for halted vCPUs",
    kind: RuleKind::Cost,
    signature: Signature::Other(polling),
    only_for: None,
    meaning: "when a vCPU halts, KVM polls before it sleeps, to wake it sooner. With many short halts this \
              keeps CPUs busy that have nothing to do",
    remedies: &[
        Remedy {
            what: "poll less, where the CPUs or the power are needed elsewhere",
            on_host: Some("echo 50000 > /sys/module/kvm/parameters/halt_poll_ns (0: never)"),
            ..Remedy::NONE
        },
        Remedy {
            guest: Some(GuestSystem::Linux),
            what: "or let the guest poll in place of the host, which saves the exit too",
            qemu: Some("-cpu …,kvm-poll-control=on"),
            libvirt: Some("<kvm><poll-control state='on'/></kvm>"),
            in_guest: Some("modprobe cpuidle-haltpoll"),
            needs: &[
                Need::Kernel(ReleaseVersion::new(5, 10)),
                Need::Libvirt(ReleaseVersion::new(6, 10)),
                Need::Qemu(ReleaseVersion::new(4, 2)),
            ],
            ..Remedy::NONE
        },
    ],
    gain: Gain::All,
    record: &[
        "kvm_exit",
        "kvm_entry",
        "kvm_halt_poll_ns",
        "kvm_vcpu_wakeup",
    ],
    culprits: &[],
    other_functions: &["kvm_vcpu_check_block"],
    reasoning: "kvm_vcpu_wakeup says how long a halt took and whether it slept; stacks show \
                kvm_vcpu_check_block while it polls. Lowering halt_poll_ns costs wake-up latency: measure \
                the program in the guest too",
    sources: HALT_SOURCES,
};

fn polling(case: &Case<'_>) -> Option<Measurement> {
    if let Some(halts) = case.vm.and_then(|vm| vm.halts.as_ref()) {
        let seconds = halts.seconds * f64::from(halts.vcpus);
        let share = halts.polled_nanos as f64 / 1e9 / seconds;
        if seconds > 0.0 && case.reaches("share", Some(share * 100.0)) {
            let words = format!(
                "{} of {} halts ended while KVM polled",
                halts.won, halts.wakeups
            );
            return Some(Measurement {
                share: Some(share.min(1.0)),
                words: vec![words],
                ..Measurement::default()
            });
        }
    }
    case.samples_worth_a_word(HALT_POLLING.other_functions, &[])
}

/// Halts without end.
pub(super) const IDLE_EXITS: Rule = Rule {
    id: "idle-exits",
    title: "vCPUs go idle and wake very often",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Hlt, ExitKind::Monitor],
            ..RowPattern::ANY
        }],
        functions: &[],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "the guest waits for something short, thousands of times a second, and each time leaves",
    remedies: &[Remedy {
        what: "on CPUs that belong to this VM alone, let the guest halt by itself",
        qemu: Some("-overcommit cpu-pm=on -cpu host,kvm-hint-dedicated=on"),
        libvirt: Some("<kvm><hint-dedicated state='on'/></kvm> and <vcpupin …/>"),
        needs: &[
            Need::Libvirt(ReleaseVersion::new(5, 7)),
            Need::Qemu(ReleaseVersion::new(2, 12)),
            Need::Host("a CPU for each vCPU: the host sees them busy from then on"),
        ],
        ..Remedy::NONE
    }],
    gain: Gain::Part,
    record: &["kvm_exit", "kvm_entry", "kvm_vcpu_wakeup"],
    culprits: &[],
    other_functions: &[],
    reasoning: "HLT exits by their number: their time is sleep and counts as nobody's cost",
    sources: HALT_SOURCES,
};
