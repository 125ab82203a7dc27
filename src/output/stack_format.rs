//! The formats of a call tree alone, without threads and times.

use std::io::{self, Write};

use super::call_tree::{TreeFacts, write_tree_csv, write_tree_json};
use super::folded::{Annotate, write_folded};
use super::svg::{Picture, write_svg};
use crate::stack::{CallTree, FrameTable};

/// A format of a call tree, with what is said beside the tree.
#[derive(Debug)]
pub enum StackFormat {
    /// `root;…;leaf WEIGHT`.
    Folded(Annotate),
    /// An interactive flame graph.
    Svg(Picture),
    /// A list of nodes.
    Json(TreeFacts),
    /// A row for each node.
    Csv,
}

/// Writes a call tree in a format.
///
/// # Errors
/// When `out` fails.
pub fn write_stacks(
    tree: &CallTree,
    frames: &FrameTable,
    format: &StackFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        StackFormat::Folded(annotate) => write_folded(tree, frames, *annotate, out),
        StackFormat::Svg(picture) => write_svg(tree, frames, picture, out).map(|_| ()),
        StackFormat::Json(facts) => write_tree_json(tree, frames, facts, out),
        StackFormat::Csv => write_tree_csv(tree, frames, out),
    }
}
