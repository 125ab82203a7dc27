//! Weights as decimal numbers.

/// A number `digits * 10^tens`, without zeros at the end of the digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Decimal {
    digits: u128,
    tens: i32,
    /// Whether digits were left out.
    is_cut: bool,
}

/// Why a word is no weight.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum WrongWeight {
    NoNumber,
    Negative,
    NotFinite,
}

/// Digits that are kept: as many as 128 bits hold.
const MOST_DIGITS: u32 = 38;
/// Exponents beyond this are as good as infinite; sums with them do not overflow.
const MOST_TENS: i32 = 1 << 20;

impl Decimal {
    /// Reads digits with or without point and exponent.
    pub(super) fn parse(word: &str) -> Result<Self, WrongWeight> {
        let (is_negative, number) = match word.as_bytes().first() {
            Some(b'-') => (true, word.get(1..).unwrap_or_default()),
            Some(b'+') => (false, word.get(1..).unwrap_or_default()),
            _ => (false, word),
        };
        let is_one_of = |names: &[&str]| names.iter().any(|name| number.eq_ignore_ascii_case(name));
        if is_one_of(&["nan", "inf", "infinity"]) {
            return Err(WrongWeight::NotFinite);
        }
        let decimal = Self::unsigned(number).ok_or(WrongWeight::NoNumber)?;
        if is_negative && decimal.digits > 0 {
            return Err(WrongWeight::Negative);
        }
        Ok(decimal)
    }

    fn unsigned(number: &str) -> Option<Self> {
        let (plain, exponent) = match number.split_once(['e', 'E']) {
            Some((plain, exponent)) => (plain, self::exponent(exponent)?),
            None => (number, 0),
        };
        let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
        let mut digits = whole.bytes().chain(fraction.bytes());
        let is_number = digits.all(|byte| byte.is_ascii_digit());
        if !is_number || whole.len() + fraction.len() == 0 {
            return None;
        }
        let mut decimal = Self {
            digits: 0,
            tens: exponent,
            is_cut: false,
        };
        decimal.append(whole.bytes(), 0);
        decimal.append(fraction.bytes(), -1);
        while decimal.digits > 0 && decimal.digits.is_multiple_of(10) {
            decimal.digits /= 10;
            decimal.tens += 1;
        }
        Some(decimal)
    }

    /// Appends digits, each of which moves the point by `step`.
    fn append(&mut self, digits: impl Iterator<Item = u8>, step: i32) {
        for digit in digits {
            if self.digits < 10_u128.pow(MOST_DIGITS - 1) {
                self.digits = self.digits * 10 + u128::from(digit - b'0');
                self.tens = self.tens.saturating_add(step);
            } else {
                self.is_cut |= digit != b'0';
                self.tens = self.tens.saturating_add(step + 1);
            }
        }
    }

    /// Decimals behind the point.
    pub(super) fn decimals(self) -> u32 {
        if self.digits == 0 {
            0
        } else {
            self.tens.min(0).unsigned_abs()
        }
    }

    /// The number in units of `10^-decimals`, rounded, and whether it is exactly that; `None` when
    /// it is too large.
    pub(super) fn in_units(self, decimals: u32) -> Option<(u128, bool)> {
        if self.digits == 0 {
            return Some((0, true));
        }
        let shift = self.tens.saturating_add(decimals.cast_signed());
        let Some(power) = 10_u128.checked_pow(shift.unsigned_abs()) else {
            return (shift < 0).then_some((0, false));
        };
        if shift >= 0 {
            let units = self.digits.checked_mul(power)?;
            return Some((units, !self.is_cut));
        }
        let rest = self.digits % power;
        let units = self.digits / power + u128::from(rest >= power - rest);
        Some((units, rest == 0 && !self.is_cut))
    }
}

/// The number behind the `e`.
fn exponent(text: &str) -> Option<i32> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, text.get(1..)?),
        b'+' => (1, text.get(1..)?),
        _ => (1, text),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let size = digits.parse().unwrap_or(MOST_TENS).min(MOST_TENS);
    Some(sign * size)
}

/// A weight in units of `10^-decimals`, as people write it: without zeros at the end.
pub fn decimal_words(weight: u64, decimals: u32) -> String {
    let mut text = weight.to_string();
    let decimals = decimals as usize;
    if decimals == 0 {
        return text;
    }
    if text.len() <= decimals {
        text.insert_str(0, &"0".repeat(decimals + 1 - text.len()));
    }
    text.insert(text.len() - decimals, '.');
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(word: &str, decimals: u32) -> Option<(u128, bool)> {
        Decimal::parse(word).unwrap().in_units(decimals)
    }

    /// By hand.
    #[test]
    fn numbers_are_read_as_they_are_written() {
        for (word, decimals, tenths) in [
            ("12", 0, 120),
            ("1.9", 1, 19),
            ("1.0", 0, 10),
            ("5.", 0, 50),
            (".5", 1, 5),
            ("+3", 0, 30),
            ("1e3", 0, 10_000),
            ("2.5E+1", 0, 250),
            ("19e-1", 1, 19),
            ("0.000", 0, 0),
            ("-0", 0, 0),
            ("007", 0, 70),
        ] {
            let decimal = Decimal::parse(word).unwrap();
            assert_eq!(decimal.decimals(), decimals, "{word}");
            assert_eq!(decimal.in_units(1), Some((tenths, true)), "{word}");
        }
        assert_eq!(units("0.25", 1), Some((3, false)));
        assert_eq!(units("1e-300", 18), Some((0, false)));
        assert_eq!(units("1e300", 0), None);
        assert_eq!(units("1e99999999999", 0), None);
        assert_eq!(units("0e99999999999", 0), Some((0, true)));
    }

    #[test]
    fn digits_without_end_are_cut() {
        let third = format!("0.{}", "3".repeat(1000));
        assert_eq!(units(&third, 3), Some((333, false)));
        let large = format!("1{}", "0".repeat(1000));
        assert_eq!(units(&large, 0), None);
        let padded = format!("{}7.5{}", "0".repeat(1000), "0".repeat(1000));
        assert_eq!(units(&padded, 1), Some((75, true)));
    }

    #[test]
    fn words_are_no_weights() {
        let wrong = |word| Decimal::parse(word).unwrap_err();
        for word in [
            "", "x", ".", "e5", "1e", "1e+", "0x10", "1,000", "5ms", "1.2.3", "1_0", "--1",
        ] {
            assert_eq!(wrong(word), WrongWeight::NoNumber, "{word:?}");
        }
        assert_eq!(wrong("-5"), WrongWeight::Negative);
        assert_eq!(wrong("NaN"), WrongWeight::NotFinite);
        assert_eq!(wrong("-inf"), WrongWeight::NotFinite);
    }

    #[test]
    fn weights_are_written_as_they_were() {
        assert_eq!(decimal_words(19, 1), "1.9");
        assert_eq!(decimal_words(10, 1), "1");
        assert_eq!(decimal_words(0, 3), "0");
        assert_eq!(decimal_words(5, 3), "0.005");
        assert_eq!(decimal_words(120, 0), "120");
    }
}
