//! The form of a line of `/proc/kallsyms`: `ADDRESS TYPE NAME`, and a module in brackets.

/// A line that has the form of kallsyms' lines.
pub(super) struct KallsymsLine<'a> {
    pub(super) start: u64,
    /// The letter of the symbol's type, as `nm` prints it.
    pub(super) letter: u8,
    pub(super) name: &'a [u8],
    /// What follows the name: the module in brackets, if any.
    pub(super) column: &'a [u8],
    /// Whether the line has an end: the last one of a text may be cut short.
    pub(super) is_whole: bool,
}

/// Start of a function, or of something that ends the function before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct KallsymsEntry {
    pub(super) start: u64,
    pub(super) name: u32,
    /// Bytes of the name; zero for what is no function.
    pub(super) len: u16,
    /// Index in `modules`; zero is the kernel itself.
    pub(super) module: u16,
}

/// What a symbol is to the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SymbolKind {
    Function,
    /// Data: it ends the function before it.
    Data,
    Other,
}

impl SymbolKind {
    /// What the letter of a type means.
    pub(super) const fn of(letter: u8) -> Self {
        match letter {
            b't' | b'T' | b'w' | b'W' => Self::Function,
            b'd' | b'D' | b'b' | b'B' | b'r' | b'R' => Self::Data,
            _ => Self::Other,
        }
    }
}

/// The same by letter.
pub(super) const KINDS: [SymbolKind; 256] = {
    let mut kinds = [SymbolKind::Other; 256];
    let mut letter = 0;
    while letter < u8::MAX {
        kinds[letter as usize] = SymbolKind::of(letter);
        letter += 1;
    }
    kinds
};

/// What lies before the name in a line of the kernel's.
pub(super) const BEFORE_NAME: usize = 16 + 3;

/// The longest name that `KallsymsReader::usual_lines` takes, and what lies behind it.
pub(super) const SHORT_NAME: usize = 48;
pub(super) const LONGEST_HEAD: usize = BEFORE_NAME + SHORT_NAME;

/// How many bytes lie before the first one that is a space or below it, or above `0xa0`; `None` when
/// none is.
#[inline]
pub(super) fn short_name_len(text: &[u8; SHORT_NAME]) -> Option<u8> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, _) = text.as_chunks();
    for (at, word) in (0_u8..).step_by(8).zip(words) {
        // A subtraction borrows from the byte above only where it found one.
        let found = u64::from_le_bytes(*word).wrapping_sub(0x21 * ONES) & (0x80 * ONES);
        if found != 0 {
            return Some(at + u8::try_from(found.trailing_zeros() / 8).ok()?);
        }
    }
    None
}

/// How many bytes lie before the first one that is a space or below it; `None` when none is.
pub(super) fn name_len(text: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let (words, rest) = text.as_chunks();
    for (at, word) in words.iter().enumerate() {
        let bytes = u64::from_le_bytes(*word);
        // A subtraction borrows from the byte above only where it found one.
        let found = bytes.wrapping_sub(0x21 * ONES) & !bytes & (0x80 * ONES);
        if found != 0 {
            return Some(at * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let found = rest.iter().position(|&byte| byte <= b' ')?;
    Some(text.len() - rest.len() + found)
}

/// The number of eight hexadecimal digits, letters small; `None` for anything else.
///
/// All eight bytes are looked at together. A digit has bit 6 clear and its value below; a letter
/// has it set and its value less 9 below.
pub(super) fn eight_digits(digits: [u8; 8]) -> Option<u64> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let bytes = u64::from_be_bytes(digits);
    let letters = bytes >> 6 & ONES;
    let values = (bytes & (0x0f * ONES)) + 9 * letters;
    let above_nine = (values + 0x76 * ONES) >> 7 & ONES;
    let written = values + u64::from(b'0') * ONES + 0x27 * above_nine;
    if values & (0xf0 * ONES) != 0 || written != bytes {
        return None;
    }
    let pairs = (values | values >> 4) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    Some((fours | fours >> 16) & 0xffff_ffff)
}

/// The upper half of an address as it is written, and as a number: most are those of the line before.
#[derive(Debug)]
pub(super) struct UpperHalf {
    digits: [u8; 8],
    number: u64,
}

impl Default for UpperHalf {
    fn default() -> Self {
        Self {
            digits: *b"00000000",
            number: 0,
        }
    }
}

impl UpperHalf {
    /// The number of sixteen hexadecimal digits as the kernel writes them; `None` for anything else.
    #[inline]
    pub(super) fn sixteen_digits(&mut self, digits: &[u8; 16]) -> Option<u64> {
        let (upper, lower) = digits.split_first_chunk()?;
        if *upper != self.digits {
            *self = Self {
                digits: *upper,
                number: eight_digits(*upper)? << 32,
            };
        }
        Some(self.number | eight_digits(*lower.first_chunk()?)?)
    }
}

/// Splits `ADDRESS TYPE rest`.
pub(super) fn split_line(line: &[u8]) -> Option<(u64, u8, &[u8])> {
    let mut start = 0_u64;
    let mut digits = 0;
    for &byte in line.iter().take(17) {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            _ => break,
        };
        start = start << 4 | u64::from(digit);
        digits += 1;
    }
    if digits == 0 || digits > 16 {
        return None;
    }
    match &line[digits..] {
        [b' ', kind, b' ', rest @ ..] if kind.is_ascii_graphic() => Some((start, *kind, rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is written as the kernel writes it is read, and nothing else is.
        #[test]
        fn eight_digits_are_those_that_print_the_same(number: u32, digits: [u8; 8], at in 0..8_usize) {
            let shown = format!("{number:08x}");
            let mut bytes: [u8; 8] = shown.as_bytes().try_into().unwrap();
            prop_assert_eq!(eight_digits(bytes), Some(u64::from(number)));
            bytes[at] = digits[at];
            for digits in [bytes, digits] {
                let read = str::from_utf8(&digits).ok();
                let read = read.and_then(|text| u32::from_str_radix(text, 16).ok());
                let same = |read: &u32| format!("{read:08x}").as_bytes() == digits;
                prop_assert_eq!(eight_digits(digits), read.filter(same).map(u64::from));
            }
        }

        #[test]
        fn names_end_at_the_first_space(text in prop::collection::vec(any::<u8>(), 0..40)) {
            let expected = text.iter().position(|&byte| byte <= b' ');
            prop_assert_eq!(name_len(&text), expected);
        }
    }
}
