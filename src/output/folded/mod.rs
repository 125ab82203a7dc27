//! Folded text: `root;…;leaf WEIGHT`, one line per stack.

mod annotate;
mod frame_texts;
mod parts;
mod safe_name;

use std::collections::BTreeMap;
use std::io::{self, Write};

pub use self::annotate::Annotate;
use self::frame_texts::FrameTexts;
use self::parts::PathParts;
use self::safe_name::{NAMELESS, safe_name};
use crate::before_after::Sides;
use crate::folded_text::decimal_words;
use crate::stack::{CallTree, FrameTable, NodeIx};

/// Writes the stacks of `tree`, each line once, in the order of their bytes.
///
/// Lines read the same in `flamegraph.pl`, inferno and speedscope. To that end a name differs from
/// the capture's where the format gives characters a meaning: `;` becomes `:`; white space becomes
/// a space and is trimmed; control characters are spelled out as in `\u{1b}`; the last space before
/// a final number becomes `_`, because readers take the number for a second weight (`worker 3`);
/// a leading `#` that starts a comment gets `_` in front; a name of nothing is `[unknown]`. Nodes
/// with equal texts, such as two that differ in their tag only, give one line.
///
/// # Errors
/// When `out` fails.
pub fn write_folded(
    tree: &CallTree,
    table: &FrameTable,
    annotate: Annotate,
    out: &mut dyn Write,
) -> io::Result<()> {
    PathParts::of(tree, FrameTexts::new(table, annotate)).write(out)
}

/// Writes `root;…;leaf BEFORE AFTER` for the stacks of a union of two profiles, each line once, in
/// the order of their bytes; `weights` are those of stacks that end at a node, in units that have
/// so many `decimals` on either side.
///
/// Lines read the same as those of `difffolded.pl`. Names are made safe as in [`write_folded`].
///
/// # Errors
/// When `out` fails.
pub fn write_folded_diff(
    tree: &CallTree,
    table: &FrameTable,
    weights: &dyn Fn(NodeIx) -> Sides<u64>,
    decimals: Sides<u32>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut lines: BTreeMap<String, Sides<u64>> = BTreeMap::new();
    // The path of the node that was looked at last; each of the waiting continues a part of it.
    let mut path = String::new();
    let mut waiting = vec![(NodeIx::ROOT, 0)];
    while let Some((node, prefix)) = waiting.pop() {
        path.truncate(prefix);
        if node != NodeIx::ROOT {
            if prefix > 0 {
                path.push(';');
            }
            path.push_str(&safe_name(&table.get(tree.get(node).frame).name));
        }
        let own = weights(node);
        if own != Sides::default() {
            let name = if path.is_empty() { NAMELESS } else { &path };
            let sum = lines.entry(name.to_owned()).or_default();
            *sum = sum.zip(own).map(|(sum, own)| sum.saturating_add(own));
        }
        waiting.extend(tree.children(node).map(|child| (child, path.len())));
    }
    for (path, weights) in lines {
        let before = decimal_words(weights.before, decimals.before);
        let after = decimal_words(weights.after, decimals.after);
        writeln!(out, "{path} {before} {after}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::{Sample, tree_of};
    use crate::stack::Tag;

    fn folded(samples: &[Sample<'_>], annotate: Annotate) -> String {
        let (tree, table) = tree_of(samples);
        let mut out = Vec::new();
        write_folded(&tree, &table, annotate, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_in_the_order_of_their_bytes() {
        let samples = [
            ("clone;y", None, 1),
            ("clone", None, 2),
            ("clone3;x", None, 3),
            ("clone!", None, 4),
            ("clone b", None, 5),
            ("clone b;c", None, 6),
            ("a;b;c", None, 7),
            ("é", None, 8),
        ];
        let text = folded(&samples, Annotate::None);
        let mut sorted: Vec<&str> = text.lines().collect();
        sorted.sort_unstable();
        assert_eq!(text.lines().collect::<Vec<_>>(), sorted);
        assert_eq!(sorted.len(), samples.len());
    }

    #[test]
    fn nodes_that_differ_in_their_tag_only_give_one_line() {
        let samples = [
            ("q;!f;g", Some(Tag::ExitPio), 2),
            ("q;!f;g", Some(Tag::Entry), 3),
            ("q;f;g", None, 4),
        ];
        assert_eq!(folded(&samples, Annotate::None), "q;f;g 9\n");
        assert_eq!(
            folded(&samples, Annotate::Tag),
            "q;f;g 4\nq;f_[entry];g_[entry] 3\nq;f_[exit:pio];g_[exit:pio] 2\n"
        );
        assert_eq!(folded(&samples, Annotate::Perf), "q_[k];f_[k];g_[k] 9\n");
    }

    /// inferno reads our text back: every stack with its weight, nothing ignored.
    #[test]
    fn inferno_reads_names_that_end_in_numbers() {
        let samples = [("worker 3", None, 5), ("#", None, 2), ("x;y 1.0", None, 4)];
        let text = folded(&samples, Annotate::None);
        let mut svg = Vec::new();
        let mut options = inferno::flamegraph::Options::default();
        inferno::flamegraph::from_lines(&mut options, text.lines(), &mut svg).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        assert!(svg.contains("total_samples=\"11\""), "{svg}");
        assert!(svg.contains(">worker_3 (5 samples, 45.45%)<"));
    }
}
