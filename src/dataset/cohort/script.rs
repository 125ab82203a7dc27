//! What an engine runs for a cohort: steps, then answers.

use crate::dataset::dataset_root::DatasetRoot;
use crate::dataset::engine_script::views_of;
use crate::dataset::manifest::Manifest;

/// The line of JSON behind each answer: what no row of an answer looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AnswerMark;

impl AnswerMark {
    /// The one column of the line.
    pub const COLUMN: &'static str = "vmflame_answer_ends";
}

/// What an engine runs for a cohort.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CohortScript {
    steps: Vec<String>,
    answers: Vec<String>,
}

impl CohortScript {
    /// Adds a table that later steps and answers read.
    pub(super) fn step(&mut self, name: &str, query: &str) {
        self.steps
            .push(format!("CREATE TEMP TABLE {name} AS\n{query};\n"));
    }

    /// Adds an answer.
    pub(super) fn answer(&mut self, query: &str) {
        let (mark, number) = (AnswerMark::COLUMN, self.answers.len());
        self.answers.push(format!(
            "COPY (\n{query}\n) TO '/dev/stdout' (FORMAT json);\n\
             COPY (SELECT {number} AS {mark}) TO '/dev/stdout' (FORMAT json);\n"
        ));
    }

    /// How many answers there are.
    pub const fn answers(&self) -> usize {
        self.answers.len()
    }

    /// The script, over the files of a dataset's list: a line of JSON for each row of each answer,
    /// and one of [`AnswerMark`] behind each.
    pub fn over(&self, root: &DatasetRoot, manifest: &Manifest) -> String {
        let mut script = views_of(root, manifest);
        // Where a source tells no processes, several VMs may have rows that nothing tells apart.
        script.push_str(
            "CREATE VIEW one_vm AS SELECT * FROM vms QUALIFY row_number() OVER (PARTITION BY date, \
             hour, capture, vm ORDER BY name) = 1;\n",
        );
        script.extend(self.steps.iter().map(String::as_str));
        script.extend(self.answers.iter().map(String::as_str));
        script
    }
}
