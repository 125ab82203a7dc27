//! The walk over a capture, and what it made.

use std::sync::Arc;

use hashbrown::HashSet;

use super::behind_chain::BehindChain;
use super::census::Census;
use super::deferred::parse as parse_deferred;
use super::packed::Stacks;
use super::part::FoldedPart;
use super::plan::{Keep, Plan};
use super::raw_sideband::RawSideband;
use super::raw_stacks::RawStacks;
use super::readings::Readings;
use super::request::FoldRequest;
use super::stitched::StitchedCalls;

use crate::bytes::ByteOrder;
use crate::perf::abi::PERF_RECORD_CALLCHAIN_DEFERRED;
use crate::perf::{Capture, Damage, PlainSamples, Record, SampleAtHand, Visitor};
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
    let stitches = request.stitches_calls;
    let stitched = stitches.then(|| Arc::new(StitchedCalls::of(capture, request.threads)));
    let keep = Keep {
        bytes: capture.kept(),
        code: None,
        stitched: stitched.clone(),
    };
    let walked = walk(capture, plan, keep);
    let mut census = walked.census;
    census.tally.odd_readings = readings.gone_back;
    census.tally.unstitched = stitched.as_ref().map_or(0, |stitched| stitched.left_out);
    census.occurrences = readings.occurrences(census.samples.len());
    Folded {
        stacks: RawStacks::new(walked.stacks, readings, stitched),
        sideband: walked.sideband,
        census,
    }
}

pub(super) fn walk<'a>(capture: &'a Capture, plan: Plan<'_>, keep: Keep<'a>) -> Walked<'a> {
    let threads = plan.threads;
    let mut all = FoldedPart::new(&plan, &keep);
    let scan = capture.scan(threads, &Folding { plan, keep });
    for (part, begins_region) in scan.gathered.into_iter().zip(scan.begins_region) {
        if begins_region {
            all.end_region();
        }
        all.append(part);
    }
    all.tally.unknown_records = scan.counts.unknown();
    all.tally.unread_pieces = capture.unread_pieces(&scan.counts);
    keep_promises(capture, &mut all, threads);
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
            times: all.times.ends(),
        },
    }
}

/// Folds the samples whose user part lies in another part of the walk, or is missing.
fn keep_promises<'a>(capture: &'a Capture, all: &mut FoldedPart<'a>, threads: usize) {
    let cookies = all.promises.cookies();
    if !cookies.is_empty() {
        let late = capture.scan(threads, &LateUserParts { cookies });
        for (cookie, user) in late.gathered.into_iter().flatten() {
            all.promises.keep(cookie, user, &mut all.table);
        }
    }
    let promises = std::mem::take(&mut all.promises);
    all.tally.user_part_missing += promises.break_all(&mut all.table);
}

/// The visitor that folds.
struct Folding<'p, 'a> {
    plan: Plan<'p>,
    keep: Keep<'a>,
}

impl<'a> Visitor<'a> for Folding<'_, 'a> {
    type Gathered = FoldedPart<'a>;

    fn begin(&self) -> FoldedPart<'a> {
        FoldedPart::new(&self.plan, &self.keep)
    }

    fn go_on(&self, last: &mut FoldedPart<'a>) -> FoldedPart<'a> {
        last.go_on(self.parts_a_thread())
    }

    /// What an unwinder takes lies behind the chain, is long, and all of it is kept.
    fn takes_copies(&self, part: &FoldedPart<'a>) -> bool {
        self.plan.behind_chain.is_none() && part.keeps_few()
    }

    /// To find where a part may begin takes as long as the records there are, one of copied stacks.
    fn parts_a_thread(&self) -> usize {
        if self.leaves_gaps() { 4 } else { 8 }
    }

    fn leaves_gaps(&self) -> bool {
        let behind = self.plan.behind_chain.as_ref();
        behind.is_some_and(BehindChain::is_of_copied_stacks)
    }

    #[inline]
    fn record<O: ByteOrder>(&self, part: &mut FoldedPart<'a>, record: Record<'a>) {
        part.record::<O>(&self.plan, record);
    }

    #[inline]
    fn samples<O: ByteOrder>(&self, part: &mut FoldedPart<'a>, plain: &mut PlainSamples<'_>) {
        if part.is_among_others {
            part.pass_others::<O>(&self.plan, plain);
        }
    }

    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        part: &mut FoldedPart<'a>,
        at_hand: SampleAtHand<'_>,
        whole: impl FnOnce() -> Record<'a>,
    ) {
        if part.count_other::<O>(&self.plan, at_hand) || self.plan.passes_over::<O>(at_hand) {
            return;
        }
        let record = whole();
        if !part.plain_sample::<O>(&self.plan, &record, at_hand) {
            part.read_sample::<O>(&self.plan, record, at_hand.body);
        }
    }

    fn damage(&self, part: &mut FoldedPart<'a>, damage: Damage) {
        part.jump(damage);
    }
}

/// The visitor that looks for the user parts of the samples with these cookies.
struct LateUserParts {
    cookies: HashSet<u64>,
}

impl<'a> Visitor<'a> for LateUserParts {
    type Gathered = Vec<(u64, &'a [u8])>;

    fn begin(&self) -> Self::Gathered {
        Vec::new()
    }

    fn record<O: ByteOrder>(&self, found: &mut Self::Gathered, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_CALLCHAIN_DEFERRED {
            let parsed = parse_deferred::<O>(record.body);
            found.extend(parsed.filter(|(cookie, _)| self.cookies.contains(cookie)));
        }
    }
}
