//! A dataset as an input, and what is asked of it.

use std::path::Path;

use super::wrong_cohort::WrongCohort;
use crate::cli::diff_args::DiffOptions;
use crate::cli::fleet::{AskedDataset, is_in_s3};
use crate::cli::inputs::Inputs;
use crate::cli::options::{CohortOptions, EngineOption};
use crate::cli::write::Destination;
use vmflame::dataset::{CohortCondition, CohortRows, CohortScript};
use vmflame::error::{Error, NothingLeft, Problem, Result};
use vmflame::report::dataset::{CohortFacts, EngineAnswers};

/// What makes a folder a dataset.
const LIST: &str = "dataset.json";

/// An input that is a dataset.
pub(super) struct CohortInput<'o> {
    folder: &'o Path,
    engine: &'o EngineOption,
    pub(super) condition: CohortCondition,
}

/// Whether an input is a dataset.
///
/// # Errors
/// When it is none, and there is a condition.
pub(super) fn is_dataset(input: &Path, options: &CohortOptions) -> Result<bool> {
    let is_dataset = is_list_there(input);
    let condition = options.condition.as_ref().map(|_| "--where");
    let given = condition.or(options.engine.first_given());
    match given.filter(|_| !is_dataset) {
        Some(option) => Err(WrongCohort::NoDataset {
            input: input.to_owned(),
            option,
        }
        .into()),
        None => Ok(is_dataset),
    }
}

/// Whether cohorts of a dataset are compared.
///
/// # Errors
/// When there are conditions and no dataset, or a dataset and no conditions.
pub(super) fn is_compared(options: &DiffOptions) -> Result<bool> {
    let has_sides = options.cohorts.both().is_some();
    let sides = has_sides.then_some("--before");
    let given = sides.or(options.cohorts.engine.first_given());
    match (given, is_list_there(&options.before)) {
        (Some(option), false) => Err(WrongCohort::NoDataset {
            input: options.before.clone(),
            option,
        }
        .into()),
        (_, is_dataset) => Ok(is_dataset),
    }
}

/// Whether an input is a dataset. What is in S3 is meant as one: captures are files.
fn is_list_there(input: &Path) -> bool {
    is_in_s3(input) || input.is_dir() && input.join(LIST).is_file()
}

impl<'o> CohortInput<'o> {
    /// The part of a dataset that is meant.
    ///
    /// # Errors
    /// When the condition is none.
    pub(super) fn new(
        folder: &'o Path,
        options: &'o CohortOptions,
        rows: CohortRows,
    ) -> Result<Self> {
        let condition = match &options.condition {
            Some(text) => condition(text, rows)?,
            None => CohortCondition::everything(),
        };
        Ok(Self {
            folder,
            engine: &options.engine,
            condition,
        })
    }

    /// What the engine answers.
    ///
    /// # Errors
    /// When it cannot, or nothing passes the condition.
    pub(super) fn ask(&self, script: &CohortScript) -> Result<EngineAnswers> {
        let answers = self.ask_for_any(script)?;
        answers.ok_or_else(|| NothingLeft::OfDataset.into())
    }

    /// The same; `None` when nothing passes the condition.
    ///
    /// # Errors
    /// When the engine cannot answer.
    pub(super) fn ask_for_any(&self, script: &CohortScript) -> Result<Option<EngineAnswers>> {
        let asked = ask(self.folder, self.engine, script);
        let answers = asked.map_err(|error| self.of_condition(error))?;
        let captures = CohortFacts::of(&answers).captures;
        Ok((captures > 0).then_some(answers))
    }

    /// An error with the condition that may be why.
    fn of_condition(&self, error: Error) -> Error {
        if self.condition.text.is_empty() {
            return error;
        }
        let hint = error.hint().map(|hint| format!("{hint}\n"));
        let text = &self.condition.text;
        error.with_hint(format!(
            "{}the condition is: {text}",
            hint.unwrap_or_default()
        ))
    }
}

/// Reads a condition.
///
/// # Errors
/// When it is none.
pub(super) fn condition(text: &str, rows: CohortRows) -> Result<CohortCondition> {
    CohortCondition::parse(text, rows).map_err(|wrong| {
        let text = text.to_owned();
        WrongCohort::Condition { text, wrong }.into()
    })
}

/// What the engine answers to a script over a dataset.
///
/// # Errors
/// When the folder is no dataset, there is no engine, or it refuses the script.
pub(super) fn ask(
    folder: &Path,
    engine: &EngineOption,
    script: &CohortScript,
) -> Result<EngineAnswers> {
    let dataset = AskedDataset::open(folder, engine)?;
    let text = script.over(&dataset.root, &dataset.manifest);
    let told = dataset.ask(&text)?;
    EngineAnswers::parse(&told, script.answers()).ok_or_else(|| {
        let what = "the engine's answer is cut off, or none".to_owned();
        Error::from(Problem::Arguments(what)).with_hint("duckdb 1.0 or later answers it")
    })
}

/// Refuses the first of the options that is given: what a dataset does not keep.
///
/// # Errors
/// With that option.
pub(super) fn refuse(options: &[(&'static str, bool)]) -> Result<()> {
    let given = options.iter().find(|(_, is_given)| *is_given);
    given.map_or(Ok(()), |&(option, _)| {
        Err(WrongCohort::OptionOfOneCapture { option }.into())
    })
}

/// Where an answer goes: anywhere but over the list of the dataset's files.
///
/// # Errors
/// When it cannot go there.
pub(super) fn destination(output: &Path, folder: &Path) -> Result<Destination> {
    let list = folder.join(LIST);
    let inputs = Inputs {
        files: vec![&list],
        ..Inputs::default()
    };
    Destination::new(output, &inputs)
}
