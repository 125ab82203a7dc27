//! The boxes that are drawn of a comparison.

use super::words::{change_words, facts, noise, relative_words, value_words};
use crate::before_after::Sides;
use crate::diff::comparison::{Change, Comparison, Subject, Unit};
use crate::diff::sides::Count;
use crate::output::{DiffBox, DiffPicture, DiffTag, DrawnPart, WHOLE, WidthBy, short_words};
use crate::stack::{NodeIx, Tag};
use crate::text::{counted, grouped, shortened};

/// Tags that the subtitle names.
const NAMED: usize = 5;

/// Letters of a note that the subtitle shows.
const NOTE: usize = 250;

/// The picture of a comparison. `title` is made of both names when it is `None`.
pub fn picture_of(
    comparison: &Comparison,
    title: Option<String>,
    width: WidthBy,
    extent: DrawnPart,
) -> DiffPicture {
    let title = title.unwrap_or_else(|| {
        let names = comparison.origins.each_ref().map(|origin| &*origin.name);
        let Sides { before, after } = apart(names);
        format!("{before} → {after}")
    });
    let unit = comparison.unit;
    let tags = comparison.tags().map(|(tag, change)| DiffTag {
        tag,
        values: format!(
            "{} → {}",
            value_words(change.values.before, unit),
            value_words(change.values.after, unit)
        ),
        details: details(change, unit),
        size: change.values.before.max(change.values.after),
    });
    DiffPicture {
        title,
        subtitle: subtitle(comparison),
        noise: noise(comparison).replacen("* marks", "Colours mark", 1),
        boxes: boxes(comparison),
        tags: tags.collect(),
        width,
        extent,
    }
}

/// Two paths, of which only the last parts are kept that tell them apart: a picture is shown on
/// other machines. The filter behind a name stays.
fn apart(names: Sides<&str>) -> Sides<String> {
    let split = names.map(|name| {
        let filter = name.rfind(" [").filter(|_| name.ends_with(']'));
        let (path, filter) = name.split_at(filter.unwrap_or(name.len()));
        let parts: Vec<&str> = path.rsplit('/').filter(|part| !part.is_empty()).collect();
        SideName { parts, filter }
    });
    let pairs = split.before.parts.iter().zip(&split.after.parts);
    let same = pairs.take_while(|(before, after)| before == after).count();
    let is_one = split.before.parts == split.after.parts;
    split.map(|name| name.last(if is_one { 1 } else { same + 1 }))
}

/// What a side is called.
struct SideName<'a> {
    /// Of the path, the last first.
    parts: Vec<&'a str>,
    filter: &'a str,
}

impl SideName<'_> {
    /// With the last so many parts of its path.
    fn last(&self, wanted: usize) -> String {
        let mut last: Vec<&str> = self.parts.iter().copied().take(wanted).collect();
        last.reverse();
        format!("{}{}", last.join("/"), self.filter)
    }
}

/// What is known of both sides, what they share once.
fn sides(comparison: &Comparison) -> Vec<String> {
    let total = comparison.head(Subject::Total);
    let counts = total.map_or_else(Sides::default, |total| total.counts);
    let known = Sides::from_fn(|role| {
        let mut known = facts(&comparison.origins[role]);
        known.push(counted(counts[role].samples, "sample"));
        known
    });
    let (shared, before): (Vec<String>, Vec<String>) = known
        .before
        .into_iter()
        .partition(|fact| known.after.contains(fact));
    let after = known
        .after
        .into_iter()
        .filter(|fact| !shared.contains(fact));
    let after: Vec<String> = after.collect();
    let named = [("before", before), ("after", after), ("both", shared)];
    let some = named.into_iter().filter(|(_, known)| !known.is_empty());
    some.map(|(side, known)| format!("{side}: {}", known.join(", ")))
        .collect()
}

/// What changed most, and how to read the picture.
fn subtitle(comparison: &Comparison) -> String {
    let unit = comparison.unit;
    let mut changed: Vec<(Tag, &Change)> = comparison
        .tags()
        .filter(|(_, change)| change.is_significant)
        .collect();
    changed.sort_by(|a, b| {
        let size = |change: &Change| change.difference().abs();
        size(b.1).total_cmp(&size(a.1)).then_with(|| a.0.cmp(&b.0))
    });
    let named = changed.iter().take(NAMED);
    let mut parts: Vec<String> = named
        .map(|&(tag, _)| {
            let exit = if tag.is_exit() { "exit: " } else { "" };
            format!("{exit}{}", short_words(tag))
        })
        .collect();
    let exits = comparison.head(Subject::Exits);
    if let Some(exits) = exits.filter(|exits| comparison.is_tagged && exits.is_significant) {
        let Sides { before, after } = exits.values.map(|value| value_words(value, unit));
        parts.insert(0, format!("all exits {before} → {after}"));
    }
    let changed = parts.join(", ");
    let mut parts = sides(comparison);
    if !changed.is_empty() {
        parts.push(format!("changed: {changed}"));
    } else if !comparison.is_any_significant() {
        parts.push("no significant change".to_owned());
    }
    parts.push(format!("values: {}", unit.words()));
    if comparison.is_tagged {
        parts.push("upper edge: colour of the tag".to_owned());
    }
    let notes = comparison.notes.iter();
    parts.extend(notes.map(|note| shortened(note, NOTE).into_owned()));
    parts.join(" · ")
}

fn details(change: &Change, unit: Unit) -> String {
    let interval = change.half_width.map_or(String::new(), |half| {
        format!(" ± {}", change_words(half, unit).trim_start_matches('+'))
    });
    let noise = match (change.is_significant, change.beats_noise) {
        (true, _) => "",
        (false, true) => ", too small to be marked",
        (false, false) => ", within the noise",
    };
    // What one side did not see by chance is not gone.
    let relative = match (
        change.is_significant,
        change.values.before,
        change.values.after,
    ) {
        (false, _, 0.0) => "not seen after".to_owned(),
        (false, 0.0, _) => "not seen before".to_owned(),
        _ => relative_words(change.values),
    };
    format!(
        "{} → {} ({}{interval}, {relative}{noise}), {} → {}",
        value_words(change.values.before, unit),
        value_words(change.values.after, unit),
        change_words(change.difference(), unit),
        grouped(change.counts.before.samples),
        counted(change.counts.after.samples, "sample")
    )
}

/// How wide a side is drawn.
#[derive(Clone, Copy)]
struct Scale {
    /// The width of its whole.
    width: u128,
    /// What its whole weighs.
    weight: u128,
}

impl Scale {
    /// Integers round every box down, so that children never exceed their parent.
    fn width_of(self, count: Count) -> u64 {
        let wide = u128::from(count.weight) * self.width / self.weight.max(1);
        u64::try_from(wide).unwrap_or(WHOLE)
    }
}

fn boxes(comparison: &Comparison) -> Vec<DiffBox> {
    let whole = comparison.boxes.first();
    let values = whole.map_or_else(Sides::default, |root| root.values);
    let largest = values.before.max(values.after);
    let scales = Sides::from_fn(|role| {
        // Each side's share of the larger side's whole.
        let scaled = if largest > 0.0 {
            values[role] / largest * WHOLE as f64
        } else {
            0.0
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a constant"
        )]
        let scaled = scaled as u64;
        Scale {
            width: u128::from(scaled),
            weight: u128::from(comparison.union.whole(role).weight),
        }
    });
    let changes = comparison.boxes.iter().map(|change| DiffBox {
        before: scales.before.width_of(change.counts.before),
        after: scales.after.width_of(change.counts.after),
        is_significant: change.is_significant,
    });
    changes.collect()
}

/// Appends to a box's tooltip what changed.
pub fn box_facts(comparison: &Comparison, node: NodeIx, text: &mut String) {
    if let Some(change) = comparison.boxes.get(node.as_usize()) {
        text.push_str(&details(change, comparison.unit));
    }
    if node != NodeIx::ROOT {
        let union = &comparison.union;
        let frame = union.tree.get(node).frame;
        if let Some(former) = union.former.get(&frame) {
            let former = crate::text::one_line(former);
            text.push_str(", before: ");
            text.push_str(&shortened(&former, 200));
        }
        let dso = &union.frames.get(frame).dso;
        if !dso.is_empty() {
            text.push_str(", ");
            text.push_str(&shortened(&crate::text::one_line(dso), 200));
        }
    }
}

/// The weights of the stacks that end at a node, before and after.
pub fn own_weights(comparison: &Comparison, node: NodeIx) -> Sides<u64> {
    let own = comparison.union.own.each_ref();
    own.map(|own| own.get(node.as_usize()).map_or(0, |count| count.weight))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_directories_are_left_out_of_titles() {
        let apart = |before, after| apart(Sides { before, after }).into_array();
        assert_eq!(apart("/a/b/x.data", "/a/b/y.data"), ["x.data", "y.data"]);
        assert_eq!(apart("/a/b/x", "/a/c/x"), ["b/x", "c/x"]);
        assert_eq!(apart("x", "x"), ["x", "x"]);
        assert_eq!(apart("/é/x", "/e/x"), ["é/x", "e/x"]);
        assert_eq!(
            apart("bad.data", "/home/me/good.data"),
            ["bad.data", "good.data"]
        );
        assert_eq!(apart("x", "/b/x"), ["x", "b/x"]);
        assert_eq!(
            apart("/a/x [pid=1]", "/a/x [pid=2]"),
            ["x [pid=1]", "x [pid=2]"]
        );
    }
}
