//! The nodes that are wide enough for a box, and where they lie along the x axis.

use std::io;

use super::measures::MAX_DEPTH;
use crate::stack::{CallTree, Children, NodeIx};

/// JavaScript counts exactly up to here.
const MAX_WEIGHT: u64 = 1 << 53;

/// What the nodes of a tree weigh in a picture.
#[derive(Clone, Copy)]
pub(crate) struct NodeWeights<'w> {
    /// What is below a node and its own. The children of a node must not weigh more than it does.
    pub(crate) total: &'w dyn Fn(NodeIx) -> u64,
    /// The part of it that no child has.
    pub(crate) own: &'w dyn Fn(NodeIx) -> u64,
}

/// A node that is wide enough for a box.
#[derive(Clone, Copy, Debug)]
pub(super) struct WideBox {
    pub(super) node: NodeIx,
    /// How many boxes it would stand on; 1 right above the one for everything.
    pub(super) depth: usize,
    /// The weight at which it begins.
    pub(super) first: u64,
    pub(super) weight: u64,
}

impl WideBox {
    /// The weight at which it ends.
    pub(super) const fn end(&self) -> u64 {
        self.first.saturating_add(self.weight)
    }
}

/// All nodes of at least `least` in the order of the tree, one level more than is ever drawn. One that is
/// lighter has none below it. A node's own weight lies before its children.
///
/// # Errors
/// When the weights add up to more than a browser can count.
pub(super) fn wide_boxes(
    tree: &CallTree,
    weights: NodeWeights<'_>,
    least: u64,
) -> io::Result<Vec<WideBox>> {
    let mut boxes = Vec::new();
    let mut at = counted((weights.own)(NodeIx::ROOT))?;
    let mut levels: Vec<Children<'_>> = vec![tree.children(NodeIx::ROOT)];
    loop {
        let depth = levels.len();
        let Some(children) = levels.last_mut() else {
            break;
        };
        let Some(node) = children.next() else {
            levels.pop();
            continue;
        };
        let weight = (weights.total)(node);
        let is_wide = weight >= least;
        if is_wide {
            boxes.push(WideBox {
                node,
                depth,
                first: at,
                weight,
            });
        }
        if is_wide && depth <= MAX_DEPTH {
            at = counted(at.saturating_add((weights.own)(node)))?;
            levels.push(tree.children(node));
        } else {
            at = counted(at.saturating_add(weight))?;
        }
    }
    Ok(boxes)
}

fn counted(weight: u64) -> io::Result<u64> {
    if weight <= MAX_WEIGHT {
        return Ok(weight);
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidData,
        "the weights add up to more than a browser can count (2^53)",
    ))
}
