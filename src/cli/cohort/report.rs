//! A cohort as one page.

use std::path::Path;

use super::input::{CohortInput, destination, refuse};
use super::wrong_cohort::WrongCohort;
use crate::cli::outcome::Outcome;
use crate::cli::report::ReportOptions;
use crate::cli::shown_name::name_of;
use vmflame::analysis::exits::Dimension;
use vmflame::dataset::{CohortRows, advice_question, exit_question, stack_question};
use vmflame::error::{Error, Problem, Result};
use vmflame::report::dataset::{
    CohortFacts, CohortGrouping, CohortStacks, CohortWeight, CohortWish, cohort_advice,
    cohort_exits, exit_columns,
};
use vmflame::report::page::{CohortPage, write_cohort_page};
use vmflame::report::table::TableReport;

/// Writes the page of a cohort.
pub(super) fn run(options: &ReportOptions) -> Result<Outcome> {
    let page = &options.page;
    let folder = page.input.input.as_path();
    let destination = destination(&options.output, folder)?;
    destination.refuse_terminal("a page of HTML", "-o report.html writes it to a file")?;
    if let Some(option) = page.filter.first_given() {
        return Err(WrongCohort::OptionOfOneCapture { option }.into());
    }
    refuse(&[
        ("--after", page.after.is_some()),
        ("--kallsyms", page.input.kallsyms.is_some()),
        ("--mtree", !page.devices.mtree.is_empty()),
        ("--qmp", page.devices.qmp.is_some()),
    ])?;
    let source = folder.display().to_string();
    // A column of captures and VMs is one of each question; others are refused here.
    let of_vms = CohortInput::new(folder, &options.cohort, CohortRows::Vms)?;
    let answers = of_vms.ask(&advice_question(&of_vms.condition))?;
    let facts = CohortFacts::of(&answers);
    let advice = cohort_advice(&answers, &of_vms.condition, &source);
    let stacks = stacks(options, folder)?;
    let exits = exits(options, folder, &source)?;
    let mut subtitles = vec![facts.words()];
    subtitles.extend(options.cohort.condition.clone());
    let title = page.title.clone().unwrap_or_else(|| name_of(folder));
    let written = CohortPage {
        title: &title,
        subtitles,
        advice: &advice,
        stacks: stacks.as_ref(),
        exits: &exits,
    };
    destination.write(|out| write_cohort_page(&written, out))?;
    Ok(Outcome::Done)
}

/// The stacks of the cohort; `None` where no sample passes.
fn stacks(options: &ReportOptions, folder: &Path) -> Result<Option<CohortStacks>> {
    let input = CohortInput::new(folder, &options.cohort, CohortRows::Samples)?;
    let Some(answers) = input.ask_for_any(&stack_question(&input.condition))? else {
        return Ok(None);
    };
    let wish = CohortWish {
        weight: CohortWeight::Samples,
        grouping: CohortGrouping::Process,
        is_tagged: true,
        no_idle: false,
    };
    let found = CohortStacks::of(&answers, wish);
    found.map(Some).ok_or_else(|| {
        let what = "the stacks of the dataset are not all there".to_owned();
        Error::from(Problem::Arguments(what))
            .with_hint("vmflame dataset check says what is missing")
    })
}

/// The exits of the cohort, by reason and by device; none where none passes.
fn exits(options: &ReportOptions, folder: &Path, source: &str) -> Result<Vec<TableReport>> {
    let input = CohortInput::new(folder, &options.cohort, CohortRows::Exits)?;
    let mut tables = Vec::new();
    for by in [[Dimension::Reason], [Dimension::Device]] {
        let columns = exit_columns(&by).unwrap_or_default();
        let question = exit_question(&input.condition, &columns);
        if let Some(answers) = input.ask_for_any(&question)? {
            tables.push(cohort_exits(&answers, &input.condition, &by, source));
        }
    }
    Ok(tables)
}
