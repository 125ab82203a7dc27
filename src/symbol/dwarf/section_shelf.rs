//! Bytes that stay where they are while more are added.

use std::cell::{Cell, OnceCell};

use crate::bytes::Storage;

/// Most pieces that are kept: split debug information has a file for each source file.
const MOST: usize = 1 << 15;

/// Bytes of files and of unpacked sections, which are borrowed until the last of them is done with.
#[derive(Debug, Default)]
pub(super) struct SectionShelf {
    places: OnceCell<Box<[OnceCell<Storage>]>>,
    taken: Cell<usize>,
}

impl SectionShelf {
    /// Keeps the bytes; `None` when there is no place left.
    pub(super) fn keep(&self, storage: Storage) -> Option<&[u8]> {
        let places = self.places.get_or_init(|| {
            let places = std::iter::repeat_with(OnceCell::new);
            places.take(MOST).collect()
        });
        let place = places.get(self.taken.get())?;
        self.taken.set(self.taken.get() + 1);
        Some(place.get_or_init(|| storage).bytes())
    }
}
