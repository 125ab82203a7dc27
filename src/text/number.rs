//! Numbers in digits.

/// Appends a number in digits of a base from 10 to 36. Formatting takes several times as long, and a
/// picture has a dozen for each box.
pub(crate) fn push_digits<const BASE: u64>(text: &mut String, number: u64) {
    // In base 10 it has at most 20, in larger ones fewer.
    const { assert!(BASE >= 10 && BASE <= 36) };
    let mut digits = [b'0'; 20];
    let mut first = digits.len();
    let mut left = number;
    loop {
        first -= 1;
        digits[first] = digit_of(left % BASE);
        left /= BASE;
        if left == 0 {
            break;
        }
    }
    push_ascii(text, &digits[first..]);
}

/// Appends a number in decimal digits.
pub(crate) fn push_number(text: &mut String, number: u64) {
    push_digits::<10>(text, number);
}

/// Appends the last decimal digits of a number, zeros in front of it where it has fewer.
pub(crate) fn push_last_digits(text: &mut String, number: u64, digits: u32) {
    let mut written = [b'0'; 20];
    let mut left = number;
    let first = written.len().saturating_sub(digits as usize);
    for digit in written[first..].iter_mut().rev() {
        *digit = digit_of(left % 10);
        left /= 10;
    }
    push_ascii(text, &written[first..]);
}

fn push_ascii(text: &mut String, digits: &[u8]) {
    // It is all digits.
    text.push_str(str::from_utf8(digits).unwrap_or_default());
}

fn digit_of(digit: u64) -> u8 {
    const DIGITS: [u8; 36] = *b"0123456789abcdefghijklmnopqrstuvwxyz";
    let digit = usize::try_from(digit).ok();
    let digit = digit.and_then(|digit| DIGITS.get(digit));
    digit.copied().unwrap_or(b'0')
}

/// The one way in which people are shown counts: commas between groups of three digits from five
/// digits on, as in `4132` and `41,320`. What other programs read has plain digits.
pub fn grouped(number: u64) -> String {
    let mut text = String::new();
    push_grouped(&mut text, number);
    text
}

pub(super) fn push_grouped(text: &mut String, number: u64) {
    if number < 10_000 {
        push_number(text, number);
    } else {
        push_groups(text, number);
    }
}

fn push_groups(text: &mut String, number: u64) {
    if number < 1000 {
        push_number(text, number);
    } else {
        push_groups(text, number / 1000);
        text.push(',');
        push_last_digits(text, number, 3);
    }
}

/// Puts commas into a number that is written in decimal digits, as [`grouped`] does.
pub fn with_commas(number: &str) -> String {
    let start = number.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
    let (sign, rest) = number.split_at(start);
    let (whole, fraction) = rest.split_at(rest.find('.').unwrap_or(rest.len()));
    if whole.len() < 5 {
        return number.to_owned();
    }
    let mut text = sign.to_owned();
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

/// A count with what is counted, as in `1 sample` and `2 samples`. The word is given for one of
/// them.
pub fn counted(number: u64, word: &str) -> String {
    let mut text = String::new();
    push_counted(&mut text, number, word);
    text
}

pub(super) fn push_counted(text: &mut String, number: u64, word: &str) {
    push_grouped(text, number);
    text.push(' ');
    text.push_str(word);
    text.push_str(match (number, word.as_bytes().last()) {
        (1, _) => "",
        (_, Some(b'x')) => "es",
        (_, _) => "s",
    });
}

/// Cuts the zeros off that a fraction ends with, which begins with its point at `point`.
pub(crate) fn trim_fraction(text: &mut String, point: usize) {
    let fraction = text.get(point..).unwrap_or_default();
    let kept = fraction.trim_end_matches('0').trim_end_matches('.').len();
    text.truncate(point + kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Commas as flamegraph.pl writes them, but none where four digits are read at a glance.
    #[test]
    fn numbers_are_grouped_by_three() {
        let cases = [
            (0, "0"),
            (9999, "9999"),
            (10_000, "10,000"),
            (1_234_567, "1,234,567"),
        ];
        for (number, text) in cases {
            assert_eq!(grouped(number), text);
        }
        assert_eq!(grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(with_commas("-12345.7"), "-12,345.7");
        assert_eq!(with_commas("+1234.5678"), "+1234.5678");
        assert_eq!(with_commas("inf"), "inf");
    }

    proptest! {
        /// As the standard library writes them, and as the script of pictures reads them.
        #[test]
        fn numbers_are_written_digit_by_digit(number: u64, bits in 0..64_u32) {
            for number in [number, number >> bits, u64::MAX, 0, 9, 10, 35, 36] {
                let mut text = String::from("a.");
                push_digits::<36>(&mut text, number);
                let read = text.strip_prefix("a.").map(|digits| u64::from_str_radix(digits, 36));
                prop_assert_eq!(read, Some(Ok(number)));
                let mut text = String::from("a.");
                push_number(&mut text, number);
                text.push(' ');
                push_last_digits(&mut text, number, 3);
                prop_assert_eq!(text, format!("a.{number} {:03}", number % 1000));
            }
        }
    }
}
