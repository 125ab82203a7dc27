//! Sorting rows of steps that have long beginnings in common: multikey quicksort.

use std::ops::Range;

use super::rows::{StepOrder, StepRow};

/// Rows side by side that begin with the same steps.
#[derive(Clone, Debug)]
pub(super) struct RowRange {
    pub(super) range: Range<usize>,
    /// How many steps are known to be the same; the keys of the rows are those of the next.
    depth: usize,
    /// How many of them each of these rows has in common with each of those before the range.
    pub(super) shared: usize,
    /// How often they may be split badly before they are left to another sort.
    patience: u32,
}

impl RowRange {
    fn new(range: Range<usize>, depth: usize, shared: usize) -> Self {
        Self {
            depth,
            shared,
            patience: 2 * range.len().checked_ilog2().unwrap_or(0),
            range,
        }
    }
}

/// So few rows or fewer are compared whole, by the sort of the standard library.
const FEW: usize = 12;

/// Divides rows into ranges that only have to be sorted each by itself, mostly of no more than `most`
/// rows. They are told in order.
pub(super) fn divide(
    rows: &mut [StepRow<'_>],
    order: &StepOrder<'_, '_>,
    most: usize,
) -> Vec<RowRange> {
    load(rows, order, 0);
    let mut ranges = Vec::new();
    split_up(
        rows,
        order,
        RowRange::new(0..rows.len(), 0, 0),
        most,
        |_, range| ranges.push(range),
    );
    ranges
}

/// Sorts the rows of a range by their steps, a shorter row before those that begin with it; rows that
/// are the same stay in no particular order.
///
/// Multikey quicksort: rows are split by one step into less, same and more, and the next step is
/// compared among the same only. So what rows have in common is read once, not in each comparison.
///
/// Rows that keep splitting badly, as a crafted capture can make them, are left to the sort of the
/// standard library, which cannot be made slow.
///
/// Source: J. Bentley, R. Sedgewick, "Fast Algorithms for Sorting and Searching Strings", 1997.
pub(super) fn sort(rows: &mut [StepRow<'_>], order: &StepOrder<'_, '_>, range: &RowRange) {
    let whole = RowRange {
        range: 0..rows.len(),
        ..range.clone()
    };
    split_up(rows, order, whole, FEW, |few, range| {
        few.sort_unstable_by(|a, b| order.compare(a, b, range.depth));
    });
}

/// Splits a range until what is left has no more than `few` rows, is the same, or keeps splitting
/// badly; hands that on in order.
fn split_up<'a>(
    rows: &mut [StepRow<'a>],
    order: &StepOrder<'_, '_>,
    range: RowRange,
    few: usize,
    mut each: impl FnMut(&mut [StepRow<'a>], RowRange),
) {
    let mut left = vec![range];
    while let Some(next) = left.pop() {
        let RowRange {
            ref range,
            depth,
            shared,
            patience,
        } = next;
        let Some(part) = rows.get_mut(range.clone()) else {
            continue;
        };
        if part.len() <= few || patience == 0 {
            each(part, next);
            continue;
        }
        let pivot = pivot_of(part);
        let (less, more) = split(part, pivot);
        let within = |within: Range<usize>| range.start + within.start..range.start + within.end;
        let same = part.get_mut(less..more).unwrap_or_default();
        if pivot != 0 {
            load(same, order, depth + 1);
        }
        let badly = |part: Range<usize>, shared: usize| RowRange {
            range: within(part),
            depth,
            shared,
            patience: patience - 1,
        };
        let rest = badly(more..range.len(), depth);
        let first = badly(0..less, shared);
        let shared = if less == 0 { shared } else { depth };
        let same = if pivot == 0 {
            // They have ended: nothing is left to split.
            RowRange {
                patience: 0,
                ..badly(less..more, shared)
            }
        } else {
            RowRange::new(within(less..more), depth + 1, shared)
        };
        left.extend(
            [rest, same, first]
                .into_iter()
                .filter(|r| !r.range.is_empty()),
        );
    }
}

fn load(rows: &mut [StepRow<'_>], order: &StepOrder<'_, '_>, depth: usize) {
    for row in rows {
        row.key = order.key_at(row, depth);
    }
}

/// The middle one of three keys.
fn pivot_of(rows: &[StepRow<'_>]) -> u64 {
    let key = |ix: usize| rows.get(ix).map_or(0, |row| row.key);
    let mut three = [key(0), key(rows.len() / 2), key(rows.len() - 1)];
    three.sort_unstable();
    three[1]
}

/// Moves rows with less than the pivot to the front and those with more to the back; tells where
/// those with the same begin and end.
fn split(rows: &mut [StepRow<'_>], pivot: u64) -> (usize, usize) {
    let (mut less, mut at, mut more) = (0, 0, rows.len());
    while at < more {
        match rows[at].key.cmp(&pivot) {
            std::cmp::Ordering::Less => {
                rows.swap(less, at);
                less += 1;
                at += 1;
            }
            std::cmp::Ordering::Equal => at += 1,
            std::cmp::Ordering::Greater => {
                more -= 1;
                rows.swap(at, more);
            }
        }
    }
    (less, more)
}

#[cfg(test)]
mod tests {
    use super::super::rows::ranks;
    use super::super::testing::functions;
    use super::*;
    use crate::stack::{FrameIx, Tag, TaggedStack};
    use proptest::prelude::*;

    /// Each step with all that tells it from others, in the order of their meaning.
    fn steps(stack: &TaggedStack<'_>) -> Vec<(u32, Option<Tag>)> {
        let frames = stack.frames.iter().zip(0..);
        let from = stack.tagged_from();
        frames
            .map(|(frame, at)| (frame.0, (at >= from).then_some(stack.tag)))
            .collect()
    }

    proptest! {
        /// The order is that of slices in the standard library, and what ranges have in common with
        /// rows before them is what their first rows have.
        #[test]
        fn rows_sort_as_slices_do(
            rows in proptest::collection::vec(
                (proptest::collection::vec((0..4_u32).prop_map(FrameIx), 0..6), 0..7_usize, 0..3_usize),
                0..200,
            ),
            most in 1..100_usize,
        ) {
            // Their indexes are ordered as they are.
            let table = functions(["a", "b", "c", "d"]);
            let tags = [Tag::Guest, Tag::Io, Tag::Host];
            let stacks = rows.iter().map(|(frames, deciding, tag)| TaggedStack {
                frames,
                tag: tags[*tag],
                deciding: *deciding,
                weight: 1,
            });
            let stacks: Vec<TaggedStack<'_>> = stacks.collect();
            let order = StepOrder::new(&stacks, ranks(&table));
            let mut rows = StepRow::of_stacks(&stacks);
            let ranges = divide(&mut rows, &order, most);
            prop_assert!(ranges.iter().flat_map(|range| range.range.clone()).eq(0..rows.len()));
            for range in &ranges {
                let own = &mut rows[range.range.clone()];
                sort(own, &order, range);
            }
            let sorted: Vec<_> = rows.iter().map(|row| steps(order.stack(row))).collect();
            let mut expected: Vec<_> = stacks.iter().map(steps).collect();
            expected.sort();
            prop_assert_eq!(&sorted, &expected);
            for range in ranges.iter().filter(|range| range.range.start > 0) {
                let [before, first] = [1, 0].map(|back| &expected[range.range.start - back]);
                let shared = before.iter().zip(first).take_while(|(a, b)| a == b).count();
                prop_assert_eq!(range.shared, shared);
            }
        }
    }
}
