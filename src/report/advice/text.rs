//! Advice as text for people.

use super::explain::rule_head;
use super::lines::{exact_line, line, remedy_lines, remedy_words};
use super::looked_at::{write_looked_at, write_vm};
use super::words::{Words, per_cent, per_second, row_subject, see_words, vm_name, vmm_share_words};
use crate::kvm::advice::{
    Evidence, FittingRemedy, Gain, JudgedNeed, MeasuredRow, Measurement, Presence, RowSubject,
    RuleFinding, RuleKind,
};
use crate::text::{counted, grouped, one_line};

/// Rows of evidence that are shown of a finding.
const SHOWN_ROWS: usize = 4;

/// The findings, what may be ignored, and what was looked at.
pub fn as_text(evidence: &Evidence, findings: &[RuleFinding]) -> String {
    let mut out = String::new();
    for vm in &evidence.vms {
        write_vm(&mut out, vm);
    }
    if !evidence.vms.is_empty() {
        out.push('\n');
    }
    let of_kind = |kind| findings.iter().filter(move |found| found.rule.kind == kind);
    let costs = of_kind(RuleKind::Cost).chain(of_kind(RuleKind::Unclear));
    let costs: Vec<&RuleFinding> = costs.collect();
    if costs.is_empty() {
        out.push_str(nothing_found(evidence));
    }
    let mut told = ToldBefore::default();
    for (number, finding) in (1..).zip(&costs) {
        if number > 1 {
            out.push('\n');
        }
        out.push_str(&format!("{number}. {}\n", rule_head(finding.rule)));
        told.number = number;
        write_finding(&mut out, evidence, finding, &mut told);
    }
    for (kind, head) in [
        (RuleKind::Recording, "the recording itself"),
        (RuleKind::Expected, "as it should be, and may be ignored"),
    ] {
        let found: Vec<&RuleFinding> = of_kind(kind).collect();
        if found.is_empty() {
            continue;
        }
        out.push_str(&format!("\n{head}\n"));
        for finding in found {
            out.push_str(&format!("- {}\n", rule_head(finding.rule)));
            write_vm_name(&mut out, evidence, finding);
            write_evidence(&mut out, evidence, finding);
            line(&mut out, "meaning", finding.rule.meaning);
            write_remedies(&mut out, finding, &mut told);
        }
    }
    write_looked_at(&mut out, evidence);
    out
}

/// What is said where no finding costs time.
fn nothing_found(evidence: &Evidence) -> &'static str {
    let mut vms = evidence.vms.iter();
    if evidence.vms.is_empty() {
        "no VM was seen: neither exits nor samples of vCPU threads are in what was read\n"
    } else if vms
        .all(|vm| vm.exits.is_none() && vm.stacks.as_ref().is_some_and(|stacks| stacks.is_unnamed))
    {
        "nothing is known: functions of KVM have no names in these stacks (--kallsyms names them)\n"
    } else {
        "nothing found that costs the guests much time\n"
    }
}

/// Of which VM a finding is, where there are several.
fn write_vm_name(out: &mut String, evidence: &Evidence, finding: &RuleFinding) {
    let vm = finding.vm.and_then(|ix| evidence.vms.get(ix));
    if let Some(vm) = vm.filter(|_| evidence.vms.len() > 1) {
        line(out, "VM", &vm_name(vm));
    }
}

fn write_finding(
    out: &mut String,
    evidence: &Evidence,
    finding: &RuleFinding,
    told: &mut ToldBefore,
) {
    write_vm_name(out, evidence, finding);
    write_evidence(out, evidence, finding);
    line(out, "meaning", finding.rule.meaning);
    write_remedies(out, finding, told);
    if let Some(gain) = finding.gain {
        let of = if is_of_samples(&finding.measured) {
            "of the samples on vCPU threads"
        } else {
            "of the vCPUs' time"
        };
        let words = match finding.rule.gain {
            Gain::Part => format!("a part of {} {of}", per_cent(gain)),
            Gain::All | Gain::Nothing | Gain::NoTime => {
                format!("at most {} {of}", per_cent(gain))
            }
        };
        line(out, "gain", &words);
    }
    if let Some(check) = &finding.check {
        exact_line(out, "afterwards", &one_line(&check.record));
        exact_line(out, "", &one_line(&check.compare));
    }
    let mut certainty = vec![finding.certainty.as_str().to_owned()];
    certainty.extend(finding.doubts.iter().cloned());
    line(out, "certainty", &certainty.join("; "));
}

fn is_of_samples(measured: &Measurement) -> bool {
    let first = measured.rows.first().map(|row| &row.what);
    matches!(first, Some(RowSubject::Function(_) | RowSubject::Tag(_)))
}

fn write_evidence(out: &mut String, evidence: &Evidence, finding: &RuleFinding) {
    let measured = &finding.measured;
    let mut label = "evidence";
    let of = if is_of_samples(measured) {
        "of the samples on vCPU threads"
    } else {
        "of vCPU time"
    };
    let mut sum = Words::default();
    sum.add(
        measured
            .rate
            .map(|rate| format!("{}/s per vCPU", per_second(rate))),
    );
    sum.add(
        measured
            .share
            .map(|share| format!("{} {of}", per_cent(share))),
    );
    sum.add(measured.user_share.map(vmm_share_words));
    if !sum.is_empty() && !measured.rows.is_empty() {
        line(out, label, &sum.to_string());
        label = "";
    }
    let shown = measured.rows.get(..SHOWN_ROWS).unwrap_or(&measured.rows);
    let width = shown
        .iter()
        .map(|row| row_subject(row).chars().count())
        .max();
    for row in shown {
        exact_line(out, label, &row_line(row, width.unwrap_or_default()));
        label = "";
    }
    if let Some(row) = measured.rows.first() {
        let mut see = see_words(row, evidence);
        let more = measured.rows.len().saturating_sub(SHOWN_ROWS);
        if more > 0 {
            see = format!("and {} more: {see}", counted(more as u64, "row"));
        }
        exact_line(out, label, &one_line(&see));
        label = "";
    }
    for words in &measured.words {
        line(out, label, &one_line(words));
        label = "";
    }
    if !finding.culprits.is_empty() {
        let culprits = one_line(&finding.culprits.join(" ")).into_owned();
        line(
            out,
            label,
            &format!("the VMM's command line says {culprits}"),
        );
    }
}

/// A row in columns: what, how many, how often, how much of the time.
fn row_line(row: &MeasuredRow, width: usize) -> String {
    let subject = row_subject(row);
    let gap = " ".repeat(width.saturating_sub(subject.chars().count()));
    let count = grouped(row.count);
    let rate = row
        .rate
        .map_or_else(String::new, |rate| format!("{}/s", per_second(rate)));
    let share = row.share.map_or_else(String::new, per_cent);
    format!("{subject}{gap}  {count:>9}  {rate:>9}  {share:>7}")
        .trim_end()
        .to_owned()
}

/// Remedies that were told, with the number of the finding: a clock helps several.
#[derive(Debug, Default)]
struct ToldBefore {
    number: usize,
    remedies: Vec<ToldRemedy>,
}

#[derive(Debug)]
struct ToldRemedy {
    words: String,
    number: usize,
}

impl ToldBefore {
    /// The finding that told a remedy; else it is told by this one.
    fn before(&mut self, words: &str) -> Option<usize> {
        let found = self.remedies.iter().find(|told| told.words == words);
        let before = found.map(|told| told.number);
        if before.is_none() {
            self.remedies.push(ToldRemedy {
                words: words.to_owned(),
                number: self.number,
            });
        }
        before
    }
}

/// Those that help first; those that are in place, or that this host cannot have, in a line each.
fn write_remedies(out: &mut String, finding: &RuleFinding, told: &mut ToldBefore) {
    for fitting in &finding.remedies {
        write_remedy(out, fitting, told);
    }
}

fn write_remedy(out: &mut String, fitting: &FittingRemedy, told: &mut ToldBefore) {
    let words = remedy_words(fitting.remedy);
    if let Some(number) = told.before(&words) {
        return line(out, "remedy", &format!("{words}: see {number}"));
    }
    if let Some(why) = &fitting.in_place {
        let words = format!("{words}. In place already: {}", one_line(why));
        return line(out, "no remedy", &words);
    }
    let lacks = |need: &&JudgedNeed| need.is_there == Presence::No;
    let lacking: Vec<String> = fitting.needs.iter().filter(lacks).map(need_words).collect();
    if !lacking.is_empty() {
        let words = format!("{words}. Not on this host: it needs {}", lacking.join("; "));
        return line(out, "no remedy", &words);
    }
    remedy_lines(out, fitting.remedy);
    if !fitting.needs.is_empty() {
        let needs: Vec<String> = fitting.needs.iter().map(need_words).collect();
        line(out, "  needs", &needs.join("; "));
    }
}

fn need_words(need: &JudgedNeed) -> String {
    let JudgedNeed {
        what,
        is_there,
        because,
    } = need;
    match (is_there, because.is_empty()) {
        (Presence::Unknown, true) => what.clone(),
        (_, true) => format!("{what} ({})", is_there.as_str()),
        (_, false) => format!("{what} ({}: {})", is_there.as_str(), one_line(because)),
    }
}
