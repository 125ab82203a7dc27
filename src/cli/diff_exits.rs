//! What `vmflame diff` compares of VM exits.

use super::options::DeviceOptions;
use super::read_side::{ReadSide, damage, said_of};
use crate::cli::devices;
use vmflame::analysis::Request;
use vmflame::analysis::exits::{ExitRequest, TimeBasis, recorded_exits};
use vmflame::before_after::SideRole;
use vmflame::diff::{CountedStack, ExitSide, Side, SideOrigin, exit_request};
use vmflame::error::Result;
use vmflame::input::Input;
use vmflame::perf::Capture;
use vmflame::report::exits::{ExitAnswer, ExitGraphRequest, ExitWidth, exit_graph, graph_views};
use vmflame::report::remarks;
use vmflame::text::counted;

/// A capture whose exits are compared.
pub(super) struct ExitsRead<'c> {
    pub(super) capture: &'c Capture,
    pub(super) request: Request,
    pub(super) width: ExitWidth,
}

/// A side that is the exits of a capture.
pub(super) fn side_of_exits(
    name: &str,
    role: SideRole,
    input: &Input,
    read: ExitsRead<'_>,
) -> Result<ReadSide> {
    let ExitsRead {
        capture,
        request,
        width,
    } = read;
    let graph_request = ExitGraphRequest {
        width,
        has_guest_leaf: false,
    };
    let request = ExitRequest {
        filter: request,
        views: graph_views(graph_request),
        basis: TimeBasis::Wall,
        slowest: 0,
        all_threads: false,
    };
    let recorded = recorded_exits(capture, &request)?;
    let devices = devices::devices(&DeviceOptions::default(), input, recorded.devices())?;
    let answer = ExitAnswer {
        recorded: &recorded,
        devices: &devices.map,
        source: name,
    };
    let graph = exit_graph(answer, graph_request);
    let is_time = width == ExitWidth::Time;
    let origin = SideOrigin {
        event: Some("kvm:kvm_exit".to_owned()),
        is_no_time: !is_time,
        is_period: is_time,
        nanos_per_weight: is_time.then_some(1.0),
        seconds: Some(recorded.span_ns as f64 / 1e9),
        lost: recorded.tally.lost_samples,
        ..SideOrigin::of_capture(name, capture)
    };
    let stacks = graph.stacks.iter().map(|stack| CountedStack {
        stack: stack.tagged(),
        samples: stack.exits,
    });
    let side = Side::of_stacks(origin, graph.frames, stacks);
    let exits = counted(recorded.survey.counts().exits, "exit");
    let mut remarks = said_of(role, &damage(input, capture));
    remarks.push(format!("{}: {exits}", role.as_str()));
    Ok(ReadSide {
        side,
        remarks,
        is_damaged: input.is_damaged || remarks::is_damaged(capture, &recorded.tally),
    })
}

/// The VM exits of a side; `None` where no tracepoint tells of any.
pub(super) fn exits(capture: &Capture, filter: &Request) -> Result<Option<ExitSide>> {
    let mut events = capture.events().iter();
    if !events.any(|(_, event)| event.name.starts_with("kvm:")) {
        return Ok(None);
    }
    let recorded = recorded_exits(capture, &exit_request(filter))?;
    Ok(recorded.has_tracepoints.then(|| ExitSide::of(&recorded)))
}
