//! Copies of bytes that stay where they are.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Copies on a shelf.
const SHELF: usize = 1024;
/// Most shelves.
const SHELVES: usize = 256;
/// Most bytes of all copies.
const MOST: usize = 1 << 24;

type Shelf = Box<[OnceLock<Box<[u8]>>]>;

/// Copies of bytes, which live as long as this does, up to a limit.
#[derive(Debug)]
pub(crate) struct KeptBytes {
    shelves: Box<[OnceLock<Shelf>]>,
    /// How many places for copies are taken.
    taken: AtomicUsize,
    /// How many bytes were kept.
    len: AtomicUsize,
}

impl Default for KeptBytes {
    fn default() -> Self {
        Self {
            shelves: (0..SHELVES).map(|_| OnceLock::new()).collect(),
            taken: AtomicUsize::new(0),
            len: AtomicUsize::new(0),
        }
    }
}

impl KeptBytes {
    /// Copies bytes; `None` when there is no room left.
    pub(crate) fn keep(&self, bytes: &[u8]) -> Option<&[u8]> {
        if self.len.fetch_add(bytes.len(), Ordering::Relaxed) > MOST {
            self.len.fetch_sub(bytes.len(), Ordering::Relaxed);
            return None;
        }
        let place = self.taken.fetch_add(1, Ordering::Relaxed);
        let shelf = self.shelves.get(place / SHELF)?;
        let shelf = shelf.get_or_init(|| (0..SHELF).map(|_| OnceLock::new()).collect());
        let copy = shelf.get(place % SHELF)?;
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
        assert!(!copies.is_empty() && copies.len() <= 1 + (MOST >> 16));
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
