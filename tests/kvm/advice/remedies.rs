//! Remedies follow the guest's system, the host's CPU, and what is in place already.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use super::evidence::{Change as _, exits, row, with_guest, with_parameter};
use vmflame::kvm::advice::ExitSite::{Apic, Port};
use vmflame::kvm::advice::{
    Evidence, ExitKind, GuestSystem, HowTold, Presence, RuleFinding, Vendor, VmmFacts, advise,
};
use vmflame::kvm::exit::Direction::{Read, Write};
use vmflame::qemu::CommandLine;

fn pm_timer() -> Evidence {
    exits(vec![
        row(ExitKind::Port, 5000, 20)
            .at(Port(0x608), Read)
            .of("acpi-tmr")
            .in_vmm(),
    ])
}

fn apic() -> Evidence {
    exits(vec![row(ExitKind::Memory, 20_000, 5).at(Apic(0x80), Write)])
}

fn found(evidence: &Evidence, rule: &str) -> RuleFinding {
    let mut findings = advise(evidence).into_iter();
    findings.find(|finding| finding.rule.id == rule).unwrap()
}

/// The guests that the remedies are for, in their order.
fn guests(finding: &RuleFinding) -> Vec<Option<GuestSystem>> {
    let remedies = finding.remedies.iter();
    remedies.map(|fitting| fitting.remedy.guest).collect()
}

#[test]
fn the_cure_follows_the_guest() {
    let (linux, windows) = (GuestSystem::Linux, GuestSystem::Windows);
    let of = |evidence| guests(&found(&evidence, "pm-timer"));
    assert_eq!(
        of(with_guest(pm_timer(), linux, HowTold::Known)),
        [Some(linux)]
    );
    assert_eq!(
        of(with_guest(pm_timer(), windows, HowTold::Known)),
        [Some(windows)]
    );
    // A name is a hint: both, its own first. Nothing known: both.
    assert_eq!(
        of(with_guest(pm_timer(), linux, HowTold::Hint)),
        [Some(linux), Some(windows)]
    );
    assert_eq!(of(pm_timer()), [Some(windows), Some(linux)]);
}

#[test]
fn the_cure_follows_the_cpu() {
    let host_remedies = |vendor| {
        let mut evidence = apic();
        evidence.host.vendor = vendor;
        let remedies = found(&evidence, "apic-access").remedies;
        let on_host = remedies.iter().filter_map(|fitting| fitting.remedy.on_host);
        on_host
            .map(|text| text.contains("kvm_intel"))
            .collect::<Vec<bool>>()
    };
    assert_eq!(host_remedies(Some(Vendor::Intel)), [true]);
    assert_eq!(host_remedies(Some(Vendor::Amd)), [false]);
    assert_eq!(host_remedies(None), [true, false]);
}

/// 5,000 exits of 20 microseconds a second are a tenth of the vCPU.
#[test]
fn a_finding_says_what_it_rests_on_and_what_can_be_gained() {
    let finding = found(&pm_timer(), "pm-timer");
    assert_eq!(finding.measured.rate, Some(5000.0));
    assert_eq!(finding.gain, Some(0.1));
    assert_eq!(finding.measured.user_share, Some(0.5));
    let check = finding.check.unwrap();
    assert_eq!(
        check.compare,
        "vmflame diff kvm.data after.data --fail-if 'port:0x608/s > 1000'"
    );
    assert_eq!(
        check.record,
        "perf record -a -e kvm:kvm_exit,kvm:kvm_entry,kvm:kvm_pio,kvm:kvm_userspace_exit -o \
         after.data -- sleep 10"
    );
}

#[test]
fn what_is_in_place_already_is_said_and_comes_last() {
    let mut evidence = with_guest(pm_timer(), GuestSystem::Windows, HowTold::Hint);
    let words = "qemu-kvm -cpu host,hv-time,hv-vpindex -M pc-q35-7.2 -append clocksource=acpi_pm,x";
    let line = CommandLine::parse(words);
    evidence.vms[0].vmm = Some(VmmFacts::of(&line, "cmdline"));
    let finding = found(&evidence, "pm-timer");
    let first = finding.remedies.first().unwrap();
    assert_eq!(first.remedy.guest, Some(GuestSystem::Linux));
    let last = finding.remedies.last().unwrap();
    assert!(last.in_place.as_ref().unwrap().contains("hv-time"));
    assert_eq!(finding.culprits, ["clocksource=acpi_pm"]);
}

#[test]
fn what_a_remedy_needs_is_judged_by_the_host() {
    let apicv = |flags: &str| {
        let mut evidence = with_parameter(apic(), "kvm_intel.enable_apicv=N");
        evidence.host.add_cpuinfo(flags);
        let finding = found(&evidence, "apic-access");
        let remedies = finding.remedies.iter();
        let mut needs = remedies.flat_map(|fitting| fitting.needs.clone());
        needs
            .find(|need| need.what.contains("APICv"))
            .unwrap()
            .is_there
    };
    assert_eq!(apicv(""), Presence::Unknown);
    assert_eq!(apicv("vmx flags\t: ept vpid apicv"), Presence::Yes);
    assert_eq!(apicv("vmx flags\t: ept vpid"), Presence::No);
}
