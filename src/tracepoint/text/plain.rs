//! A text's bytes as UTF-8 with plain spaces, whatever it was saved as.

use std::borrow::Cow;

use memchr::memmem;

use crate::bytes::Storage;
use crate::folded_text::decode_utf16;

/// A space where a line must not be broken, in UTF-8: what programs for mail and web pages make of
/// some spaces.
const UNBROKEN_SPACE: &str = "\u{a0}";

/// The same text as UTF-8 with plain spaces; `None` where it is that already.
pub(super) fn plain(bytes: &[u8]) -> Option<String> {
    let decoded = decode_utf16(bytes);
    let text = match &decoded {
        Some(text) => Cow::Borrowed(text.as_str()),
        None if memmem::find(bytes, UNBROKEN_SPACE.as_bytes()).is_some() => {
            String::from_utf8_lossy(bytes)
        }
        None => return None,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    Some(text.replace(UNBROKEN_SPACE, " "))
}

/// The same of bytes that are kept.
pub(super) fn plain_storage(storage: Storage) -> Storage {
    let text = plain(storage.bytes());
    text.map_or(storage, |text| Storage::Memory(text.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line as `iconv -t UTF-16` and a web page's spaces make it.
    #[test]
    fn every_encoding_gives_the_same_line() {
        let line = "CPU 0/KVM-753 [000] 570.1: x\n";
        let wide: Vec<u16> = line.encode_utf16().collect();
        let little = wide.iter().flat_map(|unit| unit.to_le_bytes());
        let big = wide.iter().flat_map(|unit| unit.to_be_bytes());
        let little: Vec<u8> = [0xff, 0xfe].into_iter().chain(little).collect();
        let big: Vec<u8> = [0xfe, 0xff].into_iter().chain(big).collect();
        assert_eq!(plain(&little).as_deref(), Some(line));
        assert_eq!(plain(&big).as_deref(), Some(line));
        let spaced = line.replace(' ', UNBROKEN_SPACE);
        assert_eq!(plain(spaced.as_bytes()).as_deref(), Some(line));
        assert_eq!(plain(line.as_bytes()), None);
    }
}
