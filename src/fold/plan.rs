//! What all visitors of a walk share.

use std::sync::Arc;

use hashbrown::HashSet;

use super::behind_chain::BehindChain;
use super::payload_class::PayloadClasses;
use super::plain_stacks::PlainStacks;
use super::readings::Readings;
use super::request::FoldRequest;
use super::select::Selection;
use super::split::{Slicing, Split};
use super::stitched::StitchedCalls;
use crate::bytes::{ByteOrder, KeptBytes};
use crate::hash::Mixer;
use crate::perf::abi::PERF_SAMPLE_TIME;
use crate::perf::{Attr, Capture, Event, Events, Record, SampleAtHand};
use crate::space::Timeline;
use crate::units::{RecordOrder, ThreadId, Timestamp};
use crate::unwind::CodeMap;

/// What all visitors of a walk share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan<'c> {
    pub(super) events: &'c Events,
    pub(super) selection: &'c Selection,
    /// Whether every sample of every event passes the selection's conditions.
    pub(super) wants_all: bool,
    pub(super) split: Split,
    /// The slices of time by which samples are counted; `None` for none.
    pub(super) slicing: Option<Slicing>,
    /// Where samples of all events hold their time, in words of their body, when there are several
    /// and nothing else is wanted of those of other events.
    pub(super) others_time: Option<usize>,
    /// How many threads walk.
    pub(super) threads: usize,
    /// Whether records are ordered by file position because samples carry no time.
    pub(super) by_position: bool,
    pub(super) mixer: Mixer,
    /// Whether the instruction pointers of guests' samples are kept.
    pub(super) keeps_guest_addresses: bool,
    /// Whether each sample is kept beside the stacks.
    pub(super) keeps_samples: bool,
    /// What the wanted event's samples hold behind their chain that folding needs; `None` for
    /// nothing.
    pub(super) behind_chain: Option<BehindChain>,
    /// What is known of events that have no samples of their own.
    pub(super) readings: &'c Readings,
    /// What samples of the wanted event are kept apart by besides.
    pub(super) payload_classes: Option<&'c PayloadClasses>,
    /// Where samples of the wanted event hold their stack, when nothing else is asked of them on the
    /// first walk; `None` otherwise.
    pub(super) plain_stacks: Option<PlainStacks>,
    /// `None` on the first walk.
    pub(super) again: Option<Again<'c>>,
}

/// What outlives a walk.
#[derive(Clone, Debug)]
pub(super) struct Keep<'a> {
    /// Where the chains of stacks are kept that no record holds.
    pub(super) bytes: &'a KeptBytes,
    /// The objects by which copied stacks are unwound; `None` while they are not.
    pub(super) code: Option<&'a CodeMap<'a>>,
    /// Open calls that were joined from several samples; `None` when none are to be.
    pub(super) stitched: Option<Arc<StitchedCalls<'a>>>,
}

/// What a second walk folds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Again<'c> {
    /// Samples of these threads only; `None` for all.
    pub(super) threads: Option<&'c HashSet<ThreadId>>,
    /// Tells what was true of them at each sample.
    pub(super) timeline: &'c Timeline,
}

impl Again<'_> {
    /// Whether the samples of a thread are folded.
    pub(super) fn folds(&self, thread: ThreadId) -> bool {
        self.threads.is_none_or(|threads| threads.contains(&thread))
    }
}

impl<'c> Plan<'c> {
    pub(super) fn new(
        capture: &'c Capture,
        request: &'c FoldRequest,
        readings: &'c Readings,
    ) -> Self {
        let events = capture.events();
        let selection = &request.selection;
        let is_untimed = |event: &Event| !event.attr.samples(PERF_SAMPLE_TIME);
        let wanted = events.get(selection.event).map(|event| &event.attr);
        let by_position = events.iter().any(|(_, event)| is_untimed(event));
        let mut times = events.iter().map(|(_, event)| event.layout.time_word());
        let first = times.next().flatten();
        let times = first.filter(|_| times.all(|other| other == first));
        let slicing = request.kept.slices;
        let behind_chain = wanted.and_then(|attr| BehindChain::of(capture, attr, request));
        let wants_all = selection.is_all();
        let wants_stacks_alone = wants_all
            && !by_position
            && !request.kept.samples
            && request.split == Split::Nothing
            && request.payload_classes.is_none()
            && behind_chain.is_none()
            && readings.is_empty();
        let plain_stacks = events.get(selection.event).and_then(PlainStacks::of);
        let plain_stacks = plain_stacks.filter(|_| wants_stacks_alone);
        Self {
            events,
            selection,
            wants_all,
            split: request.split,
            slicing,
            keeps_guest_addresses: request.kept.guest_addresses,
            keeps_samples: request.kept.samples,
            threads: request.threads,
            by_position,
            others_time: times
                .filter(|_| events.len() > 1 && slicing.is_none() && readings.is_empty()),
            mixer: Mixer::new(),
            behind_chain,
            readings,
            payload_classes: request.payload_classes.as_ref(),
            plain_stacks,
            again: None,
        }
    }

    /// Number of slices of time; 0 where samples are not counted by them.
    pub(super) fn slices(&self) -> usize {
        let slicing = self.slicing.as_ref();
        slicing.map_or(0, |slicing| slicing.slices as usize)
    }

    /// The same, on whatever walk.
    #[inline]
    pub(super) fn stacks_alone(&self) -> Option<&PlainStacks> {
        self.plain_stacks.as_ref().filter(|_| self.again.is_none())
    }

    /// Whether a sample is of a thread that a second walk folds nothing of. Most are; where more than
    /// their stacks is asked of samples, it is not looked at here.
    #[inline]
    pub(super) fn passes_over<O: ByteOrder>(&self, sample: SampleAtHand<'_>) -> bool {
        if let Some(again) = self.again
            && sample.event == self.selection.event
            && let Some(stacks) = &self.plain_stacks
            && let Some(found) = stacks.layout.sample::<O>(sample.body)
        {
            return !again.folds(found.thread);
        }
        false
    }

    /// The class of a sample by what it recorded; 0 when samples are not kept apart by it.
    #[inline]
    pub(super) fn payload_class<O: ByteOrder>(&self, attr: &Attr, tail: &[u8]) -> u8 {
        self.payload_classes
            .map_or(0, |classes| classes.of_sample::<O>(attr, tail))
    }

    /// Where a record stands in the order of the capture, given the time that it carries.
    #[inline]
    pub(super) fn order_of(
        &self,
        record: &Record<'_>,
        time: Option<Timestamp>,
    ) -> Option<RecordOrder> {
        if self.by_position {
            Some(RecordOrder::of_position(record.position))
        } else {
            time.map(RecordOrder::of_time)
        }
    }
}
