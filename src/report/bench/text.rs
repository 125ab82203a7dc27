//! What was measured, as tables.

use super::figures::{in_words, rate, ratio, three_digits};
use super::model::{BenchReport, Race};
use crate::analysis::{Stage, Timings};
use crate::text::counted;

/// The stages of one run as a table, for `--timings`.
pub fn stage_table(timings: &Timings) -> String {
    let mut out = String::new();
    let total = timings.total();
    for stage in Stage::ALL
        .into_iter()
        .filter(|stage| stage.is_part_of_run())
    {
        let spent = timings.of(stage);
        let share = 100.0 * spent.as_secs_f64() / total.as_secs_f64().max(1e-9);
        out.push_str(&format!(
            "{:<8}{:>10}{share:>6.0} %\n",
            stage.as_str(),
            in_words(spent)
        ));
    }
    out.push_str(&format!("{:<8}{:>10}\n", "total", in_words(total)));
    out
}

/// What was measured, as tables.
pub fn as_text(report: &BenchReport) -> String {
    let mut out = format!(
        "{}: {}, {}, {}; {}, {} after 1 to warm up\n\n",
        report.path,
        counted(report.bytes, "byte"),
        counted(report.samples, "sample"),
        counted(report.stacks as u64, "stack"),
        counted(report.threads as u64, "thread"),
        counted(report.runs.len() as u64, "run"),
    );
    let header = ["stage", "min", "median", "max"];
    let [stage, min, median, max] = header;
    out.push_str(&format!("{stage:<8}{min:>10}{median:>10}{max:>10}\n"));
    for row in report.stages() {
        let (stage, found) = (row.stage, &row.figures);
        let [min, median, max] = [found.min(), found.median(), found.max()].map(in_words);
        let name = row.name();
        out.push_str(&format!("{name:<8}{min:>10}{median:>10}{max:>10}"));
        let walks = matches!(stage, Some(Stage::Index | Stage::Fold) | None);
        if walks {
            let bytes = rate(report.bytes, found.median(), "B/s");
            let samples = rate(report.samples, found.median(), "samples/s");
            out.push_str(&format!("  {bytes:>10}  {samples:>16}"));
        }
        if stage == Some(Stage::Index) {
            out.push_str("  (the header walk alone; no part of the total)");
        }
        out.push('\n');
    }
    if let Some(peak) = report.peak_memory {
        let mib = three_digits(f64::from(u32::try_from(peak >> 10).unwrap_or(u32::MAX)) / 1024.0);
        out.push_str(&format!("peak RssAnon {mib} MiB\n"));
    }
    let outliers = report.figures(None).map_or(0, |found| found.outliers());
    if outliers > 0 {
        out.push_str(&format!(
            "warning: {outliers} of {} {} far from the others: is the machine busy?\n",
            counted(report.runs.len() as u64, "run"),
            if outliers == 1 { "lies" } else { "lie" }
        ));
    }
    out.push_str(&race_table(&report.race));
    out
}

/// The programs of a race as a table; nothing without any.
fn race_table(race: &Race) -> String {
    if race.results.is_empty() {
        return String::new();
    }
    let header = [
        "whole processes",
        "runs",
        "min",
        "median",
        "max",
        "/ SVG",
        "/ folded",
    ];
    let [name, runs, min, median, max, svg, folded] = header;
    let mut out =
        format!("\n{name:<24}{runs:>5}{min:>10}{median:>10}{max:>10}{svg:>10}{folded:>10}");
    let bases = race.bases();
    let [.., of_exits] = bases;
    out.push_str(if of_exits.is_some() {
        "   / exits\n"
    } else {
        "\n"
    });
    let mut outliers = 0;
    for result in &race.results {
        let name = result.name;
        out.push_str(&format!("{name:<24}"));
        if let Some(found) = &result.figures {
            let [min, median, max] = [found.min(), found.median(), found.max()].map(in_words);
            let runs = found.runs();
            out.push_str(&format!("{runs:>5}{min:>10}{median:>10}{max:>10}"));
            for base in bases.iter().flatten() {
                let ratio = three_digits(ratio(found.median(), *base));
                out.push_str(&format!("{ratio:>8} x"));
            }
            outliers += found.outliers();
        }
        if let Some(remark) = &result.remark {
            out.push_str(&format!("  {remark}"));
        }
        out.push('\n');
    }
    if outliers > 0 {
        out.push_str(&format!(
            "warning: {} far from others of the same program: is the machine busy?\n",
            if outliers == 1 {
                "1 time lies".to_owned()
            } else {
                format!("{outliers} times lie")
            }
        ));
    }
    out
}
