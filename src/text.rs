//! Text from a capture made safe, and numbers made readable.

mod number;

use std::borrow::Cow;
use std::fmt::Write as _;

pub use number::{counted, grouped, with_commas};
pub(crate) use number::{push_digits, push_last_digits, push_number, trim_fraction};

use number::{push_counted, push_grouped};

/// Before `%`: a space that does not break a line.
const NO_BREAK: char = '\u{a0}';

/// Makes `raw` fit for any text output: one line, valid in XML 1.0, nothing a terminal obeys.
///
/// White space other than the plain space becomes a space. Control characters, characters that XML
/// forbids and marks that reorder their surroundings (bidirectional overrides and isolates) are
/// spelled out, as in `\u{1b}`. Markup characters stay; they are escaped where they are written.
///
/// Source: XML 1.0 (fifth edition), production 2 `Char`; Unicode UAX 9, table 1.
pub fn one_line(raw: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if !has_any(raw, |byte| !is_plain(byte)) {
        return Cow::Borrowed(raw);
    }
    let mut safe = String::with_capacity(raw.len() + 16);
    for c in raw.chars() {
        if c != '\u{a0}' && c.is_whitespace() {
            safe.push(' ');
        } else if c.is_control() || is_reordering(c) || matches!(c, '\u{fffe}' | '\u{ffff}') {
            safe.extend(c.escape_unicode());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Whether a text has a byte of a sort. All bytes are looked at, as a CPU does many at a time.
pub(crate) fn has_any(text: &str, is_one: impl Fn(u8) -> bool) -> bool {
    let or = |found, byte| found | is_one(byte);
    text.bytes().fold(false, or)
}

const fn is_reordering(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The first `most` characters of `text`, the last two of them dots when something was cut.
pub fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let mut cut: String = text.chars().take(most.saturating_sub(2)).collect();
    cut.push_str("..");
    Cow::Owned(cut)
}

/// A size as `--max-unpacked` takes it: `16G`, and `1500 bytes` where no unit fits.
pub fn size_words(bytes: u64) -> String {
    let units = [("T", 40), ("G", 30), ("M", 20), ("K", 10)];
    let whole = units
        .iter()
        .find(|&&(_, shift)| bytes > 0 && bytes.trailing_zeros() >= shift);
    match whole {
        Some(&(unit, shift)) => format!("{}{unit}", bytes >> shift),
        None => format!("{bytes} bytes"),
    }
}

/// The unit of weights that are times.
pub const NANOSECONDS: &str = "ns";

/// The unit of weights that are samples.
pub const SAMPLES: &str = "samples";

/// A weight with its unit: `1 sample`, `1.234567 s` for nanoseconds, `41,320 cycles`.
pub fn quantity(weight: u64, unit: &str) -> String {
    let mut text = String::new();
    push_quantity(&mut text, weight, unit);
    text
}

/// Appends a weight with its unit.
pub(crate) fn push_quantity(text: &mut String, weight: u64, unit: &str) {
    match unit {
        SAMPLES => push_counted(text, weight, "sample"),
        NANOSECONDS => push_seconds(text, weight),
        event => {
            push_grouped(text, weight);
            text.push(' ');
            text.push_str(&one_line(event));
        }
    }
}

/// Nanoseconds as seconds with microseconds; below a millisecond to the nanosecond.
fn push_seconds(text: &mut String, nanos: u64) {
    push_grouped(text, nanos / 1_000_000_000);
    let whole = text.len();
    text.push('.');
    if nanos < 1_000_000 {
        push_last_digits(text, nanos, 9);
    } else {
        push_last_digits(text, nanos / 1000, 6);
    }
    trim_fraction(text, whole);
    text.push_str(" s");
}

/// The share of `part` in `whole` in percent; 0 when there is no whole.
pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 * 100.0 / whole as f64
    }
}

/// The share of `part` in `whole` in percent with two digits behind the point: `12.34 %`.
///
/// Rounded in integers, which is several times faster than formatting a float; a picture has one
/// per box.
pub(crate) fn push_percent(text: &mut String, part: u64, whole: u64) {
    let whole = u128::from(whole.max(1));
    let hundredths = (u128::from(part) * 20_000 + whole) / (2 * whole);
    // 2^64 percent are more than all.
    let hundredths = u64::try_from(hundredths).unwrap_or(u64::MAX);
    push_number(text, hundredths / 100);
    text.push('.');
    push_last_digits(text, hundredths, 2);
    text.push(NO_BREAK);
    text.push('%');
}

/// A share for people: `61 %`, below ten percent with one digit behind the point, `<0.1 %`.
pub(crate) fn share_in_words(part: u64, whole: u64) -> String {
    let share = percent(part, whole);
    if part > 0 && share < 0.05 {
        format!("<0.1{NO_BREAK}%")
    } else if share < 9.95 && part > 0 {
        format!("{share:.1}{NO_BREAK}%")
    } else {
        format!("{share:.0}{NO_BREAK}%")
    }
}

/// Breaks `text` at plain spaces into lines of at most `width` characters; longer words are cut
/// into pieces, so that no line is ever too long.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let letters: Vec<char> = word.chars().collect();
        for piece in letters.chunks(width) {
            if used > 0 && used + 1 + piece.len() > width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                if used > 0 {
                    line.push(' ');
                    used += 1;
                }
                line.extend(piece);
                used += piece.len();
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// Appends `value` to `text` with XML's five special characters escaped.
pub(crate) fn push_escaped(text: &mut String, value: &str) {
    if !has_any(value, |byte| {
        matches!(byte, b'<' | b'>' | b'&' | b'"' | b'\'')
    }) {
        return text.push_str(value);
    }
    let mut plain = 0;
    for (at, byte) in value.bytes().enumerate() {
        let escape = match byte {
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            b'"' => "&quot;",
            b'\'' => "&#39;",
            _ => continue,
        };
        // The five are ASCII, so that every cut is between characters.
        text.push_str(&value[plain..at]);
        text.push_str(escape);
        plain = at + 1;
    }
    text.push_str(&value[plain..]);
}

/// Appends ` name="value"`, escaped.
pub(crate) fn push_attribute(text: &mut String, name: &str, value: &str) {
    text.push(' ');
    text.push_str(name);
    text.push_str("=\"");
    push_escaped(text, value);
    text.push('"');
}

/// Appends formatted text.
pub(crate) fn push_format(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _: std::fmt::Result = text.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_reordering_characters_are_spelled_out() {
        assert_eq!(one_line("a\0b\x1b[31m"), "a\\u{0}b\\u{1b}[31m");
        assert_eq!(one_line("x\u{202e}y\u{fffe}"), "x\\u{202e}y\\u{fffe}");
        assert_eq!(
            one_line("two\r\nlines\tand\u{2028}more"),
            "two  lines and more"
        );
        assert_eq!(one_line("שלום std::vec<T>"), "שלום std::vec<T>");
    }

    #[test]
    fn one_is_singular_and_nanoseconds_are_seconds() {
        assert_eq!(counted(1, "sample"), "1 sample");
        assert_eq!(counted(0, "sample"), "0 samples");
        assert_eq!(counted(2, "box"), "2 boxes");
        assert_eq!(quantity(1, SAMPLES), "1 sample");
        assert_eq!(quantity(10_000, "kvm:kvm_exit"), "10,000 kvm:kvm_exit");
        assert_eq!(quantity(1_847_542_000, NANOSECONDS), "1.847542 s");
        assert_eq!(quantity(2_000_000_000, NANOSECONDS), "2 s");
        assert_eq!(quantity(1_003, NANOSECONDS), "0.000001003 s");
        assert_eq!(quantity(0, NANOSECONDS), "0 s");
    }

    #[test]
    fn percents_are_rounded_to_hundredths() {
        let percent = |part, whole| {
            let mut text = String::new();
            push_percent(&mut text, part, whole);
            text
        };
        assert_eq!(percent(1, 3), "33.33\u{a0}%");
        assert_eq!(percent(2, 3), "66.67\u{a0}%");
        assert_eq!(percent(1, 20_000), "0.01\u{a0}%");
        assert_eq!(percent(u64::MAX, u64::MAX), "100.00\u{a0}%");
        assert_eq!(percent(0, 0), "0.00\u{a0}%");
    }

    #[test]
    fn a_small_share_is_not_shown_as_none() {
        assert_eq!(share_in_words(0, 10), "0\u{a0}%");
        assert_eq!(share_in_words(1, 1_000_000), "<0.1\u{a0}%");
        assert_eq!(share_in_words(31, 1000), "3.1\u{a0}%");
        assert_eq!(share_in_words(61, 100), "61\u{a0}%");
        assert_eq!(share_in_words(0, 0), "0\u{a0}%");
    }

    #[test]
    fn no_wrapped_line_is_too_long_and_nothing_is_lost() {
        assert_eq!(wrapped("ab cd ef", 5), ["ab cd", "ef"]);
        assert_eq!(wrapped("abcdefg h", 3), ["abc", "def", "g h"]);
        assert!(wrapped("", 5).is_empty());
    }

    #[test]
    fn shortening_counts_characters_not_bytes() {
        assert_eq!(shortened("éééé", 4), "éééé");
        assert_eq!(shortened("ééééé", 4), "éé..");
    }

    /// What a message says can be given back to the option.
    #[test]
    fn sizes_are_said_as_they_are_given() {
        for (bytes, words) in [
            (1 << 34, "16G"),
            (1 << 20, "1M"),
            (1536, "1536 bytes"),
            (3 << 10, "3K"),
            (0, "0 bytes"),
        ] {
            assert_eq!(size_words(bytes), words);
        }
    }
}
