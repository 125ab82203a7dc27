//! The records of a capture: where they lie, and the walk over them.

use std::ops::Range;
use std::{iter, thread};

use linux_perf_data::Feature;

use super::capture::{Capture, CaptureKind};
use super::sections::StoredRange;
use super::stream_description::{describe, has_pieces};
use crate::bytes::{ByteOrder, with_order};
use crate::perf::walk::{
    ArrivingRegion, Region, Scan, UnpackedSegment, Visitor, scan, scan_arriving,
};
use crate::units::FilePosition;

impl Capture {
    /// Walks all records, each exactly once, on up to `threads` threads; compressed ones while the
    /// rest of them is being unpacked.
    ///
    /// The regions of a capture lie beside each other in time, not one behind the other.
    pub fn scan<'a, V: Visitor<'a>>(&'a self, threads: usize, visitor: &V) -> Scan<V::Gathered> {
        with_order!(self.endian, O => self.scan_in::<O, V>(threads, visitor))
    }

    fn scan_in<'a, O: ByteOrder, V: Visitor<'a>>(
        &'a self,
        threads: usize,
        visitor: &V,
    ) -> Scan<V::Gathered> {
        let plain = self.plain_regions();
        let mut out = scan::<O, V>(&plain, threads, visitor);
        if self.packed.is_empty() {
            return out;
        }
        let start = end_of(&plain);
        let next = self.unpacked.arriving();
        let arriving = || {
            let (number, segment) = next()?;
            let region = self.region_of(segment, start);
            let begins_stream = segment.begins_stream;
            Some(ArrivingRegion {
                number,
                begins_stream,
                region,
            })
        };
        let later = thread::scope(|scope| {
            if threads > 1 {
                scope.spawn(|| self.unpack());
            } else {
                self.unpack();
            }
            scan_arriving::<O, V>(arriving, threads, visitor)
        });
        out.append(later);
        out
    }

    /// Looks for compressed records in some of the regions.
    pub(super) fn find_packed<O: ByteOrder>(&mut self, regions: Range<usize>) {
        let plain = self.plain_regions();
        let may_have_some = self.kind() != CaptureKind::File
            || self.features().section(Feature::COMPRESSED).is_some()
            || plain.iter().any(|&region| has_pieces::<O>(region));
        if !may_have_some {
            return;
        }
        let has_some = |&ix: &usize| {
            let region = plain.get(ix);
            region.is_some_and(|&region| !describe::<O>(region).compressed.is_empty())
        };
        let packed: Vec<usize> = regions.filter(has_some).collect();
        self.packed.extend(packed);
    }

    /// Unpacks the compressed records, or waits until somebody else has.
    pub(super) fn unpack(&self) {
        if self.packed.is_empty() {
            return;
        }
        let plain = self.plain_regions();
        with_order!(self.endian, O => {
            let pieces = |&ix: &usize| Some(describe::<O>(*plain.get(ix)?).compressed);
            let streams = || self.packed.iter().filter_map(pieces).collect();
            self.unpacked.fill::<O>(streams, Some(&self.events));
        });
    }

    /// The records; compressed ones are unpacked first.
    pub fn regions(&self) -> Vec<Region<'_>> {
        let mut regions = self.plain_regions();
        let start = end_of(&regions);
        let unpacked = self.segments();
        regions.extend(unpacked.map(|segment| self.region_of(segment, start)));
        regions
    }

    /// What the compressed records hold, all of it.
    pub(super) fn segments(&self) -> impl Iterator<Item = &UnpackedSegment> {
        self.unpack();
        let next = (!self.packed.is_empty()).then(|| self.unpacked.arriving());
        iter::from_fn(move || Some(next.as_ref()?()?.1))
    }

    /// The records as the file has them: the compressed ones compressed.
    fn plain_regions(&self) -> Vec<Region<'_>> {
        let mut position = FilePosition::default();
        let region = |StoredRange { storage, range }: &StoredRange| {
            let storage = self.storages.get(*storage)?;
            let bytes = storage.bytes().get(range.clone())?;
            let mapping = storage.mapping().map(|mapping| (mapping, range.start));
            let start = position.plus(range.start as u64);
            position = start.plus(bytes.len() as u64);
            Some(Region {
                bytes,
                position: start,
                mapping,
                events: Some(&self.events),
            })
        };
        self.regions.iter().filter_map(region).collect()
    }

    /// A segment of unpacked records as a region; the first one begins at `start`.
    fn region_of<'a>(&'a self, segment: &'a UnpackedSegment, start: FilePosition) -> Region<'a> {
        Region {
            bytes: segment.storage.bytes(),
            position: start.plus(segment.bytes_before),
            mapping: segment.storage.mapping().map(|mapping| (mapping, 0)),
            events: Some(&self.events),
        }
    }
}

/// The position behind the last region.
fn end_of(regions: &[Region<'_>]) -> FilePosition {
    let last = regions.last();
    let end = last.map(|region| region.position.plus(region.bytes.len() as u64));
    end.unwrap_or_default()
}
