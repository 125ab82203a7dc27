//! The symbol table that some distributions pack into stripped files.
//!
//! The section `.gnu_debugdata` is an xz stream of one LZMA2 block:
//!
//! ```text
//! stream header 12 | block header (first byte + 1) * 4 | chunks … 0 | padding | check | index …
//! chunk: control, unpacked bytes (2), packed bytes (2), [properties], packed data
//!        1 or 2,  bytes (2), data as it is
//! ```
//!
//! Source: The .xz File Format 1.2.1; LZMA2 as in xz-embedded's `xz_dec_lzma2.c`.

/// Largest packed table. Fedora's largest are 2 MB.
const LARGEST_PACKED: usize = 8 << 20;

/// Largest unpacked table: a crafted one can grow seven thousand times.
const LARGEST_UNPACKED: usize = 128 << 20;

const STREAM_HEADER: usize = 12;

/// Unpacks the section; `None` when it is too large or damaged.
pub(super) fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    if packed.len() > LARGEST_PACKED || unpacked_bytes(packed)? > LARGEST_UNPACKED {
        return None;
    }
    let mut unpacked = Vec::new();
    lzma_rs::xz_decompress(&mut &*packed, &mut unpacked).ok()?;
    Some(unpacked)
}

/// What the chunks of the stream's only block say they unpack to; `None` with more blocks.
///
/// The decoder fills no more than a chunk states, so this bounds its memory.
fn unpacked_bytes(packed: &[u8]) -> Option<usize> {
    let start = STREAM_HEADER;
    let mut at = start + (usize::from(*packed.get(start)?) + 1) * 4;
    let mut total = 0_usize;
    loop {
        let control = *packed.get(at)?;
        let pair = |ix: usize| -> Option<usize> {
            let bytes = packed.get(at + ix..at + ix + 2)?;
            Some(usize::from(u16::from_be_bytes(bytes.try_into().ok()?)))
        };
        match control {
            0 => break,
            1 | 2 => {
                let bytes = pair(1)? + 1;
                total = total.saturating_add(bytes);
                at += 3 + bytes;
            }
            3..0x80 => return None,
            0x80.. => {
                let high = usize::from(control & 0x1f) << 16;
                total = total.saturating_add(high + pair(1)? + 1);
                at += 5 + usize::from(control >= 0xc0) + pair(3)? + 1;
            }
        }
    }
    // Behind padding and check the index begins with a zero byte, another block would not.
    let padded = (at + 1).next_multiple_of(4);
    let check = match packed.get(7)? & 0xf {
        0 => 0,
        1..=3 => 4,
        4..=6 => 8,
        7..=9 => 16,
        10..=12 => 32,
        _ => 64,
    };
    (*packed.get(padded + check)? == 0).then_some(total)
}
