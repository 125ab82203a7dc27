//! The comparison: every quantity of both sides, and which changes are significant.

use super::bases::Bases;
use super::change::Change;
use super::coverage::Coverage;
use super::events::{EventChange, event_changes, uncounted};
use super::judgement::{
    Families, Judgement, constant, existing, question, repeats_parent, threshold,
};
use super::normalise::Unit;
use super::notes::{notes, same_event};
use super::options::Options;
use super::quantities::{Quantities, SliceSums, Subject, bare_measure};
use crate::diff::matching::Union;
use crate::diff::model::{ConfidenceLevel, Question, Threshold, exact_probability, test};
use crate::diff::sides::{Count, Side, SideOrigin};
use crate::error::Result;
use crate::parallel::{Shares, in_shares};
use crate::stack::Tag;

/// Above this probability of chance alone (or of that which the confidence leaves) no change can
/// be significant, and small ones are not looked at more closely.
const CLOSER_BELOW: f64 = 0.02;
/// Fewer quantities than this are all looked at: it takes a tenth of a second.
const FEW: usize = 20_000;
/// Of more, those that take at least one part of so many of a side: two pixels of a picture.
const SEEN_PARTS: u64 = 500;

/// How quantities are shared between threads: fewer than 1024 are not worth one.
const fn shares(threads: usize) -> Shares {
    let least = 1 << 10;
    Shares { threads, least }
}

/// A comparison of two sides.
#[derive(Debug)]
pub struct Comparison {
    /// Where both sides come from.
    pub origins: [SideOrigin; 2],
    /// The union of both call trees.
    pub union: Union,
    /// Everything, all tags in display order, all exits; also those that neither side has.
    pub heads: Vec<Change>,
    /// Functions with all they call, by frame.
    pub inclusive: Vec<Change>,
    /// Functions by themselves, by frame.
    pub own: Vec<Change>,
    /// Boxes, by node.
    pub boxes: Vec<Change>,
    /// Tracepoints.
    pub events: Vec<EventChange>,
    /// How values are shown.
    pub unit: Unit,
    /// The stated confidence.
    pub confidence: f64,
    /// Smaller changes are not marked: the part of the whole.
    pub least: f64,
    /// Number of questions asked of tags and events, of functions, of boxes.
    pub asked: [usize; 3],
    /// Whether the noise within both sides is known.
    pub knows_times: bool,
    /// Whether stacks carry tags.
    pub is_tagged: bool,
    /// What the reader should know: differences between the sides that bear on the comparison.
    pub notes: Vec<String>,
    /// Events that both sides recorded and that are not shown.
    pub(crate) other_events: Vec<EventChange>,
    /// What of each side was measured.
    pub(crate) coverage: [Coverage; 2],
    /// How functions were judged.
    pub(crate) judgement: Judgement,
}

impl Comparison {
    /// Compares two sides.
    ///
    /// # Errors
    /// When the sides cannot be compared in the wanted way.
    pub fn new(before: &Side, after: &Side, options: &Options) -> Result<Self> {
        let sides = [before, after];
        same_event(sides, options)?;
        let union = Union::new(before, after, options.matching);
        let bases = Bases::new(sides, &union, &options.normalise)?;
        let quantities = Quantities::of(&union, &bases);
        let level = ConfidenceLevel::of(options.confidence);
        let closer = CLOSER_BELOW.max(1.0 - options.confidence);
        let how = (&level, closer, options.threads);
        let all = measure_all((&union, &quantities), &bases, sides, how);
        let mut changes = Families::of(all, &quantities);
        let events = event_changes(sides, &level);
        let mut notes = notes(sides, &union, options);
        notes.extend(uncounted(&events));
        let (mut events, mut other_events) = (events.shown, events.others);

        let rate = (1.0 - options.confidence) / 3.0;
        let heads = existing(&changes.heads);
        let mut asked: Vec<Question> = heads.map(|head| question(head, &bases)).collect();
        asked.extend(events.iter().map(EventChange::question));
        let of_heads = Threshold::of(&asked, rate);
        for event in events.iter_mut().chain(&mut other_events) {
            event.is_significant = of_heads.passes(event.question());
        }
        let functions = existing(&changes.inclusive).chain(existing(&changes.own));
        let of_functions = threshold(functions, &bases, rate);
        let boxes = &changes.boxes;
        let distinct = existing(boxes).filter(|change| !repeats_parent(&union, boxes, change));
        let of_boxes = threshold(distinct, &bases, rate);
        let asked = [of_heads.asked, of_functions.asked, of_boxes.asked];
        changes.judge([of_heads, of_functions, of_boxes], &bases, options.least);
        let Families {
            heads,
            inclusive,
            own,
            boxes,
        } = changes;
        Ok(Self {
            notes,
            origins: sides.map(|side| side.origin.clone()),
            heads,
            inclusive,
            own,
            boxes,
            events,
            unit: bases.unit,
            confidence: options.confidence,
            least: options.least,
            asked,
            knows_times: sides.iter().all(|side| side.slices > 0),
            is_tagged: sides.iter().all(|side| side.is_tagged),
            union,
            other_events,
            coverage: sides.map(Coverage::of),
            judgement: Judgement {
                constant: constant(&options.normalise),
                bases,
                level,
                threshold: of_functions,
            },
        })
    }

    /// The tags that either side has, in display order; none when the sides are not tagged.
    pub fn tags(&self) -> impl Iterator<Item = (Tag, &Change)> {
        self.heads.iter().filter_map(|change| match change.subject {
            Subject::Tag(tag) if self.is_tagged && change.exists() => Some((tag, change)),
            Subject::Tag(_)
            | Subject::Total
            | Subject::Exits
            | Subject::Inclusive(_)
            | Subject::Own(_)
            | Subject::Box(_) => None,
        })
    }

    /// The change of a head: everything, a tag, all exits.
    pub fn head(&self, subject: Subject) -> Option<&Change> {
        self.heads.iter().find(|change| change.subject == subject)
    }

    /// Whether anything at all changed significantly.
    pub fn is_any_significant(&self) -> bool {
        let changes = [&self.heads, &self.inclusive, &self.own, &self.boxes];
        changes
            .into_iter()
            .flatten()
            .any(|change| change.is_significant)
            || self.events.iter().any(|event| event.is_significant)
    }
}

/// The changes of all quantities, none of them significant yet.
fn measure_all(
    (union, quantities): (&Union, &Quantities),
    bases: &Bases,
    sides: [&Side; 2],
    (level, closer, threads): (&ConfidenceLevel, f64, usize),
) -> Vec<Change> {
    let [base_before, base_after] = &bases.sides;
    let counts = &quantities.counts;
    let exact = |[before, after]: &[Count; 2]| {
        exact_probability(
            &bare_measure(*before, base_before),
            &bare_measure(*after, base_after),
        )
    };
    let all_exact = |share: &[[Count; 2]]| share.iter().map(exact).collect::<Vec<f64>>();
    let exact = in_shares(counts, shares(threads), all_exact).concat();
    // The first quantity is everything.
    let whole = counts[0].map(|count| count.samples);
    let are_few = counts.len() < FEW;
    let is_worth = |ix: usize| {
        let mut sides = counts[ix].iter().zip(whole);
        let exists = counts[ix].iter().any(|count| count.samples > 0);
        let is_seen = are_few
            || ix < quantities.inclusive
            || sides.any(|(count, whole)| count.samples.saturating_mul(SEEN_PARTS) >= whole);
        exists && (is_seen || exact[ix] < closer)
    };
    let slices = sides.map(|side| side.slices);
    let sums = SliceSums::new(union, quantities, slices, &is_worth);
    let change = |&ix: &usize| {
        let (subject, [before, after]) = (quantities.subjects[ix], counts[ix]);
        let measured = [
            sums.measure((0, ix), before, base_before),
            sums.measure((1, ix), after, base_after),
        ];
        let outcome = is_worth(ix).then(|| test(&measured[0], &measured[1], level));
        Change {
            subject,
            before,
            after,
            value_before: measured[0].ratio() * bases.factor,
            value_after: measured[1].ratio() * bases.factor,
            half_width: outcome.map(|outcome| outcome.half_width * bases.factor),
            probability: outcome.map_or(exact[ix], |outcome| outcome.probability),
            beats_noise: false,
            is_significant: false,
        }
    };
    let all: Vec<usize> = (0..quantities.subjects.len()).collect();
    let changes = |share: &[usize]| share.iter().map(change).collect::<Vec<_>>();
    in_shares(&all, shares(threads), changes).concat()
}
