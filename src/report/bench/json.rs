//! What was measured, as JSON.

use std::time::Duration;

use serde_json::{Value, json};

use super::figures::{Figures, ratio};
use super::model::{BenchReport, Race, RaceResult};

/// What was measured, for programs.
pub fn as_json(report: &BenchReport) -> Value {
    let stages = report.stages().map(|row| {
        let found = &row.figures;
        json!({
            "stage": row.name(),
            "min_seconds": found.min().as_secs_f64(),
            "median_seconds": found.median().as_secs_f64(),
            "max_seconds": found.max().as_secs_f64(),
            "outliers": found.outliers(),
        })
    });
    json!({
        "schema_version": 1,
        "capture": report.path,
        "bytes": report.bytes,
        "samples": report.samples,
        "stacks": report.stacks,
        "threads": report.threads,
        "runs": report.runs.len(),
        "peak_rss_anon_bytes": report.peak_memory,
        "stages": stages.collect::<Vec<Value>>(),
        "against": race_json(&report.race),
    })
}

fn race_json(race: &Race) -> Value {
    let bases = race.bases();
    let row = |result: &RaceResult| {
        let found = result.figures.as_ref();
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        let against = |base: Option<Duration>| Some(ratio(found?.median(), base?));
        json!({
            "name": result.name,
            "commands": result.commands,
            "runs": found.map_or(0, Figures::runs),
            "min_seconds": seconds(found.map(Figures::min)),
            "median_seconds": seconds(found.map(Figures::median)),
            "max_seconds": seconds(found.map(Figures::max)),
            "ratio_to_svg": against(bases[0]),
            "ratio_to_folded": against(bases[1]),
            "ratio_to_exits": against(bases[2]),
            "remark": result.remark,
        })
    };
    race.results.iter().map(row).collect()
}
