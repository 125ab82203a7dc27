//! The boxes that are drawn of a comparison.

use super::words::{change_words, describe, noise, relative_words, value_words};
use crate::diff::comparison::{Change, Comparison, Subject, Unit};
use crate::output::{DiffBox, DiffPicture, DiffTag, WHOLE, WidthBy, short_words};
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
    min_width: Option<f64>,
) -> DiffPicture {
    let [before, after] = &comparison.origins;
    let title = title.unwrap_or_else(|| {
        let [before, after] = apart(&before.name, &after.name);
        format!("{before} → {after}")
    });
    let unit = comparison.unit;
    let tags = comparison.tags().map(|(tag, change)| DiffTag {
        tag,
        values: format!(
            "{} → {}",
            value_words(change.value_before, unit),
            value_words(change.value_after, unit)
        ),
        details: details(change, unit),
    });
    DiffPicture {
        title,
        sides: sides(comparison),
        subtitle: subtitle(comparison),
        boxes: boxes(comparison),
        tags: tags.collect(),
        width,
        min_width,
    }
}

/// Two paths without the directories that they have in common.
fn apart(before: &str, after: &str) -> [String; 2] {
    let pairs = before.char_indices().zip(after.chars());
    let same = pairs.take_while(|&((_, b), a)| b == a);
    let cut = same.filter(|&((_, b), _)| b == '/').last();
    let cut = cut.map_or(0, |((at, _), _)| at + 1);
    let shown = |name: &str| match name.get(cut..) {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        Some(_) | None => name.to_owned(),
    };
    [shown(before), shown(after)]
}

/// Both sides by name, host and duration, and what else is known of them.
fn sides(comparison: &Comparison) -> [String; 2] {
    let total = comparison.head(Subject::Total);
    let samples = total.map_or([0, 0], |total| [total.before.samples, total.after.samples]);
    [0, 1].map(|side: usize| {
        let known = describe(&comparison.origins[side]);
        let samples = counted(samples[side], "sample");
        format!("{}: {known}, {samples}", ["Before", "After"][side])
    })
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
    let mut parts: Vec<String> = changed
        .iter()
        .take(NAMED)
        .map(|(tag, change)| {
            format!(
                "{}{} {} → {}",
                if tag.is_exit() { "exit: " } else { "" },
                short_words(*tag),
                value_words(change.value_before, unit),
                value_words(change.value_after, unit)
            )
        })
        .collect();
    let exits = comparison.head(Subject::Exits);
    if let Some(exits) = exits.filter(|exits| comparison.is_tagged && exits.is_significant) {
        let [before, after] =
            [exits.value_before, exits.value_after].map(|value| value_words(value, unit));
        parts.insert(0, format!("all exits {before} → {after}"));
    }
    if let Some(first) = parts.first_mut() {
        first.insert_str(0, "changed: ");
    } else if !comparison.is_any_significant() {
        parts.push("no significant change".to_owned());
    }
    parts.push(format!("values: {}", unit.words()));
    if comparison.is_tagged {
        parts.push("the lower edge of a box has the colour of its tag".to_owned());
    }
    let notes = comparison.notes.iter();
    parts.extend(notes.map(|note| shortened(note, NOTE).into_owned()));
    parts.push(noise(comparison).replacen("* marks changes", "colours mark changes", 1));
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
    format!(
        "{} → {} ({}{interval}, {}{noise}), {} → {}",
        value_words(change.value_before, unit),
        value_words(change.value_after, unit),
        change_words(change.difference(), unit),
        relative_words(change.value_before, change.value_after),
        grouped(change.before.samples),
        counted(change.after.samples, "sample")
    )
}

fn boxes(comparison: &Comparison) -> Vec<DiffBox> {
    let whole = comparison.boxes.first();
    let largest = whole.map_or(0.0, |root| root.value_before.max(root.value_after));
    let [before, after] = [0, 1].map(|side: usize| {
        let value = whole.map_or(0.0, |root| [root.value_before, root.value_after][side]);
        // Each side's share of the larger side's whole.
        let scaled = if largest > 0.0 {
            value / largest * WHOLE as f64
        } else {
            0.0
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and a constant"
        )]
        let scaled = scaled as u64;
        (
            u128::from(scaled),
            u128::from(comparison.union.whole(side).weight),
        )
    });
    let scale = |weight: u64, (scaled, whole): (u128, u128)| {
        // Integers round every box down, so that children never exceed their parent.
        let wide = u128::from(weight) * scaled / whole.max(1);
        u64::try_from(wide).unwrap_or(WHOLE)
    };
    comparison
        .boxes
        .iter()
        .map(|change| DiffBox {
            before: scale(change.before.weight, before),
            after: scale(change.after.weight, after),
            is_significant: change.is_significant,
        })
        .collect()
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
pub fn own_weights(comparison: &Comparison, node: NodeIx) -> [u64; 2] {
    let own = &comparison.union.own;
    [0, 1].map(|side: usize| {
        own[side]
            .get(node.as_usize())
            .map_or(0, |count| count.weight)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_directories_are_left_out_of_titles() {
        assert_eq!(apart("/a/b/x.data", "/a/b/y.data"), ["x.data", "y.data"]);
        assert_eq!(apart("/a/b/x", "/a/c/x"), ["b/x", "c/x"]);
        assert_eq!(apart("x", "x"), ["x", "x"]);
        assert_eq!(apart("/é/x", "/e/x"), ["é/x", "e/x"]);
    }
}
