//! How rules conclude.

use std::fmt::Write as _;

use super::lines::{AdviceLines, line};
use crate::kvm::advice::{CpuNeed, Need, Remedy, Rule, all_rules, thresholds_of};

/// The title and the name of a rule.
pub(super) fn rule_head(rule: &Rule) -> String {
    format!("{} [{}]", rule.title, rule.id)
}

/// All rules, a line each.
pub fn list_rules() -> String {
    let mut out = String::new();
    for rule in all_rules() {
        // Writing to a String never fails.
        let _ = writeln!(out, "{:<20} {}", rule.id, rule.title);
    }
    out
}

/// How one rule concludes, with what it rests on.
pub fn explain_rule(rule: &Rule) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}", rule_head(rule));
    line(&mut out, "how", rule.reasoning);
    for threshold in thresholds_of(rule.id) {
        let why = match threshold.why {
            "-" => String::new(),
            why => format!(": {why}"),
        };
        let text = format!(
            "{} from {} {} on{why}",
            threshold.quantity, threshold.value, threshold.unit
        );
        line(&mut out, "threshold", &text);
    }
    line(&mut out, "meaning", rule.meaning);
    if !rule.functions().is_empty() {
        line(&mut out, "in stacks", &rule.functions().join(", "));
    }
    if !rule.culprits.is_empty() {
        line(&mut out, "causes", &rule.culprits.join(", "));
    }
    for remedy in rule.remedies {
        explain_remedy(&mut out, remedy);
    }
    for source in rule.sources {
        line(&mut out, "source", source);
    }
    out
}

fn explain_remedy(out: &mut String, remedy: &Remedy) {
    let mut lines = AdviceLines::default();
    lines.remedy(remedy);
    for need in remedy.needs {
        lines.line("  needs", &need_words(*need));
    }
    lines.write(out);
}

fn need_words(need: Need) -> String {
    match need {
        Need::Kernel(least) => format!("Linux {least} or later on the host"),
        Need::Qemu(least) => format!("QEMU {least} or later"),
        Need::Libvirt(least) => format!("libvirt {least} or later"),
        Need::Guest(what) => format!("in the guest {what}"),
        Need::Host(what) => what.to_owned(),
        Need::Cpu(CpuNeed { what, flag }) => {
            format!("a CPU with {what} (/proc/cpuinfo: {flag})")
        }
    }
}
