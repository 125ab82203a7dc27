//! Reading debug information from its first byte to its last.

/// A place in a section. Little endian.
#[derive(Clone, Copy, Debug)]
pub(super) struct EntryCursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> EntryCursor<'a> {
    /// At a byte of these; behind their end there is nothing to read.
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// The position.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Whether nothing is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Goes on at a position.
    pub(super) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// `None` only where the position is more than can be counted: what is read there tells the rest.
    #[inline]
    pub(super) fn skip(&mut self, len: usize) -> Option<()> {
        self.at = self.at.checked_add(len)?;
        Some(())
    }

    #[inline]
    pub(super) fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// A number of one to eight bytes.
    #[inline]
    pub(super) fn number(&mut self, width: usize) -> Option<u64> {
        let bytes = self.bytes.get(self.at..)?.get(..width)?;
        let mut word = [0; 8];
        word.get_mut(..width)?.copy_from_slice(bytes);
        self.at += width;
        Some(u64::from_le_bytes(word))
    }

    /// A number of any length (LEB128); `None` too when it has more than 64 bits.
    #[inline]
    pub(super) fn leb(&mut self) -> Option<u64> {
        // Most have one byte.
        if let Some(&byte @ ..0x80) = self.bytes.get(self.at) {
            self.at += 1;
            return Some(byte.into());
        }
        self.long_leb()
    }

    fn long_leb(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            let moved = part.checked_shl(shift)?;
            if moved >> shift != part {
                return None;
            }
            number |= moved;
            if byte & 0x80 == 0 {
                return Some(number);
            }
            shift += 7;
        }
    }

    /// Passes a LEB128 number, whatever it is.
    #[inline]
    pub(super) fn skip_leb(&mut self) -> Option<()> {
        while self.byte()? & 0x80 != 0 {}
        Some(())
    }

    /// A text that a zero byte ends, without it.
    #[inline]
    pub(super) fn text(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let len = memchr::memchr(0, rest)?;
        self.at += len + 1;
        rest.get(..len)
    }
}
