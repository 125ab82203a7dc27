//! Which remedies fit a host and a guest, and whether what they need is there.

use super::evidence::{Evidence, VmEvidence};
use super::finding::{FittingRemedy, JudgedNeed, Presence};
use super::guest_system::HowTold;
use super::host_facts::{HostFacts, ReleaseVersion};
use super::rule::{CpuNeed, Need, Remedy, Rule};

/// The remedies of a rule that fit: for the guest's system and the host's CPU, or for all where
/// these are not known. Those that are in place already come last.
pub(super) fn fitting(
    rule: &'static Rule,
    evidence: &Evidence,
    vm: Option<&VmEvidence>,
) -> Vec<FittingRemedy> {
    let fits = |remedy: &&Remedy| {
        let known = vm
            .and_then(|vm| vm.guest.as_ref())
            .filter(|guest| guest.told == HowTold::Known);
        let guest = known.map(|guest| guest.system);
        let is_guest = guest.is_none() || remedy.guest.is_none() || remedy.guest == guest;
        let vendor = evidence.host.vendor;
        let is_cpu = vendor.is_none() || remedy.vendor.is_none() || remedy.vendor == vendor;
        is_guest && is_cpu
    };
    let mut found: Vec<FittingRemedy> = rule
        .remedies
        .iter()
        .filter(fits)
        .map(|remedy| FittingRemedy {
            remedy,
            in_place: in_place(remedy, &evidence.host, vm),
            needs: remedy
                .needs
                .iter()
                .map(|&need| judged(need, &evidence.host, vm))
                .collect(),
        })
        .collect();
    // A hint at the guest's system puts its remedies first.
    let hinted = vm
        .and_then(|vm| vm.guest.as_ref())
        .map(|guest| guest.system);
    found.sort_by_key(|fitting| {
        let lacks = fitting
            .needs
            .iter()
            .any(|need| need.is_there == Presence::No);
        let is_other =
            hinted.is_some() && fitting.remedy.guest.is_some_and(|of| Some(of) != hinted);
        (fitting.in_place.is_some(), lacks, is_other)
    });
    found
}

fn in_place(remedy: &Remedy, host: &HostFacts, vm: Option<&VmEvidence>) -> Option<String> {
    if let Some(parameter) = remedy.parameter
        && host.is_on(parameter) == Some(true)
    {
        return Some(format!("{parameter} is on"));
    }
    let vmm = vm?.vmm.as_ref()?;
    let mut features = remedy.features.iter();
    let found = features.find(|feature| vmm.has_feature(feature))?;
    Some(format!("{found} is on the VMM's command line"))
}

fn judged(need: Need, host: &HostFacts, vm: Option<&VmEvidence>) -> JudgedNeed {
    match need {
        Need::Kernel(least) => versioned(
            format!("Linux {least} or later on the host"),
            host.kernel_version(),
            least,
            host.kernel
                .as_deref()
                .map(|release| format!("it runs {release}")),
        ),
        Need::Qemu(least) => {
            let found = vm.and_then(|vm| vm.vmm.as_ref()?.version);
            let because = found.map(|found| format!("its machine type is of {found}"));
            let mut need = versioned(format!("QEMU {least} or later"), found, least, because);
            // The machine type may be older than the program.
            if need.is_there == Presence::No {
                need.is_there = Presence::Unknown;
            }
            need
        }
        Need::Libvirt(least) => unknown(format!("libvirt {least} or later")),
        Need::Guest(what) => unknown(format!("in the guest {what}")),
        Need::Host(what) => unknown(what.to_owned()),
        Need::Cpu(need) => judged_cpu(need, host),
    }
}

fn versioned(
    what: String,
    found: Option<ReleaseVersion>,
    least: ReleaseVersion,
    because: Option<String>,
) -> JudgedNeed {
    let is_there = match found {
        Some(found) if found >= least => Presence::Yes,
        Some(_) => Presence::No,
        None => Presence::Unknown,
    };
    JudgedNeed {
        what,
        is_there,
        because: because.unwrap_or_default(),
    }
}

fn unknown(what: String) -> JudgedNeed {
    JudgedNeed {
        what,
        is_there: Presence::Unknown,
        because: String::new(),
    }
}

/// The CPU's flags tell it where they are known.
fn judged_cpu(need: CpuNeed, host: &HostFacts) -> JudgedNeed {
    let what = format!("a CPU with {} (/proc/cpuinfo: {})", need.what, need.flag);
    let cpu = host.cpu.as_deref().unwrap_or("this CPU");
    if host.cpu_flags.is_empty() {
        return unknown(what);
    }
    let (is_there, verb) = if host.cpu_flags.contains(need.flag) {
        (Presence::Yes, "has it")
    } else {
        (Presence::No, "does not list it")
    };
    JudgedNeed {
        what,
        is_there,
        because: format!("{cpu} {verb}"),
    }
}
