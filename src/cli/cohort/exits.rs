//! Merged tables of exits of a cohort.

use super::input::{CohortInput, destination, refuse};
use super::wrong_cohort::WrongCohort;
use crate::cli::exits::ExitsOptions;
use crate::cli::outcome::Outcome;
use crate::cli::table_output::{TableForm, write_tables};
use vmflame::dataset::{CohortRows, exit_question};
use vmflame::error::Result;
use vmflame::report::dataset::{cohort_exits, exit_columns};

/// Writes the exits of a cohort.
pub(super) fn run(options: &ExitsOptions) -> Result<Outcome> {
    let folder = &options.input.input;
    let destination = destination(&options.output, folder)?;
    let filter = &options.filter;
    refuse(&[
        ("--all-time", options.all_time),
        ("--vm", !filter.vm.is_empty()),
        ("--pid", !filter.pid.is_empty()),
        ("--tid", !filter.tid.is_empty()),
        ("--comm", !filter.comm.is_empty()),
        ("--cpu", filter.cpu.is_some()),
        ("--time", filter.time.is_some()),
        ("--like-perf", options.like_perf.like_perf),
        ("--kallsyms", options.input.kallsyms.is_some()),
        ("--mtree", !options.devices.mtree.is_empty()),
        ("--qmp", options.devices.qmp.is_some()),
    ])?;
    let by = options.dimensions();
    let columns = exit_columns(&by).map_err(|dimension| WrongCohort::NotTold {
        by: dimension.as_str(),
    })?;
    let input = CohortInput::new(folder, &options.cohort, CohortRows::Exits)?;
    let answers = input.ask(&exit_question(&input.condition, &columns))?;
    let source = folder.display().to_string();
    let tables = cohort_exits(&answers, &input.condition, &by, &source);
    let form = TableForm::of(options.json, options.csv);
    write_tables(&tables, tables.tables.first(), form, &destination)?;
    Ok(Outcome::Done)
}
