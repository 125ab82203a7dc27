//! Hashes of bytes that a file tells, fast for eight bytes at a time.

use std::hash::{BuildHasher, RandomState};

/// Hashes with a seed of its own, so that no input can be made to collide. Nothing that is shown may
/// depend on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mixer {
    seed: u64,
}

const K: [u64; 4] = [
    0x9e37_79b9_7f4a_7c15,
    0xe703_7ed1_a0b4_28db,
    0x8ebc_6af0_9c88_c6e3,
    0x5899_65cc_7537_4cc3,
];

impl Mixer {
    pub(crate) fn new() -> Self {
        Self {
            seed: RandomState::new().hash_one(0),
        }
    }

    /// The part that a table keeps of the hash of `bytes` and two numbers.
    ///
    /// Two lanes of folded multiplication over 32 bytes a step, so that the multiplications of one
    /// step do not wait for each other.
    #[inline]
    pub(crate) fn hash(&self, numbers: [u64; 2], bytes: &[u8]) -> u32 {
        let word = |bytes: &[u8], at: usize| {
            bytes
                .get(at..)
                .and_then(|rest| rest.first_chunk())
                .map_or(0, |c| u64::from_ne_bytes(*c))
        };
        let mut a = fold_multiply(self.seed ^ numbers[0], K[0]);
        let mut b = fold_multiply(self.seed ^ numbers[1], K[1] ^ bytes.len() as u64);
        let blocks = bytes.chunks_exact(32);
        let last = blocks.remainder();
        for block in blocks {
            a = fold_multiply(word(block, 0) ^ K[2], word(block, 8) ^ a);
            b = fold_multiply(word(block, 16) ^ K[3], word(block, 24) ^ b);
        }
        a = fold_multiply(word(last, 0) ^ K[2], word(last, 8) ^ a);
        b = fold_multiply(word(last, 16) ^ K[3], b);
        (fold_multiply(a, b ^ K[0]) >> 32) as u32
    }
}

/// A part of a hash as one that a table can use: it looks at both ends.
#[inline]
pub(crate) fn spread(part: u32) -> u64 {
    u64::from(part).wrapping_mul(K[0])
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
