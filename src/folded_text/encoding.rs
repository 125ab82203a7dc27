//! Bytes to text.

use std::borrow::Cow;
use std::fmt::Write as _;

/// How text is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
    Utf32,
}

/// Bytes that are looked at to tell text from other bytes.
pub(super) const LOOKED_AT: usize = 1 << 12;

impl Encoding {
    /// The encoding, and the length of the byte order mark.
    fn of(bytes: &[u8]) -> (Self, usize) {
        match bytes {
            [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => (Self::Utf32, 4),
            [0xef, 0xbb, 0xbf, ..] => (Self::Utf8, 3),
            [0xff, 0xfe, ..] => (Self::Utf16Le, 2),
            [0xfe, 0xff, ..] => (Self::Utf16Be, 2),
            _ => (Self::without_mark(bytes), 0),
        }
    }

    /// Without a mark, characters of ASCII tell UTF-16: every second byte is zero.
    fn without_mark(bytes: &[u8]) -> Self {
        let pairs = bytes.get(..bytes.len().min(16)).unwrap_or_default();
        let (pairs, _) = pairs.as_chunks::<2>();
        let all = |is: fn(&[u8; 2]) -> bool| !pairs.is_empty() && pairs.iter().all(is);
        if all(|pair| pair[0] != 0 && pair[1] == 0) {
            Self::Utf16Le
        } else if all(|pair| pair[0] == 0 && pair[1] != 0) {
            Self::Utf16Be
        } else {
            Self::Utf8
        }
    }
}

/// The text of `bytes`; `None` for UTF-32, which no tool is known to write.
///
/// What is no character in its encoding is spelled out as in `\xe9`, so that different names stay
/// different.
pub(super) fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let (encoding, mark) = Encoding::of(bytes);
    let bytes = bytes.get(mark..).unwrap_or_default();
    match encoding {
        Encoding::Utf8 => Some(utf8(bytes)),
        Encoding::Utf16Le => Some(utf16(bytes, u16::from_le_bytes).into()),
        Encoding::Utf16Be => Some(utf16(bytes, u16::from_be_bytes).into()),
        Encoding::Utf32 => None,
    }
}

/// The text of `bytes` in UTF-16, told by a mark or by its zeros; `None` for any other.
pub(crate) fn decode_utf16(bytes: &[u8]) -> Option<String> {
    let (encoding, mark) = Encoding::of(bytes);
    let bytes = bytes.get(mark..).unwrap_or_default();
    match encoding {
        Encoding::Utf16Le => Some(utf16(bytes, u16::from_le_bytes)),
        Encoding::Utf16Be => Some(utf16(bytes, u16::from_be_bytes)),
        Encoding::Utf8 | Encoding::Utf32 => None,
    }
}

fn utf8(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.into();
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        spell_out(&mut text, chunk.invalid());
    }
    text.into()
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let mut text = String::with_capacity(bytes.len() / 2);
    for character in char::decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        match character {
            Ok(character) => text.push(character),
            Err(lone) => spell_out(&mut text, &lone.unpaired_surrogate().to_be_bytes()),
        }
    }
    spell_out(&mut text, odd);
    text
}

fn spell_out(text: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let written = write!(text, "\\x{byte:02x}");
        debug_assert!(written.is_ok(), "writing to a string cannot fail");
    }
}

/// Whether `bytes`, the beginning of a file, are text of some kind: without control characters but
/// white space and escape.
pub fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(LOOKED_AT)).unwrap_or_default();
    // A mark alone is text, nothing at all is none.
    let Some(text) = decode(head) else {
        return true;
    };
    let is_plain = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\x0c' | '\x1b');
    let odd = head
        .utf8_chunks()
        .map(|chunk| chunk.invalid().len())
        .sum::<usize>();
    // Letters of an older encoding are a few bytes; of packed data most are no text.
    let is_readable = matches!(Encoding::of(head).0, Encoding::Utf16Le | Encoding::Utf16Be)
        || odd * 3 <= head.len();
    !head.is_empty() && text.chars().all(is_plain) && is_readable
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `é;x 1` by the tables of Unicode: U+00E9 is c3 a9, and 00e9 in UTF-16.
    #[test]
    fn every_encoding_gives_the_same_text() {
        let wide: Vec<u16> = "é;x 1\n".encode_utf16().collect();
        let little: Vec<u8> = wide.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = wide.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(little[..4], [0xe9, 0, b';', 0]);
        let utf8 = b"\xc3\xa9;x 1\n".to_vec();
        let marks: [(&[u8], &Vec<u8>); 6] = [
            (b"", &utf8),
            (b"\xef\xbb\xbf", &utf8),
            (b"", &little),
            (b"\xff\xfe", &little),
            (b"", &big),
            (b"\xfe\xff", &big),
        ];
        for (mark, text) in marks {
            let bytes = [mark, text].concat();
            assert_eq!(decode(&bytes).as_deref(), Some("é;x 1\n"), "{bytes:?}");
            assert!(is_text(&bytes), "{bytes:?}");
        }
        assert_eq!(decode(b"\xff\xfe\0\0a\0\0\0"), None);
    }

    /// Two names of Latin-1 that differ in one letter.
    #[test]
    fn names_that_are_no_text_stay_apart() {
        assert_eq!(decode(b"caf\xe9").as_deref(), Some("caf\\xe9"));
        assert_eq!(decode(b"caf\xe8").as_deref(), Some("caf\\xe8"));
        assert_eq!(
            decode(b"\xff\xfea\0\x00\xd8b").as_deref(),
            Some("a\\xd8\\x00\\x62")
        );
    }

    #[test]
    fn other_files_are_no_text() {
        assert!(!is_text(b""));
        assert!(!is_text(b"PERFILE2\x68\0\0\0"));
        assert!(!is_text(b"\x7fELF\x02\x01\x01\0"));
        assert!(!is_text(b"\x28\xb5\x2f\xfd\x04\x58"));
        assert!(is_text("hello wörld\n".as_bytes()));
    }
}
