//! The event that is meant: by its name, or the one that tells most.

use crate::bytes::with_order;
use crate::error::{BadFile, BadRequest, Error, Result};
use crate::perf::abi::{
    PERF_SAMPLE_BRANCH_CALL_STACK, PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_IP,
};
use crate::perf::{Capture, Event, plain_event_name};
use crate::units::EventIx;

/// The names of a capture's events.
pub fn event_names(capture: &Capture) -> Vec<&str> {
    capture
        .events()
        .iter()
        .map(|(_, event)| event.name.as_str())
        .collect()
}

/// Finds the event to fold: the one of that name, or else the one that is preferred as far as events
/// tell without their samples.
///
/// A name may leave out modifiers: `cpu-clock` finds `cpu-clock/freq=997/` and `cpu-clock:u`.
///
/// # Errors
/// When there is no such event, or its samples do not say where they were taken.
pub fn choose_event(capture: &Capture, name: Option<&str>) -> Result<EventIx> {
    let events = capture.events();
    let find = |is_wanted: &dyn Fn(&Event) -> bool| {
        let mut events = events.iter();
        events.find(|(_, event)| is_wanted(event))
    };
    let Some(name) = name else {
        return preferred(capture, None)
            .ok_or_else(|| Error::file(capture.path(), BadFile::NoAddresses));
    };
    let exact = find(&|event| event.name == name);
    let Some((ix, event)) = exact.or_else(|| find(&|event| plain_event_name(&event.name) == name))
    else {
        let known = event_names(capture)
            .into_iter()
            .map(ToOwned::to_owned)
            .collect();
        return Err(BadRequest::NoSuchEvent {
            name: name.to_owned(),
            known,
        }
        .into());
    };
    if has_stacks(event) || has_addresses(event) {
        return Ok(ix);
    }
    Err(BadRequest::NoAddresses {
        event: name.to_owned(),
    }
    .into())
}

/// Whether an event's samples hold call chains, or at least last branches.
fn has_stacks(event: &Event) -> bool {
    event.attr.samples(PERF_SAMPLE_CALLCHAIN) || event.attr.samples(PERF_SAMPLE_BRANCH_STACK)
}

/// Whether an event's samples say where they were taken.
fn has_addresses(event: &Event) -> bool {
    event.attr.samples(PERF_SAMPLE_IP)
}

/// Whether the stacks of an event are single frames, because it records no call chains.
pub fn is_flat(capture: &Capture, event: EventIx) -> bool {
    let event = capture.events().get(event);
    event.is_some_and(|event| !has_stacks(event))
}

/// Whether the stacks of an event are made of its last branches, because it records no call chains:
/// they are no call stacks.
pub fn is_of_branches(capture: &Capture, event: EventIx) -> bool {
    let attr = capture.events().get(event).map(|event| &event.attr);
    attr.is_some_and(|attr| {
        let is_call_stack = attr.branch_sample_type & PERF_SAMPLE_BRANCH_CALL_STACK != 0;
        let has_branches = attr.samples(PERF_SAMPLE_BRANCH_STACK) && !is_call_stack;
        has_branches && !attr.samples(PERF_SAMPLE_CALLCHAIN)
    })
}

/// Why no open calls of an event can be joined from several samples; `None` where they can.
pub fn why_not_stitched(capture: &Capture, event: EventIx) -> Option<&'static str> {
    let attr = &capture.events().get(event)?.attr;
    let places = with_order!(capture.endian(), O => capture.features().branch_places::<O>());
    if !attr.has_open_calls() {
        Some("samples of the event hold no open calls: perf record --call-graph lbr records them")
    } else if !attr.tells_branch_places() {
        Some("samples do not tell which last branch is where: kernels since 5.7 do")
    } else if places.is_none() {
        Some("the capture does not tell how many last branches a CPU keeps")
    } else {
        None
    }
}

/// What the samples of an event tell, in the order in which they are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Tells {
    /// Where time goes: clocks and cycles.
    Time,
    /// Where something else happens, one of many occurrences each.
    Share,
    /// That something happened: tracepoints and the like.
    Occurrence,
    /// That something is over, of which another tracepoint tells what it was: guests are entered.
    Ending,
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
            (2, _) if enters_guest(&event.name) => Self::Ending,
            (2 | 5, _) | (1, 10) => Self::Occurrence,
            (0 | 1, _) => Self::Share,
            // As PMUs call them themselves: `cpu_core/cycles/P`, `armv8_pmuv3_0/cpu_cycles/`.
            _ if event.name.split(['/', ':', ',']).any(is_name_of_cycles) => Self::Time,
            _ => Self::Share,
        }
    }
}

/// Whether a tracepoint tells that a guest goes on to run. `perf kvm stat record` takes as many samples
/// of it as of exits, which say why it did not.
fn enters_guest(name: &str) -> bool {
    matches!(
        plain_event_name(name),
        "kvm:kvm_entry"
            | "kvm:kvm_enter"
            | "kvm:kvm_reenter"
            | "kvm:kvm_s390_sie_enter"
            | "kvm_hv:kvm_guest_enter"
    )
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
/// tells where time goes before other events and those before tracepoints (of these the entries into
/// guests last), then one with call chains;
/// of equal ones the first of the file. `samples` are those of each event, when they are known.
pub(in crate::analysis) fn preferred(
    capture: &Capture,
    samples: Option<&[u64]>,
) -> Option<EventIx> {
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
