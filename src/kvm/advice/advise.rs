//! The rules, applied.

use super::case::{Case, MeasuredRow, Measurement, RowSubject};
use super::evidence::{Evidence, ExitSite, Recording, VmEvidence};
use super::finding::{Certainty, Check, RuleFinding};
use super::guest_system::HowTold;
use super::needs::fitting;
use super::rule::{Gain, Rule, RuleKind, Signature};
use super::rules::RULES;
use super::survey_evidence::ACCESS;
use crate::kvm::exit::Direction;

/// Applies all rules; what costs most comes first, what may be ignored last.
pub fn advise(evidence: &Evidence) -> Vec<RuleFinding> {
    let mut found = Vec::new();
    for &rule in RULES {
        if rule.kind == RuleKind::Recording {
            for recording in &evidence.recordings {
                let case = Case {
                    evidence,
                    vm: None,
                    recording: Some(recording),
                    rule: rule.id,
                };
                let measured = measure(rule, &case);
                found.extend(measured.map(|measured| finding(rule, &case, None, measured)));
            }
        } else {
            for (ix, vm) in evidence.vms.iter().enumerate() {
                let case = Case {
                    evidence,
                    vm: Some(vm),
                    recording: None,
                    rule: rule.id,
                };
                let measured = concerns(rule, vm).then(|| measure(rule, &case)).flatten();
                found.extend(measured.map(|measured| finding(rule, &case, Some(ix), measured)));
            }
        }
    }
    found.sort_by(|a, b| {
        let share = |finding: &RuleFinding| finding.measured.share.unwrap_or_default();
        let rate = |finding: &RuleFinding| finding.measured.rate.unwrap_or_default();
        a.rule
            .kind
            .cmp(&b.rule.kind)
            .then_with(|| share(b).total_cmp(&share(a)))
            .then_with(|| rate(b).total_cmp(&rate(a)))
            .then_with(|| (a.vm, a.rule.id).cmp(&(b.vm, b.rule.id)))
    });
    found
}

/// The rule of a name.
pub fn rule_named(id: &str) -> Option<&'static Rule> {
    all_rules().find(|rule| rule.id == id)
}

/// All rules.
pub fn all_rules() -> impl Iterator<Item = &'static Rule> {
    RULES.iter().copied()
}

/// The functions in stacks that rules know.
pub fn known_functions() -> impl Iterator<Item = &'static str> {
    all_rules().flat_map(|rule| rule.functions().iter().chain(rule.other_functions).copied())
}

/// Those that are of devices in the VMM.
pub fn device_functions() -> impl Iterator<Item = &'static str> {
    let of_device = all_rules().filter_map(|rule| match &rule.signature {
        Signature::Exits(signature) if !signature.divided.is_empty() => Some(signature.functions),
        Signature::Exits(_) | Signature::Other(_) => None,
    });
    of_device.flatten().copied()
}

/// Whether a rule is about the guest's system.
fn concerns(rule: &Rule, vm: &VmEvidence) -> bool {
    match (rule.only_for, &vm.guest) {
        (Some(system), Some(guest)) => guest.told == HowTold::Hint || guest.system == system,
        (Some(_) | None, None) | (None, Some(_)) => true,
    }
}

fn measure(rule: &Rule, case: &Case<'_>) -> Option<Measurement> {
    match &rule.signature {
        Signature::Exits(signature) => {
            let exits = case.exits_worth_a_word(signature.rows);
            let samples = || match signature.divided {
                [] => case.samples_worth_a_word(signature.functions, signature.tags),
                divided => case.device_worth_a_word(signature.functions, divided),
            };
            // Where exits are recorded, they know better than stacks.
            let is_known = case.exits().is_some() && !signature.rows.is_empty();
            exits.or_else(|| if is_known { None } else { samples() })
        }
        Signature::Other(measure) => measure(case),
    }
}

fn finding(
    rule: &'static Rule,
    case: &Case<'_>,
    vm: Option<usize>,
    measured: Measurement,
) -> RuleFinding {
    let Sureness { certainty, doubts } = sureness(rule, case, &measured);
    RuleFinding {
        culprits: culprits(rule, case.vm),
        remedies: fitting(rule, case.evidence, case.vm),
        gain: match rule.gain {
            Gain::All | Gain::Part => measured.share,
            Gain::Nothing | Gain::NoTime => None,
        },
        check: check(rule, case, &measured),
        rule,
        vm,
        measured,
        certainty,
        doubts,
    }
}

/// Words of the command line that cause what was found.
fn culprits(rule: &Rule, vm: Option<&VmEvidence>) -> Vec<String> {
    let Some(vmm) = vm.and_then(|vm| vm.vmm.as_ref()) else {
        return Vec::new();
    };
    let parts = vmm.words.iter().flat_map(|word| word.split([' ', ',']));
    let mut found: Vec<String> = parts
        .filter(|part| rule.culprits.contains(part))
        .map(ToOwned::to_owned)
        .collect();
    found.sort();
    found.dedup();
    found
}

/// How sure a finding is, and why no surer.
struct Sureness {
    certainty: Certainty,
    doubts: Vec<String>,
}

/// What speaks for and against a finding.
fn sureness(rule: &Rule, case: &Case<'_>, measured: &Measurement) -> Sureness {
    let mut certainty = Certainty::High;
    let mut doubts = Vec::new();
    let mut doubt = |words: String| {
        certainty = certainty.lowered();
        doubts.push(words);
    };
    match measured.rows.first().map(|row| &row.what) {
        Some(RowSubject::Exits { is_sure: false, .. }) => doubt(
            "the device is taken from a map of usual places: --mtree with the VM's info mtree makes \
             it sure"
                .to_owned(),
        ),
        Some(RowSubject::Tag(_)) => {
            doubt("only stacks tell it, and not the register".to_owned());
        }
        Some(RowSubject::Function(_)) if is_divided(rule) => {
            doubt("only stacks tell it: the share is an estimate".to_owned());
        }
        Some(RowSubject::Exits { .. } | RowSubject::Function(_)) | None => {}
    }
    let seconds = case.exits().map(|exits| exits.seconds);
    if rule.kind == RuleKind::Cost
        && let Some(seconds) = seconds.filter(|&seconds| seconds < SHORT && measured.rate.is_some())
    {
        doubt(format!("only {seconds:.2} s were recorded"));
    }
    let lost = case
        .evidence
        .recordings
        .iter()
        .any(|recording| recording.lost > 0);
    if rule.kind == RuleKind::Cost && lost {
        doubts.push("events were lost: the true counts are higher".to_owned());
    }
    Sureness { certainty, doubts }
}

fn is_divided(rule: &Rule) -> bool {
    match &rule.signature {
        Signature::Exits(signature) => !signature.divided.is_empty(),
        Signature::Other(_) => false,
    }
}

/// A capture shorter than so many seconds may show a moment that is not typical.
const SHORT: f64 = 1.0;

/// What records the same again, and what compares it.
fn check(rule: &Rule, case: &Case<'_>, measured: &Measurement) -> Option<Check> {
    let row = measured.rows.first()?;
    let by_samples = matches!(row.what, RowSubject::Function(_) | RowSubject::Tag(_));
    if !by_samples && rule.record.is_empty() || is_without_condition(&row.what) {
        return None;
    }
    let recording = case.evidence.recordings.get(row.recording);
    let gate = gate(rule, case, row);
    let before = recording.map_or("before.data", |recording| &*recording.path);
    let record = if by_samples {
        let event = recording.and_then(sampled_event);
        format!(
            "perf record -a -g -e {} -o after.data -- sleep {}",
            event.unwrap_or("cpu-clock"),
            seconds_again(recording)
        )
    } else {
        let events: Vec<String> = rule
            .record
            .iter()
            .map(|name| format!("kvm:{name}"))
            .collect();
        format!(
            "perf record -a -e {} -o after.data -- sleep {}",
            events.join(","),
            seconds_again(recording)
        )
    };
    Some(Check {
        record,
        compare: format!(
            "vmflame diff {} after.data{} --fail-if '{gate}'",
            quoted(before),
            chosen(case.evidence, case.vm, Choosing::Before)
        ),
    })
}

/// Whether no condition of `diff` is about this: accesses that no register tells apart, of a recording
/// without exits.
fn is_without_condition(what: &RowSubject) -> bool {
    matches!(what, RowSubject::Exits { reason, place: None, .. } if reason == ACCESS)
}

/// Which verb is to choose the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Choosing {
    /// `diff`, of the side before: the other one has other times.
    Before,
    /// `exits`.
    Exits,
    /// `convert`.
    Samples,
}

/// The options that choose what of a capture was looked at, each after a space: first the one that
/// leaves the VM alone, where it is not the only one of the host.
pub fn chosen(evidence: &Evidence, vm: Option<&VmEvidence>, verb: Choosing) -> String {
    let by = &evidence.chosen_by;
    let mut options = match vm.and_then(|vm| vm.pid) {
        Some(pid) if evidence.vms.len() > 1 || by.has_vms => format!(" -p {pid}"),
        Some(_) | None => String::new(),
    };
    options += &by.options;
    if verb != Choosing::Exits {
        options += &by.cgroups;
    }
    if !by.times.is_empty() {
        options += &match verb {
            Choosing::Before => {
                format!(" --before-filter {}", quoted(&format!("time={}", by.times)))
            }
            Choosing::Exits | Choosing::Samples => format!(" --time {}", quoted(&by.times)),
        };
    }
    options
}

/// The event that stacks were sampled with.
fn sampled_event(recording: &Recording) -> Option<&str> {
    let mut events = recording.events.iter();
    let event = events.find(|event| !event.contains(':') || event.contains('/'))?;
    Some(event)
}

/// As long as before, in whole seconds.
fn seconds_again(recording: Option<&Recording>) -> String {
    let seconds = recording.and_then(|recording| recording.seconds);
    format!(
        "{:.0}",
        seconds.map_or(3.0, |seconds| seconds.clamp(3.0, 60.0))
    )
}

/// A path as a shell takes it.
pub fn quoted(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,=:@%".contains(c);
    if !path.is_empty() && path.chars().all(is_plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', r"'\''"))
    }
}

/// The condition of `diff --fail-if` that holds while the cause is still there.
fn gate(rule: &Rule, case: &Case<'_>, row: &MeasuredRow) -> String {
    let rate = case.threshold("rate").unwrap_or(100.0);
    let samples = case.threshold("samples").unwrap_or(5.0);
    // Half of what it was counts as not helped, where that is below the rule's own threshold.
    let least = row.rate.map_or(rate, |found| rate.min(found / 2.0));
    // Rules look at rates of a vCPU, conditions at those of all.
    let vcpus = case.exits().map_or(1, |exits| exits.vcpus.max(1));
    let least = (least * f64::from(vcpus)).max(1.0);
    match &row.what {
        RowSubject::Exits { reason, place, .. } => match place {
            Some(ExitSite::Port(port)) => format!("port:{port:#x}/s > {least:.0}"),
            Some(ExitSite::Apic(register)) => format!("apic:{register:#x}/s > {least:.0}"),
            Some(ExitSite::Msr(index)) => format!("msr:{index:#x}/s > {least:.0}"),
            Some(ExitSite::Gpa(gpa)) => format!("mmio:{gpa:#x}/s > {least:.0}"),
            Some(ExitSite::Hypercall(_) | ExitSite::Memory) | None => {
                format!("exit-reason:{reason}/s > {least:.0}")
            }
        },
        RowSubject::Function(name) if is_divided(rule) => {
            let half = row.share.unwrap_or_default() * 50.0;
            format!("frame:{name} > {half:.1}%")
        }
        RowSubject::Function(name) => format!("frame:{name} > {samples}%"),
        RowSubject::Tag(tag) => format!("{tag} > {samples}%"),
    }
}

/// A register with its direction, as tables show it.
pub fn place_words(place: ExitSite, direction: Direction) -> String {
    let place = match place {
        ExitSite::Port(port) => format!("port {port:#x}"),
        ExitSite::Apic(register) => format!("{:#x}", 0xfee0_0000_u64 + u64::from(register)),
        ExitSite::Msr(index) => format!("MSR {index:#x}"),
        ExitSite::Gpa(gpa) => format!("{gpa:#x}"),
        ExitSite::Hypercall(number) => format!("hypercall {number:#x}"),
        ExitSite::Memory => "guest memory".to_owned(),
    };
    match direction.as_str() {
        "" => place,
        direction => format!("{place} {direction}"),
    }
}
