//! Sorting rows of numbers that have long beginnings in common: multikey quicksort.

use std::ops::Range;

/// A row to sort, with the number that is compared next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyed {
    /// The number at the depth that is looked at, plus one; 0 behind the end of the row.
    key: u64,
    /// Where the row begins in the common list.
    start: usize,
    len: u32,
    /// Which stack the row is of.
    pub(super) stack: u32,
}

impl Keyed {
    /// The row of a stack, which lies at `range` of the common list.
    pub(super) fn new(range: Range<usize>, stack: u32) -> Self {
        Self {
            key: 0,
            start: range.start,
            len: u32::try_from(range.len()).unwrap_or(u32::MAX),
            stack,
        }
    }

    fn key_at(&self, steps: &[u32], depth: usize) -> u64 {
        if depth < self.len as usize {
            let step = steps.get(self.start + depth);
            step.map_or(0, |&step| u64::from(step) + 1)
        } else {
            0
        }
    }

    fn rest<'s>(&self, steps: &'s [u32], depth: usize) -> &'s [u32] {
        let end = self.start + self.len as usize;
        steps.get(self.start + depth..end).unwrap_or_default()
    }
}

/// So few rows or fewer are compared whole, by the sort of the standard library.
const FEW: usize = 12;

/// Sorts rows by their numbers, a shorter row before those that begin with it; rows that are the
/// same stay in no particular order.
///
/// Multikey quicksort: rows are split by one number into less, same and more, and the next number
/// is compared among the same only. So what rows have in common is read once, not in each
/// comparison.
///
/// Rows that keep splitting badly, as a crafted capture can make them, are left to the sort of the
/// standard library, which cannot be made slow.
///
/// Source: J. Bentley, R. Sedgewick, "Fast Algorithms for Sorting and Searching Strings", 1997.
pub(super) fn sort_by_steps(rows: &mut [Keyed], steps: &[u32]) {
    let patience = |rows: usize| 2 * rows.checked_ilog2().unwrap_or(0);
    let mut left = vec![(0..rows.len(), 0, patience(rows.len()))];
    load(rows, steps, 0);
    while let Some((range, depth, splits)) = left.pop() {
        let Some(part) = rows.get_mut(range.clone()) else {
            continue;
        };
        if part.len() <= FEW || splits == 0 {
            part.sort_unstable_by(|a, b| a.rest(steps, depth).cmp(b.rest(steps, depth)));
            continue;
        }
        let pivot = pivot_of(part);
        let (less, more) = split(part, pivot);
        let at = |ix: usize| range.start + ix;
        if pivot != 0 {
            load(
                part.get_mut(less..more).unwrap_or_default(),
                steps,
                depth + 1,
            );
            left.push((at(less)..at(more), depth + 1, patience(more - less)));
        }
        left.push((range.start..at(less), depth, splits - 1));
        left.push((at(more)..range.end, depth, splits - 1));
    }
}

fn load(rows: &mut [Keyed], steps: &[u32], depth: usize) {
    for row in rows {
        row.key = row.key_at(steps, depth);
    }
}

/// The middle one of three keys.
fn pivot_of(rows: &[Keyed]) -> u64 {
    let key = |ix: usize| rows.get(ix).map_or(0, |row| row.key);
    let mut three = [key(0), key(rows.len() / 2), key(rows.len() - 1)];
    three.sort_unstable();
    three[1]
}

/// Moves rows with less than the pivot to the front and those with more to the back; tells where
/// those with the same begin and end.
fn split(rows: &mut [Keyed], pivot: u64) -> (usize, usize) {
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
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The order is that of slices in the standard library.
        #[test]
        fn rows_sort_as_slices_do(
            rows in proptest::collection::vec(proptest::collection::vec(0..4_u32, 0..6), 0..200)
        ) {
            let steps: Vec<u32> = rows.iter().flatten().copied().collect();
            let mut keyed = Vec::new();
            let mut start = 0;
            for (row, stack) in rows.iter().zip(0..) {
                keyed.push(Keyed::new(start..start + row.len(), stack));
                start += row.len();
            }
            sort_by_steps(&mut keyed, &steps);
            let sorted: Vec<&Vec<u32>> =
                keyed.iter().map(|keyed| &rows[keyed.stack as usize]).collect();
            let mut expected: Vec<&Vec<u32>> = rows.iter().collect();
            expected.sort();
            prop_assert_eq!(sorted, expected);
        }
    }
}
