//! The bytes that a walk comes to next.

use super::item::Region;
use crate::bytes::MappedFile;

/// Longest record with the header of the one behind it.
pub(super) const OUTLOOK: usize = (1 << 16) + 8;
/// How much of the mapping is asked for in one step: large enough to be rare, small enough that
/// the bytes are still in the cache when the walk gets there.
const POPULATE_STEP: usize = 1 << 18;
/// How much is read in one step: it stays in the cache of a core.
const READ_STEP: usize = 1 << 18;

/// The bytes of a region that a walk comes to next.
///
/// Most captures are long, and of most records nothing is kept. To map a page, and to unmap it
/// again, costs more than to copy what is in it, and what was copied just now is in the cache of the
/// core.
#[derive(Debug)]
pub(super) struct Ahead<'a> {
    region: Region<'a>,
    way: Way<'a>,
}

#[derive(Debug)]
enum Way<'a> {
    /// They are looked at where they are; those before `populated` were asked for.
    InPlace { populated: usize },
    /// They are copied.
    Copied(Copies<'a>),
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
    pub(super) fn new(region: Region<'a>, until: usize, copies: bool) -> Self {
        let way = match region.mapping {
            Some((file, file_start)) if copies && file.is_open() => Way::Copied(Copies {
                file,
                file_start,
                until: region.bytes.len().min(until.saturating_add(OUTLOOK)),
                buffer: Vec::new(),
                start: 0,
                end: 0,
            }),
            Some(_) | None => Way::InPlace { populated: 0 },
        };
        Self { region, way }
    }

    /// The bytes from `at` on: to the end of the region, or [`OUTLOOK`] and more.
    pub(super) fn from(&mut self, at: usize) -> &[u8] {
        if let Way::Copied(copies) = &mut self.way
            && !copies.reach(at, self.region.bytes.len())
        {
            self.way = Way::InPlace { populated: at };
        }
        match &mut self.way {
            Way::Copied(copies) => {
                let all = copies.buffer.get(..copies.end - copies.start);
                all.and_then(|all| all.get(at - copies.start..))
                    .unwrap_or_default()
            }
            Way::InPlace { populated } => {
                let len = self.region.bytes.len();
                if at + OUTLOOK > *populated && *populated < len {
                    let from = at.max(*populated);
                    if let Some((file, start)) = self.region.mapping {
                        file.populate(start + from, POPULATE_STEP.min(len - from));
                    }
                    *populated = from + POPULATE_STEP;
                }
                let until = len.min(*populated);
                self.region.bytes.get(at..until).unwrap_or_default()
            }
        }
    }
}

impl Copies<'_> {
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
