//! `vmflame convert --weight exit-time`: exits as a flame graph.

use super::convert_args::{ConvertOptions, Format};
use super::outcome::Outcome;
use super::write::Destination;
use crate::cli::{standard_input, this_machine};
use vmflame::analysis::exits::{ExitRequest, RecordedExits, TimeBasis, recorded_exits};
use vmflame::error::Result;
use vmflame::output::{Picture, write_folded, write_svg};
use vmflame::report::exits::{
    ASSUMPTION, ExitAnswer, ExitGraph, ExitGraphRequest, exit_graph, exit_tables, graph_views,
};
use vmflame::report::remarks;
use vmflame::text::counted;

/// What is written, and where.
pub(super) struct Output {
    pub(super) format: Format,
    pub(super) destination: Destination,
}

/// Draws the exits of a capture instead of its samples.
pub(super) fn run(
    options: &ConvertOptions,
    wanted: ExitGraphRequest,
    output: Output,
    quiet: bool,
) -> Result<Outcome> {
    let Output {
        format,
        destination,
    } = output;
    let (input, capture) = standard_input::open(&options.input, quiet)?;
    let filter = &options.filter;
    let request = ExitRequest {
        filter: filter.request(this_machine::threads(options.input.threads)),
        views: graph_views(wanted),
        basis: TimeBasis::Wall,
        slowest: 0,
    };
    let recorded = recorded_exits(&capture, &request)?;
    let devices = recorded.devices();
    let source = options.input.input.display().to_string();
    let answer = ExitAnswer {
        recorded: &recorded,
        devices: &devices,
        source: &source,
    };
    let graph = exit_graph(answer, wanted);
    let tree = graph.tree();
    destination.write(|out| match format {
        Format::Folded => write_folded(&tree, &graph.frames, options.annotation(), out),
        Format::Svg => {
            let picture = Picture {
                title: options.title.clone().unwrap_or_else(|| source.clone()),
                subtitle: graph.subtitle.clone(),
                unit: graph.unit.clone(),
                totals: graph.totals.clone(),
                min_width: options.min_width,
            };
            write_svg(&tree, &graph.frames, &picture, out).map(|_| ())
        }
    })?;
    if !quiet {
        speak(answer, &recorded, &graph);
    }
    let is_damaged = input.is_damaged || remarks::is_damaged(&capture, &recorded.tally);
    Ok(match (is_damaged, graph.totals.is_empty()) {
        (true, _) => Outcome::Damaged,
        (false, true) => Outcome::Negative,
        (false, false) => Outcome::Done,
    })
}

/// Says what should be known before the picture is believed, and why it is empty.
fn speak(answer: ExitAnswer<'_>, recorded: &RecordedExits, graph: &ExitGraph) {
    let tables = exit_tables(answer);
    for warning in &tables.warnings {
        eprintln!("warning: {warning}");
    }
    if let Some(table) = tables.tables.first() {
        table.notes.iter().for_each(|note| eprintln!("{note}"));
    }
    if graph.has_assumption {
        eprintln!("{ASSUMPTION}");
    }
    if graph.untimed > 0 {
        let untimed = counted(graph.untimed, "exit");
        eprintln!("{untimed} without width: no entry follows, so that their time is not known");
    }
    let exits = counted(recorded.survey.counts().exits, "exit");
    eprintln!(
        "{exits} of {}",
        counted(recorded.survey.vcpus().len() as u64, "vCPU")
    );
}
