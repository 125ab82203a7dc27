//! A filter of addresses.

use super::points::Points;

/// Tells most other addresses from some: a bit for each of these, at a place that the address tells.
#[derive(Debug)]
pub(super) struct StartFilter {
    bits: Box<[u64]>,
    /// How far the hash of an address is shifted to be the position of its bit.
    shift: u32,
}

impl StartFilter {
    /// Of so many other addresses one is not told.
    const OF_OTHERS: usize = 16;

    pub(super) fn of(starts: &Points) -> Self {
        let bits = (starts.len() * Self::OF_OTHERS).next_power_of_two();
        let bits = bits.max(u64::BITS as usize);
        let mut filter = Self {
            bits: vec![0; bits / u64::BITS as usize].into(),
            shift: u64::BITS - bits.ilog2(),
        };
        for start in starts.iter() {
            let bit = filter.bit(start);
            if let Some(word) = filter.bits.get_mut(word_of(bit)) {
                *word |= 1 << (bit % u64::BITS);
            }
        }
        filter
    }

    /// Whether an address may be one of them.
    #[inline]
    pub(super) fn may_hold(&self, start: u64) -> bool {
        let bit = self.bit(start);
        let word = self.bits.get(word_of(bit));
        word.is_some_and(|word| word >> (bit % u64::BITS) & 1 != 0)
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are fewer bits than 2^32"
    )]
    fn bit(&self, start: u64) -> u32 {
        // 2^64 by the golden ratio: what lies close together gets places far apart.
        (start.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as u32
    }
}

#[inline]
fn word_of(bit: u32) -> usize {
    (bit / u64::BITS) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By definition: each of them may be one. Of others hardly more than said.
    #[test]
    fn others_are_told() {
        for len in [0, 1, 3, 1000, 5000] {
            let starts = Points::new((0..len).map(|at| 0x40_0000 + at * 48).collect());
            let filter = StartFilter::of(&starts);
            assert!(starts.iter().all(|start| filter.may_hold(start)));
            let others = (0..10_000).map(|at| 0x90_0008 + at * 16);
            let held = others.filter(|&other| filter.may_hold(other)).count();
            assert!(held < 2 * 10_000 / StartFilter::OF_OTHERS, "{len}: {held}");
        }
    }
}
