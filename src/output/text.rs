//! Text from a capture made safe, and numbers made readable.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Between groups of three digits and before `%`: a space that does not break a line.
const NO_BREAK: char = '\u{a0}';

/// Makes `raw` fit for any text output: one line, valid in XML 1.0, nothing a terminal obeys.
///
/// White space other than the plain space becomes a space. Control characters, characters that XML
/// forbids and marks that reorder their surroundings (bidirectional overrides and isolates) are
/// spelled out, as in `\u{1b}`. Markup characters stay; they are escaped where they are written.
///
/// Source: XML 1.0 (fifth edition), production 2 `Char`; Unicode UAX 9, table 1.
pub(crate) fn one_line(raw: &str) -> Cow<'_, str> {
    if raw
        .bytes()
        .all(|byte| byte == b' ' || byte.is_ascii_graphic())
    {
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

const fn is_reordering(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The first `most` characters of `text`, the last two of them dots when something was cut.
pub(crate) fn shortened(text: &str, most: usize) -> Cow<'_, str> {
    if text.len() <= most || text.chars().nth(most).is_none() {
        return Cow::Borrowed(text);
    }
    let mut cut: String = text.chars().take(most.saturating_sub(2)).collect();
    cut.push_str("..");
    Cow::Owned(cut)
}

/// Writes `number` in groups of three digits with `separator` between them.
fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

/// `4132` as `4,132`, for tooltips.
pub(crate) fn with_commas(number: u64) -> String {
    grouped(number, ',')
}

/// `4132` as `4 132` with a space that does not break, for titles and subtitles.
pub fn with_spaces(number: u64) -> String {
    grouped(number, NO_BREAK)
}

/// The share of `part` in `whole` in percent; 0 when there is no whole.
pub(crate) fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 * 100.0 / whole as f64
    }
}

/// The share of `part` in `whole` in percent with two digits behind the point: `12.34%`.
///
/// Rounded in integers, which is several times faster than formatting a float; a picture has one
/// per box.
pub(crate) fn push_percent(text: &mut String, part: u64, whole: u64) {
    let whole = u128::from(whole.max(1));
    let hundredths = (u128::from(part) * 20_000 + whole) / (2 * whole);
    push_format(
        text,
        format_args!("{}.{:02}%", hundredths / 100, hundredths % 100),
    );
}

/// A share for people: `61 %`, below ten percent with one digit behind the point, `<0.1 %`.
pub fn share_in_words(part: u64, whole: u64) -> String {
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
    fn numbers_are_grouped_by_three() {
        assert_eq!(with_commas(0), "0");
        assert_eq!(with_commas(999), "999");
        assert_eq!(with_commas(1_234_567), "1,234,567");
        assert_eq!(with_spaces(4132), "4\u{a0}132");
    }

    #[test]
    fn percents_are_rounded_to_hundredths() {
        let percent = |part, whole| {
            let mut text = String::new();
            push_percent(&mut text, part, whole);
            text
        };
        assert_eq!(percent(1, 3), "33.33%");
        assert_eq!(percent(2, 3), "66.67%");
        assert_eq!(percent(1, 20_000), "0.01%");
        assert_eq!(percent(u64::MAX, u64::MAX), "100.00%");
        assert_eq!(percent(0, 0), "0.00%");
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
}
