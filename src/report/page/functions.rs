//! The functions of a flame graph as a table.

use std::cmp::Reverse;

use hashbrown::HashMap;

use crate::report::table::{Cell, Column, Quantity, Table};
use crate::stack::{CallTree, FrameIx, FrameKind, FrameTable, NodeIx};
use crate::text::NANOSECONDS;

/// Rows that a page has: those of the most own weight, and as many of the most weight with callees.
const MOST_ROWS: usize = 150;

/// What a function weighs.
#[derive(Clone, Copy, Debug, Default)]
struct FunctionSums {
    /// By itself.
    own: u64,
    /// With its callees, each stack once.
    total: u64,
}

/// The functions, those of the most own weight first.
pub(super) fn function_table(tree: &CallTree, frames: &FrameTable, unit: &str) -> Table {
    let is_time = unit == NANOSECONDS;
    let weight = |key, heading, meaning| {
        let quantity = if is_time {
            Quantity::Nanoseconds
        } else {
            Quantity::Count
        };
        Column::new(key, heading, quantity, meaning)
    };
    let share = |key, heading, meaning| Column::new(key, heading, Quantity::Share, meaning);
    let columns = vec![
        Column::new(
            "function",
            "function",
            Quantity::Text,
            "The function, or what stands for it.",
        ),
        Column::new(
            "object",
            "object",
            Quantity::Text,
            "The object that holds its code.",
        )
        .or_absent("it is no function, or no object is known"),
        weight("own", "self", "What stacks weigh that end with it."),
        share("own_share", "self %", "The part of everything."),
        weight("total", "total", "What stacks weigh in which it occurs."),
        share("total_share", "total %", "The part of everything."),
    ];
    let mut table = Table::new("functions", "Functions", columns);
    let whole = tree.root().total;
    let cell = |value| {
        if is_time {
            Cell::Nanoseconds(value)
        } else {
            Cell::Count(value)
        }
    };
    let sums = sums_of(tree, frames);
    let all = sums.len();
    for (frame, sums) in largest(sums) {
        let frame = frames.get(frame);
        let dso = Some(&*frame.dso).filter(|dso| !dso.is_empty());
        table.push(vec![
            Cell::Text((*frame.name).to_owned()),
            Cell::of(dso, |dso| Cell::Text(dso.to_owned())),
            cell(sums.own),
            Cell::share(sums.own, whole),
            cell(sums.total),
            Cell::share(sums.total, whole),
        ]);
    }
    if all > table.rows.len() {
        table.notes.push(format!(
            "{} of {all} functions: those of the most weight by themselves and with their callees",
            table.rows.len()
        ));
    }
    table
}

/// Those that are shown. Sums come, and equal ones stay, in the order of their names.
fn largest(sums: Vec<(FrameIx, FunctionSums)>) -> Vec<(FrameIx, FunctionSums)> {
    let most = |weight: fn(&FunctionSums) -> u64| {
        let mut order: Vec<usize> = (0..sums.len()).collect();
        order.retain(|&at| sums.get(at).is_some_and(|(_, sums)| weight(sums) > 0));
        order.sort_by_key(|&at| Reverse(sums.get(at).map(|(_, sums)| weight(sums))));
        order.truncate(MOST_ROWS);
        order
    };
    let mut is_shown = vec![false; sums.len()];
    for at in most(|sums| sums.own)
        .into_iter()
        .chain(most(|sums| sums.total))
    {
        if let Some(shown) = is_shown.get_mut(at) {
            *shown = true;
        }
    }
    let shown = sums.into_iter().zip(is_shown);
    let shown = shown.filter_map(|(sums, is_shown)| is_shown.then_some(sums));
    let mut shown: Vec<(FrameIx, FunctionSums)> = shown.collect();
    shown.sort_by_key(|(_, sums)| (Reverse(sums.own), Reverse(sums.total)));
    shown
}

/// What all functions weigh, in the order in which their names are read.
fn sums_of(tree: &CallTree, frames: &FrameTable) -> Vec<(FrameIx, FunctionSums)> {
    let mut sums: HashMap<FrameIx, FunctionSums> = HashMap::new();
    // A function that calls itself counts once.
    let mut path: Vec<FrameIx> = Vec::new();
    let mut on_path: HashMap<FrameIx, usize> = HashMap::new();
    let mut open: Vec<(NodeIx, usize)> = tree.children(NodeIx::ROOT).map(|at| (at, 0)).collect();
    while let Some((at, depth)) = open.pop() {
        for left in path.drain(depth..) {
            on_path.entry(left).and_modify(|times| *times -= 1);
        }
        let node = tree.get(at);
        let times = on_path.entry(node.frame).or_default();
        if frames.get(node.frame).kind != FrameKind::Root {
            let found = sums.entry(node.frame).or_default();
            found.own = found.own.saturating_add(node.own);
            if *times == 0 {
                found.total = found.total.saturating_add(node.total);
            }
        }
        *times += 1;
        path.push(node.frame);
        open.extend(tree.children(at).map(|child| (child, depth + 1)));
    }
    let in_order = frames.in_order().into_iter();
    let found = in_order.filter_map(|frame| Some((frame, *sums.get(&frame)?)));
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::{Frame, Tag, TaggedStack};
    use crate::units::CpuMode;

    /// By hand: `a;b;a` weighs 5 and `a;b` 2, so `a` weighs 7 with its callees and not 12.
    #[test]
    fn a_function_that_calls_itself_counts_once() {
        let mut frames = FrameTable::default();
        let mut frame = |name: &str| {
            frames.intern(Frame {
                name: name.into(),
                dso: "".into(),
                mode: CpuMode::User,
                kind: FrameKind::Function,
                line: None,
            })
        };
        let (a, b) = (frame("a"), frame("b"));
        let stack = |frames: &'static [usize], weight| {
            let frames: Vec<FrameIx> = frames.iter().map(|&at| [a, b][at]).collect();
            (frames, weight)
        };
        let stacks = [stack(&[0, 1, 0], 5), stack(&[0, 1], 2)];
        let tagged = stacks.iter().map(|(frames, weight)| TaggedStack {
            frames,
            tag: Tag::Host,
            deciding: frames.len(),
            weight: *weight,
        });
        let tree = CallTree::build(&frames, tagged);
        let told: Vec<(&str, u64, u64)> = sums_of(&tree, &frames)
            .into_iter()
            .map(|(ix, sums)| (&*frames.get(ix).name, sums.own, sums.total))
            .collect();
        assert_eq!(told, [("a", 5, 7), ("b", 2, 7)]);
    }
}
