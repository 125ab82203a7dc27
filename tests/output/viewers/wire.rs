//! A small reader of protocol buffers, written apart from the writer.

use std::collections::BTreeMap;

/// A field.
#[derive(Clone, Debug)]
pub(super) enum Field<'b> {
    Number(u64),
    Bytes(&'b [u8]),
}

/// A message: its fields by number, in the order of the file.
#[derive(Clone, Debug, Default)]
pub(super) struct Message<'b>(BTreeMap<u64, Vec<Field<'b>>>);

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        value |= u64::from(first & 0x7f) << shift;
        if first < 0x80 {
            return value;
        }
    }
    panic!("a number of more than ten bytes");
}

impl<'b> Message<'b> {
    pub(super) fn read(mut bytes: &'b [u8]) -> Self {
        let mut message = Self::default();
        while !bytes.is_empty() {
            let key = varint(&mut bytes);
            let field = match key & 7 {
                0 => Field::Number(varint(&mut bytes)),
                2 => {
                    let len = usize::try_from(varint(&mut bytes)).unwrap();
                    let (own, rest) = bytes.split_at(len);
                    bytes = rest;
                    Field::Bytes(own)
                }
                other => panic!("wire type {other}"),
            };
            message.0.entry(key >> 3).or_default().push(field);
        }
        message
    }

    fn all(&self, field: u64) -> &[Field<'b>] {
        self.0.get(&field).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn bytes(&self, field: u64) -> Vec<&'b [u8]> {
        let own = |field: &Field<'b>| match field {
            Field::Bytes(bytes) => *bytes,
            Field::Number(_) => panic!("a number in the place of bytes"),
        };
        self.all(field).iter().map(own).collect()
    }

    pub(super) fn messages(&self, field: u64) -> Vec<Self> {
        self.bytes(field).into_iter().map(Self::read).collect()
    }

    pub(super) fn texts(&self, field: u64) -> Vec<&'b str> {
        let bytes = self.bytes(field).into_iter();
        bytes.map(|text| str::from_utf8(text).unwrap()).collect()
    }

    /// The last one; 0 when there is none.
    pub(super) fn number(&self, field: u64) -> u64 {
        self.numbers(field).last().copied().unwrap_or_default()
    }

    /// All, in fields of their own or in one.
    pub(super) fn numbers(&self, field: u64) -> Vec<u64> {
        let mut numbers = Vec::new();
        for field in self.all(field) {
            match *field {
                Field::Number(number) => numbers.push(number),
                Field::Bytes(mut bytes) => {
                    while !bytes.is_empty() {
                        numbers.push(varint(&mut bytes));
                    }
                }
            }
        }
        numbers
    }
}
