//! How often rules spoke in a cohort.

use super::input::{CohortInput, destination, is_dataset, refuse};
use super::wrong_cohort::WrongCohort;
use crate::cli::advise::AdviseOptions;
use crate::cli::outcome::Outcome;
use crate::cli::table_output::{TableForm, write_tables};
use std::path::Path;
use vmflame::dataset::{CohortRows, advice_question};
use vmflame::error::Result;
use vmflame::report::dataset::cohort_advice;

/// Writes the advice of a cohort; `None` where no input is a dataset, or none is read.
pub(super) fn run(options: &AdviseOptions) -> Result<Option<Outcome>> {
    if options.explain.is_some() {
        return Ok(None);
    }
    for input in &options.inputs {
        if is_dataset(input, &options.cohort)? {
            return write(options, input).map(Some);
        }
    }
    Ok(None)
}

fn write(options: &AdviseOptions, folder: &Path) -> Result<Outcome> {
    let destination = destination(Path::new("-"), folder)?;
    if let Some(option) = options.filter.first_given() {
        return Err(WrongCohort::OptionOfOneCapture { option }.into());
    }
    refuse(&[
        ("a second input", options.inputs.len() > 1),
        ("--mtree", !options.devices.mtree.is_empty()),
        ("--qmp", options.devices.qmp.is_some()),
    ])?;
    let input = CohortInput::new(folder, &options.cohort, CohortRows::Vms)?;
    let answers = input.ask(&advice_question(&input.condition))?;
    let source = folder.display().to_string();
    let tables = cohort_advice(&answers, &input.condition, &source);
    let form = TableForm::of(options.json, false);
    write_tables(&tables, tables.tables.first(), form, &destination)?;
    Ok(Outcome::Done)
}
