//! Kernel symbols from the text of `/proc/kallsyms`.

use std::path::Path;
use std::sync::Arc;

use hashbrown::HashMap;
use memchr::{memchr, memchr2};

use super::symbols::{KallsymsEntry, KernelModule, KernelSymbols, landmarks};
use crate::bytes::Storage;
use crate::error::{BadFile, Error, Result};
use crate::symbol::dso_name::KERNEL_NAME;
use crate::symbol::unresolved::Unresolved;

impl KernelSymbols {
    /// Reads the text of `/proc/kallsyms`; `path` is for the error only.
    ///
    /// Functions are the types `t T w W`. Of several at one address the last one is taken, as
    /// perf does: it ends symbols before it drops duplicates, and then prefers those that are not
    /// empty. Data symbols only end the function before them. The mapping symbols of arm64 (`$x`)
    /// and local labels (`.L`) are left out. Lines that make no sense are left out too, and there is
    /// no function where the name is not UTF-8.
    ///
    /// Source: tools/perf/util/symbol.c (`symbols__fixup_end`, `symbols__fixup_duplicate`),
    /// Linux 6.1.
    ///
    /// # Errors
    /// When no line has the form of a kallsyms line.
    pub fn parse(path: &Path, text: &[u8]) -> Result<Self> {
        Self::parse_storage(path, Storage::Memory(text.to_vec()))
    }

    /// [`Self::parse`] of a text that need not be copied.
    ///
    /// # Errors
    /// When no line has the form of a kallsyms line.
    pub fn parse_storage(path: &Path, text: Storage) -> Result<Self> {
        let text = Arc::new(text);
        let mut reader = KallsymsReader::new(text.bytes());
        reader.lines();
        if reader.lines == 0 {
            return Err(Error::file(path, BadFile::NotKallsyms));
        }
        Ok(reader.finish(Arc::clone(&text)))
    }
}

/// A line that has the form of kallsyms' lines.
struct KallsymsLine<'a> {
    start: u64,
    /// The letter of the symbol's type, as `nm` prints it.
    kind: u8,
    name: &'a [u8],
    /// What follows the name: the module in brackets, if any.
    column: &'a [u8],
    /// Whether the line has an end: the last one of a text may be cut short.
    is_whole: bool,
}

/// Builds the table line by line.
struct KallsymsReader<'a> {
    /// Lines that made sense.
    lines: usize,
    /// The whole text: names stay in it.
    whole: &'a [u8],
    visible: bool,
    entries: Vec<KallsymsEntry>,
    modules: Vec<KernelModule>,
    index: HashMap<&'a [u8], u16>,
    /// The module of the last line that had one: a module's lines follow each other.
    recent_module: Option<(&'a [u8], u16)>,
    text: Option<u64>,
    stext: Option<u64>,
    /// The upper half of the last address, most of which are the same.
    upper: UpperHalf,
}

/// The upper half of an address as it is written, and as a number.
struct UpperHalf {
    digits: [u8; 8],
    number: u64,
}

impl<'a> KallsymsReader<'a> {
    fn new(whole: &'a [u8]) -> Self {
        // A line takes at least twenty bytes, and 44 on average.
        let kernel = KernelModule {
            name: KERNEL_NAME.into(),
            foreign: false,
        };
        Self {
            lines: 0,
            whole,
            visible: false,
            entries: Vec::with_capacity(whole.len() / 44),
            modules: vec![kernel],
            index: HashMap::new(),
            recent_module: None,
            text: None,
            stext: None,
            upper: UpperHalf {
                digits: *b"00000000",
                number: 0,
            },
        }
    }

    /// Reads all lines.
    fn lines(&mut self) {
        let mut rest = self.whole;
        while !rest.is_empty() {
            if let Some(next) = self.usual_line(rest) {
                rest = next;
                continue;
            }
            let (line, is_whole, next) = match memchr(b'\n', rest) {
                Some(end) => (&rest[..end], true, &rest[end + 1..]),
                // A last line without an end may be cut short: it ends what is before it, no more.
                None => (rest, false, &rest[rest.len()..]),
            };
            rest = next;
            self.line(line, is_whole);
        }
    }

    /// Reads the first line if it is as the kernel writes it; returns what lies behind it.
    fn usual_line(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        let (&[ref digits @ .., b' ', kind, b' '], rest) = text.split_first_chunk::<19>()? else {
            return None;
        };
        let start = self.sixteen_digits(digits)?;
        let (name, behind) = rest.split_at_checked(name_len(rest)?)?;
        let (column, next) = match behind {
            [b'\n', next @ ..] => (&behind[..0], next),
            [b'\t', behind @ ..] => {
                let end = memchr(b'\n', behind)?;
                (behind[..end].trim_ascii(), &behind[end + 1..])
            }
            _ => return None,
        };
        if !kind.is_ascii_graphic() || name.is_empty() {
            return None;
        }
        self.symbol(&KallsymsLine {
            start,
            kind,
            name,
            column,
            is_whole: true,
        });
        Some(next)
    }

    /// The number of sixteen hexadecimal digits as the kernel writes them; `None` for anything else.
    #[inline]
    fn sixteen_digits(&mut self, digits: &[u8; 16]) -> Option<u64> {
        let (upper, lower) = digits.split_first_chunk()?;
        if *upper != self.upper.digits {
            self.upper = UpperHalf {
                digits: *upper,
                number: eight_digits(*upper)? << 32,
            };
        }
        Some(self.upper.number | eight_digits(*lower.first_chunk()?)?)
    }

    fn line(&mut self, line: &'a [u8], is_whole: bool) {
        let Some((start, kind, rest)) = split_line(line) else {
            return;
        };
        let rest = rest.trim_ascii();
        let (name, column) = match memchr2(b'\t', b' ', rest) {
            Some(end) => (&rest[..end], rest[end..].trim_ascii_start()),
            None => (rest, &rest[rest.len()..]),
        };
        self.symbol(&KallsymsLine {
            start,
            kind,
            name,
            column,
            is_whole,
        });
    }

    /// Takes in the symbol of a line.
    #[expect(clippy::inline_always, reason = "it is done for every line")]
    #[inline(always)]
    fn symbol(&mut self, line: &KallsymsLine<'a>) {
        let &KallsymsLine {
            start, kind, name, ..
        } = line;
        self.lines += 1;
        self.visible |= start != 0;
        let function = match kind {
            b't' | b'T' | b'w' | b'W' => line.is_whole,
            b'd' | b'D' | b'b' | b'B' | b'r' | b'R' => false,
            _ => return,
        };
        match name {
            [b'_', rest @ ..] if rest == b"text" => self.text = Some(start),
            [b'_', rest @ ..] if rest == b"stext" => self.stext = Some(start),
            [b'$', ..] | [b'.', b'L', ..] => return,
            _ => {}
        }
        let Some(module) = self.module(line.column) else {
            return;
        };
        // The name is a part of the text.
        let offset = name.as_ptr().addr() - self.whole.as_ptr().addr();
        let bytes = if function { name.len() } else { 0 };
        let (Ok(offset), Ok(len)) = (u32::try_from(offset), u16::try_from(bytes)) else {
            return;
        };
        self.entries.push(KallsymsEntry {
            start,
            name: offset,
            len,
            module,
        });
    }

    /// The index of the module in a line's last column; `None` when there are too many.
    fn module(&mut self, column: &'a [u8]) -> Option<u16> {
        let end = column.iter().position(u8::is_ascii_whitespace);
        let column = &column[..end.unwrap_or(column.len())];
        let Some(name) = column
            .strip_prefix(b"[")
            .and_then(|name| name.strip_suffix(b"]"))
        else {
            return Some(0);
        };
        if let Some((known, ix)) = self.recent_module
            && known == name
        {
            return Some(ix);
        }
        let ix = match self.index.get(name) {
            Some(&known) => known,
            None => {
                let ix = u16::try_from(self.modules.len()).ok()?;
                self.modules.push(KernelModule {
                    name: String::from_utf8_lossy(name).into(),
                    foreign: false,
                });
                self.index.insert(name, ix);
                ix
            }
        };
        self.recent_module = Some((name, ix));
        Some(ix)
    }

    /// The table; `text_of_names` holds the whole text.
    fn finish(mut self, text_of_names: Arc<Storage>) -> KernelSymbols {
        if !self.visible {
            self.entries.clear();
        }
        // Stable: of functions at one address the last line counts.
        self.entries.sort_by_key(|entry| entry.start);
        self.entries.dedup_by(|later, kept| {
            let same = later.start == kept.start;
            if same && (later.len > 0 || kept.len == 0) {
                *kept = *later;
            }
            same
        });
        // Of data in a row, the first one ends the function before it.
        self.entries
            .dedup_by(|later, kept| later.len == 0 && kept.len == 0 && later.module == kept.module);
        self.entries.shrink_to_fit();
        KernelSymbols {
            landmarks: landmarks(&self.entries),
            entries: self.entries,
            text_of_names,
            modules: self.modules,
            text: self.text,
            stext: self.stext,
            outside: if self.visible {
                Unresolved::NoSymbol
            } else {
                Unresolved::KernelHidden
            },
        }
    }
}

/// How many bytes lie before the first one that is a space or below it; `None` when none is.
fn name_len(text: &[u8]) -> Option<usize> {
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
fn eight_digits(digits: [u8; 8]) -> Option<u64> {
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

/// Splits `ADDRESS TYPE rest`.
fn split_line(line: &[u8]) -> Option<(u64, u8, &[u8])> {
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

        /// The fast way reads what the other one does, and goes on where that would.
        #[test]
        fn lines_are_read_one_way(
            text in "([0-9a-f]{15,17} [ tTdx][ t][$._a-z]{0,9}(\t| |\r|\t\\[k\\]|)[ \t]?\n){1,3}[0-9a-f]{16} t"
        ) {
            let bytes = text.as_bytes();
            let mut fast = KallsymsReader::new(bytes);
            fast.lines();
            let mut slow = KallsymsReader::new(bytes);
            for line in bytes.split_inclusive(|&byte| byte == b'\n') {
                let end = line.strip_suffix(b"\n");
                slow.line(end.unwrap_or(line), end.is_some());
            }
            prop_assert_eq!(fast.lines, slow.lines);
            prop_assert_eq!(format!("{:?}", fast.entries), format!("{:?}", slow.entries));
            prop_assert_eq!(format!("{:?}", fast.modules), format!("{:?}", slow.modules));
        }

        #[test]
        fn names_end_at_the_first_space(text in prop::collection::vec(any::<u8>(), 0..40)) {
            let expected = text.iter().position(|&byte| byte <= b' ');
            prop_assert_eq!(name_len(&text), expected);
        }
    }
}
