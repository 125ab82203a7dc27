//! Hashes of rows of frames that are put together of hashes of their parts.

use std::hash::{BuildHasher, RandomState};

use super::named_runs::NamedRuns;
use super::piece::{Named, NamedPiece};
use crate::stack::FrameIx;

/// What the hash of a row needs to know of a part of it.
#[derive(Clone, Copy, Debug)]
struct PartHash {
    hash: u64,
    /// What the hash of all before it is multiplied by.
    factor: u64,
    /// How many frames it has.
    frames: usize,
}

impl PartHash {
    const EMPTY: Self = Self {
        hash: 0,
        factor: 1,
        frames: 0,
    };

    /// That of this part with another one behind it.
    #[inline]
    fn then(self, next: Self) -> Self {
        Self {
            hash: add(multiply(self.hash, next.factor), next.hash),
            factor: multiply(self.factor, next.factor),
            frames: self.frames + next.frames,
        }
    }
}

/// Hashes rows of frames: the same frames have the same hash, whatever pieces they lie in.
///
/// The hash is the polynomial whose coefficients are the frames, at a secret place of the field of
/// 2^61 - 1 elements: of two rows of n frames it is the same with a probability of n in 2^61, and
/// no input can be made to collide.
#[derive(Clone, Copy, Debug)]
pub(super) struct FrameHasher {
    at: u64,
}

impl FrameHasher {
    pub(super) fn new() -> Self {
        let secret = RandomState::new().hash_one(0);
        // 0 and 1 would not tell the order of frames.
        let at = 2 + secret % (PRIME - 2);
        Self { at }
    }

    #[inline]
    fn frame(self, frame: FrameIx) -> PartHash {
        PartHash {
            hash: u64::from(frame.0) + 1,
            factor: self.at,
            frames: 1,
        }
    }

    /// The hashes of all numbers of runs.
    pub(super) fn runs(self, runs: &NamedRuns) -> RunHashes {
        let hash = |frames: &[FrameIx]| {
            let frames = frames.iter().map(|&frame| self.frame(frame));
            frames.fold(PartHash::EMPTY, PartHash::then)
        };
        RunHashes {
            hasher: self,
            of_runs: runs.iter().map(hash).collect(),
        }
    }
}

/// The hash of a row of frames, and how many there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowHash {
    pub(super) hash: u64,
    pub(super) frames: usize,
}

/// The hashes of a worker's runs.
#[derive(Debug)]
pub(super) struct RunHashes {
    hasher: FrameHasher,
    of_runs: Vec<PartHash>,
}

impl RunHashes {
    /// The hash of the frames of pieces, those nearest to the leaf first.
    #[inline]
    pub(super) fn row(&self, pieces: &[NamedPiece]) -> RowHash {
        let parts = pieces.iter().rev().map(|piece| match piece.get() {
            Named::Frame(frame) => self.hasher.frame(frame),
            Named::Run(run) => self.of_runs[run],
        });
        let PartHash { hash, frames, .. } = parts.fold(PartHash::EMPTY, PartHash::then);
        RowHash { hash, frames }
    }
}

const PRIME: u64 = (1 << 61) - 1;

#[inline]
fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    // 2^61 is 1 here, so that the upper bits count as much as the lower ones.
    let [low, high] = [product, product >> 61].map(|half| {
        #[expect(clippy::cast_possible_truncation, reason = "lower bits are wanted")]
        let low = half as u64;
        low & PRIME
    });
    add(low, high)
}

#[inline]
fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By definition of the field: 2^60 * 2 = 2^61 = 1, and -1 * -1 = 1.
    #[test]
    fn products_are_those_of_the_field() {
        assert_eq!(multiply(1 << 60, 2), 1);
        assert_eq!(multiply(PRIME - 1, PRIME - 1), 1);
        assert_eq!(multiply(3, 5), 15);
        assert_eq!(add(PRIME - 1, 1), 0);
    }

    /// Frames tell the hash, not the pieces that they lie in.
    #[test]
    fn rows_hash_alike_in_other_pieces() {
        let mut runs = NamedRuns::default();
        let frames = [5, 0, 7, 7].map(FrameIx);
        let outer = runs.piece_of(&frames[..2]);
        let most = runs.piece_of(&frames[..3]);
        let all = runs.piece_of(&frames);
        let [inner, last] = [7, 7].map(|at| NamedPiece::frame(FrameIx(at)));
        let hashes = FrameHasher::new().runs(&runs);
        let rows = [&[last, inner, outer][..], &[last, most], &[all]].map(|row| hashes.row(row));
        assert!(
            rows.iter()
                .all(|row| row.frames == 4 && row.hash == rows[0].hash)
        );
        let other = hashes.row(&[outer, last, inner]);
        assert_ne!(other.hash, rows[0].hash);
        assert_ne!(hashes.row(&[last, most, inner]).hash, rows[0].hash);
    }
}
