//! COMPRESSED records: pieces of one zstd stream of records.

use std::io::{self, Write};

use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};

use super::storage::{Spool, Storage, most_unpacked};

/// What the pieces of a capture decompress to.
#[derive(Debug)]
pub(super) struct Decompressed {
    pub(super) storage: Storage,
    /// Compressed bytes that could not be read.
    pub(super) lost: u64,
}

/// Decompresses pieces, in order, as one stream.
///
/// perf never ends a frame before the recording ends, so after damage nothing more can be read
/// until a piece begins a frame of its own.
///
/// # Errors
/// When the temporary file of the spool cannot be written.
pub(super) fn decompress(pieces: &[&[u8]]) -> io::Result<Decompressed> {
    let packed_len: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
    let limit = most_unpacked(packed_len);
    let mut spool = Spool::default();
    let mut lost = 0;
    let mut decoder = Decoder::new()?;
    let mut is_broken = false;
    let mut buffer = vec![0; 1 << 17];
    for piece in pieces {
        if is_broken && piece.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            decoder = Decoder::new()?;
            is_broken = false;
        }
        if is_broken || spool.len() > limit {
            lost += piece.len() as u64;
            continue;
        }
        let mut input = InBuffer::around(piece);
        loop {
            let mut output = OutBuffer::around(buffer.as_mut_slice());
            let before = input.pos();
            if decoder.run(&mut input, &mut output).is_err() {
                lost += (piece.len() - input.pos().min(piece.len())) as u64;
                is_broken = true;
                break;
            }
            let made = output.pos();
            spool.write_all(buffer.get(..made).unwrap_or_default())?;
            let is_stuck = made == 0 && input.pos() == before;
            if is_stuck || input.pos() >= piece.len() && made < buffer.len() {
                break;
            }
        }
    }
    Ok(Decompressed {
        storage: spool.finish()?,
        lost,
    })
}
