//! Addresses that are asked for, in order.

/// Addresses in ascending order, each once. Which of them comes next is found in a few steps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Points {
    sorted: Box<[u64]>,
    /// How many of the points lie in the bins before each bin. A bin holds the points whose distance
    /// to the first one is the same but for the lowest bits.
    before_bin: Box<[u32]>,
    /// How many bits those are.
    shift: u32,
}

impl Points {
    /// The same addresses in order.
    pub(crate) fn new(mut points: Vec<u64>) -> Self {
        points.sort_unstable();
        points.dedup();
        let (first, last) = match (points.first(), points.last()) {
            (Some(&first), Some(&last)) => (first, last),
            _ => return Self::default(),
        };
        // Two bins for each point: few hold more than one.
        let most_bins = (2 * points.len() as u64).next_power_of_two();
        let bits = u64::BITS - (last - first).leading_zeros();
        let shift = bits.saturating_sub(most_bins.ilog2());
        let mut before_bin = vec![0; bin(last - first, shift) + 2];
        for &point in &points {
            if let Some(count) = before_bin.get_mut(bin(point - first, shift) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0_u32;
        for count in &mut before_bin {
            sum = sum.saturating_add(*count);
            *count = sum;
        }
        Self {
            sorted: points.into(),
            before_bin: before_bin.into(),
            shift,
        }
    }

    /// How many points there are.
    pub(crate) fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The points in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> {
        self.sorted.iter().copied()
    }

    /// The position of the first point that is not below `address`; [`Self::len`] when all are.
    #[inline]
    pub(crate) fn position_from(&self, address: u64) -> usize {
        let Some(&first) = self.sorted.first() else {
            return 0;
        };
        let Some(distance) = address.checked_sub(first) else {
            return 0;
        };
        let Some((start, own)) = self.bin_at(distance) else {
            return self.sorted.len();
        };
        if own.is_empty() {
            return start;
        }
        start + own.partition_point(|&point| point < address)
    }

    /// The points that share a bin with what lies at a distance from the first one, and the position
    /// of the first of these; `None` behind the last bin. Most bins hold none.
    #[inline]
    fn bin_at(&self, distance: u64) -> Option<(usize, &[u64])> {
        let bin = bin(distance, self.shift);
        let &[start, end] = self.before_bin.get(bin..)?.first_chunk()?;
        let start = start as usize;
        let own = self.sorted.get(start..end as usize);
        Some((start, own.unwrap_or_default()))
    }

    /// The point at a position.
    #[inline]
    pub(crate) fn get(&self, position: usize) -> Option<u64> {
        self.sorted.get(position).copied()
    }

    /// Whether a point lies in the range from `start` to before `end`.
    #[inline]
    pub(crate) fn hit(&self, start: u64, end: u64) -> bool {
        let next = self.get(self.position_from(start));
        next.is_some_and(|next| next < end)
    }

    /// Whether `address` is a point.
    #[inline]
    pub(crate) fn contains(&self, address: u64) -> bool {
        let distance = self
            .sorted
            .first()
            .map(|&first| address.wrapping_sub(first));
        // What lies below the first one wraps to far behind the last.
        let bin = distance.and_then(|distance| self.bin_at(distance));
        bin.is_some_and(|(_, own)| own.binary_search(&address).is_ok())
    }
}

/// The bin of a point at a distance from the first one. Distances that share no bin with a point
/// may get any number behind them.
#[inline]
fn bin(distance: u64, shift: u32) -> usize {
    usize::try_from(distance >> shift).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Addresses close to each other, far apart, and at both ends of what there is.
    fn address() -> impl Strategy<Value = u64> {
        prop_oneof![
            0..40_u64,
            0x1000..0x1040_u64,
            any::<u64>(),
            u64::MAX - 40..=u64::MAX
        ]
    }

    proptest! {
        /// By definition.
        #[test]
        fn the_next_point_is_found(
            points in prop::collection::vec(address(), 0..50),
            addresses in prop::collection::vec(address(), 50)
        ) {
            let found = Points::new(points.clone());
            let distinct: std::collections::BTreeSet<u64> = points.iter().copied().collect();
            prop_assert_eq!(found.len(), distinct.len());
            for &at in addresses.iter().chain(&points) {
                let expected = distinct.iter().filter(|&&point| point < at).count();
                prop_assert_eq!(found.position_from(at), expected, "{:#x}", at);
                prop_assert_eq!(found.get(expected), distinct.range(at..).next().copied());
                prop_assert_eq!(found.contains(at), distinct.contains(&at));
                let end = at.saturating_add(3);
                prop_assert_eq!(found.hit(at, end), distinct.range(at..end).next().is_some());
            }
        }
    }
}
