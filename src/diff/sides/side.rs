//! One side of a diff: stacks with their weights, and what is known of where they come from.

use std::collections::BTreeSet;
use std::ops::Range;

use super::count::Count;
use super::event_name::plain_event;
use super::event_series::EventSeries;
use super::origin::SideOrigin;
use crate::analysis::{Profile, SliceWeight, is_time};
use crate::diff::exits::ExitSide;
use crate::diff::model::SLICES;
use crate::fold::WeightKind;
use crate::kvm::Tagged;
use crate::name::FrameScope;
use crate::perf::{Attr, Capture};
use crate::stack::{FrameIx, FrameTable, TaggedStack};
use crate::symbol::module_short_name;
use crate::units::Weights;

/// A stack of a side.
#[derive(Clone, Debug)]
pub(crate) struct SideStack {
    start: usize,
    len: usize,
    pub(crate) tagged: Tagged,
    pub(crate) count: Count,
    /// Where its weights by slice of time are among those of the side.
    pub(crate) slices: SliceRange,
}

/// Where the weights of a stack by slice of time are in a list.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SliceRange {
    start: usize,
    end: usize,
}

impl SliceRange {
    /// The weights.
    pub(crate) fn of(self, weights: &[SliceWeight]) -> &[SliceWeight] {
        weights.get(self.start..self.end).unwrap_or_default()
    }
}

/// A stack, and how many of what is compared it is of.
#[derive(Clone, Debug)]
pub struct CountedStack<'s> {
    /// The stack with its weight.
    pub stack: TaggedStack<'s>,
    /// How many.
    pub samples: u64,
}

/// What the user, or the comparison itself, left out of a side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LeftOut {
    /// Whether samples of idle CPUs are left out.
    pub idle: bool,
    /// Whose frames are shown; samples without any are left out.
    pub scope: FrameScope,
    /// Whether only so many of the innermost frames of each stack are shown.
    pub outer_frames: bool,
}

/// One side of a diff.
#[derive(Debug, Default)]
pub struct Side {
    /// Where it comes from.
    pub origin: SideOrigin,
    pub(crate) frames: FrameTable,
    pub(crate) lists: Vec<FrameIx>,
    pub(crate) stacks: Vec<SideStack>,
    /// Events counted beside the stacks.
    pub events: Vec<EventSeries>,
    /// Its VM exits; `None` where no tracepoint tells of any.
    pub exits: Option<ExitSide>,
    /// What stacks weigh by slice of time.
    pub(crate) slice_weights: Vec<SliceWeight>,
    /// Number of slices of time; 0 when nothing is known of times.
    pub(crate) slices: usize,
    /// Whether stacks carry tags.
    pub(crate) is_tagged: bool,
    /// What was left out of it.
    pub left_out: LeftOut,
    /// The objects of which debug information told inlined functions and lines, as frames call them.
    pub(crate) debugged: BTreeSet<Box<str>>,
}

impl Side {
    /// A side without stacks: a capture that has none, of which only events are compared.
    pub fn of_events(
        name: &str,
        capture: &Capture,
        slices: &[Vec<u64>],
        slice_seconds: Option<f64>,
    ) -> Self {
        let mut origin = SideOrigin::of_capture(name, capture);
        origin.seconds = slice_seconds.map(|seconds| seconds * f64::from(SLICES));
        Self {
            origin,
            events: EventSeries::of_capture(capture, slices),
            slices: SLICES as usize,
            ..Self::default()
        }
    }

    /// A side without stacks and counted events: what a tracer wrote, of which only exits are
    /// compared.
    pub fn of_exits(origin: SideOrigin, exits: Option<ExitSide>) -> Self {
        Self {
            origin,
            exits,
            ..Self::default()
        }
    }

    /// Whether nothing but VM exits is told.
    pub fn is_exits_alone(&self) -> bool {
        self.exits.is_some() && self.stacks.is_empty() && self.events.is_empty()
    }

    /// The VM exits of a side alone, to compare them with a side that tells nothing else.
    #[must_use]
    pub fn exits_alone(self) -> Self {
        let origin = SideOrigin {
            event: Some("kvm:kvm_exit".to_owned()),
            is_no_time: true,
            is_period: false,
            frequency: None,
            nanos_per_weight: None,
            ..self.origin
        };
        Self::of_exits(origin, self.exits)
    }

    /// Takes over a profile that was made with [`SLICES`] slices.
    pub fn of_profile(name: &str, capture: &Capture, profile: Profile, is_tagged: bool) -> Self {
        let weight = profile.weight;
        let events = EventSeries::of_capture(capture, &profile.slices);
        let mut origin = SideOrigin::of_capture(name, capture);
        let seconds = profile.slice_seconds;
        origin.seconds = seconds.map(|seconds| seconds * f64::from(SLICES));
        origin.event = Some(profile.event_name.clone());
        origin.lost = profile.account.tally.lost_samples;
        origin.is_period = weight == WeightKind::Period;
        if let Some(event) = capture.events().get(profile.event) {
            origin.is_no_time = !is_time(&event.name, &event.attr);
            origin.frequency = event.attr.frequency();
            let nanos = nanos_per_sample(&event.attr, &event.name, profile.periods);
            origin.nanos_per_weight = match weight {
                WeightKind::Samples | WeightKind::ByEvent => nanos,
                WeightKind::Period => event.attr.is_clock().then_some(1.0),
            };
        }
        // Stacks that are kept apart by CPU are not by time.
        let slices = profile.slices.first().map_or(0, Vec::len);
        let mut side = Self {
            origin,
            events,
            slices,
            is_tagged,
            ..Self::default()
        };
        let mut stacks = profile.stacks;
        side.lists = stacks.take_frames();
        for (at, stack) in stacks.iter().enumerate() {
            let tagged = Tagged {
                tag: stack.tag,
                deciding: stack.deciding,
            };
            let count = Count {
                samples: stack.samples,
                weight: stack.weight,
            };
            side.add(
                stacks.range(stack),
                tagged,
                count,
                profile.stack_slices.of_stack(at),
            );
        }
        side.frames = profile.frames;
        let debugged = profile.account.objects.iter();
        let debugged = debugged.filter(|object| object.debug.is_some());
        side.debugged = debugged
            .map(|object| module_short_name(&object.path).into())
            .collect();
        side
    }

    /// A side of stacks that are not made of samples, as exits are. Nothing is known of their times.
    pub fn of_stacks<'s>(
        origin: SideOrigin,
        frames: FrameTable,
        stacks: impl Iterator<Item = CountedStack<'s>>,
    ) -> Self {
        let mut side = Self {
            origin,
            frames,
            is_tagged: true,
            ..Self::default()
        };
        for CountedStack { stack, samples } in stacks {
            let tagged = Tagged {
                tag: stack.tag,
                deciding: stack.deciding,
            };
            let count = Count {
                samples,
                weight: stack.weight,
            };
            side.push(stack.frames, tagged, count);
        }
        side
    }

    /// Adds a stack of which nothing is known by slices of time.
    pub(crate) fn push(&mut self, frames: &[FrameIx], tagged: Tagged, count: Count) {
        self.push_sliced(frames, tagged, count, &[]);
    }

    /// Adds a stack, of which it is known what it weighs by slice of time.
    pub(crate) fn push_sliced(
        &mut self,
        frames: &[FrameIx],
        tagged: Tagged,
        count: Count,
        weights: &[SliceWeight],
    ) {
        let start = self.lists.len();
        self.lists.extend_from_slice(frames);
        self.add(start..self.lists.len(), tagged, count, weights);
    }

    /// Adds a stack whose frames are in the list.
    fn add(&mut self, frames: Range<usize>, tagged: Tagged, count: Count, weights: &[SliceWeight]) {
        let start = self.slice_weights.len();
        self.slice_weights.extend_from_slice(weights);
        let end = self.slice_weights.len();
        self.stacks.push(SideStack {
            start: frames.start,
            len: frames.len(),
            tagged,
            count,
            slices: SliceRange { start, end },
        });
    }

    /// Puts other frames in the place of those of all stacks, by their indices; a frame with `None` in
    /// its place is left out, which must not be one that decides a tag.
    pub(crate) fn replace_frames(&mut self, others: &[Option<FrameIx>]) {
        let lists = std::mem::take(&mut self.lists);
        let other = |ix: &FrameIx| others.get(ix.as_usize()).copied().flatten();
        for stack in &mut self.stacks {
            let range = stack.start..stack.start + stack.len;
            let frames = lists.get(range).unwrap_or_default();
            let (above, from) = frames.split_at(stack.tagged.deciding.min(frames.len()));
            stack.start = self.lists.len();
            self.lists.extend(above.iter().filter_map(other));
            stack.tagged.deciding = self.lists.len() - stack.start;
            self.lists.extend(from.iter().filter_map(other));
            stack.len = self.lists.len() - stack.start;
        }
    }

    pub(crate) fn frames_of(&self, stack: &SideStack) -> &[FrameIx] {
        let range = stack.start..stack.start + stack.len;
        self.lists.get(range).unwrap_or_default()
    }

    /// Whether it was folded text.
    pub fn is_text(&self) -> bool {
        self.origin.event.is_none() && self.events.is_empty()
    }

    /// Number of samples; of folded text, weights in its units.
    pub fn samples(&self) -> u64 {
        self.stacks.iter().map(|stack| stack.count.samples).sum()
    }

    /// Samples by event name; of an event whose settings are not named, if no other is called so.
    pub fn event(&self, name: &str) -> Option<&EventSeries> {
        let named = |is_same: &dyn Fn(&str) -> bool| {
            let mut events = self.events.iter();
            events.find(|event| is_same(&event.name))
        };
        named(&|other| other == name)
            .or_else(|| named(&|other| plain_event(other) == plain_event(name)))
    }
}

/// How much time a sample stands for: of a clock its mean period, of another event the time
/// between samples that was asked for.
fn nanos_per_sample(attr: &Attr, name: &str, periods: Weights) -> Option<f64> {
    let Weights { samples, weight } = periods;
    let is_clock =
        attr.is_clock() || name.starts_with("cpu-clock") || name.starts_with("task-clock");
    match attr.frequency() {
        Some(0) => None,
        // Counts without a period are of 1 each: no clock is that fast.
        Some(_) if is_clock && samples > 0 && weight > samples => {
            Some(weight as f64 / samples as f64)
        }
        Some(hertz) => Some(1e9 / hertz as f64),
        None => is_clock.then_some(attr.frequency_or_period as f64),
    }
}
