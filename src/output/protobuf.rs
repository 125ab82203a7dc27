//! Protocol buffers, as far as they are written here: fields by their numbers.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>.

/// A message that is being written.
#[derive(Clone, Debug, Default)]
pub(super) struct Message {
    bytes: Vec<u8>,
}

const VARINT: u32 = 0;
const LENGTH: u32 = 2;

impl Message {
    fn raw(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        self.bytes.push(value.to_le_bytes()[0]);
    }

    fn key(&mut self, field: u32, wire: u32) {
        self.raw(u64::from(field << 3 | wire));
    }

    /// A number; 0 is not written, since readers take it for that then.
    pub(super) fn number(&mut self, field: u32, value: u64) {
        if value != 0 {
            self.always(field, value);
        }
    }

    /// A number, also when it is 0: a choice of several fields is told by which is there.
    pub(super) fn always(&mut self, field: u32, value: u64) {
        self.key(field, VARINT);
        self.raw(value);
    }

    /// Bytes, also none.
    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.key(field, LENGTH);
        self.raw(value.len() as u64);
        self.bytes.extend_from_slice(value);
    }

    /// A text, also an empty one.
    pub(super) fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    /// A message within.
    pub(super) fn message(&mut self, field: u32, value: &Self) {
        self.bytes(field, &value.bytes);
    }

    /// A number that may be negative.
    pub(super) fn signed(&mut self, field: u32, value: i64) {
        self.number(field, value.cast_unsigned());
    }

    /// Numbers in fields of their own, as lists are where nothing else is said.
    pub(super) fn repeated(&mut self, field: u32, values: impl IntoIterator<Item = u64>) {
        values
            .into_iter()
            .for_each(|value| self.always(field, value));
    }

    /// Numbers in one field; none are not written.
    pub(super) fn packed(&mut self, field: u32, values: impl IntoIterator<Item = u64>) {
        let mut all = Self::default();
        values.into_iter().for_each(|value| all.raw(value));
        if !all.bytes.is_empty() {
            self.bytes(field, &all.bytes);
        }
    }

    /// What was written so far.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Begins anew.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }
}

/// A number for a field that has a sign: readers know none that is larger.
pub(super) fn held_to_i64(value: u64) -> u64 {
    value.min(i64::MAX.cast_unsigned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the page above: 150 in field 1, "testing" in field 2, a message with 150 in
    /// field 3, the numbers 3, 270, 86942 in field 6.
    #[test]
    fn fields_are_as_the_encoding_page_shows_them() {
        let mut inner = Message::default();
        inner.number(1, 150);
        assert_eq!(inner.as_bytes(), [0x08, 0x96, 0x01]);
        let mut message = Message::default();
        message.text(2, "testing");
        message.message(3, &inner);
        message.packed(6, [3, 270, 86942]);
        let expected = [
            &[0x12, 0x07][..],
            b"testing",
            &[0x1a, 0x03, 0x08, 0x96, 0x01],
            &[0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05],
        ];
        assert_eq!(message.as_bytes(), expected.concat());
        let mut list = Message::default();
        list.repeated(4, [0, 1]);
        list.signed(5, 0);
        assert_eq!(list.as_bytes(), [0x20, 0x00, 0x20, 0x01]);
        let mut negative = Message::default();
        negative.signed(1, -2);
        let expected = [
            0x08, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01,
        ];
        assert_eq!(negative.as_bytes(), expected);
    }
}
