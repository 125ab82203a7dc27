//! The rows in perf's order.

use super::host::{Host, PerfRefusal};
use super::intervals::PerfCount;
use super::plan::{PerfPlan, name};
use super::replay::Replay;
use super::request::{LikePerfRequest, SortKey};
use crate::perf::Capture;

/// What `perf kvm stat report` would show.
#[derive(Clone, PartialEq, Debug)]
pub struct PerfTable {
    /// What was asked for.
    pub request: LikePerfRequest,
    /// The instruction set, as perf calls it when it does not know a reason.
    pub isa: &'static str,
    /// The rows, first to last.
    pub rows: Vec<PerfRow>,
    /// Intervals of all rows.
    pub samples: u64,
    /// Their nanoseconds; wraps around.
    pub total_ns: u64,
    /// Records that arrived out of order.
    pub out_of_order: u32,
}

/// A row of it.
#[derive(Clone, PartialEq, Debug)]
pub struct PerfRow {
    /// The reason, address, port or MSR.
    pub code: u64,
    /// What perf calls it; `None` for a reason that it does not know.
    pub name: Option<String>,
    /// Number of intervals.
    pub samples: u64,
    /// Their nanoseconds; wraps around.
    pub total_ns: u64,
    /// The shortest; 0 where one virtual CPU was chosen.
    pub shortest_ns: u64,
    /// The longest.
    pub longest_ns: u64,
    /// The standard error of the mean, in percent of the mean.
    pub relative_error: f64,
}

/// Reproduces `perf kvm --host stat report` of perf 6.1.
///
/// # Errors
/// When perf would refuse the capture.
pub fn like_perf(capture: &Capture, request: &LikePerfRequest) -> Result<PerfTable, PerfRefusal> {
    let host = Host::of(capture, request.event)?;
    let replay = Replay {
        events: capture.events(),
        plan: PerfPlan::new(capture, host, request.event),
        request,
    };
    let outcome = replay.run(capture);
    let mut counted = outcome.intervals.counted();
    // Stable, as insertion into perf's tree is.
    counted.sort_by_key(|counted| std::cmp::Reverse(rank(counted, request.key)));
    let row = |counted: &PerfCount| PerfRow {
        code: counted.key.identity.code,
        name: name(request.event, &counted.key),
        samples: whole(counted.times.samples),
        total_ns: counted.times.total,
        shortest_ns: counted.times.shortest,
        longest_ns: counted.times.longest,
        relative_error: counted.times.relative_error(),
    };
    let rows: Vec<PerfRow> = counted.iter().map(row).collect();
    Ok(PerfTable {
        request: request.clone(),
        isa: host.isa(),
        samples: rows
            .iter()
            .fold(0, |sum, row| sum.saturating_add(row.samples)),
        total_ns: rows
            .iter()
            .fold(0, |sum, row| sum.wrapping_add(row.total_ns)),
        rows,
        out_of_order: outcome.out_of_order,
    })
}

/// perf compares whole numbers.
fn rank(counted: &PerfCount, key: SortKey) -> u64 {
    whole(match key {
        SortKey::Samples => counted.times.samples,
        SortKey::Time => counted.times.mean,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "neither counts nor means of times are negative; digits behind the point fall away"
)]
fn whole(number: f64) -> u64 {
    number as u64
}
