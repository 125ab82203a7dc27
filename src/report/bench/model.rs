//! What was measured of a capture: the stages in one process, and other programs beside them.

use std::time::Duration;

use super::figures::Figures;
use crate::analysis::{Stage, Timings};

/// What was measured of a capture.
#[derive(Debug)]
pub struct BenchReport {
    /// The capture.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Its samples, of all events.
    pub samples: u64,
    /// Different stacks of the event that is taken by default.
    pub stacks: usize,
    /// Worker threads.
    pub threads: usize,
    /// The times of each run.
    pub runs: Vec<Timings>,
    /// The most anonymous memory that was filled in a run, where it could be watched.
    pub peak_memory: Option<u64>,
    /// What other programs took.
    pub race: Race,
}

/// The times of a stage over all runs.
pub(super) struct StageFigures {
    /// `None` for whole runs.
    pub(super) stage: Option<Stage>,
    pub(super) figures: Figures,
}

impl StageFigures {
    pub(super) fn name(&self) -> &'static str {
        self.stage.map_or("total", Stage::as_str)
    }
}

impl BenchReport {
    /// All stages in their order, then whole runs.
    pub(super) fn stages(&self) -> impl Iterator<Item = StageFigures> {
        let all = Stage::ALL.into_iter().map(Some).chain([None]);
        all.filter_map(|stage| {
            let figures = self.figures(stage)?;
            Some(StageFigures { stage, figures })
        })
    }

    /// The times of a stage over all runs; those of whole runs for `None`.
    pub(super) fn figures(&self, stage: Option<Stage>) -> Option<Figures> {
        let of_run = |run: &Timings| stage.map_or_else(|| run.total(), |stage| run.of(stage));
        Figures::of(self.runs.iter().map(of_run).collect())
    }
}

/// Names of this program's own pipelines, which the others are compared with; the last one takes part
/// for captures of VM exits only.
pub const OURS: [&str; 3] = ["vmflame to SVG", "vmflame to folded text", "vmflame exits"];

/// Programs that took turns on the same capture, whole processes each.
#[derive(Debug, Default)]
pub struct Race {
    /// In the order in which they took turns.
    pub results: Vec<RaceResult>,
}

/// What a pipeline of programs took.
#[derive(Debug)]
pub struct RaceResult {
    /// What it is called in the table.
    pub name: &'static str,
    /// Its programs with their arguments.
    pub commands: Vec<String>,
    /// Its times; `None` when it could not be run.
    pub figures: Option<Figures>,
    /// Why there are no times, or fewer.
    pub remark: Option<String>,
}

impl Race {
    /// This program's own medians, in order of [`OURS`].
    pub(super) fn bases(&self) -> [Option<Duration>; 3] {
        OURS.map(|name| {
            let own = self.results.iter().find(|result| result.name == name)?;
            own.figures.as_ref().map(Figures::median)
        })
    }
}
