//! Which file of rows a thread reads.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

thread_local! {
    static IN_READING: RefCell<Option<PathBuf>> = const { RefCell::new(None) };
}

/// The file of rows that this thread reads, if it does. The reader of the crate `parquet` (60.1) may panic
/// on bytes that no writer wrote, which only a file can have whose checksum was made for them: the panic
/// is that file's fault, and whoever watches panics can say so.
pub fn file_in_reading() -> Option<PathBuf> {
    IN_READING.with_borrow(Clone::clone)
}

/// Marks a file as that which this thread reads, until it is dropped.
#[must_use]
pub(super) struct InReading;

impl InReading {
    pub(super) fn of(path: &Path) -> Self {
        IN_READING.set(Some(path.to_owned()));
        Self
    }
}

impl Drop for InReading {
    fn drop(&mut self) {
        IN_READING.set(None);
    }
}
