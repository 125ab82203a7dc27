//! Samples by slices of time, by which a diff tells a change from noise.

use hashbrown::HashMap;

use super::choice::{Chosen, fold_in_slices, is_timed};
use super::request::Request;
use crate::error::{BadRequest, Result};
use crate::fold::{FoldRequest, count_of_threads};
use crate::name::TaskNames;
use crate::perf::Capture;
use crate::space::{TaskEpoch, Timeline};
use crate::units::ThreadId;

/// Samples of each event in slices of time.
#[derive(Debug, Default)]
pub(super) struct SliceCounts {
    /// By event and slice.
    pub(super) counts: Vec<Vec<u64>>,
    /// Length of a slice in seconds; `None` without slices or times.
    pub(super) seconds: Option<f64>,
}

impl SliceCounts {
    /// What folding counted of all threads, or else, when threads are wanted by name, what those
    /// have. That needs the timeline.
    ///
    /// # Errors
    /// When samples are told apart by what they do not carry.
    pub(super) fn of(
        capture: &Capture,
        request: &Request,
        wanted: &FoldRequest,
        of_all: Vec<Vec<u64>>,
        timeline: Option<&Timeline>,
    ) -> Result<Self> {
        let Some(slicing) = wanted.kept.slices else {
            return Ok(Self {
                counts: of_all,
                seconds: None,
            });
        };
        let counts = match timeline {
            Some(timeline) if !request.comms.is_empty() => {
                of_comms(capture, &request.comms, wanted, timeline)
            }
            Some(_) | None => of_all,
        };
        Ok(Self {
            counts: request.drop_uncarried(capture, counts)?,
            seconds: is_timed(capture).then_some(slicing.len as f64 / 1e9),
        })
    }
}

/// Samples of each event in slices of time, as
/// [`Profile::slices`](super::Profile::slices), for captures without call chains; and the length
/// of a slice in seconds.
///
/// # Errors
/// When times are asked for by parts and the capture tells none, or samples are told apart by what
/// they do not carry.
pub fn count_in_slices(
    capture: &Capture,
    request: &Request,
) -> Result<(Vec<Vec<u64>>, Option<f64>)> {
    if !request.cgroups.is_empty() {
        return Err(BadRequest::CountedByCgroup.into());
    }
    let Chosen { wanted, folded } = fold_in_slices(capture, request)?;
    let of_all = folded.census.slices;
    let has_names = !request.comms.is_empty();
    let timeline = has_names.then(|| Timeline::build(folded.sideband, &HashMap::new()));
    let slices = SliceCounts::of(capture, request, &wanted, of_all, timeline.as_ref())?;
    Ok((slices.counts, slices.seconds))
}

/// Samples of each event in slices of time, of the threads whose names are wanted.
fn of_comms(
    capture: &Capture,
    comms: &[String],
    wanted: &FoldRequest,
    timeline: &Timeline,
) -> Vec<Vec<u64>> {
    let is_wanted = |thread: ThreadId, task_epoch: TaskEpoch| {
        let names = TaskNames::of(timeline, thread.pid, thread.tid, task_epoch);
        comms.iter().any(|wanted| *wanted == names.thread)
    };
    count_of_threads(capture, wanted, timeline, is_wanted)
}
