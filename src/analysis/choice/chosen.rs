//! Which samples are meant, folded: the one way from a request into a capture.

use super::event::{choose_event, preferred};
use super::times::{resolve_times, slicing};
use crate::analysis::request::Request;
use crate::error::Result;
use crate::fold::{FoldRequest, Folded, Kept, Selection, Slicing, Split, TimeRange, fold};
use crate::kvm::payload_classes;
use crate::perf::Capture;
use crate::units::{EventIx, Pid};

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
    let is_sliced = request.slices > 0 && request.split() == Split::Nothing;
    let slices = is_sliced.then(|| slicing(capture, &times, request.slices, request.threads));
    let wanted = wanted(request, event, times, slices);
    let tells_tags = !request.no_tag;
    let chosen = if request.event.is_some() {
        fold_event(capture, wanted, tells_tags)
    } else {
        fold_preferred(capture, wanted, tells_tags)
    };
    request.refuse_uncarried(capture, chosen.wanted.selection.event)?;
    Ok(chosen)
}

/// Folds the event that is preferred, all its samples; `None` and the first event when none has
/// addresses.
pub(in crate::analysis) fn fold_any<'c>(
    capture: &'c Capture,
    pids: &[Pid],
    threads: usize,
) -> (Option<EventIx>, Chosen<'c>) {
    let all_of = |event| {
        let mut wanted = FoldRequest::all_of(event, threads);
        wanted.selection.pids = pids.to_vec();
        wanted
    };
    if let Ok(event) = choose_event(capture, None) {
        let chosen = fold_preferred(capture, all_of(event), false);
        return (Some(chosen.wanted.selection.event), chosen);
    }
    let wanted = all_of(EventIx(0));
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
    let slices = slicing(capture, &times, request.slices, request.threads);
    let wanted = wanted(request, EventIx(0), times, Some(slices));
    let folded = fold(capture, &wanted);
    Ok(Chosen { wanted, folded })
}

fn wanted(
    request: &Request,
    event: EventIx,
    times: Vec<TimeRange>,
    slices: Option<Slicing>,
) -> FoldRequest {
    FoldRequest {
        selection: Selection {
            event,
            pids: request.pids.clone(),
            tids: request.tids.clone(),
            cpus: request.cpus.clone(),
            times,
        },
        split: request.split(),
        kept: Kept {
            guest_addresses: request.guest_addresses,
            samples: request.keeps_samples,
            slices,
        },
        payload_classes: None,
        stitches_calls: request.stitches_calls,
        threads: request.threads,
    }
}

/// Folds the wanted event, or else one that is preferred to it: how many samples an event has is
/// known only afterwards, and few captures have events without any that would be preferred.
fn fold_preferred(capture: &Capture, wanted: FoldRequest, tells_tags: bool) -> Chosen<'_> {
    let chosen = fold_event(capture, wanted, tells_tags);
    match preferred(capture, Some(&chosen.folded.census.samples)) {
        Some(better) if better != chosen.wanted.selection.event => {
            let mut wanted = chosen.wanted;
            wanted.selection.event = better;
            fold_event(capture, wanted, tells_tags)
        }
        Some(_) | None => chosen,
    }
}

/// Folds the wanted event, its samples kept apart by the tags that they record where they are to tell
/// them.
fn fold_event(capture: &Capture, mut wanted: FoldRequest, tells_tags: bool) -> Chosen<'_> {
    let event = wanted.selection.event;
    wanted.payload_classes = tells_tags
        .then(|| payload_classes(capture, event))
        .flatten();
    let folded = fold(capture, &wanted);
    Chosen { wanted, folded }
}
