//! Which samples are meant, folded: the one way from a request into a capture.

use super::event::{choose_event, preferred};
use super::times::{resolve_times, slicing};
use crate::analysis::request::Request;
use crate::error::Result;
use crate::fold::{FoldRequest, Folded, Kept, Selection, Split, TimeRange, fold};
use crate::perf::Capture;
use crate::units::EventIx;

/// The samples that are meant.
#[derive(Debug)]
pub(in crate::analysis) struct Chosen<'a> {
    /// What was asked of folding.
    pub(in crate::analysis) wanted: FoldRequest,
    /// What folding made of it.
    pub(in crate::analysis) folded: Folded<'a>,
}

/// Folds the samples that a request means.
///
/// # Errors
/// When there is no such event, its samples do not say where they were taken, or they do not carry
/// what the request tells samples apart by.
pub(in crate::analysis) fn fold_chosen<'a>(
    capture: &'a Capture,
    request: &Request,
) -> Result<Chosen<'a>> {
    let event = choose_event(capture, request.event.as_deref())?;
    let times = resolve_times(capture, &request.times, request.threads)?;
    let split = match request.split() {
        Split::Nothing if request.slices > 0 => {
            Split::Slice(slicing(capture, &times, request.slices, request.threads))
        }
        other @ (Split::Nothing | Split::Cpu | Split::Cgroup | Split::Slice(_)) => other,
    };
    let wanted = wanted(request, event, times, split);
    let chosen = if request.event.is_some() {
        let folded = fold(capture, &wanted);
        Chosen { wanted, folded }
    } else {
        fold_preferred(capture, wanted)
    };
    request.refuse_uncarried(capture, chosen.wanted.selection.event)?;
    Ok(chosen)
}

/// Folds the event that is preferred, all its samples; `None` and the first event when none has
/// addresses.
pub(in crate::analysis) fn fold_any(
    capture: &Capture,
    threads: usize,
) -> (Option<EventIx>, Chosen<'_>) {
    if let Ok(event) = choose_event(capture, None) {
        let chosen = fold_preferred(capture, FoldRequest::all_of(event, threads));
        return (Some(chosen.wanted.selection.event), chosen);
    }
    let wanted = FoldRequest::all_of(EventIx(0), threads);
    let folded = fold(capture, &wanted);
    (None, Chosen { wanted, folded })
}

/// Folds the samples that a request means of all events, to count them in slices of time.
///
/// # Errors
/// When times are asked for by parts and the capture tells none.
pub(in crate::analysis) fn fold_in_slices<'a>(
    capture: &'a Capture,
    request: &Request,
) -> Result<Chosen<'a>> {
    let times = resolve_times(capture, &request.times, request.threads)?;
    let split = Split::Slice(slicing(capture, &times, request.slices, request.threads));
    let wanted = wanted(request, EventIx(0), times, split);
    let folded = fold(capture, &wanted);
    Ok(Chosen { wanted, folded })
}

fn wanted(request: &Request, event: EventIx, times: Vec<TimeRange>, split: Split) -> FoldRequest {
    FoldRequest {
        selection: Selection {
            event,
            pids: request.pids.clone(),
            tids: request.tids.clone(),
            cpus: request.cpus.clone(),
            times,
        },
        split,
        kept: Kept::default(),
        threads: request.threads,
    }
}

/// Folds the wanted event, or else one that is preferred to it: how many samples an event has is
/// known only afterwards, and few captures have events without any that would be preferred.
fn fold_preferred(capture: &Capture, wanted: FoldRequest) -> Chosen<'_> {
    let folded = fold(capture, &wanted);
    match preferred(capture, Some(&folded.census.samples)) {
        Some(better) if better != wanted.selection.event => {
            let mut wanted = wanted;
            wanted.selection.event = better;
            let folded = fold(capture, &wanted);
            Chosen { wanted, folded }
        }
        Some(_) | None => Chosen { wanted, folded },
    }
}
