//! Receipts and completions to requests.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::stream::RequestStream;
use crate::error::Result;
use crate::qemu::trace::{
    DiskId, RequestDirection, RequestId, RequestStep, TraceCounts, TraceFile, TraceStep,
};

/// A disk and a direction.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct StreamKey {
    /// The disk.
    pub disk: DiskId,
    /// What its requests do.
    pub direction: RequestDirection,
}

/// What was done in a stretch of time. Times are nanoseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DiskInterval {
    /// Reads that were completed in it.
    pub reads: u64,
    /// Writes that were.
    pub writes: u64,
    /// Other requests that were.
    pub others: u64,
    /// How long those took whose times are known.
    pub total_ns: u64,
    /// How many those are.
    pub timed: u64,
    /// The longest of them.
    pub longest_ns: u64,
}

/// A request that took long.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SlowRequest {
    /// How long it took, in nanoseconds.
    pub took_ns: u64,
    /// When it was received.
    pub at_ns: u64,
    /// Its disk and direction.
    pub key: StreamKey,
    /// Its first sector; `None` when the trace does not tell.
    pub sector: Option<u64>,
    /// Its sectors; `None` when the trace does not tell.
    pub sectors: Option<u64>,
}

/// Requests to disks.
#[derive(Clone, Debug, Default)]
pub struct DiskIo {
    /// By disk and direction.
    pub streams: BTreeMap<StreamKey, RequestStream>,
    /// By the stretch of time in which they were completed: how many there are before it from 1970
    /// or the start of the host on.
    pub intervals: BTreeMap<u64, DiskInterval>,
    /// How long a stretch is, in nanoseconds.
    pub interval_ns: u64,
    /// The slowest requests, the slowest first.
    pub slowest: Vec<SlowRequest>,
    /// The times of the first and of the last step; `None` without times.
    pub span: Option<(u64, u64)>,
    /// Requests that ended before they began: the clock was set back.
    pub clock_set_back: u64,
    /// What of the trace is no step.
    pub counts: TraceCounts,
}

/// A request that is on its way.
#[derive(Clone, Copy, Debug)]
struct Receipt {
    at_ns: Option<u64>,
    direction: RequestDirection,
    sector: Option<u64>,
    sectors: Option<u64>,
}

/// How many of the slowest requests are kept.
const SLOWEST: usize = 10;

/// Pairs the steps of a trace.
///
/// # Errors
/// When it is no trace of QEMU's that tells of requests to disks.
pub fn disk_io(trace: &TraceFile, interval_ns: u64) -> Result<DiskIo> {
    let mut io = DiskIo {
        interval_ns: interval_ns.max(1),
        ..DiskIo::default()
    };
    let mut on_their_way: HashMap<RequestId, Receipt> = HashMap::new();
    io.counts = trace.read(|step| io.add(step, &mut on_their_way))?;
    for (request, receipt) in &on_their_way {
        io.stream(request.disk, receipt.direction).unfinished += 1;
    }
    io.streams.values_mut().for_each(RequestStream::finish);
    io.slowest.sort_unstable_by(|a, b| b.cmp(a));
    io.slowest.truncate(SLOWEST);
    Ok(io)
}

impl DiskIo {
    /// How long the trace lasts, in nanoseconds; 0 without times.
    pub fn duration_ns(&self) -> u64 {
        self.span.map_or(0, |(first, last)| last - first)
    }

    fn stream(&mut self, disk: DiskId, direction: RequestDirection) -> &mut RequestStream {
        let key = StreamKey { disk, direction };
        self.streams.entry(key).or_default()
    }

    fn add(&mut self, step: TraceStep, on_their_way: &mut HashMap<RequestId, Receipt>) {
        let TraceStep {
            at_ns,
            request,
            step,
        } = step;
        if let Some(at) = at_ns {
            let (first, last) = self.span.unwrap_or((at, at));
            self.span = Some((first.min(at), last.max(at)));
        }
        match step {
            RequestStep::Received {
                direction,
                sector,
                sectors,
            } => {
                let receipt = Receipt {
                    at_ns,
                    direction,
                    sector,
                    sectors,
                };
                // Its completion is not in the trace.
                if let Some(before) = on_their_way.insert(request, receipt) {
                    let stream = self.stream(request.disk, before.direction);
                    stream.unfinished += 1;
                    stream.outstanding = stream.outstanding.saturating_sub(1);
                }
                let stream = self.stream(request.disk, direction);
                stream.received += 1;
                stream.outstanding += 1;
                stream.deepest = stream.deepest.max(stream.outstanding);
            }
            RequestStep::Completed { has_failed } => {
                let receipt = on_their_way.remove(&request);
                self.complete(request, receipt, at_ns, has_failed);
            }
        }
    }

    /// Takes a completion; one without a receipt is of a request that is neither read nor write, or
    /// that was received before the trace began.
    fn complete(
        &mut self,
        request: RequestId,
        receipt: Option<Receipt>,
        at_ns: Option<u64>,
        has_failed: bool,
    ) {
        let direction = receipt.map_or(RequestDirection::Other, |receipt| receipt.direction);
        let stream = self.stream(request.disk, direction);
        stream.completed += 1;
        stream.failed += u64::from(has_failed);
        let sectors = receipt.and_then(|receipt| receipt.sectors);
        stream.sectors = stream.sectors.saturating_add(sectors.unwrap_or(0));
        let mut took = None;
        if let Some(receipt) = receipt {
            stream.outstanding = stream.outstanding.saturating_sub(1);
            if let (Some(begin), Some(end)) = (receipt.at_ns, at_ns) {
                took = end.checked_sub(begin);
                match took {
                    Some(took_ns) => stream.took(took_ns),
                    None => self.clock_set_back += 1,
                }
                if let Some(took_ns) = took {
                    self.keep_slow(SlowRequest {
                        took_ns,
                        at_ns: begin,
                        key: StreamKey {
                            disk: request.disk,
                            direction,
                        },
                        sector: receipt.sector,
                        sectors: receipt.sectors,
                    });
                }
            }
        }
        if let Some(at) = at_ns {
            let interval = self.intervals.entry(at / self.interval_ns).or_default();
            interval.add(direction, took);
        }
    }

    fn keep_slow(&mut self, request: SlowRequest) {
        self.slowest.push(request);
        if self.slowest.len() >= 16 * SLOWEST {
            self.slowest.sort_unstable_by(|a, b| b.cmp(a));
            self.slowest.truncate(SLOWEST);
        }
    }
}

impl DiskInterval {
    fn add(&mut self, direction: RequestDirection, took: Option<u64>) {
        match direction {
            RequestDirection::Read => self.reads += 1,
            RequestDirection::Write => self.writes += 1,
            RequestDirection::Other => self.others += 1,
        }
        if let Some(took) = took {
            self.timed += 1;
            self.total_ns = self.total_ns.saturating_add(took);
            self.longest_ns = self.longest_ns.max(took);
        }
    }
}
