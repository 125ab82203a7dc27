//! The walk over a capture, and what it made.

use super::census::Census;
use super::deferred::parse as parse_deferred;
use super::packed::Stacks;
use super::plan::Plan;
use super::raw_stacks::RawStacks;
use super::readings::Readings;
use super::request::FoldRequest;
use super::visitor::{FoldVisitor, RawSideband};
use crate::bytes::{ByteOrder, with_order};
use crate::perf::abi::PERF_RECORD_CALLCHAIN_DEFERRED;
use crate::perf::{Capture, ScanItem};
use crate::space::SidebandItem;

/// What one walk over a capture made.
#[derive(Debug)]
pub struct Folded<'a> {
    /// The stacks of the wanted samples.
    pub stacks: RawStacks<'a>,
    /// Sideband records, in file order.
    pub sideband: Vec<SidebandItem<'a>>,
    /// What was counted besides.
    pub census: Census,
}

/// What comes out of a walk: of all threads, or of some once more.
#[derive(Debug)]
pub(super) struct Walked<'a> {
    pub(super) stacks: Stacks<'a>,
    sideband: Vec<SidebandItem<'a>>,
    census: Census,
}

/// Folds the wanted samples of a capture and gathers its sideband, in one walk.
pub fn fold<'a>(capture: &'a Capture, request: &FoldRequest) -> Folded<'a> {
    let readings = Readings::of(capture, request.threads);
    let plan = Plan::new(capture, request, &readings);
    let walked = with_order!(capture.endian(), O => walk::<O>(capture, plan));
    let mut census = walked.census;
    census.tally.odd_readings = readings.gone_back;
    census.occurrences = readings.occurrences(census.samples.len());
    Folded {
        stacks: RawStacks::new(walked.stacks, readings),
        sideband: walked.sideband,
        census,
    }
}

pub(super) fn walk<'a, O: ByteOrder>(capture: &'a Capture, plan: Plan<'_>) -> Walked<'a> {
    let threads = plan.threads;
    let make = |last: Option<&mut FoldVisitor<'a>>| match last {
        Some(last) => last.go_on(&plan),
        None => FoldVisitor::new(&plan),
    };
    let visit = |worker: &mut FoldVisitor<'a>, met: ScanItem<'a>| match met {
        ScanItem::Record(record) => worker.visit::<O>(&plan, record),
        ScanItem::Damage(damage) => worker.jump(damage),
    };
    let scan = capture.scan::<O, _, _, _>(threads, make, visit);
    let mut all = FoldVisitor::new(&plan);
    for (part, begins_region) in scan.visitors.into_iter().zip(scan.begins_region) {
        if begins_region {
            all.end_region();
        }
        all.append(part);
    }
    all.tally.unknown_records = scan.counts.unknown();
    keep_promises::<O>(capture, &mut all, threads);
    Walked {
        stacks: all.table.into_stacks(),
        sideband: all
            .sideband
            .into_iter()
            .map(RawSideband::into_item)
            .collect(),
        census: Census {
            tally: all.tally,
            samples: all.samples,
            occurrences: Vec::new(),
            slices: all.slices,
            records: scan.counts,
            gaps: all.clock.into_gaps(),
            times: all.times,
        },
    }
}

/// Folds the samples whose user part lies in another part of the walk, or is missing.
fn keep_promises<'a, O: ByteOrder>(
    capture: &'a Capture,
    all: &mut FoldVisitor<'a>,
    threads: usize,
) {
    let cookies = all.promises.cookies();
    if !cookies.is_empty() {
        let visit = |found: &mut Vec<(u64, &'a [u8])>, met: ScanItem<'a>| {
            let ScanItem::Record(record) = met else {
                return;
            };
            if record.header.record_type == PERF_RECORD_CALLCHAIN_DEFERRED {
                let parsed = parse_deferred::<O>(record.body);
                found.extend(parsed.filter(|(cookie, _)| cookies.contains(cookie)));
            }
        };
        let late = capture.scan::<O, _, _, _>(threads, |_| Vec::new(), visit);
        for (cookie, user) in late.visitors.into_iter().flatten() {
            all.promises.keep(cookie, user, &mut all.table);
        }
    }
    let promises = std::mem::take(&mut all.promises);
    all.tally.user_part_missing += promises.break_all(&mut all.table);
}
