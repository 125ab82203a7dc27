//! Instructions of the guest, and what the host's CPU costs.

use crate::kvm::advice::case::{Case, Measurement};
use crate::kvm::advice::exit_kind::ExitKind;
use crate::kvm::advice::guest_system::GuestSystem;
use crate::kvm::advice::host_facts::{ReleaseVersion, Vendor};
use crate::kvm::advice::pattern::RowPattern;
use crate::kvm::advice::rule::{ExitSignature, Gain, Need, Remedy, Rule, RuleKind, Signature};
use crate::stack::Tag;

/// Spinning vCPUs.
pub(super) const PAUSE_LOOP: Rule = Rule {
    id: "pause-loop",
    title: "vCPUs spin while they wait for each other",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Pause],
            ..RowPattern::ANY
        }],
        functions: &["kvm_vcpu_on_spin"],
        tags: &[Tag::ExitPause],
        divided: &[],
    }),
    only_for: None,
    meaning: "a vCPU waits for a lock whose holder does not run: more vCPUs want to run than there are \
              CPUs, or the guest has more vCPUs than its work can use",
    remedies: &[
        Remedy {
            what: "fewer vCPUs, or CPUs of their own",
            libvirt: Some("<cputune><vcpupin vcpu='0' cpuset='2'/>…</cputune>"),
            on_host: Some(
                "record sched:sched_switch and sched:sched_wakeup too, and see ready-time; KVM's own \
                 limits are kvm_intel.ple_gap and ple_window, kvm_amd.pause_filter_count",
            ),
            ..Remedy::NONE
        },
        Remedy {
            guest: Some(GuestSystem::Windows),
            what: "tell Windows how long to spin before it says so",
            qemu: Some("-cpu …,hv-spinlocks=0x1fff"),
            libvirt: Some("<hyperv><spinlocks state='on' retries='8191'/></hyperv>"),
            features: &["hv-spinlocks"],
            needs: &[
                Need::Libvirt(ReleaseVersion::new(1, 1)),
                Need::Qemu(ReleaseVersion::new(2, 0)),
            ],
            ..Remedy::NONE
        },
        Remedy {
            guest: Some(GuestSystem::Linux),
            what: "paravirtual spin locks, which halt in place of spinning",
            qemu: Some("-cpu …,+kvm-pv-unhalt (on with -cpu host)"),
            libvirt: Some("<pvspinlock state='on'/>"),
            needs: &[Need::Guest(
                "Linux 3.12 or later with CONFIG_PARAVIRT_SPINLOCKS",
            )],
            ..Remedy::NONE
        },
    ],
    gain: Gain::All,
    record: &["kvm_exit", "kvm_entry"],
    culprits: &[],
    other_functions: &[],
    reasoning: "PAUSE exits come from pause-loop exiting (PLE): the CPU notices a loop of PAUSE and KVM \
                lets another vCPU run",
    sources: &[
        "Linux virt/kvm/kvm_main.c (kvm_vcpu_on_spin), arch/x86/kvm/vmx/vmx.c (ple_gap)",
        "QEMU docs/system/i386/hyperv.rst (hv-spinlocks), docs/system/i386/kvm-pv.rst (kvm-pv-unhalt)",
        "libvirt docs/formatdomain.rst (spinlocks since 1.1.0, QEMU 2.0; pvspinlock)",
    ],
};

/// CPUID.
pub(super) const CPUID: Rule = Rule {
    id: "cpuid",
    title: "CPUID in the guest costs time",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Cpuid],
            ..RowPattern::ANY
        }],
        functions: &["kvm_emulate_cpuid"],
        tags: &[Tag::ExitCpuid],
        divided: &[],
    }),
    only_for: None,
    meaning: "CPUID always leaves the guest; no setting of the host changes that. Programs use it to \
              serialise instructions, to time themselves, or to find out that they run in a VM",
    remedies: &[Remedy {
        what: "find the program and change it",
        in_guest: Some(
            "a newer version of it, or its setting; profilers, games' copy protection and \
                        old run-time libraries are known for it",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::Nothing,
    record: &["kvm_exit", "kvm_entry", "kvm_cpuid"],
    culprits: &[],
    other_functions: &[],
    reasoning: "Intel's VMX has no control to let CPUID run without an exit, and KVM intercepts it on AMD",
    sources: &["Intel SDM volume 3, Instructions That Cause VM Exits Unconditionally"],
};

/// A hypervisor in the guest.
pub(super) const NESTED: Rule = Rule {
    id: "nested",
    title: "a hypervisor runs in the guest",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[RowPattern {
            kinds: &[ExitKind::Nested],
            ..RowPattern::ANY
        }],
        functions: &["nested_vmx_run", "nested_svm_vmrun", "nested_vmx_vmexit"],
        tags: &[Tag::ExitNested],
        divided: &[],
    }),
    only_for: None,
    meaning: "each exit of the inner guest becomes several of this one: Hyper-V, WSL2, virtualisation-\
              based security (VBS), or KVM in the guest",
    remedies: &[
        Remedy {
            guest: Some(GuestSystem::Windows),
            vendor: Some(Vendor::Intel),
            what: "the enlightened VMCS makes them cheaper, if it must be",
            qemu: Some("-cpu host,hv-vapic,hv-evmcs"),
            libvirt: Some("<hyperv><vapic state='on'/><evmcs state='on'/></hyperv>"),
            features: &["hv-evmcs"],
            needs: &[
                Need::Libvirt(ReleaseVersion::new(4, 10)),
                Need::Qemu(ReleaseVersion::new(3, 1)),
            ],
            ..Remedy::NONE
        },
        Remedy {
            what: "do without it",
            qemu: Some("-cpu host,-vmx (Intel) or -svm (AMD)"),
            libvirt: Some("<feature policy='disable' name='vmx'/> (AMD: svm)"),
            in_guest: Some(
                "Windows: msinfo32 tells whether virtualisation-based security runs; bcdedit /set \
                 hypervisorlaunchtype off",
            ),
            ..Remedy::NONE
        },
    ],
    gain: Gain::Part,
    record: &[
        "kvm_exit",
        "kvm_entry",
        "kvm_nested_vmexit",
        "kvm_nested_vmenter",
    ],
    culprits: &[],
    other_functions: &[],
    reasoning: "VMRESUME, VMREAD and their kin (VMX), VMRUN, VMLOAD, STGI and their kin (SVM) are \
                instructions of a hypervisor",
    sources: &[
        "QEMU docs/system/i386/hyperv.rst (hv-evmcs: Intel only, needs hv-vapic)",
        "libvirt docs/formatdomain.rst (evmcs since 4.10.0, QEMU 3.1)",
    ],
};

/// Flushes at each entry.
pub(super) const MITIGATIONS: Rule = Rule {
    id: "mitigations",
    title: "entering the guest flushes the L1 data cache",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[],
        functions: &["vmx_l1d_flush"],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "the host protects itself against L1TF at entries. Fewer exits make it cheaper; switching it \
              off is a question of whom the guest belongs to",
    remedies: &[Remedy {
        what: "first cure what makes exits; then weigh the policy",
        on_host: Some(
            "cat /sys/devices/system/cpu/vulnerabilities/l1tf; kvm_intel.vmentry_l1d_flush=cond is the \
             middle way, never only for guests that are trusted",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::Part,
    record: &["kvm_exit", "kvm_entry"],
    culprits: &[],
    other_functions: &[],
    reasoning: "the function vmx_l1d_flush runs before VM entries where vmentry_l1d_flush asks for it",
    sources: &["Linux Documentation/admin-guide/hw-vuln/l1tf.rst (kvm-intel.vmentry_l1d_flush)"],
};

/// The way to user space and back.
pub(super) const USER_RETURNS: Rule = Rule {
    id: "user-returns",
    title: "returns to the VMM cost much by themselves",
    kind: RuleKind::Cost,
    signature: Signature::Exits(ExitSignature {
        rows: &[],
        functions: &[
            "vcpu_load",
            "vcpu_put",
            "kvm_arch_vcpu_load",
            "kvm_arch_vcpu_put",
            "kvm_load_guest_fpu",
            "kvm_put_guest_fpu",
        ],
        tags: &[],
        divided: &[],
    }),
    only_for: None,
    meaning: "the vCPU's state is loaded and put at each return to the VMM: look at the other findings \
              for what returns so often",
    remedies: &[Remedy {
        what: "cure what goes to the VMM: clocks, emulated devices, doorbells",
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
    culprits: &[],
    other_functions: &[],
    reasoning: "vcpu_load and vcpu_put enclose KVM_RUN, kvm_load_guest_fpu and kvm_put_guest_fpu what runs \
                inside",
    sources: &["Linux arch/x86/kvm/x86.c (kvm_arch_vcpu_ioctl_run)"],
};

/// vCPUs that wait.
pub(super) const READY_TIME: Rule = Rule {
    id: "ready-time",
    title: "vCPUs wait for a CPU",
    kind: RuleKind::Cost,
    signature: Signature::Other(ready),
    only_for: None,
    meaning: "the guest could run and does not get a CPU: it sees this as steal time. The host has more \
              work than CPUs, or too much of it on the same ones",
    remedies: &[Remedy {
        what: "take away what runs there, or give the VM CPUs of its own",
        libvirt: Some(
            "<cputune><vcpupin vcpu='0' cpuset='2'/><emulatorpin cpuset='0-1'/><shares>2048</shares></cputune>",
        ),
        qemu: Some("taskset -cp CPU TID for each vCPU thread; threads of the emulator elsewhere"),
        on_host: Some(
            "fewer vCPUs in all, or move a VM; check cpu.max of the VM's cgroup; then record \
             kvm:kvm_exit,kvm:kvm_entry,sched:sched_switch,sched:sched_wakeup again, of which vmflame \
             exits tells the same",
        ),
        ..Remedy::NONE
    }],
    gain: Gain::All,
    record: &[],
    culprits: &[],
    other_functions: &[],
    reasoning: "from sched_switch and sched_wakeup: the time from when a vCPU thread could run until it \
                ran, as a share of the recorded time; who had that CPU meanwhile is counted by name",
    sources: &[
        "Linux kernel/sched (sched_switch: prev_state 0 is preempted)",
        "libvirt docs/formatdomain.rst, CPU Tuning",
    ],
};

fn ready(case: &Case<'_>) -> Option<Measurement> {
    let ready = case.vm?.ready.as_ref()?;
    if !case.reaches("ready", Some(ready.worst.max(ready.share) * 100.0)) {
        return None;
    }
    let mut words = vec![format!(
        "the vCPUs waited {:.1} % of the time, the worst of them {:.1} %",
        ready.share * 100.0,
        ready.worst * 100.0
    )];
    let runners = ready.runners.iter().take(4);
    let runners: Vec<String> = runners
        .map(|runner| format!("{} {:.0} %", runner.name, runner.share * 100.0))
        .collect();
    if !runners.is_empty() {
        words.push(format!("meanwhile ran: {}", runners.join(", ")));
    }
    Some(Measurement {
        share: Some(ready.share),
        words,
        ..Measurement::default()
    })
}
