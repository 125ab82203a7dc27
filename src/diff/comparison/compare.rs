//! The comparison: every quantity of both sides, and which changes are significant.

use super::bases::Bases;
use super::change::Change;
use super::coverage::Coverage;
use super::events::{EventChange, EventChanges, event_changes, uncounted};
use super::judgement::{
    Judgement, Thresholds, constant, existing, question, repeats_parent, threshold,
};
use super::measuring::Measuring;
use super::normalise::Unit;
use super::notes::{notes, same_event};
use super::options::Options;
use super::quantities::{Quantities, Subject};
use crate::before_after::{SideRole, Sides};
use crate::diff::exits::{ExitComparison, ExitSide};
use crate::diff::matching::Union;
use crate::diff::model::{ConfidenceLevel, Question, Threshold};
use crate::diff::sides::{Side, SideOrigin};
use crate::error;
use crate::stack::Tag;

/// Numbers of questions that were asked, by family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Of everything, tags, exits and events.
    pub tags_and_events: usize,
    /// Of functions, with what they call and by themselves.
    pub functions: usize,
    /// Of boxes.
    pub boxes: usize,
}

impl Asked {
    const fn of(thresholds: &Thresholds) -> Self {
        Self {
            tags_and_events: thresholds.heads.asked,
            functions: thresholds.functions.asked,
            boxes: thresholds.boxes.asked,
        }
    }
}

/// A comparison of two sides.
#[derive(Debug)]
pub struct Comparison {
    /// Where both sides come from.
    pub origins: Sides<SideOrigin>,
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
    /// VM exits; why they are not compared, where a side has none.
    pub exits: Result<ExitComparison, String>,
    /// How values are shown.
    pub unit: Unit,
    /// The stated confidence.
    pub confidence: f64,
    /// Smaller changes are not marked: the part of the whole.
    pub least: f64,
    /// How many questions were asked.
    pub asked: Asked,
    /// Whether the noise within both sides is known.
    pub knows_times: bool,
    /// Whether stacks carry tags.
    pub is_tagged: bool,
    /// What the reader should know: differences between the sides that bear on the comparison.
    pub notes: Vec<String>,
    /// Events that both sides recorded and that are not shown.
    pub(crate) other_events: Vec<EventChange>,
    /// What of each side was measured.
    pub(crate) coverage: Sides<Coverage>,
    /// How functions were judged.
    pub(crate) judgement: Judgement,
}

impl Comparison {
    /// Compares two sides.
    ///
    /// # Errors
    /// When the sides cannot be compared in the wanted way.
    pub fn new(sides: Sides<&Side>, options: &Options) -> error::Result<Self> {
        same_event(sides, options)?;
        let union = Union::new(sides, options.matching, options.threads);
        let bases = Bases::new(sides, &union, &options.normalise)?;
        let quantities = Quantities::of(&union, &bases);
        let level = ConfidenceLevel::of(options.confidence);
        let measuring = Measuring {
            union: &union,
            quantities: &quantities,
            bases: &bases,
            slices: sides.map(|side| side.slices),
            level: &level,
            confidence: options.confidence,
            threads: options.threads,
        };
        let mut changes = measuring.changes();
        let mut events = event_changes(sides, &level);
        let mut notes = notes(sides, &union, options);
        notes.extend(uncounted(&events));
        let exits = exit_sides(sides);
        let rate = risk_of_family(options, exits.is_ok());
        let thresholds = Thresholds {
            heads: threshold_of_heads(&changes.heads, &mut events, &bases, rate),
            functions: {
                let functions = existing(&changes.inclusive).chain(existing(&changes.own));
                threshold(functions, &bases, rate)
            },
            boxes: {
                let boxes = &changes.boxes;
                let is_asked = |change: &&Change| !repeats_parent(&union, boxes, change);
                threshold(existing(boxes).filter(is_asked), &bases, rate)
            },
        };
        changes.judge(&thresholds, &bases, options.least);
        Ok(Self {
            notes,
            origins: sides.map(|side| side.origin.clone()),
            exits: exits.map(|sides| ExitComparison::new(sides, &level, 1.0 - rate)),
            heads: changes.heads,
            inclusive: changes.inclusive,
            own: changes.own,
            boxes: changes.boxes,
            events: events.shown,
            unit: bases.unit,
            confidence: options.confidence,
            least: options.least,
            asked: Asked::of(&thresholds),
            knows_times: sides.into_iter().all(|side| side.slices > 0),
            is_tagged: sides.into_iter().all(|side| side.is_tagged),
            union,
            other_events: events.others,
            coverage: sides.map(Coverage::of),
            judgement: Judgement {
                constant: constant(&options.normalise),
                bases,
                level,
                threshold: thresholds.functions,
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

/// What is significant among everything, tags, exits and events; says so of the events.
fn threshold_of_heads(
    heads: &[Change],
    events: &mut EventChanges,
    bases: &Bases,
    rate: f64,
) -> Threshold {
    let mut asked: Vec<Question> = existing(heads).map(|head| question(head, bases)).collect();
    asked.extend(events.shown.iter().map(EventChange::question));
    let threshold = Threshold::of(&asked, rate);
    for event in events.shown.iter_mut().chain(&mut events.others) {
        event.is_significant = threshold.passes(event.question());
    }
    threshold
}

/// The part that each family of questions has of the risk of a false finding.
fn risk_of_family(options: &Options, asks_of_exits: bool) -> f64 {
    let families = if asks_of_exits { 4.0 } else { 3.0 };
    (1.0 - options.confidence) / families
}

/// The exits of both sides, or why there are none to compare.
fn exit_sides(sides: Sides<&Side>) -> Result<Sides<ExitSide>, String> {
    for role in SideRole::BOTH {
        if sides[role].exits.is_none() {
            return Err(format!(
                "the {} side has no tracepoints of exits",
                role.as_str()
            ));
        }
    }
    Ok(sides.map(|side| side.exits.clone().unwrap_or_default()))
}
