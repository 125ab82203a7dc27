//! The bytes that a walk comes to next.

use std::ops::Range;

use super::item::Region;
use crate::bytes::MappedFile;

/// Longest record with the header of the one behind it.
pub(super) const OUTLOOK: usize = (1 << 16) + 8;
/// How much of the mapping is asked for in one step: large enough to be rare, small enough that
/// the bytes are still in the cache when the walk gets there.
const POPULATE_STEP: usize = 1 << 18;
/// How much Linux maps around a byte that is looked at, unless it is told otherwise: the pages that are
/// in memory (`fault_around_bytes`, mm/memory.c, Linux 6.18).
const AROUND: usize = 1 << 16;
/// How much is read in one step: it stays in the cache of a core.
const READ_STEP: usize = 1 << 18;

/// The bytes of a region that a walk comes to next.
///
/// Most captures are long, and of most records nothing is kept. To map a page, and to unmap it
/// again, costs more than to copy what is in it, and what was copied just now is in the cache of the
/// core. Where much is kept, it is looked at where it is.
#[derive(Debug)]
pub(super) struct Ahead<'a> {
    region: Region<'a>,
    /// Whether the mapping is asked for before it is looked at.
    populates: bool,
    /// Up to where the walk may look.
    populated: usize,
    /// `None` when nothing can be read.
    copies: Option<Copies<'a>>,
}

/// A stretch of a file that was copied.
#[derive(Debug)]
struct Copies<'a> {
    file: &'a MappedFile,
    /// Where the region begins in it.
    file_start: usize,
    /// Where in the region the last stretch ends, unless the walk is led on.
    until: usize,
    buffer: Vec<u8>,
    /// Where the stretch begins and ends in the region.
    start: usize,
    end: usize,
}

impl<'a> Ahead<'a> {
    /// Nothing yet, of a walk that ends with the first record from `until` on.
    pub(super) fn new(region: Region<'a>, until: usize) -> Self {
        let readable = region.mapping.filter(|(file, _)| file.is_open());
        let copies = readable.map(|(file, file_start)| Copies {
            file,
            file_start,
            until: region.bytes.len().min(until.saturating_add(OUTLOOK)),
            buffer: Vec::new(),
            start: 0,
            end: 0,
        });
        Self {
            region,
            populates: true,
            populated: 0,
            copies,
        }
    }

    /// The same of a walk that does not look at most bytes: pages are mapped when it does.
    pub(super) fn with_gaps(self) -> Self {
        Self {
            populates: false,
            ..self
        }
    }

    /// The bytes from `at` on: to the end of the region, or [`OUTLOOK`] and more; as copies when that
    /// is wanted and possible.
    pub(super) fn from(&mut self, at: usize, copied: bool) -> &[u8] {
        let len = self.region.bytes.len();
        if copied
            && self
                .copies
                .as_mut()
                .is_some_and(|copies| !copies.reach(at, len))
        {
            self.copies = None;
        }
        if let Some(copies) = self.copies.as_ref().filter(|_| copied) {
            return copies.from(at);
        }
        let from = at.max(self.populated);
        if at + OUTLOOK > self.populated && from < len {
            self.populated = from + POPULATE_STEP;
            if self.populates {
                self.touch(from..self.populated);
            }
        }
        let until = len.min(self.populated);
        self.region.bytes.get(at..until).unwrap_or_default()
    }

    /// Maps what comes next: to look at some bytes one after the other takes a third less time than to
    /// ask for all pages (`MADV_POPULATE_READ`), which looks at each of them once more.
    fn touch(&self, range: Range<usize>) {
        let touched = range.step_by(AROUND).fold(0, |touched, at| {
            touched ^ self.region.bytes.get(at).copied().unwrap_or_default()
        });
        std::hint::black_box(touched);
    }
}

impl Copies<'_> {
    fn from(&self, at: usize) -> &[u8] {
        let copied = self.buffer.get(at - self.start..self.end - self.start);
        copied.unwrap_or_default()
    }

    /// Copies what follows, so that enough is there from `at` on; false when it cannot be read.
    fn reach(&mut self, at: usize, region_len: usize) -> bool {
        let wanted = region_len.min(at + OUTLOOK);
        if (self.start..=self.end).contains(&at) && wanted <= self.end {
            return true;
        }
        if self.buffer.is_empty() {
            self.buffer = vec![0; READ_STEP + OUTLOOK];
        }
        let mut kept = 0;
        if (self.start..self.end).contains(&at) {
            kept = self.end - at;
            self.buffer
                .copy_within(at - self.start..self.end - self.start, 0);
        }
        self.start = at;
        self.end = wanted.max(self.until.min(at + kept + READ_STEP));
        let fresh = self.buffer.get_mut(kept..self.end - at);
        fresh.is_some_and(|fresh| self.file.read_at(self.file_start + at + kept, fresh))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::units::FilePosition;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Law: whatever the steps, and however it is looked at, what comes next is what is in the
        /// file, and enough of it.
        #[test]
        fn what_comes_next_is_what_is_in_the_file(
            len in 1_usize..1_500_000,
            start in 0_usize..10_000,
            until in 0_usize..1_500_000,
            steps in prop::collection::vec((0_usize..200_000, any::<bool>()), 1..20),
        ) {
            let number = |at: usize| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0];
            let all: Vec<u8> = (0..start + len).map(number).collect();
            let mapped = MappedFile::holding(&all);
            let region = Region {
                bytes: &mapped.bytes()[start..],
                position: FilePosition::default(),
                mapping: Some((&mapped, start)),
                events: None,
            };
            let (mut ahead, mut at) = (Ahead::new(region, until.min(len)), 0);
            for (step, copied) in steps {
                let found = ahead.from(at, copied);
                prop_assert!(found.len() >= OUTLOOK.min(len - at));
                prop_assert!(all[start + at..].starts_with(found));
                at = len.min(at + step);
            }
            prop_assert!(ahead.copies.is_some(), "the file was read");
        }
    }
}
