//! The records that compressed ones hold: what is unpacked can be walked while the rest is still
//! packed.

use std::sync::{Mutex, Once, OnceLock, PoisonError};

use super::segments::{Chain, Link, UnpackedSegment};
use super::unpack::{PackedPiece, unpack};
use crate::bytes::{ByteOrder, MORE_UNPACKED, UnpackLimit};
use crate::perf::record::Events;

/// The unpacked records of a capture, as far as they are known.
#[derive(Debug)]
pub(crate) struct Unpacked {
    first: Link,
    once: Once,
    losses: OnceLock<Losses>,
    limit: UnpackLimit,
}

/// What could not be unpacked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Losses {
    /// Compressed bytes that make no sense, or have nothing to follow on.
    pub(crate) bytes: u64,
    /// Why the rest could not be kept: the temporary file could not be written, or it is too much.
    pub(crate) cause: Option<String>,
}

impl Default for Unpacked {
    fn default() -> Self {
        Self::within(UnpackLimit::default())
    }
}

impl Drop for Unpacked {
    /// Takes the segments one by one: dropping the first would drop the others inside each other.
    fn drop(&mut self) {
        let mut next = self.first.take().flatten();
        while let Some(mut segment) = next {
            next = segment.next.take().flatten();
        }
    }
}

impl Unpacked {
    /// None yet, and no more than so many later.
    pub(crate) fn within(limit: UnpackLimit) -> Self {
        Self {
            first: Link::new(),
            once: Once::new(),
            losses: OnceLock::new(),
            limit,
        }
    }

    /// Unpacks streams, each given as its pieces in order; at most once, and whoever comes second
    /// waits.
    pub(crate) fn fill<'p, O: ByteOrder>(
        &self,
        streams: impl Fn() -> Vec<Vec<PackedPiece<'p>>>,
        events: Option<&Events>,
    ) {
        self.once.call_once(|| {
            let mut losses = Losses::default();
            let mut chain = Chain::new(&self.first, self.limit);
            for pieces in streams() {
                match unpack::<O>(&pieces, &mut chain, events) {
                    Ok(lost) => losses.bytes += lost,
                    Err(cause) => {
                        losses.cause = Some(cause.to_string());
                        break;
                    }
                }
            }
            if chain.is_over {
                let cause = format!("they unpack to too much; {MORE_UNPACKED}");
                losses.cause.get_or_insert(cause);
            }
            // Set before the end of the chain is, for whoever reads up to there.
            drop(self.losses.set(losses));
        });
    }

    /// What could not be unpacked; `None` before all is.
    pub(crate) fn losses(&self) -> Option<&Losses> {
        self.losses.get()
    }

    /// The segments in order, with their numbers, for any number of threads; each waits until the
    /// next segment is there.
    pub(crate) fn arriving<'u>(
        &'u self,
    ) -> impl Fn() -> Option<(usize, &'u UnpackedSegment)> + Sync {
        let upcoming = Mutex::new((0, &self.first));
        move || {
            let mut upcoming = upcoming.lock().unwrap_or_else(PoisonError::into_inner);
            let (number, link) = *upcoming;
            let segment = link.wait().as_deref()?;
            *upcoming = (number + 1, &segment.next);
            Some((number, segment))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::bytes::Little;
    use crate::perf::walk::item::{Damage, Record, Region};
    use crate::perf::walk::scan::{ArrivingRegion, scan, scan_arriving};
    use crate::perf::walk::visitor::Visitor;
    use crate::units::FilePosition;

    /// A record of 8 to 512 bytes: an unknown kind whose body says which it is.
    fn record(number: u32) -> Vec<u8> {
        let len = 8 + 8 * (number.wrapping_mul(2_654_435_761) >> 26);
        let mut bytes = [9_u32.to_le_bytes(), (len << 16).to_le_bytes()].concat();
        bytes.resize(len as usize, number.to_le_bytes()[0]);
        bytes
    }

    fn piece(bytes: &[u8]) -> PackedPiece<'_> {
        PackedPiece {
            bytes,
            is_behind_gap: false,
        }
    }

    /// Lists what a walk meets: position, kind and length.
    struct Listing;

    impl<'a> Visitor<'a> for Listing {
        type Gathered = Vec<(u64, u32, u64)>;

        fn begin(&self) -> Self::Gathered {
            Vec::new()
        }

        fn record<O: ByteOrder>(&self, found: &mut Self::Gathered, record: Record<'a>) {
            let kind = record.header.record_type;
            found.push((record.position.as_u64(), kind, record.body.len() as u64));
        }

        fn damage(&self, found: &mut Self::Gathered, damage: Damage) {
            found.push((damage.position.as_u64(), 0, damage.len));
        }
    }

    fn region(bytes: &[u8], position: u64) -> Region<'_> {
        Region {
            bytes,
            position: FilePosition::new(position),
            mapping: None,
            events: None,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Law: a stream in segments is walked as the same bytes in one piece.
        #[test]
        fn segments_are_walked_as_the_whole(
            damage in proptest::collection::vec((0_u32..40_000, 0_usize..8, any::<u8>()), 0..4),
            cut in 0_usize..9_000_000,
            threads in 1_usize..4,
        ) {
            let damaged = |number| {
                let mut bytes = record(number);
                for (_, at, byte) in damage.iter().filter(|(hit, ..)| *hit == number) {
                    bytes[*at] = *byte;
                }
                bytes
            };
            let mut whole: Vec<u8> = (0..40_000).flat_map(damaged).collect();
            whole.truncate(cut.max(5_000_000));
            let mut packer = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
            packer.write_all(&whole).unwrap();
            let packed = packer.finish().unwrap();
            let pieces: Vec<PackedPiece<'_>> = packed.chunks(50_000).map(piece).collect();

            let unpacked = Unpacked::default();
            let next = unpacked.arriving();
            let arriving = || {
                let (number, segment) = next()?;
                let region = region(segment.storage.bytes(), 1000 + segment.bytes_before);
                let begins_stream = segment.begins_stream;
                Some(ArrivingRegion { number, begins_stream, region })
            };
            let found = std::thread::scope(|scope| {
                scope.spawn(|| unpacked.fill::<Little>(|| vec![pieces.clone()], None));
                scan_arriving::<Little, _>(arriving, threads, &Listing)
            });
            let regions = [region(&whole, 1000)];
            let expected = scan::<Little, _>(&regions, 1, &Listing);
            prop_assert_eq!(unpacked.losses(), Some(&Losses::default()));
            prop_assert_eq!(found.gathered.concat(), expected.gathered.concat());
            prop_assert_eq!(found.counts, expected.counts);
            let begin: Vec<bool> = (0..found.begins_region.len()).map(|ix| ix == 0).collect();
            prop_assert_eq!(found.begins_region, begin);
        }
    }

    /// 9 MB without damage are cut at 2 MB steps; each stream begins anew.
    #[test]
    fn streams_are_cut_into_segments_of_whole_records() {
        let whole: Vec<u8> = (0..40_000).flat_map(record).collect();
        let packed = zstd::encode_all(whole.as_slice(), 1).unwrap();
        let unpacked = Unpacked::default();
        unpacked.fill::<Little>(|| vec![vec![piece(&packed)], vec![piece(&packed)]], None);
        let next = unpacked.arriving();
        let segments: Vec<&UnpackedSegment> = std::iter::from_fn(|| Some(next()?.1)).collect();
        let bytes = |from: u64| {
            let later = segments
                .iter()
                .filter(move |segment| segment.bytes_before >= from);
            later
                .flat_map(|segment| segment.storage.bytes())
                .copied()
                .collect::<Vec<u8>>()
        };
        assert_eq!(bytes(0), [whole.as_slice(), &whole].concat());
        assert_eq!(bytes(whole.len() as u64), whole);
        let begin = segments.iter().filter(|segment| segment.begins_stream);
        assert_eq!(begin.count(), 2);
        assert!(segments.len() > 6, "{}", segments.len());
    }

    /// Bytes that are no zstd are counted, and the stream goes on with the next frame.
    #[test]
    fn damaged_pieces_are_counted_as_lost() {
        let packed = zstd::encode_all(record(1).as_slice(), 1).unwrap();
        let unpacked = Unpacked::default();
        let pieces = [b"no zstd at all".as_slice(), b"nor this", &packed].map(piece);
        unpacked.fill::<Little>(|| vec![pieces.to_vec()], None);
        assert_eq!(unpacked.losses().map(|losses| losses.bytes), Some(22));
        let next = unpacked.arriving();
        let segment = next().map(|(_, segment)| segment.storage.bytes());
        assert_eq!(segment, Some(record(1).as_slice()));
        assert!(next().is_none());
    }

    /// A piece behind a missing one unpacks, but what it repeats of the missing one is wrong.
    #[test]
    fn what_follows_a_missing_piece_is_counted_as_lost() {
        let mut packer = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        let mut ends = Vec::new();
        for number in 0..3 {
            packer.write_all(&record(number).repeat(20)).unwrap();
            packer.flush().unwrap();
            ends.push(packer.get_ref().len());
        }
        let packed = packer.finish().unwrap();
        let last = PackedPiece {
            bytes: &packed[ends[1]..],
            is_behind_gap: true,
        };
        let unpacked = Unpacked::default();
        unpacked.fill::<Little>(|| vec![vec![piece(&packed[..ends[0]]), last]], None);
        let lost = last.bytes.len() as u64;
        assert_eq!(unpacked.losses().map(|losses| losses.bytes), Some(lost));
        let next = unpacked.arriving();
        let segment = next().map(|(_, segment)| segment.storage.bytes());
        assert_eq!(segment, Some(record(0).repeat(20).as_slice()));
        assert!(next().is_none());
    }

    /// A block whose length is damaged says nothing itself: it waits for bytes that never come.
    #[test]
    fn a_block_that_never_ends_is_counted_as_lost() {
        let mut packer = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        packer.write_all(&record(0).repeat(20)).unwrap();
        packer.flush().unwrap();
        let end = packer.get_ref().len();
        packer.write_all(&record(1).repeat(20)).unwrap();
        packer.flush().unwrap();
        let packed = packer.get_ref().clone();
        let losses = |second: &[u8]| {
            let unpacked = Unpacked::default();
            unpacked.fill::<Little>(|| vec![vec![piece(&packed[..end]), piece(second)]], None);
            unpacked.losses().map(|losses| losses.bytes)
        };
        let mut second = packed[end..].to_vec();
        assert_eq!(losses(&second), Some(0), "perf never ends the frame");
        // The second byte of the block's length.
        second[1] ^= 0x80;
        assert_eq!(losses(&second), Some(second.len() as u64));
    }
}
