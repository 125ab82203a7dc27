//! JSON that is written piece by piece: what is exported may be larger than memory.

use std::io::{self, Write};

/// Writes JSON. Whoever writes objects and lists closes them.
pub(super) struct JsonWriter<'w> {
    out: &'w mut dyn Write,
    /// Whether something stands before what is written next, in the same object or list.
    has_before: bool,
}

impl<'w> JsonWriter<'w> {
    pub(super) fn new(out: &'w mut dyn Write) -> Self {
        Self {
            out,
            has_before: false,
        }
    }

    fn separate(&mut self) -> io::Result<()> {
        if self.has_before {
            self.out.write_all(b",")?;
        }
        self.has_before = true;
        Ok(())
    }

    fn open(&mut self, bracket: u8) -> io::Result<()> {
        self.separate()?;
        self.has_before = false;
        self.out.write_all(&[bracket])
    }

    fn close(&mut self, bracket: u8) -> io::Result<()> {
        self.has_before = true;
        self.out.write_all(&[bracket])
    }

    /// Opens an object.
    pub(super) fn object(&mut self) -> io::Result<()> {
        self.open(b'{')
    }

    /// Closes the object.
    pub(super) fn end_object(&mut self) -> io::Result<()> {
        self.close(b'}')
    }

    /// Opens a list.
    pub(super) fn list(&mut self) -> io::Result<()> {
        self.open(b'[')
    }

    /// Closes the list.
    pub(super) fn end_list(&mut self) -> io::Result<()> {
        self.close(b']')
    }

    /// Writes the key of what is written next.
    pub(super) fn key(&mut self, key: &str) -> io::Result<()> {
        self.separate()?;
        self.has_before = false;
        serde_json::to_writer(&mut *self.out, key)?;
        self.out.write_all(b":")
    }

    /// Writes a text or a number.
    pub(super) fn value<'v>(&mut self, value: impl Into<JsonValue<'v>>) -> io::Result<()> {
        self.separate()?;
        match value.into() {
            JsonValue::Null => self.out.write_all(b"null"),
            JsonValue::Flag(flag) => write!(self.out, "{flag}"),
            JsonValue::Number(number) => write!(self.out, "{number}"),
            JsonValue::Micros(nanos) => {
                write!(self.out, "{}.{:03}", nanos / 1_000, nanos % 1_000)
            }
            JsonValue::Millis(nanos) => {
                let (whole, rest) = (nanos / 1_000_000, nanos % 1_000_000);
                write!(self.out, "{whole}.{rest:06}")
            }
            JsonValue::Text(text) => Ok(serde_json::to_writer(&mut *self.out, text)?),
        }
    }

    /// Writes a member of the object.
    pub(super) fn member<'v>(
        &mut self,
        key: &str,
        value: impl Into<JsonValue<'v>>,
    ) -> io::Result<()> {
        self.key(key)?;
        self.value(value)
    }

    /// Writes a member that is a list.
    pub(super) fn members<'v, T: Into<JsonValue<'v>>>(
        &mut self,
        key: &str,
        values: impl IntoIterator<Item = T>,
    ) -> io::Result<()> {
        self.key(key)?;
        self.list()?;
        for value in values {
            self.value(value)?;
        }
        self.end_list()
    }

    /// Ends the file.
    pub(super) fn end(self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// Begins a line, so that people can look into the file.
    pub(super) fn line(&mut self) -> io::Result<()> {
        if self.has_before {
            self.out.write_all(b",")?;
            self.has_before = false;
        }
        self.out.write_all(b"\n")
    }
}

/// What is no object and no list.
#[derive(Clone, Copy, Debug)]
pub(super) enum JsonValue<'t> {
    Null,
    Flag(bool),
    /// A whole number; readers keep those below 2^53 exactly.
    Number(i128),
    /// Nanoseconds, written as microseconds.
    Micros(u64),
    /// Nanoseconds, written as milliseconds.
    Millis(u64),
    Text(&'t str),
}

macro_rules! from_numbers {
    ($($number:ty),*) => {
        $(impl From<$number> for JsonValue<'_> {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        })*
    };
}
from_numbers!(u64, u32, i32, u8);

impl From<bool> for JsonValue<'_> {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<usize> for JsonValue<'_> {
    fn from(number: usize) -> Self {
        Self::Number(number as i128)
    }
}

impl<'t> From<&'t str> for JsonValue<'t> {
    fn from(text: &'t str) -> Self {
        Self::Text(text)
    }
}

impl<'t> From<&'t String> for JsonValue<'t> {
    fn from(text: &'t String) -> Self {
        Self::Text(text)
    }
}

impl<'t, T: Into<Self>> From<Option<T>> for JsonValue<'t> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `serde_json` reads back what was written, names with quotes and control characters among it.
    #[test]
    fn what_is_written_is_json() {
        let mut bytes = Vec::new();
        let mut json = JsonWriter::new(&mut bytes);
        json.object().unwrap();
        json.member("a\"\u{1}\u{2028}", "<script>\n\u{7f}").unwrap();
        json.members("b", [1_u32, 2]).unwrap();
        json.key("c").unwrap();
        json.list().unwrap();
        for nanos in [0, 1_000_001_u64] {
            json.line().unwrap();
            json.object().unwrap();
            json.member("us", JsonValue::Micros(nanos)).unwrap();
            json.member("ms", JsonValue::Millis(nanos)).unwrap();
            json.end_object().unwrap();
        }
        json.end_list().unwrap();
        json.member("d", None::<u32>).unwrap();
        json.end_object().unwrap();
        let read: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let expected = serde_json::json!({
            "a\"\u{1}\u{2028}": "<script>\n\u{7f}",
            "b": [1, 2],
            "c": [{"us": 0.0, "ms": 0.0}, {"us": 1000.001, "ms": 1.000001}],
            "d": null,
        });
        assert_eq!(read, expected);
    }
}
