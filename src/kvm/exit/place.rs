//! Where a number lies in payloads.

use super::tracepoints::EXIT;
use crate::bytes::{ByteOrder, u16_at, u32_at, u64_at};
use crate::tracepoint::{Field, FieldShape};

/// Most fields that a tracepoint has here.
pub(super) const MOST_FIELDS: usize = EXIT.len();

/// Where a number lies in payloads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct NumberPlace {
    offset: u32,
    /// Its length in bytes; 0 where this kernel has no such field.
    len: u8,
    is_signed: bool,
}

impl NumberPlace {
    pub(super) fn of(field: &Field) -> Self {
        let is_number = field.shape == FieldShape::Number;
        let len = u8::try_from(field.len).ok().filter(|_| is_number);
        Self {
            offset: field.offset,
            len: len.unwrap_or(0),
            is_signed: field.is_signed,
        }
    }

    /// The number, its sign extended; `None` where there is no field, or the payload is too short.
    #[expect(
        clippy::inline_always,
        reason = "it is done for every field of every record"
    )]
    #[inline(always)]
    pub(super) fn number<O: ByteOrder>(self, payload: &[u8]) -> Option<u64> {
        let at = self.offset as usize;
        let plain = match self.len {
            4 => u64::from(u32_at::<O>(payload, at)?),
            8 => u64_at::<O>(payload, at)?,
            1 => u64::from(*payload.get(at)?),
            2 => u64::from(u16_at::<O>(payload, at)?),
            _ => return None,
        };
        if !self.is_signed {
            return Some(plain);
        }
        let unused = 64 - 8 * u32::from(self.len);
        Some(((plain << unused).cast_signed() >> unused).cast_unsigned())
    }
}

/// The place of an unsigned number.
pub(super) const fn place(offset: u32, len: u8) -> NumberPlace {
    NumberPlace {
        offset,
        len,
        is_signed: false,
    }
}
