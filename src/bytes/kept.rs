//! Copies of bytes that stay where they are.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Copies on the first shelf. Each other shelf holds twice as many as the one before: few copies take
/// little memory, however many there is room for.
const SHELF: usize = 1024;

type Shelf = Box<[OnceLock<Box<[u8]>>]>;

/// Copies of bytes, which live as long as this does, up to a limit.
#[derive(Debug)]
pub(crate) struct KeptBytes {
    shelves: Box<[OnceLock<Shelf>]>,
    /// How many places for copies are taken.
    taken: AtomicUsize,
    /// How many bytes were kept.
    len: AtomicUsize,
    /// Most bytes of all copies.
    most: usize,
}

impl Default for KeptBytes {
    /// Room for what is worth a copy because it is read again and again.
    fn default() -> Self {
        Self::with_room(8, 1 << 24)
    }
}

impl KeptBytes {
    /// Room for as many copies as memory holds.
    pub(crate) fn roomy() -> Self {
        Self::with_room(32, usize::MAX / 2)
    }

    /// Room for the open calls of as many stacks as any capture has: 1 GiB.
    pub(crate) fn for_calls() -> Self {
        Self::with_room(20, 1 << 30)
    }

    /// Room for so many shelves of copies and so many bytes.
    fn with_room(shelves: usize, most: usize) -> Self {
        Self {
            shelves: (0..shelves).map(|_| OnceLock::new()).collect(),
            taken: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
            most,
        }
    }

    /// Copies bytes; `None` when there is no room left.
    pub(crate) fn keep(&self, bytes: &[u8]) -> Option<&[u8]> {
        if self.len.fetch_add(bytes.len(), Ordering::Relaxed) > self.most {
            self.len.fetch_sub(bytes.len(), Ordering::Relaxed);
            return None;
        }
        let place = self.taken.fetch_add(1, Ordering::Relaxed);
        let number = (place / SHELF + 1).ilog2();
        let before = SHELF * ((1 << number) - 1);
        let shelf = self.shelves.get(number as usize)?;
        let copies = SHELF << number;
        let shelf = shelf.get_or_init(|| (0..copies).map(|_| OnceLock::new()).collect());
        let copy = shelf.get(place - before)?;
        Some(copy.get_or_init(|| bytes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By definition: what was kept stays as it is, and all of it is within the limit.
    #[test]
    fn copies_stay_until_there_is_no_room() {
        let kept = KeptBytes::default();
        let bytes = [7; 1 << 16];
        let copies: Vec<&[u8]> = std::iter::from_fn(|| kept.keep(&bytes)).collect();
        assert!(copies.iter().all(|copy| *copy == bytes));
        assert!(!copies.is_empty() && copies.len() <= 1 + (kept.most >> 16));
    }

    /// By definition: each copy has a place of its own, on whatever shelf.
    #[test]
    fn copies_on_all_shelves_are_apart() {
        let kept = KeptBytes::roomy();
        let numbers = 0..(SHELF * 8) as u64;
        let copies = numbers
            .clone()
            .map(|number| kept.keep(&number.to_le_bytes()));
        let copies: Vec<Option<&[u8]>> = copies.collect();
        for (number, copy) in numbers.zip(copies) {
            assert_eq!(copy, Some(&number.to_le_bytes()[..]));
        }
    }

    #[test]
    fn threads_keep_at_the_same_time() {
        let kept = KeptBytes::default();
        std::thread::scope(|scope| {
            for number in 0..4_u8 {
                let kept = &kept;
                scope.spawn(move || {
                    for len in 0..3000 {
                        let bytes = vec![number; len % 50];
                        assert_eq!(kept.keep(&bytes), Some(bytes.as_slice()));
                    }
                });
            }
        });
    }
}
