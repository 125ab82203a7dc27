//! Hashes of bytes that a file tells, fast for eight bytes at a time, and tables by what they tell.

mod positions;

pub(crate) use positions::HashedPositions;

use std::hash::{BuildHasher, RandomState};

/// Hashes with secrets of its own, so that no input can be made to collide. Nothing that is shown
/// may depend on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mixer {
    secrets: [u64; 4],
}

impl Mixer {
    pub(crate) fn new() -> Self {
        let random = RandomState::new();
        Self {
            secrets: [0, 1, 2, 3].map(|number| random.hash_one(number)),
        }
    }

    /// The part that a table keeps of the hash of `bytes` and two numbers.
    ///
    /// Two lanes of folded multiplication over 32 bytes a step, so that the multiplications of one
    /// step do not wait for each other. Both factors hold a secret: a factor of 0 would wipe out all
    /// that came before.
    #[inline]
    pub(crate) fn hash(&self, numbers: [u64; 2], bytes: &[u8]) -> u32 {
        let [s0, s1, s2, s3] = self.secrets;
        let word = |bytes: &[u8], at: usize| {
            bytes
                .get(at..)
                .and_then(|rest| rest.first_chunk())
                .map_or(0, |c| u64::from_ne_bytes(*c))
        };
        let mut a = fold_multiply(s0 ^ numbers[0], s1);
        let mut b = fold_multiply(s2 ^ numbers[1], s3 ^ bytes.len() as u64);
        let blocks = bytes.chunks_exact(32);
        let last = blocks.remainder();
        for block in blocks {
            a = fold_multiply(word(block, 0) ^ s0, word(block, 8) ^ a);
            b = fold_multiply(word(block, 16) ^ s1, word(block, 24) ^ b);
        }
        a = fold_multiply(word(last, 0) ^ s2, word(last, 8) ^ a);
        b = fold_multiply(word(last, 16) ^ s3, b ^ s0);
        (fold_multiply(a ^ s1, b ^ s2) >> 32) as u32
    }
}

impl Mixer {
    /// The same of pairs of words.
    #[inline]
    pub(crate) fn hash_words<T: Copy + Into<[u64; 2]>>(&self, pairs: &[T]) -> u32 {
        let [s0, s1, s2, s3] = self.secrets;
        let mut hash = s0 ^ pairs.len() as u64;
        for &pair in pairs {
            let [first, second] = pair.into();
            hash = fold_multiply(first ^ s1 ^ hash, second ^ s2);
        }
        (fold_multiply(hash ^ s3, s1) >> 32) as u32
    }

    /// The same of numbers.
    #[inline]
    pub(crate) fn hash_numbers(&self, numbers: &[u32]) -> u32 {
        let [s0, s1, s2, s3] = self.secrets;
        let pair = |first: u32, second: u32| u64::from(first) | u64::from(second) << 32;
        let mut hash = s0 ^ numbers.len() as u64;
        let (fours, rest) = numbers.as_chunks();
        for &[a, b, c, d] in fours {
            hash = fold_multiply(pair(a, b) ^ s1 ^ hash, pair(c, d) ^ s2);
        }
        for &last in rest {
            hash = fold_multiply(u64::from(last) ^ s1 ^ hash, s2);
        }
        (fold_multiply(hash ^ s3, s1) >> 32) as u32
    }
}

#[inline]
#[expect(
    clippy::cast_possible_truncation,
    reason = "both halves of the product are used"
)]
fn fold_multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table whose entries collide takes time that grows with their square. Of a good hash with 32
    /// bits, a thousand inputs share one with a probability of 1 in 8000.
    #[test]
    fn words_that_cancel_constants_do_not_collide() {
        let mixer = Mixer::new();
        let constants = [0, u64::MAX, 0x9e37_79b9_7f4a_7c15, 0x8ebc_6af0_9c88_c6e3];
        for constant in constants {
            for len in [3, 4, 7, 8] {
                let hashes = (0..1000_u64).map(|number| {
                    let mut words = vec![constant; len];
                    words[1] = number;
                    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
                    mixer.hash([0, 0], &bytes)
                });
                let different: std::collections::HashSet<u32> = hashes.collect();
                assert!(
                    different.len() > 995,
                    "{constant:#x} {len}: {}",
                    different.len()
                );
            }
        }
    }
}
