//! Advice as text for people.

use super::explain::rule_head;
use super::lines::{AdviceLines, remedy_words};
use super::looked_at::{write_looked_at, write_vm};
use super::words::{Words, per_cent, per_second, row_subject, see_words, vm_name, vmm_share_words};
use crate::kvm::advice::{
    ACCESS, Evidence, FittingRemedy, Gain, JudgedNeed, MeasuredRow, Measurement, Presence,
    RowSubject, RuleFinding, RuleKind, VmEvidence,
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
    let items = advice_items(evidence, findings);
    if !items.iter().any(|item| item.group == AdviceGroup::Costs) {
        out.push_str(nothing_found(evidence));
    }
    let mut before = None;
    for (number, item) in (1..).zip(&items) {
        let is_first = before.replace(item.group) != Some(item.group);
        match item.group {
            AdviceGroup::Costs if is_first => {}
            AdviceGroup::Costs => out.push('\n'),
            AdviceGroup::Recording | AdviceGroup::Expected if is_first => {
                out.push_str(&format!("\n{}\n", item.group.words()));
            }
            AdviceGroup::Recording | AdviceGroup::Expected => {}
        }
        let mark = match item.group {
            AdviceGroup::Costs => format!("{number}."),
            AdviceGroup::Recording | AdviceGroup::Expected => "-".to_owned(),
        };
        out.push_str(&format!("{mark} {}\n", item.head));
        item.lines.write(&mut out);
    }
    write_looked_at(&mut out, evidence);
    out
}

/// What a finding is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AdviceGroup {
    /// What costs time.
    Costs,
    /// How it was recorded.
    Recording,
    /// What may be ignored.
    Expected,
}

impl AdviceGroup {
    /// What stands above its findings.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Costs => "what costs time",
            Self::Recording => "the recording itself",
            Self::Expected => "as it should be, and may be ignored",
        }
    }

    const fn holds(self, kind: RuleKind) -> bool {
        match self {
            Self::Costs => matches!(kind, RuleKind::Cost | RuleKind::Unclear),
            Self::Recording => matches!(kind, RuleKind::Recording),
            Self::Expected => matches!(kind, RuleKind::Expected),
        }
    }
}

/// A finding as it is told.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct AdviceItem {
    pub(crate) group: AdviceGroup,
    /// The title and the name of its rule.
    pub(crate) head: String,
    /// What is said below it.
    pub(crate) lines: AdviceLines,
}

/// The findings in the order in which they are told. Those that cost time come first: their numbers
/// are their places.
pub(crate) fn advice_items(evidence: &Evidence, findings: &[RuleFinding]) -> Vec<AdviceItem> {
    let groups = [
        AdviceGroup::Costs,
        AdviceGroup::Recording,
        AdviceGroup::Expected,
    ];
    let mut told = ToldBefore::default();
    let mut items = Vec::new();
    for group in groups {
        let mut of_group: Vec<&RuleFinding> = findings
            .iter()
            .filter(|found| group.holds(found.rule.kind))
            .collect();
        of_group.sort_by_key(|found| found.rule.kind == RuleKind::Unclear);
        for finding in of_group {
            if group == AdviceGroup::Costs {
                told.number = items.len() + 1;
            }
            items.push(AdviceItem {
                group,
                head: rule_head(finding.rule),
                lines: finding_lines(evidence, finding, &mut told),
            });
        }
    }
    items
}

/// What is said where no finding costs time.
pub(crate) fn nothing_found(evidence: &Evidence) -> &'static str {
    let vms = &evidence.vms;
    if vms.is_empty() {
        "no VM was seen: neither exits nor samples of vCPU threads are in what was read\n"
    } else if vms
        .iter()
        .all(|vm| vm.exits.is_none() && vm.stacks.as_ref().is_some_and(|stacks| stacks.is_unnamed))
    {
        "nothing is known: functions of KVM have no names in these stacks (--kallsyms names them)\n"
    } else if vms.iter().all(is_unknown) {
        "nothing found, but exits were neither counted nor timed, and no vCPU thread was sampled: what \
         the guests' time went to is not known\n"
    } else {
        "nothing found that costs the guests much time\n"
    }
}

/// Whether nothing tells what its vCPUs' time went to: neither exits nor samples, at most accesses.
fn is_unknown(vm: &VmEvidence) -> bool {
    let exits = vm.exits.as_ref();
    let counts = exits.is_some_and(|exits| exits.rows.iter().any(|row| row.reason != ACCESS));
    vm.stacks.is_none() && !counts
}

/// Of which VM a finding is, where there are several.
fn add_vm_name(out: &mut AdviceLines, evidence: &Evidence, finding: &RuleFinding) {
    let vm = finding.vm.and_then(|ix| evidence.vms.get(ix));
    if let Some(vm) = vm.filter(|_| evidence.vms.len() > 1) {
        out.line("VM", &vm_name(vm));
    }
}

/// What is said of a finding below its head. How sure it is and what can be gained is said of what
/// costs time.
fn finding_lines(evidence: &Evidence, finding: &RuleFinding, told: &mut ToldBefore) -> AdviceLines {
    let mut lines = AdviceLines::default();
    add_vm_name(&mut lines, evidence, finding);
    add_evidence(&mut lines, evidence, finding);
    lines.line("meaning", finding.rule.meaning);
    for fitting in &finding.remedies {
        add_remedy(&mut lines, fitting, told);
    }
    if matches!(finding.rule.kind, RuleKind::Cost | RuleKind::Unclear) {
        add_prospects(&mut lines, finding);
    }
    lines
}

/// What can be gained, how to see whether it was, and how sure the finding is.
fn add_prospects(out: &mut AdviceLines, finding: &RuleFinding) {
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
        out.line("gain", &words);
    }
    if let Some(check) = &finding.check {
        out.exact_line("afterwards", &one_line(&check.record));
        out.exact_line("", &one_line(&check.compare));
    }
    let mut certainty = vec![finding.certainty.as_str().to_owned()];
    certainty.extend(finding.doubts.iter().cloned());
    out.line("certainty", &certainty.join("; "));
}

fn is_of_samples(measured: &Measurement) -> bool {
    let first = measured.rows.first().map(|row| &row.what);
    matches!(first, Some(RowSubject::Function(_) | RowSubject::Tag(_)))
}

fn add_evidence(out: &mut AdviceLines, evidence: &Evidence, finding: &RuleFinding) {
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
        out.line(label, &sum.to_string());
        label = "";
    }
    let shown = measured.rows.get(..SHOWN_ROWS).unwrap_or(&measured.rows);
    let width = shown
        .iter()
        .map(|row| row_subject(row).chars().count())
        .max();
    for row in shown {
        let text = row_line(row, width.unwrap_or_default());
        out.row_line(label, &text, &row.what);
        label = "";
    }
    if let Some(row) = measured.rows.first() {
        let mut see = see_words(row, evidence, finding);
        let more = measured.rows.len().saturating_sub(SHOWN_ROWS);
        if more > 0 {
            see = format!("and {} more: {see}", counted(more as u64, "row"));
        }
        out.exact_line(label, &one_line(&see));
        label = "";
    }
    for words in &measured.words {
        out.line(label, &one_line(words));
        label = "";
    }
    if !finding.culprits.is_empty() {
        let culprits = one_line(&finding.culprits.join(" ")).into_owned();
        out.line(label, &format!("the VMM's command line says {culprits}"));
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
fn add_remedy(out: &mut AdviceLines, fitting: &FittingRemedy, told: &mut ToldBefore) {
    let words = remedy_words(fitting.remedy);
    if let Some(number) = told.before(&words) {
        return out.line("remedy", &format!("{words}: see {number}"));
    }
    if let Some(why) = &fitting.in_place {
        let words = format!("{words}. In place already: {}", one_line(why));
        return out.line("no remedy", &words);
    }
    let lacks = |need: &&JudgedNeed| need.is_there == Presence::No;
    let lacking: Vec<String> = fitting.needs.iter().filter(lacks).map(need_words).collect();
    if !lacking.is_empty() {
        let words = format!("{words}. Not on this host: it needs {}", lacking.join("; "));
        return out.line("no remedy", &words);
    }
    out.remedy(fitting.remedy);
    if !fitting.needs.is_empty() {
        let needs: Vec<String> = fitting.needs.iter().map(need_words).collect();
        out.line("  needs", &needs.join("; "));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kvm::advice::{ExitEvidence, ExitKind, ExitRow, StackEvidence};
    use crate::kvm::exit::Direction;

    /// As on a host whose `kvm_exit` does not fire: what was not measured is not said to be cheap.
    #[test]
    fn accesses_alone_do_not_tell_that_nothing_costs_time() {
        let row = |reason: &str| ExitRow {
            kind: ExitKind::Port,
            reason: reason.to_owned(),
            place: None,
            direction: Direction::Write,
            device: None,
            count: 1,
            nanos: 0,
            user_nanos: 0,
            is_doorbell: false,
        };
        let told = |reason: &str, stacks: Option<StackEvidence>| {
            let exits = ExitEvidence {
                rows: vec![row(reason)],
                ..ExitEvidence::default()
            };
            let vm = VmEvidence {
                exits: Some(exits),
                stacks,
                ..VmEvidence::default()
            };
            nothing_found(&Evidence {
                vms: vec![vm],
                ..Evidence::default()
            })
        };
        assert!(told(ACCESS, None).contains("not known"));
        let cheap = "nothing found that costs the guests much time\n";
        assert_eq!(told("io", None), cheap);
        assert_eq!(told(ACCESS, Some(StackEvidence::default())), cheap);
    }
}
