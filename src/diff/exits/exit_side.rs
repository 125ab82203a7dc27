//! The exits of one side, and what of them was measured.

use std::collections::{BTreeMap, BTreeSet};

use super::ready::{ReadyFiguresOf, ready_figures};
use super::subject::{ExitSubject, SubjectKind};
use crate::analysis::Request;
use crate::analysis::exits::{Dimension, ExitRequest, RecordedExits, TimeBasis};
use crate::kvm::exit::{DimensionValue, ExitStats, ReasonNames, ViewRow};

/// Seconds that a side is cut into; with fewer, nothing is known of how its rates vary.
const LEAST_SECONDS: u64 = 8;
/// Longer captures are not cut: each second would be a row of its own.
const MOST_SECONDS: u64 = 600;
/// Lost records, in parts of all, above which counts tell too little.
const LOST_PART: f64 = 0.01;

/// What is asked of a capture's exits for a comparison.
pub fn exit_request(filter: &Request) -> ExitRequest {
    ExitRequest {
        filter: filter.clone(),
        views: vec![
            vec![Dimension::Reason],
            vec![Dimension::Register],
            vec![Dimension::Reason, Dimension::Second],
            vec![Dimension::Register, Dimension::Second],
        ],
        basis: TimeBasis::Handled,
        slowest: 0,
        ..ExitRequest::default()
    }
}

/// Exits of one subject.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ExitFigures {
    /// Exits; where no `kvm_exit` was recorded, accesses.
    pub count: u64,
    /// What they have in common.
    pub stats: ExitStats,
    /// How many in each second of the capture; empty where that is not known.
    pub(super) seconds: BTreeMap<u64, u64>,
}

impl ExitFigures {
    /// All time that the guest was kept waiting, in nanoseconds.
    pub fn total_ns(&self) -> u64 {
        self.stats.total(TimeBasis::Handled)
    }

    /// The time that a part of the exits, from 0 to 1, did not exceed, in nanoseconds; `None` where
    /// no time is known.
    pub fn percentile_ns(&self, part: f64) -> Option<u64> {
        let found = self.stats.histogram.percentile(part)?;
        Some(found.clamp(self.stats.least, self.stats.greatest))
    }
}

/// The exits of one side.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ExitSide {
    /// How much time of the capture they are of, in nanoseconds.
    pub span_ns: u64,
    /// The clock's first nanosecond of it.
    pub(super) first_ns: u64,
    pub(super) figures: BTreeMap<ExitSubject, ExitFigures>,
    has_exits: bool,
    /// How long vCPUs were ready.
    pub(super) ready: ReadyFiguresOf,
    /// What kinds of registers the capture tells.
    told: BTreeSet<SubjectKind>,
    /// Why counts of it tell nothing, if they do not.
    doubt: Option<String>,
}

impl ExitSide {
    /// The exits of a capture, which was asked by [`exit_request`].
    pub fn of(recorded: &RecordedExits) -> Self {
        let survey = &recorded.survey;
        let mut side = Self {
            span_ns: recorded.span_ns,
            first_ns: recorded.times.map_or(0, |(first, _)| first.as_nanos()),
            has_exits: survey.recorded().exits,
            ready: ready_figures(recorded),
            doubt: doubt(recorded),
            ..Self::default()
        };
        side.told = told_kinds(recorded);
        let names = ReasonNames::new(&recorded.formats);
        let [reasons, registers, reasons_by_second, registers_by_second] = survey.views() else {
            return side;
        };
        for view in [reasons, registers] {
            for row in view.rows() {
                if let Some(figures) = side.figures_of(&row, &names) {
                    figures.stats.merge(row.stats);
                }
            }
        }
        for view in [reasons_by_second, registers_by_second] {
            for row in view.rows() {
                let count = row.stats.exits;
                if let (Some(figures), Some(DimensionValue::Second(second))) =
                    (side.figures_of(&row, &names), row.values.last())
                {
                    *figures.seconds.entry(*second).or_default() += count;
                }
            }
        }
        let has_exits = side.has_exits;
        for figures in side.figures.values_mut() {
            let ExitStats {
                exits, accesses, ..
            } = figures.stats;
            figures.count = if has_exits { exits } else { accesses };
        }
        side
    }

    fn figures_of(&mut self, row: &ViewRow<'_>, names: &ReasonNames) -> Option<&mut ExitFigures> {
        let subject = match row.values.first()? {
            DimensionValue::Reason(reason) => ExitSubject {
                kind: SubjectKind::Reason,
                name: names.name(*reason).text,
            },
            DimensionValue::Access(access) => ExitSubject::of_access(*access)?,
            DimensionValue::Absent
            | DimensionValue::Vm(_)
            | DimensionValue::Vcpu(_)
            | DimensionValue::Page(_)
            | DimensionValue::Rip(_)
            | DimensionValue::KernelStack(_)
            | DimensionValue::Second(_)
            | DimensionValue::Slice(_) => return None,
        };
        Some(self.figures.entry(subject).or_default())
    }

    /// What a subject came to; `None` where it does not occur.
    pub fn get(&self, subject: &ExitSubject) -> Option<&ExitFigures> {
        self.figures.get(subject)
    }

    /// Why nothing can be said of a subject's counts; `None` when it was measured.
    pub(crate) fn lacks(&self, subject: &ExitSubject) -> Option<String> {
        if subject.kind == SubjectKind::Reason && !self.has_exits {
            return Some("did not record kvm_exit".to_owned());
        }
        if subject.kind != SubjectKind::Reason && !self.told.contains(&subject.kind) {
            let event = tracepoint_of(subject.kind);
            return Some(format!("did not record {event}"));
        }
        self.doubt.clone()
    }

    /// Why nothing can be said of how long a subject's exits took; `None` when it was measured.
    pub(crate) fn lacks_times(&self, subject: &ExitSubject) -> Option<String> {
        if !self.has_exits {
            return Some("did not record kvm_exit".to_owned());
        }
        let found = self.get(subject)?;
        let is_unknown = found.count > 0 && found.stats.timed == 0;
        is_unknown.then(|| "tells no time of these exits".to_owned())
    }

    /// The whole seconds of the clock that lie in the span, and how many nanoseconds of each; empty
    /// where there are too few of them or too many.
    pub(super) fn seconds(&self) -> BTreeMap<u64, f64> {
        const SECOND: u64 = 1_000_000_000;
        let last = self.first_ns.saturating_add(self.span_ns);
        let whole = self.first_ns.div_ceil(SECOND)..last / SECOND;
        let len = whole.end.saturating_sub(whole.start);
        if !(LEAST_SECONDS..=MOST_SECONDS).contains(&len) {
            return BTreeMap::new();
        }
        whole.map(|second| (second, 1.0)).collect()
    }
}

/// Which kinds of registers a capture tells.
fn told_kinds(recorded: &RecordedExits) -> BTreeSet<SubjectKind> {
    let has = |name: &str| {
        let mut events = recorded.events.iter();
        events.any(|event| event.name == name)
    };
    let kinds = SubjectKind::ALL.into_iter().map(|(_, kind)| kind);
    let tells = |kind: &SubjectKind| match kind {
        SubjectKind::Reason => true,
        // Exits by port tell it themselves: `info1`, since Linux 3.4.
        SubjectKind::Port => has("kvm:kvm_pio") || tells_details(recorded),
        SubjectKind::Apic => has("kvm:kvm_apic") || has("kvm:kvm_mmio"),
        SubjectKind::Mmio | SubjectKind::Msr | SubjectKind::Cpuid | SubjectKind::Hypercall => {
            has(tracepoint_of(*kind))
        }
    };
    kinds.filter(tells).collect()
}

fn tracepoint_of(kind: SubjectKind) -> &'static str {
    match kind {
        SubjectKind::Reason => "kvm:kvm_exit",
        SubjectKind::Port => "kvm:kvm_pio",
        SubjectKind::Mmio => "kvm:kvm_mmio",
        SubjectKind::Apic => "kvm:kvm_apic",
        SubjectKind::Msr => "kvm:kvm_msr",
        SubjectKind::Cpuid => "kvm:kvm_cpuid",
        SubjectKind::Hypercall => "kvm:kvm_hypercall",
    }
}

/// Whether `kvm_exit` was recorded, and tells more than the reason.
fn tells_details(recorded: &RecordedExits) -> bool {
    let formats = &recorded.formats;
    let exit = formats
        .by_name("kvm:kvm_exit")
        .and_then(|ix| formats.get(ix));
    recorded.survey.recorded().exits && exit.is_some_and(|exit| exit.field("info1").is_some())
}

/// Why counts tell nothing, if they do not.
fn doubt(recorded: &RecordedExits) -> Option<String> {
    if let Some(name) = recorded.sampled.first() {
        return Some(format!("did not record every occurrence of {name}"));
    }
    let tally = &recorded.tally;
    let lost = tally.lost_records.saturating_add(tally.lost_samples);
    let all = tally.read.saturating_add(lost);
    let is_much = lost as f64 > LOST_PART * all as f64;
    is_much.then(|| format!("lost {lost} of {all} records, exits perhaps among them"))
}
