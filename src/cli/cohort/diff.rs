//! Two cohorts, compared.

use super::input::{ask, condition, destination, refuse};
use super::wrong_cohort::WrongCohort;
use crate::cli::diff::{gates, told};
use crate::cli::diff_args::{DiffFormat, DiffOptions};
use crate::cli::outcome::Outcome;
use crate::cli::table_output::{TableForm, write_tables};
use std::path::Path;
use vmflame::dataset::{CohortRows, TwoCohortsWish, two_cohorts_question};
use vmflame::diff::{CohortComparison, CohortMeasure, Gate, KeyKind};
use vmflame::error::{Error, Problem, Result};
use vmflame::report::dataset::{MeasuredCohorts, cohort_changes, exit_tags};
use vmflame::text::counted;

/// Writes what changed between two cohorts, and holds conditions against it.
pub(super) fn run(options: &DiffOptions, quiet: bool) -> Result<Outcome> {
    let gates = gates(options)?;
    refuse_others(options)?;
    let texts = options.cohorts.both().ok_or(WrongCohort::OneSide)?;
    let folder = options.before.as_path();
    let output = options.output.as_deref().unwrap_or(Path::new("-"));
    let destination = destination(output, folder)?;
    let [before, after] = texts
        .each_ref()
        .map(|text| condition(text, CohortRows::Vms));
    let sides = [before?, after?];
    let script = two_cohorts_question(&sides, &wish(&gates));
    let answers = ask(folder, &options.cohorts.engine, &script);
    let answers = answers.map_err(|error| of_conditions(error, &texts))?;
    let measured = MeasuredCohorts::of(&answers)
        .ok_or_else(|| Error::from(Problem::Arguments("the engine's answer is none".to_owned())))?;
    refuse_sides(&measured)?;
    let compared = compare(options, &measured.measures);
    let source = folder.display().to_string();
    let tables = cohort_changes(&compared, &measured, &texts, &source, options.top);
    let is_json = options.json || options.format == Some(DiffFormat::Json);
    let form = TableForm::of(is_json, options.cohorts.csv);
    write_tables(&tables, tables.tables.first(), form, &destination)?;
    if form == TableForm::Csv && !quiet {
        for warning in &tables.warnings {
            eprintln!("warning: {warning}");
        }
    }
    let verdicts = gates
        .iter()
        .map(|gate| gate.check_cohorts(&compared, options.any_change));
    Ok(told(options, verdicts, quiet))
}

fn compare(options: &DiffOptions, measures: &[CohortMeasure]) -> CohortComparison {
    CohortComparison::new(measures, options.confidence, options.min_change)
}

/// What conditions name is compared, however small it is.
fn wish(gates: &[Gate]) -> TwoCohortsWish {
    let mut wish = TwoCohortsWish {
        exit_tags: exit_tags(),
        ..TwoCohortsWish::default()
    };
    for key in gates.iter().filter_map(|gate| gate.cohort_key().ok()) {
        if key.kind.is_of_functions() {
            wish.functions.push(key.name);
        } else if matches!(key.kind, KeyKind::RegisterRate | KeyKind::RegisterTime) {
            wish.registers.push(key.name);
        }
    }
    wish
}

fn refuse_sides(measured: &MeasuredCohorts) -> Result<()> {
    let facts = &measured.facts;
    for (side, captures) in [
        ("before", facts.before.captures),
        ("after", facts.after.captures),
    ] {
        if captures == 0 {
            return Err(WrongCohort::EmptySide { side }.into());
        }
    }
    if measured.twice > 0 {
        let recordings = counted(measured.twice, "capture");
        return Err(WrongCohort::OnBothSides { recordings }.into());
    }
    Ok(())
}

fn of_conditions(error: Error, [before, after]: &[String; 2]) -> Error {
    let hint = error.hint().map(|hint| format!("{hint}\n"));
    error.with_hint(format!(
        "{}the conditions are: {before}; {after}",
        hint.unwrap_or_default()
    ))
}

/// Refuses what is about one capture a side.
fn refuse_others(options: &DiffOptions) -> Result<()> {
    if let Some(option) = options.filter.first_given() {
        return Err(WrongCohort::OptionOfOneCapture { option }.into());
    }
    let is_picture = matches!(options.format, Some(DiffFormat::Svg | DiffFormat::Folded));
    let ending = options.output.as_deref().and_then(Path::extension);
    let is_picture = is_picture || ending.is_some_and(|ending| ending == "svg");
    refuse(&[
        ("a second input", options.after.is_some()),
        ("a picture", is_picture),
        ("--before-filter", !options.before_filter.is_empty()),
        ("--after-filter", !options.after_filter.is_empty()),
        ("--normalise", options.normalise.is_some()),
        ("--per", options.per.is_some()),
        ("--match", options.matching.is_some()),
        ("--weight", options.weight.is_some()),
        ("--group", options.group.is_some()),
        ("--kernel-only", options.kernel_only),
        ("--user-only", options.user_only),
        ("--no-tag", options.no_tag),
        ("--rules", options.rules.is_some()),
        ("--title", options.title.is_some()),
        ("--width", options.width.is_some()),
        ("--kallsyms", options.kallsyms.is_some()),
    ])
}
