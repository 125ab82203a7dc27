//! What a condition is about where cohorts are compared, or why they do not tell it.

use super::compared_values::ComparedValues;
use super::exit_value::{ExitMeasure, ExitQuantity};
use super::value::GateQuantity;
use crate::before_after::Sides;
use crate::diff::cohort::{CohortComparison, CohortKey, KeyKind};
use crate::diff::comparison::Subject;
use crate::diff::exits::SubjectKind;
use crate::text::with_commas;

/// The key of a quantity.
///
/// # Errors
/// When cohorts do not tell it: why.
pub(super) fn key_of(quantity: &GateQuantity) -> Result<CohortKey, String> {
    let key = |kind, name: &str| CohortKey {
        kind,
        name: name.to_owned(),
    };
    match quantity {
        GateQuantity::Head(Subject::Tag(tag)) => Ok(key(KeyKind::Tag, tag.as_str())),
        GateQuantity::Head(Subject::Exits) => Ok(key(KeyKind::Tag, "exits")),
        GateQuantity::Head(_) => Err("it is what the shares of cohorts are parts of".to_owned()),
        GateQuantity::Frame(name) => Ok(key(KeyKind::Inclusive, name)),
        GateQuantity::Own(name) => Ok(key(KeyKind::Own, name)),
        GateQuantity::Event { .. } => Err("datasets keep no occurrences of events".to_owned()),
        GateQuantity::Ready(_) => Err("datasets do not keep how long vCPUs were ready".to_owned()),
        GateQuantity::Exit(exits) => exit_key(exits),
    }
}

fn exit_key(exits: &ExitQuantity) -> Result<CohortKey, String> {
    let subject = &exits.subject;
    let is_reason = subject.kind == SubjectKind::Reason;
    let kind = match (exits.measure, is_reason) {
        (ExitMeasure::Count, _) => {
            return Err("recordings of any length are compared by rates: write /s".to_owned());
        }
        (ExitMeasure::Rate, true) => KeyKind::ReasonRate,
        (ExitMeasure::Rate, false) => KeyKind::RegisterRate,
        (ExitMeasure::Total, true) => KeyKind::ReasonTime,
        (ExitMeasure::Total, false) => KeyKind::RegisterTime,
        (ExitMeasure::Percentile(0.5), true) => KeyKind::ReasonP50,
        (ExitMeasure::Percentile(0.99), true) => KeyKind::ReasonP99,
        (ExitMeasure::Percentile(_) | ExitMeasure::Longest, _) => {
            let what = "cohorts are compared by exit-p50 and exit-p99 of reasons";
            return Err(what.to_owned());
        }
    };
    let name = if is_reason {
        subject.name.clone()
    } else {
        format!("{} {}", subject.kind.as_str(), subject.name)
    };
    Ok(CohortKey { kind, name })
}

/// The two values of a quantity.
///
/// # Errors
/// When they were not measured on both sides, or cohorts do not tell them: why.
pub(super) fn find(
    comparison: &CohortComparison,
    quantity: &GateQuantity,
) -> Result<ComparedValues, String> {
    let key = key_of(quantity)?;
    let unit = key.kind.unit();
    if let Some(change) = comparison.find(&key) {
        let shown = |value: f64| with_commas(&format!("{value:.2}"));
        let Sides { before, after } = change.values;
        return Ok(ComparedValues {
            values: change.values,
            is_significant: change.beats_noise,
            words: format!("{} {unit} → {} {unit}", shown(before), shown(after)),
        });
    }
    // What was recorded and does not occur is 0. Names of functions and percentiles have no such 0.
    let is_alike = |kind: KeyKind| kind.is_of_samples() == key.kind.is_of_samples();
    let mut changes = comparison.changes.iter();
    let is_measured = changes.any(|change| is_alike(change.key.kind) && change.key.kind.has_zero());
    if key.kind.has_zero() && !key.kind.is_of_functions() && is_measured {
        return Ok(ComparedValues {
            values: Sides::default(),
            is_significant: false,
            words: format!("0 {unit} → 0 {unit}"),
        });
    }
    Err("no host of one of the sides tells it".to_owned())
}
