//! Bytes that stay where they are while more are added.

use std::cell::{Cell, OnceCell};

use crate::bytes::Storage;

/// Places on the first board: for the sections of a file. Each other board has twice as many as the one
/// before.
const FIRST: usize = 16;

/// Boards, and so most pieces that are kept, 2^16: split debug information has a file for each source file.
const BOARDS: usize = 12;

type Board = Box<[OnceCell<Storage>]>;

/// Bytes of files and of unpacked sections, which are borrowed until the last of them is done with.
#[derive(Debug, Default)]
pub(super) struct SectionShelf {
    boards: [OnceCell<Board>; BOARDS],
    taken: Cell<usize>,
}

impl SectionShelf {
    /// Keeps the bytes; `None` when there is no place left.
    pub(super) fn keep(&self, storage: Storage) -> Option<&[u8]> {
        let place = self.taken.get();
        let number = (place / FIRST + 1).ilog2();
        let before = FIRST * ((1 << number) - 1);
        let board = self.boards.get(number as usize)?.get_or_init(|| {
            let places = std::iter::repeat_with(OnceCell::new);
            places.take(FIRST << number).collect()
        });
        let place = board.get(place - before)?;
        self.taken.set(self.taken.get() + 1);
        Some(place.get_or_init(|| storage).bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By definition: each piece has a place of its own until there is no room, and stays as it is.
    #[test]
    fn pieces_stay_until_there_is_no_place() {
        let shelf = SectionShelf::default();
        let keep = |number: usize| shelf.keep(Storage::Memory(number.to_le_bytes().to_vec()));
        let kept: Vec<&[u8]> = (0..).map_while(keep).collect();
        let numbers = (0..kept.len()).map(usize::to_le_bytes);
        assert!(
            kept.iter()
                .zip(numbers)
                .all(|(kept, number)| *kept == number)
        );
        assert_eq!(kept.len(), FIRST * ((1 << BOARDS) - 1));
        assert!(keep(0).is_none());
    }
}
