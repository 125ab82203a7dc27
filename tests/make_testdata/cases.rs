//! Which captures are kept, and how much of each.

/// A case: a capture, and how much of it is kept.
pub(super) struct Case {
    pub(super) name: &'static str,
    /// What it shows, for HOW.md.
    pub(super) shows: &'static str,
    /// The capture, without `.data`, below the captures' folder.
    pub(super) from: &'static str,
    /// Microseconds that are kept, from the first sample on.
    pub(super) keep: u64,
    /// What perf printed on the recorded machine; `None` where perf is to be asked here.
    pub(super) script: Option<&'static str>,
    /// What it was recorded on, for HOW.md.
    pub(super) machine: &'static str,
}

const SVM: &str = "Debian 12 (kernel 6.1.0-56-amd64, perf 6.1.192) with kvm_amd, in QEMU's TCG \
    (`-cpu EPYC,+svm,+npt`, 2 vCPUs); the VM runs under a QEMU 7.2 built with frame pointers";
const VMX: &str = "Debian 12 (kernel 6.1.0-56-amd64, perf 6.1.192) with kvm_intel \
    `enable_apicv=0`, in the Bochs emulator (`corei7_skylake_x`, 1 CPU); the VM runs under a \
    small VMM of our own (`mini-vmm`)";
const HERE: &str = "kernel 6.18.44 with kvm_pvm, perf 6.1.192";

pub(super) const CASES: [Case; 10] = [
    Case {
        name: "svm-bad",
        shows: "the case study: a guest on AMD that spends its time in VM exits (ACPI PM timer, \
            local APIC, RTC)",
        from: "captures/svm/badst-fp/badst-fp.cpu",
        keep: 2_000_000,
        script: Some("script.txt.xz"),
        machine: SVM,
    },
    Case {
        name: "svm-good",
        shows: "the same host and devices with a guest that computes: the other half of a pair",
        from: "captures/svm/goodst-fp/goodst-fp.cpu",
        keep: 2_000_000,
        script: Some("script.txt.xz"),
        machine: SVM,
    },
    Case {
        name: "svm-bad-tracepoints",
        shows: "the bad guest with the kvm tracepoints recorded beside cpu-clock",
        from: "captures/svm/badst-fp/badst-fp.both",
        keep: 70_000,
        script: Some("script.txt.xz"),
        machine: SVM,
    },
    Case {
        name: "vmx-bad",
        shows: "a guest on Intel that spends its time in VM exits; local APIC accesses arrive as \
            EPT violations",
        from: "captures/vmx/apicv0/apicv0-bad.cpu",
        keep: 4_000_000,
        script: Some("script.txt.gz"),
        machine: VMX,
    },
    Case {
        name: "vmx-good",
        shows: "the same host with a guest that computes: 98 % of the samples are in guest mode \
            and carry no stack",
        from: "captures/vmx/apicv0/apicv0-good.cpu",
        keep: 4_000_000,
        script: Some("script.txt.gz"),
        machine: VMX,
    },
    Case {
        name: "vmx-bad-tracepoints",
        shows: "the bad guest with the kvm tracepoints recorded beside cpu-clock",
        from: "captures/vmx/apicv0/apicv0-bad.both",
        keep: 60_000,
        script: Some("script-host.txt.gz"),
        machine: VMX,
    },
    Case {
        name: "arm64",
        shows: "a Linux guest on arm64",
        from: "captures/arm64/linuxarm/linuxarm.cpu",
        keep: 800_000,
        script: Some("script.txt.xz"),
        machine: "Debian 12 (kernel 6.1.0-56-arm64, perf 6.1.192) with KVM in VHE mode, in \
            QEMU's TCG (`-M virt,virtualization=on,gic-version=3 -cpu max`)",
    },
    Case {
        name: "pvm",
        shows: "QEMU under kvm_pvm, whose guest samples have an empty call chain and a host \
            address",
        from: "domain/samples/kvm-pvm-native-cpuclock.perf",
        keep: 1_500_000,
        script: None,
        machine: HERE,
    },
    Case {
        name: "plain",
        shows: "a Linux profile without any KVM in it: a shell pipeline",
        from: "",
        keep: u64::MAX,
        script: None,
        machine: HERE,
    },
    Case {
        name: "user",
        shows: "a shell pipeline's user code alone, behind a dummy event: where the kernel lies is \
            recorded, and no sample lies in it",
        from: "",
        keep: u64::MAX,
        script: None,
        machine: HERE,
    },
];
