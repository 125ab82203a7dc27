//! COMPRESSED records: pieces of one zstd stream of records, unpacked and cut into segments.

use std::io::{self, Write};

use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

use super::seen::Seen;
use super::segments::Chain;
use super::step::{Extent, examine};
use crate::bytes::{ByteOrder, IN_MEMORY, Spool, Storage};
use crate::perf::record::Events;

/// What a zstd frame begins with.
pub(crate) const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Bytes of a block's header. A decoder that stands between two blocks of a frame asks for so many,
/// within a block for more, behind a frame for none.
const BLOCK_HEADER_LEN: usize = 3;

/// A piece of a zstd stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PackedPiece<'a> {
    pub(crate) bytes: &'a [u8],
    /// Whether bytes of the stream may be missing before it.
    pub(crate) is_behind_gap: bool,
}

/// Unpacks the pieces of one stream; returns how many compressed bytes could not be read.
///
/// perf never ends a frame before the recording ends, so after damage nothing more can be read
/// until a piece begins a frame of its own. Where a piece is missing the next one often unpacks all
/// the same, but what it repeats of earlier bytes is taken from the wrong places. A block whose
/// length is damaged takes in all that follows; it counts with the whole of the piece it begins in.
pub(crate) fn unpack<O: ByteOrder>(
    pieces: &[PackedPiece<'_>],
    chain: &mut Chain<'_>,
    events: Option<&Events>,
) -> io::Result<u64> {
    let packed_len: u64 = pieces.iter().map(|piece| piece.bytes.len() as u64).sum();
    let limit = chain.limit.of_packed(packed_len).saturating_sub(chain.len);
    let mut cutter = Cutter::<O>::new(chain, events);
    let mut lost = 0;
    // Compressed bytes since the decoder last stood between blocks.
    let mut unfinished = 0;
    let mut decoder = Decoder::new()?;
    let mut is_broken = false;
    let mut buffer = vec![0; 1 << 17];
    for &PackedPiece {
        bytes: piece,
        is_behind_gap,
    } in pieces
    {
        is_broken |= is_behind_gap;
        if is_broken && piece.starts_with(&ZSTD_MAGIC) {
            decoder = Decoder::new()?;
            is_broken = false;
            lost += std::mem::take(&mut unfinished);
        }
        let is_over = cutter.len > limit;
        cutter.chain.is_over |= is_over;
        if is_broken || is_over {
            lost += piece.len() as u64;
            continue;
        }
        let mut input = InBuffer::around(piece);
        loop {
            let mut output = OutBuffer::around(buffer.as_mut_slice());
            let before = input.pos();
            let Ok(wanted) = decoder.run(&mut input, &mut output) else {
                lost += (piece.len() - input.pos().min(piece.len())) as u64;
                is_broken = true;
                break;
            };
            unfinished += (input.pos() - before) as u64;
            if wanted <= BLOCK_HEADER_LEN {
                unfinished = 0;
            }
            let made = output.pos();
            cutter.add(buffer.get(..made).unwrap_or_default())?;
            let is_stuck = made == 0 && input.pos() == before;
            if is_stuck || input.pos() >= piece.len() && made < buffer.len() {
                break;
            }
        }
    }
    cutter.finish()?;
    Ok(lost + unfinished)
}

/// Cuts a stream into segments of whole records.
///
/// It steps from record to record as the walk does and cuts only where the walk arrives, far behind
/// all that the walk has to look at twice: so a walk of the segments meets what a walk of the whole
/// would.
struct Cutter<'c, 'u, O> {
    chain: &'c mut Chain<'u>,
    events: Option<&'c Events>,
    /// Bytes of the stream so far.
    len: u64,
    buffer: Vec<u8>,
    /// The last record of the buffer that was reached.
    at: usize,
    /// The last place of the buffer where it may be cut.
    cut: usize,
    /// Where the last record that is in doubt ends.
    doubt: Option<usize>,
    /// What follows a place where no record can be: nobody knows where the next one begins.
    rest: Option<Spool>,
    order: std::marker::PhantomData<O>,
}

/// How far behind a record bytes may matter to what is made of it: itself and a run of others.
const OUTLOOK: usize = 20 << 16;

impl<'c, 'u, O: ByteOrder> Cutter<'c, 'u, O> {
    const fn new(chain: &'c mut Chain<'u>, events: Option<&'c Events>) -> Self {
        chain.begins_stream = true;
        Self {
            chain,
            events,
            len: 0,
            buffer: Vec::new(),
            at: 0,
            cut: 0,
            doubt: None,
            rest: None,
            order: std::marker::PhantomData,
        }
    }

    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.len += bytes.len() as u64;
        if let Some(rest) = &mut self.rest {
            return rest.write_all(bytes);
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() < self.chain.wanted_len() {
            return Ok(());
        }
        if !self.walk() || self.cut == 0 {
            let mut rest = Spool::default();
            rest.write_all(&self.buffer)?;
            self.buffer = Vec::new();
            self.rest = Some(rest);
            return Ok(());
        }
        let begun = self.buffer.split_off(self.cut);
        let whole = std::mem::replace(&mut self.buffer, begun);
        self.at -= self.cut;
        self.doubt = self.doubt.and_then(|doubt| doubt.checked_sub(self.cut));
        self.cut = 0;
        self.keep(whole)
    }

    /// Steps on through the buffer, as far as what follows is known; false where there is damage.
    fn walk(&mut self) -> bool {
        let look = |at| Seen::at::<O>(&self.buffer, at, self.events);
        let mut upcoming = look(self.at);
        while self.at + OUTLOOK < self.buffer.len() {
            let is_plain = |seen: &Seen| seen.is_plain_at::<O>(&self.buffer, self.events);
            if let Some(seen) = upcoming.filter(is_plain) {
                let is_far = |doubt| seen.next - doubt > OUTLOOK;
                self.at = seen.next;
                if self.doubt.is_none_or(is_far) {
                    self.cut = self.at;
                }
                upcoming = look(self.at);
                continue;
            }
            let extent = examine::<O>(&self.buffer, self.at, upcoming, self.events);
            self.at = match (extent, upcoming) {
                (Extent::Whole, Some(seen)) => seen.next,
                (Extent::Ends(end), _) => end,
                (Extent::Damage(_), _) | (_, None) => return false,
            };
            self.doubt = Some(self.at);
            upcoming = look(self.at);
        }
        true
    }

    /// Adds a segment: in memory, or in a temporary file when there are many.
    fn keep(&mut self, records: Vec<u8>) -> io::Result<()> {
        let storage = if self.chain.len + records.len() as u64 <= IN_MEMORY as u64 {
            Storage::Memory(records)
        } else {
            Storage::in_file(&records)?
        };
        self.chain.push(storage);
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        if let Some(rest) = self.rest.take() {
            self.chain.push(rest.finish()?);
        } else if !self.buffer.is_empty() {
            let records = std::mem::take(&mut self.buffer);
            self.keep(records)?;
        }
        Ok(())
    }
}
