//! Which event is shown when none is asked for.

use super::choice::{choose_event, has_addresses, has_stacks};
use crate::error::Result;
use crate::fold::{FoldRequest, Folded, fold};
use crate::perf::{Capture, Event};
use crate::units::EventIx;

/// What the samples of an event tell, in the order in which they are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Tells {
    /// Where time goes: clocks and cycles.
    Time,
    /// Where something else happens, one of many occurrences each.
    Share,
    /// That something happened: tracepoints and the like.
    Occurrence,
    /// Where another event of its group was sampled.
    OtherEvent,
}

impl Tells {
    fn of(event: &Event) -> Self {
        let attr = &event.attr;
        if attr.is_counted_with_group() {
            return Self::OtherEvent;
        }
        // The upper half of a hardware event's config names the PMU of a hybrid CPU.
        match (attr.pmu_type, attr.config & 0xffff_ffff) {
            // Cycles and reference cycles; the clocks of CPU and task.
            (0, 0 | 9) | (1, 0 | 1) => Self::Time,
            // Tracepoints and breakpoints; what BPF programs put out.
            (2 | 5, _) | (1, 10) => Self::Occurrence,
            (0 | 1, _) => Self::Share,
            // As PMUs call them themselves: `cpu_core/cycles/P`, `armv8_pmuv3_0/cpu_cycles/`.
            _ if event.name.split(['/', ':', ',']).any(is_name_of_cycles) => Self::Time,
            _ => Self::Share,
        }
    }
}

/// Whether a PMU of x86 or arm64 calls its cycles so.
fn is_name_of_cycles(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    matches!(
        &*name,
        "cycles" | "cpu-cycles" | "cpu_cycles" | "ref-cycles"
    ) || name.starts_with("cpu_clk_unhalted")
}

/// The event that is shown when none is asked for: one with samples before those without, then what
/// tells where time goes before other events and those before tracepoints, then one with call chains;
/// of equal ones the first of the file. `samples` are those of each event, when they are known.
pub(super) fn preferred(capture: &Capture, samples: Option<&[u64]>) -> Option<EventIx> {
    let shown =
        |event: &Event| (has_stacks(event) || has_addresses(event)) && !event.attr.is_dummy();
    let is_empty = |ix: EventIx| {
        let samples = samples.and_then(|samples| samples.get(ix.as_usize()));
        samples.is_some_and(|&samples| samples == 0)
    };
    let events = capture.events().iter().filter(|(_, event)| shown(event));
    let best =
        events.min_by_key(|&(ix, event)| (is_empty(ix), Tells::of(event), !has_stacks(event)));
    best.map(|(ix, _)| ix)
}

/// Folds the event that was asked for, or else the preferred one: how many samples an event has is
/// known only afterwards, and few captures have events without any that would be preferred.
///
/// # Errors
/// When there is no such event, or its samples do not say where they were taken.
pub(super) fn fold_preferred<'a>(
    capture: &'a Capture,
    name: Option<&str>,
    request: &mut FoldRequest,
) -> Result<Folded<'a>> {
    request.selection.event = choose_event(capture, name)?;
    let folded = fold(capture, request);
    let better = preferred(capture, Some(&folded.census.samples)).filter(|_| name.is_none());
    match better {
        Some(better) if better != request.selection.event => {
            request.selection.event = better;
            Ok(fold(capture, request))
        }
        Some(_) | None => Ok(folded),
    }
}
