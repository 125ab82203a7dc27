//! Each rule speaks on evidence that is made for it, and is silent on the opposite.

use std::collections::BTreeSet;

use super::evidence::{
    Change as _, exits, halted, one_vm, polling, row, samples, waiting, with_guest, with_parameter,
};
use vmflame::kvm::advice::ExitSite::{Apic, Gpa, Memory, Msr, Port};
use vmflame::kvm::advice::{
    Evidence, ExitKind, GuestSystem, HowTold, advise, all_rules, thresholds_of,
};
use vmflame::kvm::exit::Direction::{Read, Write};
use vmflame::stack::Tag;

/// The rules that speak.
pub(crate) fn spoken(evidence: &Evidence) -> Vec<&'static str> {
    let found = advise(evidence);
    found.iter().map(|finding| finding.rule.id).collect()
}

/// A rule with evidence on which it speaks, and evidence on which it must not.
struct Trial {
    rule: &'static str,
    speaks: Evidence,
    is_silent: Evidence,
}

const fn trial(rule: &'static str, speaks: Evidence, is_silent: Evidence) -> Trial {
    Trial {
        rule,
        speaks,
        is_silent,
    }
}

/// Rows of one kind at one register: 2,000 a second speak, 20 are silent.
fn rates(rule: &'static str, make: impl Fn(u64) -> Evidence) -> Trial {
    trial(rule, make(2000), make(20))
}

/// Reads of a port that the VMM serves.
fn pm_timer(port: u16) -> impl Fn(u64) -> Evidence {
    move |rate| {
        exits(vec![
            row(ExitKind::Port, rate, 20).at(Port(port), Read).in_vmm(),
        ])
    }
}

fn clocks() -> Vec<Trial> {
    let ticks = |system| {
        let row = row(ExitKind::Timer, 500, 2);
        with_guest(halted(exits(vec![row]), 90), system, HowTold::Known)
    };
    vec![
        rates("pm-timer", pm_timer(0x608)),
        rates("pm-timer", pm_timer(0xb008)),
        // The same port is another device's in this VM.
        trial(
            "pm-timer",
            exits(vec![
                row(ExitKind::Port, 2000, 20)
                    .at(Port(0x1808), Read)
                    .of("acpi-tmr"),
            ]),
            exits(vec![
                row(ExitKind::Port, 2000, 20)
                    .at(Port(0x608), Read)
                    .of("other"),
            ]),
        ),
        trial(
            "pm-timer",
            samples(Some("acpi_pm_tmr_read"), Tag::Vmm, 200),
            samples(Some("acpi_pm_tmr_read"), Tag::Vmm, 30),
        ),
        rates("reference-counter", |rate| {
            exits(vec![row(ExitKind::Msr, rate, 2).at(Msr(0x4000_0020), Read)])
        }),
        rates("hpet-rtc", |rate| {
            exits(vec![
                row(ExitKind::Device, rate, 20)
                    .at(Gpa(0xfed0_00f0), Read)
                    .of("hpet"),
            ])
        }),
        rates("hpet-rtc", |rate| {
            exits(vec![row(ExitKind::Port, rate, 20).at(Port(0x71), Read)])
        }),
        rates("apic-timer-clock", |rate| {
            exits(vec![
                row(ExitKind::ApicAccess, rate, 5).at(Apic(0x390), Read),
            ])
        }),
        trial(
            "guest-timers",
            exits(vec![row(ExitKind::Msr, 6000, 2).at(Msr(0x6e0), Write)]),
            exits(vec![row(ExitKind::Msr, 600, 2).at(Msr(0x6e0), Write)]),
        ),
        trial(
            "windows-ticks",
            ticks(GuestSystem::Windows),
            ticks(GuestSystem::Linux),
        ),
    ]
}

fn interrupts() -> Vec<Trial> {
    let eoi = |rate| row(ExitKind::Memory, rate, 10).at(Apic(0xb0), Write);
    let apic_write = row(ExitKind::ApicWrite, 100, 2).at(Apic(0x380), Write);
    let pic = row(ExitKind::Port, 2000, 5).at(Port(0x20), Write);
    vec![
        trial(
            "apic-access",
            exits(vec![eoi(12_000)]),
            exits(vec![eoi(200)]),
        ),
        // Only APICv makes such exits, so it is on.
        trial(
            "apic-access",
            exits(vec![eoi(12_000)]),
            exits(vec![eoi(12_000), apic_write]),
        ),
        trial(
            "apic-access",
            with_parameter(exits(vec![eoi(12_000)]), "kvm_intel.enable_apicv=N"),
            with_parameter(exits(vec![eoi(12_000)]), "kvm_intel.enable_apicv=Y"),
        ),
        trial(
            "apic-access",
            samples(None, Tag::ExitApic, 300),
            samples(Some("handle_apic_write"), Tag::ExitApic, 300),
        ),
        trial(
            "apicv-inhibited",
            with_parameter(exits(vec![eoi(5000)]), "kvm_intel.enable_apicv=Y"),
            exits(vec![eoi(5000)]),
        ),
        trial(
            "ipi",
            exits(vec![row(ExitKind::Msr, 12_000, 1).at(Msr(0x830), Write)]),
            exits(vec![row(ExitKind::Msr, 1200, 1).at(Msr(0x830), Write)]),
        ),
        trial(
            "host-interrupts",
            exits(vec![row(ExitKind::HostInterrupt, 12_000, 2)]),
            exits(vec![row(ExitKind::HostInterrupt, 250, 2)]),
        ),
        trial(
            "interrupt-window",
            exits(vec![
                row(ExitKind::InterruptWindow, 2000, 2),
                row(ExitKind::Port, 2000, 2),
            ]),
            exits(vec![
                row(ExitKind::InterruptWindow, 2000, 2),
                row(ExitKind::Port, 90_000, 2),
            ]),
        ),
        // The kernel's own PIC takes writes without the VMM.
        trial(
            "user-irqchip",
            exits(vec![pic.clone().in_vmm()]),
            exits(vec![pic]),
        ),
    ]
}

fn devices() -> Vec<Trial> {
    let doorbell = |rate| {
        row(ExitKind::Port, rate, 2)
            .at(Port(0xc050), Write)
            .of("virtio-pci")
    };
    let port = |port| move |rate| exits(vec![row(ExitKind::Port, rate, 15).at(Port(port), Write)]);
    vec![
        trial(
            "virtio-notify",
            exits(vec![doorbell(2000).in_vmm()]),
            exits(vec![doorbell(2000)]),
        ),
        trial(
            "doorbells",
            exits(vec![doorbell(25_000)]),
            exits(vec![doorbell(2000)]),
        ),
        trial(
            "doorbells-expected",
            exits(vec![doorbell(2000)]),
            exits(vec![doorbell(25_000)]),
        ),
        trial(
            "doorbells-expected",
            exits(vec![doorbell(2000)]),
            exits(vec![doorbell(2000).in_vmm()]),
        ),
        rates("ide-disk", port(0x1f0)),
        rates("vga", port(0x3d4)),
        rates("vga", |rate| {
            exits(vec![
                row(ExitKind::Device, rate, 10).at(Gpa(0xb_8000), Write),
            ])
        }),
        rates("serial", port(0x3f8)),
        rates("pci-config", port(0xcf8)),
        trial(
            "unknown-exits",
            samples(None, Tag::ExitPio, 300),
            samples(None, Tag::ExitPio, 20),
        ),
    ]
}

fn without_events(mut evidence: Evidence) -> Evidence {
    evidence.recordings[0].events.clear();
    evidence
}

fn the_rest() -> Vec<Trial> {
    let fault = |rate| row(ExitKind::Memory, rate, 5).at(Memory, Write);
    let apic = row(ExitKind::Memory, 2000, 5).at(Apic(0x80), Read);
    vec![
        trial(
            "memory-faults",
            exits(vec![fault(2000)]),
            exits(vec![fault(10)]),
        ),
        // A read of the APIC takes a second exit that does not tell the register.
        trial(
            "memory-faults",
            exits(vec![row(ExitKind::Memory, 2000, 5)]),
            exits(vec![row(ExitKind::Memory, 2000, 5), apic]),
        ),
        // Without kvm_mmio a device's memory cannot be told from the guest's.
        trial(
            "memory-faults",
            exits(vec![row(ExitKind::Memory, 2000, 5)]),
            without_events(exits(vec![row(ExitKind::Memory, 2000, 5)])),
        ),
        trial(
            "cache-flush",
            exits(vec![row(ExitKind::Cache, 50, 100)]),
            exits(vec![row(ExitKind::Cache, 1, 100)]),
        ),
        trial(
            "dirty-log",
            exits(vec![row(ExitKind::DirtyLog, 20, 100)]),
            exits(vec![row(ExitKind::Other, 20, 100)]),
        ),
        trial(
            "pause-loop",
            exits(vec![row(ExitKind::Pause, 9000, 3)]),
            exits(vec![row(ExitKind::Pause, 90, 3)]),
        ),
        rates("cpuid", |rate| exits(vec![row(ExitKind::Cpuid, rate, 2)])),
        trial(
            "nested",
            exits(vec![row(ExitKind::Nested, 9000, 3)]),
            exits(vec![row(ExitKind::Nested, 90, 3)]),
        ),
        trial(
            "mitigations",
            samples(Some("vmx_l1d_flush"), Tag::Entry, 100),
            samples(Some("vmx_l1d_flush"), Tag::Entry, 10),
        ),
        trial(
            "user-returns",
            samples(Some("kvm_arch_vcpu_load"), Tag::Entry, 100),
            samples(Some("kvm_arch_vcpu_load"), Tag::Entry, 10),
        ),
        trial("ready-time", waiting(8), waiting(2)),
        trial("halt-polling", polling(30), polling(3)),
        trial(
            "idle-exits",
            exits(vec![row(ExitKind::Hlt, 15_000, 0)]),
            exits(vec![row(ExitKind::Hlt, 500, 0)]),
        ),
    ]
}

fn recordings() -> Vec<Trial> {
    let lost = |lost| {
        let mut evidence = one_vm();
        evidence.recordings[0].lost = lost;
        evidence
    };
    let tracing = |share| {
        let mut evidence = one_vm();
        evidence.recordings[0].tracing_share = Some(share);
        evidence
    };
    let sampled = |event: &str| {
        let mut evidence = with_parameter(one_vm(), "kvm_intel.enable_mediated_pmu=Y");
        evidence.recordings[0].events = vec![event.to_owned()];
        evidence
    };
    vec![
        trial("lost-events", lost(50_000), lost(10)),
        trial("tracing-cost", tracing(0.3), tracing(0.05)),
        trial("mediated-pmu", sampled("cycles:P"), sampled("cpu-clock")),
    ]
}

fn trials() -> Vec<Trial> {
    let groups = [clocks(), interrupts(), devices(), the_rest(), recordings()];
    groups.into_iter().flatten().collect()
}

#[test]
fn each_rule_speaks_on_its_evidence_and_not_on_the_opposite() {
    for trial in trials() {
        let (speaks, is_silent) = (spoken(&trial.speaks), spoken(&trial.is_silent));
        let rule = trial.rule;
        assert!(speaks.contains(&rule), "{rule} does not speak: {speaks:?}");
        assert!(!is_silent.contains(&rule), "{rule} speaks of nothing");
    }
}

/// A rule without a trial, without thresholds or without sources is not done.
#[test]
fn each_rule_is_tried_and_has_thresholds_and_sources() {
    let tried: BTreeSet<&str> = trials().iter().map(|trial| trial.rule).collect();
    // What is on, and what is as expected, has no value from which on it is worth a word.
    let without = ["mediated-pmu", "doorbells-expected"];
    let mut ids = BTreeSet::new();
    for rule in all_rules() {
        assert!(tried.contains(rule.id), "{} is not tried", rule.id);
        assert!(ids.insert(rule.id), "{} twice", rule.id);
        assert!(!rule.sources.is_empty(), "{}", rule.id);
        let has_thresholds = thresholds_of(rule.id).next().is_some();
        assert!(has_thresholds || without.contains(&rule.id), "{}", rule.id);
    }
}

#[test]
fn nothing_is_said_without_evidence() {
    assert_eq!(spoken(&Evidence::default()), [""; 0]);
    assert_eq!(spoken(&one_vm()), [""; 0]);
    assert_eq!(spoken(&exits(Vec::new())), [""; 0]);
}
