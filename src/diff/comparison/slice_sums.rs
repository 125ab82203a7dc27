//! What quantities weigh by slice of time.

use super::bases::Base;
use super::quantities::{EXITS, Quantities, TAGS, bare_measure, frame_of};
use crate::analysis::SliceWeight;
use crate::before_after::{SideRole, Sides};
use crate::diff::matching::Union;
use crate::diff::model::{SideQuantity, SliceValues};
use crate::diff::sides::Count;
use crate::stack::NodeIx;

/// Stands for the row of what has none.
const NO_ROW: u32 = u32::MAX;

/// Weights by slice of time, for those quantities that are worth it.
#[derive(Debug)]
pub(crate) struct SliceSums(Sides<SideSums>);

/// Those of one side.
#[derive(Debug)]
struct SideSums {
    /// Row of each subject; [`NO_ROW`] for one that is not worth it, or that the side does not have.
    rows: Vec<u32>,
    /// Rows of slices.
    sums: Vec<f64>,
    /// The row of what the side does not have, one for each slice.
    zeros: Vec<f64>,
}

impl SliceSums {
    /// Adds up the weights of the quantities for which `is_worth` holds.
    pub(crate) fn new(
        union: &Union,
        quantities: &Quantities,
        slices: Sides<usize>,
        threads: usize,
        is_worth: impl Fn(usize) -> bool + Sync,
    ) -> Self {
        let sums = |role: SideRole| {
            let mut made = 0;
            let has_row = |(ix, counts): (usize, &Sides<Count>)| {
                let has_row = counts[role].weight > 0 && is_worth(ix);
                made += u32::from(has_row);
                if has_row { made - 1 } else { NO_ROW }
            };
            let rows = quantities.counts.iter().enumerate().map(has_row);
            let rows = rows.collect();
            let mut sums = SideSums {
                rows,
                sums: vec![0.0; slices[role] * made as usize],
                zeros: vec![0.0; slices[role]],
            };
            sums.add(union, quantities, role);
            sums
        };
        Self(Sides::at_once(threads, sums))
    }

    /// A quantity on both sides, as the tests take it.
    pub(crate) fn measure<'a>(
        &'a self,
        ix: usize,
        counts: Sides<Count>,
        bases: &'a Sides<Base>,
    ) -> Sides<SideQuantity<'a>> {
        Sides::from_fn(|role| SideQuantity {
            slices: SliceValues {
                weights: self.0[role].row(ix),
                bases: &bases[role].slices,
            },
            ..bare_measure(counts[role], &bases[role])
        })
    }
}

impl SideSums {
    /// The slices of a quantity.
    fn row(&self, ix: usize) -> &[f64] {
        if self.rows[ix] == NO_ROW {
            return &self.zeros;
        }
        let (row, slices) = (self.rows[ix] as usize, self.zeros.len());
        let range = row * slices..(row + 1) * slices;
        self.sums.get(range).unwrap_or(&self.zeros)
    }

    /// Adds the weights of the stacks by slice to the rows of what they are of.
    fn add(&mut self, union: &Union, quantities: &Quantities, role: SideRole) {
        let Self { rows, sums, zeros } = self;
        let row_len = zeros.len();
        if row_len == 0 {
            return;
        }
        let nodes = node_rows(union, quantities, rows);
        let stacks = union.side(role);
        for stack in stacks.list {
            let weights = stacks.weights_of(stack);
            let mut add = |row: u32| {
                if row == NO_ROW {
                    return;
                }
                let row = row as usize;
                SliceWeight::add_all(weights, &mut sums[row * row_len..(row + 1) * row_len]);
            };
            add(rows[0]);
            add(rows[TAGS + stack.tag as usize]);
            if stack.tag.is_exit() {
                add(rows[EXITS]);
            }
            let mut node = stack.leaf;
            if node != NodeIx::ROOT {
                add(rows[quantities.own + frame_of(union, node.as_usize())]);
            }
            while node != NodeIx::ROOT {
                let of_node = &nodes[node.as_usize()];
                add(of_node.own);
                add(of_node.inclusive);
                node = of_node.above;
            }
            add(rows[quantities.boxes]);
        }
    }
}

/// The rows to which a stack adds that passes through a node.
#[derive(Clone, Copy)]
struct NodeRows {
    /// Of its box.
    own: u32,
    /// Of its function with what that calls.
    inclusive: u32,
    /// The nearest node above that has a row.
    above: NodeIx,
}

/// Those of each node; a node that is not the topmost one of its function has no row of that.
fn node_rows(union: &Union, quantities: &Quantities, rows: &[u32]) -> Vec<NodeRows> {
    let mut nodes: Vec<NodeRows> = Vec::with_capacity(union.tree.len());
    for (at, &parent) in union.parents.iter().enumerate() {
        // A node was made before its children.
        let above = match nodes.get(parent.as_usize()) {
            Some(of_parent) if of_parent.own == NO_ROW && of_parent.inclusive == NO_ROW => {
                of_parent.above
            }
            Some(_) | None => parent,
        };
        let inclusive = if at > 0 && quantities.is_topmost[at] {
            rows[quantities.inclusive + frame_of(union, at)]
        } else {
            NO_ROW
        };
        nodes.push(NodeRows {
            own: rows[quantities.boxes + at],
            inclusive,
            above,
        });
    }
    nodes
}
