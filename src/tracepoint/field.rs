//! A field of a tracepoint's payload.

use crate::bytes::{Big, ByteOrder, Endian, Little, c_string, position, slice_at};
use crate::bytes::{u16_at, u32_at, u64_at};

/// What a field's bytes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldShape {
    /// A number of 1, 2, 4 or 8 bytes.
    Number,
    /// Bytes at the field's own place, as in `char prev_comm[16]`.
    Array,
    /// Bytes elsewhere in the payload, `__data_loc`: the field is a word whose lower half says where
    /// they begin, counted from the start of the payload, and whose upper half says how many they are.
    Dynamic,
    /// The same, `__rel_loc`, counted from the end of the field.
    Relative,
}

/// One field of a format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Its name: `exit_reason`, `common_pid`.
    pub name: String,
    /// Its type in C: `unsigned int`, `__data_loc char[]`.
    pub type_text: String,
    /// Where it begins in a payload, in bytes.
    pub offset: u32,
    /// How many bytes it takes at its own place.
    pub len: u32,
    /// Whether its numbers have a sign.
    pub is_signed: bool,
    /// What its bytes are.
    pub shape: FieldShape,
}

impl Field {
    /// The number that a payload holds here, with its sign extended to 64 bits when it has one.
    ///
    /// `None` when the payload is too short, and for fields that are no number.
    #[inline]
    pub fn number(&self, payload: &[u8], order: Endian) -> Option<u64> {
        match order {
            Endian::Little => self.number_in::<Little>(payload),
            Endian::Big => self.number_in::<Big>(payload),
        }
    }

    /// The same for a byte order that is known when the program is built.
    #[inline]
    pub fn number_in<O: ByteOrder>(&self, payload: &[u8]) -> Option<u64> {
        if self.shape != FieldShape::Number {
            return None;
        }
        let at = position(u64::from(self.offset));
        let plain = match self.len {
            1 => u64::from(*payload.get(at)?),
            2 => u64::from(u16_at::<O>(payload, at)?),
            4 => u64::from(u32_at::<O>(payload, at)?),
            8 => u64_at::<O>(payload, at)?,
            _ => return None,
        };
        let unused = 64 - 8 * self.len;
        Some(if self.is_signed {
            ((plain << unused).cast_signed() >> unused).cast_unsigned()
        } else {
            plain
        })
    }

    /// The text that a payload holds here, up to its first zero byte.
    ///
    /// `None` when the payload is too short, and for fields that are a number.
    pub fn text<'a>(&self, payload: &'a [u8], order: Endian) -> Option<&'a [u8]> {
        self.bytes(payload, order).map(c_string)
    }

    /// The bytes that a payload holds here, wherever they lie in it.
    ///
    /// `None` when they do not all lie in it, and for fields that are a number.
    ///
    /// Source: `__data_loc`, `__rel_loc`, `include/trace/stages/stage1_struct_define.h`, Linux 6.12.
    pub fn bytes<'a>(&self, payload: &'a [u8], order: Endian) -> Option<&'a [u8]> {
        let own = position(u64::from(self.offset));
        if self.shape == FieldShape::Array {
            return slice_at(payload, own, position(u64::from(self.len)));
        }
        let base = match self.shape {
            FieldShape::Number => return None,
            FieldShape::Array | FieldShape::Dynamic => 0,
            FieldShape::Relative => own.checked_add(4)?,
        };
        let place = match order {
            Endian::Little => u32_at::<Little>(payload, own)?,
            Endian::Big => u32_at::<Big>(payload, own)?,
        };
        let start = base.checked_add(position(u64::from(place & 0xffff)))?;
        slice_at(payload, start, position(u64::from(place >> 16)))
    }
}
