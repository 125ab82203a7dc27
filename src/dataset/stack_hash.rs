//! Ids that are the same on every machine.
//!
//! They are XXH3-64 (Yann Collet's xxHash, specification version 0.2.0) without a seed, as signed
//! numbers, since not every engine has unsigned ones. Of a million different stacks two share an id
//! with a probability of 3 in 100 million; `dataset check` computes the ids of all stacks again, so
//! that two that share one are found.

use twox_hash::xxhash3_64::Hasher;

/// The id of what is added, byte by byte.
#[derive(Clone, Default)]
pub struct ContentHash(Hasher);

impl std::fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ContentHash").finish_non_exhaustive()
    }
}

impl ContentHash {
    /// Adds bytes; where they are cut does not matter.
    pub fn add(&mut self, bytes: &[u8]) {
        std::hash::Hasher::write(&mut self.0, bytes);
    }

    /// Adds a part whose end matters: its length in eight bytes, the least first, and its bytes.
    pub fn add_part(&mut self, bytes: &[u8]) {
        self.add(&(bytes.len() as u64).to_le_bytes());
        self.add(bytes);
    }

    /// The id.
    pub fn finish(&self) -> i64 {
        std::hash::Hasher::finish(&self.0).cast_signed()
    }
}

/// The id of a stack: of its frames from the outermost, each by the columns `frame`, `object`,
/// `mode` and `kind` of table frames as parts, what is absent as an empty one. A stack without frames
/// is 0.
#[derive(Clone, Debug, Default)]
pub struct StackHash {
    hash: ContentHash,
    has_frames: bool,
}

/// A frame as what ids of stacks are made of, for one that is in many stacks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HashedFrame(Box<[u8]>);

impl HashedFrame {
    /// That of a frame with these columns.
    pub fn of(columns: [&str; 4]) -> Self {
        let mut parts = Vec::with_capacity(columns.iter().map(|text| 8 + text.len()).sum());
        for text in columns {
            parts.extend_from_slice(&(text.len() as u64).to_le_bytes());
            parts.extend_from_slice(text.as_bytes());
        }
        Self(parts.into())
    }
}

impl StackHash {
    /// Adds the next frame.
    pub fn add(&mut self, columns: [&str; 4]) {
        self.has_frames = true;
        for text in columns {
            self.hash.add_part(text.as_bytes());
        }
    }

    /// Adds the next frame, as [`Self::add`] does.
    pub fn add_hashed(&mut self, frame: &HashedFrame) {
        self.has_frames = true;
        self.hash.add(&frame.0);
    }

    /// The id.
    pub fn finish(&self) -> i64 {
        if self.has_frames {
            self.hash.finish()
        } else {
            0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `xxhsum -H3` (xxHash 0.8) of the same bytes: they must never change, since datasets
    /// hold them.
    #[test]
    fn ids_are_those_of_xxhsum() {
        let of = |bytes: &[u8]| {
            let mut hash = ContentHash::default();
            hash.add(bytes);
            format!("{:016x}", hash.finish())
        };
        assert_eq!(of(b""), "2d06800538d394c2");
        assert_eq!(of(b"abc"), "78af5f94892f3950");
    }

    /// Frames that are cut elsewhere are other frames.
    #[test]
    fn where_a_name_ends_matters() {
        let of = |columns: [&str; 4]| {
            let mut hash = StackHash::default();
            hash.add(columns);
            hash.finish()
        };
        assert_ne!(of(["ab", "c", "", ""]), of(["a", "bc", "", ""]));
        assert_ne!(of(["a", "", "", ""]), StackHash::default().finish());
    }

    /// Captures are added by the one way, checked by the other.
    #[test]
    fn a_frame_that_is_made_ready_hashes_alike() {
        let frames = [
            ["main", "a.out", "user", "function"],
            ["x", "", "kernel", "unresolved"],
        ];
        let [mut plain, mut ready] = [StackHash::default(), StackHash::default()];
        for columns in frames {
            plain.add(columns);
            ready.add_hashed(&HashedFrame::of(columns));
        }
        assert_eq!(plain.finish(), ready.finish());
    }
}
