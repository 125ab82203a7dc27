//! What `vmflame diff` compares of VM exits.

use super::options::DeviceOptions;
use super::read_side::{ReadSide, damage, said_of};
use crate::cli::{devices, vms};
use vmflame::analysis::Request;
use vmflame::analysis::exits::{
    ExitRequest, RecordedExits, TimeBasis, exits_of_text, exits_of_trace_dat, recorded_exits,
};
use vmflame::before_after::SideRole;
use vmflame::diff::{CountedStack, ExitSide, Side, SideOrigin, exit_request};
use vmflame::error::Result;
use vmflame::input::Input;
use vmflame::perf::Capture;
use vmflame::report::exits::{
    ExitAnswer, ExitGraphRequest, ExitWidth, exit_graph, exit_tables, graph_views,
};
use vmflame::report::remarks;
use vmflame::report::remarks::Remark;
use vmflame::symbol::GuestKernels;
use vmflame::text::counted;
use vmflame::tracedat::TraceDat;
use vmflame::tracepoint::text::TraceText;

/// Exits that are compared as stacks.
struct ExitsRead {
    recorded: RecordedExits,
    width: ExitWidth,
    /// What tells devices, VMs by their pids.
    devices: DeviceOptions,
}

const fn graph_of(width: ExitWidth) -> ExitGraphRequest {
    ExitGraphRequest {
        width,
        has_guest_leaf: false,
        has_kernel_stacks: false,
        slices: None,
    }
}

/// What is asked of exits that are compared as stacks.
fn graph_request(filter: Request, width: ExitWidth) -> ExitRequest {
    ExitRequest {
        filter,
        views: graph_views(graph_of(width)),
        basis: TimeBasis::Wall,
        slowest: 0,
        all_threads: false,
        each: false,
    }
}

/// A side that is the exits of a capture.
pub(super) fn side_of_capture(
    wanted: NamedSide<'_>,
    capture: &Capture,
    filter: Request,
    width: ExitWidth,
) -> Result<ReadSide> {
    let NamedSide {
        name, role, input, ..
    } = wanted;
    let pids = |asked: &[String]| vms::pids(asked, input, capture, filter.threads);
    let devices = wanted.devices.by_pid(pids)?;
    let of_conditions = exits(capture, &filter)?;
    let recorded = recorded_exits(capture, &graph_request(filter, width))?;
    let origin = SideOrigin::of_capture(name, capture);
    let read = ExitsRead {
        recorded,
        width,
        devices,
    };
    let mut side = side_of_exits(origin, role, input, read)?;
    side.remarks
        .splice(0..0, said_of(role, &damage(input, capture)));
    side.is_damaged |= !capture.anomalies().is_empty();
    side.side.exits = of_conditions;
    Ok(side)
}

/// A side that is the exits of a recording.
fn side_of_exits(
    origin: SideOrigin,
    role: SideRole,
    input: &Input,
    read: ExitsRead,
) -> Result<ReadSide> {
    let ExitsRead {
        recorded,
        width,
        devices: named,
    } = read;
    let devices = devices::devices(&named, input, recorded.devices())?;
    let answer = ExitAnswer {
        recorded: &recorded,
        devices: &devices.map,
        guests: &GuestKernels::default(),
        source: &origin.name,
        slow_stacks: &[],
        kernel_stacks: &[],
    };
    let graph = exit_graph(answer, graph_of(width));
    let is_time = width == ExitWidth::Time;
    let origin = SideOrigin {
        is_no_time: !is_time,
        is_period: is_time,
        nanos_per_weight: is_time.then_some(1.0),
        ..of_exits(origin, &recorded)
    };
    let stacks = graph.stacks.iter().map(|stack| CountedStack {
        stack: stack.tagged(),
        samples: stack.exits,
    });
    let side = Side::of_stacks(origin, graph.frames, stacks);
    let exits = counted(recorded.survey.counts().exits, "exit");
    let warnings = devices.warnings.into_iter().map(Remark::Warning);
    let mut remarks = said_of(role, &warnings.collect::<Vec<_>>());
    remarks.push(format!("{}: {exits}", role.as_str()));
    Ok(ReadSide {
        side,
        remarks,
        is_damaged: input.is_damaged || recorded.tally.has_damage() || recorded.origin.is_damaged(),
    })
}

/// What exits tell of where they come from.
fn of_exits(origin: SideOrigin, recorded: &RecordedExits) -> SideOrigin {
    SideOrigin {
        event: Some("kvm:kvm_exit".to_owned()),
        is_no_time: true,
        seconds: Some(recorded.span_ns as f64 / 1e9),
        lost: recorded.tally.lost_samples,
        ..origin
    }
}

/// What tracers wrote: events without call stacks.
pub(super) enum Traced<'t> {
    TraceDat(&'t TraceDat),
    Text(&'t TraceText),
}

impl Traced<'_> {
    fn exits(&self, request: &ExitRequest) -> Result<RecordedExits> {
        match self {
            Self::TraceDat(trace) => exits_of_trace_dat(trace, request),
            Self::Text(text) => exits_of_text(text, request),
        }
    }

    fn origin(&self, name: &str) -> SideOrigin {
        match self {
            Self::TraceDat(trace) => SideOrigin::of_trace_dat(name, trace),
            Self::Text(_) => SideOrigin {
                name: name.to_owned(),
                ..SideOrigin::default()
            },
        }
    }

    /// The recording as a side: its exits as stacks where a width is asked for.
    pub(super) fn side(
        &self,
        wanted: NamedSide<'_>,
        filter: Request,
        width: Option<ExitWidth>,
    ) -> Result<ReadSide> {
        let NamedSide {
            name, role, input, ..
        } = wanted;
        let origin = self.origin(name);
        let by_subject = exit_request(&filter);
        let recorded = match width {
            Some(width) => self.exits(&graph_request(filter, width))?,
            None => self.exits(&by_subject)?,
        };
        let devices = recorded.devices();
        let tables = exit_tables(ExitAnswer {
            recorded: &recorded,
            devices: &devices,
            guests: &GuestKernels::default(),
            source: name,
            slow_stacks: &[],
            kernel_stacks: &[],
        });
        let warnings = tables.warnings.into_iter().map(Remark::Warning);
        let warnings = remarks::of_archives(input).chain(warnings);
        let said = said_of(role, &warnings.collect::<Vec<_>>());
        if let Some(width) = width {
            let devices = wanted.devices.by_pid(vms::pids_alone)?;
            let read = ExitsRead {
                recorded,
                width,
                devices,
            };
            let mut side = side_of_exits(origin, role, input, read)?;
            side.remarks.splice(0..0, said);
            let exits = self.exits(&by_subject)?;
            side.side.exits = exits.has_tracepoints.then(|| ExitSide::of(&exits));
            return Ok(side);
        }
        let exits = recorded.has_tracepoints.then(|| ExitSide::of(&recorded));
        let side = Side::of_exits(of_exits(origin, &recorded), exits);
        Ok(ReadSide {
            side,
            remarks: said,
            is_damaged: input.is_damaged || recorded.origin.is_damaged(),
        })
    }
}

/// What is known of a side before it is read.
#[derive(Clone, Copy)]
pub(super) struct NamedSide<'a> {
    name: &'a str,
    role: SideRole,
    input: &'a Input,
    /// What tells devices, where exits are compared as stacks.
    devices: &'a DeviceOptions,
}

impl<'a> NamedSide<'a> {
    pub(super) const fn new(
        name: &'a str,
        role: SideRole,
        input: &'a Input,
        devices: &'a DeviceOptions,
    ) -> Self {
        Self {
            name,
            role,
            input,
            devices,
        }
    }
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
