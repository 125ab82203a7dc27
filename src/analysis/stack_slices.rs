//! What stacks weigh by slice of time, by which a diff tells a change from noise.

use crate::fold::{SliceRow, WeightKind};
use crate::name::NamedStacks;

/// What samples in a slice of time weigh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SliceWeight {
    /// The slice, counted from 0.
    pub slice: u32,
    /// What its samples weigh.
    pub weight: u64,
}

impl SliceWeight {
    /// Adds weights to the sums of their slices, of which there may be fewer.
    pub(crate) fn add_all(weights: &[Self], sums: &mut [f64]) {
        for &Self { slice, weight } in weights {
            if let Some(sum) = sums.get_mut(slice as usize) {
                *sum += weight as f64;
            }
        }
    }
}

/// What each of many stacks weighs by slice of time.
#[derive(Debug, Default)]
pub struct StackSlices {
    /// Where the weights of each stack end, by its position.
    ends: Vec<usize>,
    /// Those of a stack in the order of time, each slice once.
    weights: Vec<SliceWeight>,
}

impl StackSlices {
    /// What named stacks weigh, by what settled ones do that they were.
    pub(super) fn of(rows: &[SliceRow], stacks: &NamedStacks, kind: WeightKind) -> Self {
        let places = rows.iter().map(|row| stacks.place_of(row.stack));
        let places: Vec<Option<u32>> = places.collect();
        // Where the rows of each stack begin, one stack further on: each moves to its own end.
        let mut ends = vec![0; stacks.iter().len() + 1];
        for &place in places.iter().flatten() {
            ends[place as usize + 1] += 1;
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        let none = SliceWeight {
            slice: 0,
            weight: 0,
        };
        let mut weights = vec![none; sum];
        for (row, place) in rows.iter().zip(places) {
            if let Some(place) = place {
                let end = &mut ends[place as usize];
                weights[*end] = SliceWeight {
                    slice: row.slice,
                    weight: match kind {
                        WeightKind::Samples | WeightKind::ByEvent => row.samples,
                        WeightKind::Period => row.period,
                    },
                };
                *end += 1;
            }
        }
        ends.pop();
        add_up(&mut ends, &mut weights);
        Self { ends, weights }
    }

    /// What the stack of a position weighs, in the order of time, each slice once; nothing where that is
    /// not known.
    pub fn of_stack(&self, stack: usize) -> &[SliceWeight] {
        let Some(&end) = self.ends.get(stack) else {
            return &[];
        };
        let start = stack
            .checked_sub(1)
            .and_then(|before| self.ends.get(before));
        let start = start.copied().unwrap_or_default();
        self.weights.get(start..end).unwrap_or_default()
    }
}

/// Makes one of the weights that a stack has in the same slice.
fn add_up(ends: &mut [usize], weights: &mut Vec<SliceWeight>) {
    let (mut start, mut kept) = (0, 0);
    for end in ends {
        weights[start..*end].sort_unstable_by_key(|weight| weight.slice);
        let first = kept;
        for at in start..*end {
            let new = weights[at];
            match weights[first..kept].last_mut() {
                Some(last) if last.slice == new.slice => {
                    last.weight = last.weight.saturating_add(new.weight);
                }
                Some(_) | None => {
                    weights[kept] = new;
                    kept += 1;
                }
            }
        }
        (start, *end) = (*end, kept);
    }
    weights.truncate(kept);
}
