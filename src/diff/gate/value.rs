//! What a condition is about: its two values, or why there are none.

use super::compared_values::ComparedValues;
use super::exit_value::ExitQuantity;
use crate::analysis::SliceWeight;
use crate::before_after::{SideRole, Sides};
use crate::diff::comparison::{Change, Comparison, EventChange, SlicedCount, Subject};
use crate::diff::exits::ReadyOf;
use crate::diff::matching::{NameStep, PlacedStack, UnitedSide, as_written_elsewhere, loose_name};
use crate::diff::sides::{Count, plain_event};
use crate::diff::words::value_words;
use crate::stack::{FrameIx, FrameKind, NodeIx};
use crate::symbol::base_name;
use crate::text::one_line;

/// What a condition names.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum GateQuantity {
    Head(Subject),
    Frame(String),
    Own(String),
    Event { name: String, is_rate: bool },
    Exit(ExitQuantity),
    Ready(ReadyOf),
}

/// Looks a quantity up.
///
/// # Errors
/// When it was not measured on both sides: why.
pub(crate) fn find(
    comparison: &Comparison,
    quantity: &GateQuantity,
) -> Result<ComparedValues, String> {
    let change = match quantity {
        GateQuantity::Event { name, is_rate } => return event(comparison, name, *is_rate),
        GateQuantity::Exit(exits) => return exits.find(comparison),
        GateQuantity::Ready(subject) => return ready(comparison, *subject),
        GateQuantity::Head(subject) => head(comparison, *subject)?,
        GateQuantity::Frame(name) => frame(comparison, name, false)?,
        GateQuantity::Own(name) => frame(comparison, name, true)?,
    };
    let unit = comparison.unit;
    Ok(ComparedValues {
        values: change.values,
        is_significant: change.beats_noise,
        words: format!(
            "{} → {}",
            value_words(change.values.before, unit),
            value_words(change.values.after, unit)
        ),
    })
}

/// The part of their time that vCPUs were ready, in percent.
fn ready(comparison: &Comparison, subject: ReadyOf) -> Result<ComparedValues, String> {
    let exits = comparison.exits.as_ref().map_err(Clone::clone)?;
    let change = exits.find_ready(subject)?;
    let values = change.percents().ok_or("a side has no such vCPU")?;
    let Sides { before, after } = values;
    Ok(ComparedValues {
        values,
        is_significant: change.is_significant(),
        words: format!("{before:.2} % → {after:.2} %"),
    })
}

/// The first side for which there is a reason, with the reason.
fn lacking(reason: impl Fn(SideRole) -> Option<String>) -> Result<(), String> {
    for role in SideRole::BOTH {
        if let Some(reason) = reason(role) {
            return Err(format!("the {} side {reason}", role.as_str()));
        }
    }
    Ok(())
}

fn head(comparison: &Comparison, subject: Subject) -> Result<Change, String> {
    let coverage = &comparison.coverage;
    match subject {
        Subject::Tag(tag) => lacking(|role| coverage[role].lacks_tag(Some(tag)))?,
        Subject::Exits => lacking(|role| coverage[role].lacks_tag(None))?,
        Subject::Total | Subject::Inclusive(_) | Subject::Own(_) | Subject::Box(_) => {
            lacking(|role| coverage[role].lacks_stacks())?;
        }
    }
    if comparison.judgement.constant == Some(subject) {
        return Err(format!(
            "it is what values are divided by ({}), so it is 100 % on both sides: --normalise wall \
             or none compares it",
            comparison.unit.words()
        ));
    }
    let change = comparison.head(subject).copied();
    change.ok_or_else(|| "it is not compared".to_owned())
}

/// The change of all functions that a name means.
fn frame(comparison: &Comparison, name: &str, is_own: bool) -> Result<Change, String> {
    lacking(|role| comparison.coverage[role].lacks_stacks())?;
    if !is_own {
        lacking(|role| comparison.coverage[role].lacks_callers())?;
    }
    let written = base_name(as_written_elsewhere(name));
    let mut elided = comparison.union.elided.iter();
    if let Some(elided) = elided.find(|elided| base_name(elided) == written) {
        return Err(format!(
            "one side inlines or tail-calls {elided}, so it is left out of the other"
        ));
    }
    let frames = named(comparison, name);
    let changes = if is_own {
        &comparison.own
    } else {
        &comparison.inclusive
    };
    let change = match frames.as_slice() {
        [] => return Err(absent(comparison, name)),
        [one] => *changes
            .get(one.as_usize())
            .ok_or_else(|| "it is not compared".to_owned())?,
        several => of_several(comparison, several, is_own),
    };
    // Where it runs and has no name, it seems to be gone.
    let whole = frames
        .iter()
        .map(|&one| &comparison.inclusive[one.as_usize()]);
    let samples = whole.fold(Sides::default(), |sum: Sides<u64>, one| {
        let both = sum.zip(one.counts);
        both.map(|(sum, count)| sum.saturating_add(count.samples))
    });
    lacking(|role| {
        let mut frames = frames.iter().map(|&one| comparison.union.frames.get(one));
        let hidden = frames.find(|frame| comparison.coverage[role].lacks_names_of(frame));
        hidden.filter(|_| samples[role] == 0).map(|frame| {
            let object = one_line(&frame.dso);
            format!("has no names for the functions of {object}")
        })
    })?;
    Ok(change)
}

/// Why no frame has a name.
fn absent(comparison: &Comparison, name: &str) -> String {
    let frames = &comparison.union.frames;
    let mut all = (0..).map(FrameIx).take(frames.len());
    if all.any(|ix| &*frames.get(ix).name == name) {
        "it is in no stack that is compared: options leave it out, or it is how a CPU came to its \
         idle loop, which --match exact takes in"
            .to_owned()
    } else {
        "neither side has a frame of that name".to_owned()
    }
}

/// The frames that a name means: those of that very name on either side; else as other tools write
/// it; else those that are loosely the same, the nearest first.
fn named(comparison: &Comparison, name: &str) -> Vec<FrameIx> {
    let union = &comparison.union;
    let is_plain = comparison.origins.iter().any(|side| side.event.is_none());
    let exists = |change: &&Change| change.counts.iter().any(|count| count.samples > 0);
    let present: Vec<FrameIx> = comparison
        .inclusive
        .iter()
        .filter(exists)
        .filter_map(|change| match change.subject {
            Subject::Inclusive(frame) => Some(frame),
            Subject::Own(_)
            | Subject::Total
            | Subject::Tag(_)
            | Subject::Exits
            | Subject::Box(_) => None,
        })
        .collect();
    let meant = |is_meant: &dyn Fn(&str, FrameKind) -> bool| {
        let meant = present.iter().copied().filter(|&ix| {
            let frame = union.frames.get(ix);
            let former = union.former.get(&ix);
            is_meant(&frame.name, frame.kind)
                || former.is_some_and(|former| is_meant(former, frame.kind))
        });
        meant.collect::<Vec<_>>()
    };
    let written = as_written_elsewhere(name);
    let mut found = meant(&|known, _| known == name || one_line(known) == name);
    if found.is_empty() {
        found = meant(&|known, _| as_written_elsewhere(known) == written);
    }
    for step in [NameStep::Near, NameStep::Base, NameStep::Kind] {
        if found.is_empty() {
            found = meant(&|known, kind| {
                let known = as_written_elsewhere(known);
                loose_name(known, kind, step, is_plain) == loose_name(written, kind, step, is_plain)
            });
        }
    }
    found
}

/// The change of several functions taken as one: a stack with any of them counts once.
fn of_several(comparison: &Comparison, frames: &[FrameIx], is_own: bool) -> Change {
    let union = &comparison.union;
    let mut is_meant = vec![false; union.frames.len()];
    for frame in frames {
        is_meant[frame.as_usize()] = true;
    }
    let is_at =
        |node: NodeIx| node != NodeIx::ROOT && is_meant[union.tree.get(node).frame.as_usize()];
    // Whether a node or one above it is meant; nodes lie behind the one above them.
    let mut counts = vec![false; union.tree.len()];
    for at in (0..).map(NodeIx).take(union.tree.len()) {
        let above = union.parents[at.as_usize()];
        counts[at.as_usize()] = is_at(at) || (!is_own && counts[above.as_usize()]);
    }
    let sums = Sides::from_fn(|role| {
        let slices = comparison.judgement.bases.sides[role].slices.len();
        let is_wanted = |stack: &PlacedStack| counts[stack.leaf.as_usize()];
        sum(&union.side(role), slices, &is_wanted)
    });
    let subject = Subject::Inclusive(frames[0]);
    comparison.judgement.change(subject, &sums)
}

fn sum(
    stacks: &UnitedSide<'_>,
    slices: usize,
    is_wanted: &dyn Fn(&PlacedStack) -> bool,
) -> SlicedCount {
    let mut sum = SlicedCount {
        count: Count::default(),
        weights: vec![0.0; slices],
    };
    for stack in stacks.list.iter().filter(|stack| is_wanted(stack)) {
        sum.count.add(stack.count);
        SliceWeight::add_all(stacks.weights_of(stack), &mut sum.weights);
    }
    sum
}

fn event(comparison: &Comparison, name: &str, is_rate: bool) -> Result<ComparedValues, String> {
    let event = event_named(comparison, name)?;
    if !event.is_sampled {
        return Err(
            "it has no samples of its own: the samples of its group's leader carry its values"
                .to_owned(),
        );
    }
    if !event.is_counted && event.occurs() {
        return Err(
            "it was sampled at a frequency, so its samples do not tell how often it occurred: \
             record it with a period, as in perf record -c 1"
                .to_owned(),
        );
    }
    let counts = event.counts.map(|count| count as f64);
    let values = if is_rate {
        let seconds = comparison.origins.each_ref().map(|origin| origin.seconds);
        let known = seconds.map(|seconds| seconds.filter(|&seconds| seconds > 0.0));
        lacking(|role| match known[role] {
            Some(_) => None,
            None => Some("tells no duration, so nothing is known per second".to_owned()),
        })?;
        let rate = |(count, seconds): (f64, Option<f64>)| count / seconds.unwrap_or(f64::INFINITY);
        counts.zip(known).map(rate)
    } else {
        counts
    };
    let suffix = if is_rate { "/s" } else { "" };
    let Sides { before, after } = values;
    Ok(ComparedValues {
        values,
        is_significant: event.is_significant,
        words: format!("{before:.1}{suffix} → {after:.1}{suffix}"),
    })
}

/// The event of that very name on either side, else the one whose name differs in its settings.
fn event_named<'c>(comparison: &'c Comparison, name: &str) -> Result<&'c EventChange, String> {
    let all = || comparison.events.iter().chain(&comparison.other_events);
    if let Some(event) = all().find(|event| event.name == name || event.former == name) {
        return Ok(event);
    }
    let plain = plain_event(name);
    let is_same = |event: &&EventChange| {
        plain_event(&event.name) == plain || plain_event(&event.former) == plain
    };
    let found: Vec<&EventChange> = all().filter(is_same).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            lacking(|role| comparison.coverage[role].lacks_event(name))?;
            Err("both sides did not record it alike".to_owned())
        }
        several => {
            let names: Vec<&str> = several.iter().map(|event| &*event.name).collect();
            Err(format!(
                "several events are called so: {}",
                names.join(", ")
            ))
        }
    }
}
