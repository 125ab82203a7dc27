//! Kernel symbols from the text of `/proc/kallsyms`.

use std::path::Path;
use std::sync::Arc;

use hashbrown::HashMap;
use memchr::{memchr, memchr2};

use super::line::{
    BEFORE_NAME, KINDS, KallsymsEntry, KallsymsLine, LONGEST_HEAD, SymbolKind, UpperHalf, name_len,
    short_name_len, split_line,
};
use super::own_lines::OwnLines;
use super::symbols::{KernelModule, KernelSymbols, landmarks, leave_out_data};
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
        let mut reader = KallsymsReader::behind(text.bytes(), OwnLines::read(text.bytes()));
        reader.lines();
        if !reader.are_lines_in_order() {
            reader = KallsymsReader::new(text.bytes());
            reader.lines();
        }
        if reader.lines == 0 {
            return Err(Error::file(path, BadFile::NotKallsyms));
        }
        Ok(reader.finish(Arc::clone(&text)))
    }
}

/// The module of the last line that had one.
#[derive(Clone, Copy, Default)]
struct RecentModule<'a> {
    /// What follows the name in the line, up to its end; empty while there is none.
    column: &'a [u8],
    ix: u16,
}

impl RecentModule<'_> {
    /// Whether a line goes on like the last one behind its name.
    fn is_of(&self, behind: &[u8]) -> bool {
        !self.column.is_empty() && behind.starts_with(self.column)
    }
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
    recent: RecentModule<'a>,
    text: Option<u64>,
    stext: Option<u64>,
    upper: UpperHalf,
    /// The lines at the beginning that are read where they stand.
    own: OwnLines,
}

impl<'a> KallsymsReader<'a> {
    /// Reads all lines of a text.
    fn new(whole: &'a [u8]) -> Self {
        Self::behind(whole, OwnLines::default())
    }

    /// Reads those behind the first ones.
    fn behind(whole: &'a [u8], own: OwnLines) -> Self {
        let kernel = KernelModule {
            name: KERNEL_NAME.into(),
            foreign: false,
        };
        Self {
            lines: own.lines,
            whole,
            visible: own.visible,
            // A line takes at least twenty bytes, and 44 on average.
            entries: Vec::with_capacity((whole.len() - own.end) / 44),
            modules: vec![kernel],
            index: HashMap::new(),
            recent: RecentModule::default(),
            text: own.text,
            stext: own.stext,
            upper: UpperHalf::default(),
            own,
        }
    }

    /// Whether no line lies before the first ones by its address.
    fn are_lines_in_order(&self) -> bool {
        let mut entries = self.entries.iter();
        entries.all(|entry| self.own.are_below(entry.start))
    }

    /// Reads the lines.
    fn lines(&mut self) {
        let mut rest = self.whole.get(self.own.end..).unwrap_or_default();
        while !rest.is_empty() {
            rest = self.usual_lines(rest);
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

    /// Reads the first lines as long as they are as most of the kernel's are: of no module or of the
    /// last one. Returns what lies behind them.
    ///
    /// It does what [`Self::usual_line`] does, in few steps: there are a hundred thousand lines.
    fn usual_lines(&mut self, mut text: &'a [u8]) -> &'a [u8] {
        let whole_at = self.whole.as_ptr().addr();
        let (mut lines, mut any_start) = (0, 0);
        while let Some(head) = text.first_chunk::<LONGEST_HEAD>()
            && let Some((digits, [b' ', letter, b' ', name @ ..])) = head.split_first_chunk()
            && let Some(name) = name.first_chunk()
            && let Some(start) = self.upper.sixteen_digits(digits)
            && let Some(len @ 1..) = short_name_len(name)
            && let Ok(name_at) = u32::try_from(text.as_ptr().addr() + BEFORE_NAME - whole_at)
        {
            let kind = KINDS[usize::from(*letter)];
            let (name, behind) = text[BEFORE_NAME..].split_at(usize::from(len));
            let (column, module) = match (behind, kind) {
                (_, SymbolKind::Other) => break,
                ([b'\n', ..], _) => (1, 0),
                _ if self.recent.is_of(behind) => (self.recent.column.len(), self.recent.ix),
                _ => break,
            };
            text = &behind[column..];
            lines += 1;
            any_start |= start;
            if self.is_entry(name, start) {
                self.entries.push(KallsymsEntry {
                    start,
                    name: name_at,
                    len: if kind == SymbolKind::Function {
                        len.into()
                    } else {
                        0
                    },
                    module,
                });
            }
        }
        self.lines += lines;
        self.visible |= any_start != 0;
        text
    }

    /// Reads the first line if it is as the kernel writes it; returns what lies behind it.
    fn usual_line(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        let (&[ref digits @ .., b' ', letter, b' '], rest) = text.split_first_chunk::<19>()? else {
            return None;
        };
        let start = self.upper.sixteen_digits(digits)?;
        let (name, behind) = rest.split_at_checked(name_len(rest)?)?;
        let (column, next) = match behind {
            [b'\n', next @ ..] => (&behind[..0], next),
            [b'\t', column @ ..] => {
                let end = memchr(b'\n', column)?;
                (&column[..end], &column[end + 1..])
            }
            _ => return None,
        };
        if !letter.is_ascii_graphic() || name.is_empty() {
            return None;
        }
        let module = self.symbol(&KallsymsLine {
            start,
            letter,
            name,
            column: column.trim_ascii(),
            is_whole: true,
        });
        if let Some(ix) = module
            && !column.is_empty()
        {
            let column = &behind[..column.len() + 2];
            self.recent = RecentModule { column, ix };
        }
        Some(next)
    }

    fn line(&mut self, line: &'a [u8], is_whole: bool) {
        let Some((start, letter, rest)) = split_line(line) else {
            return;
        };
        let rest = rest.trim_ascii();
        let (name, column) = match memchr2(b'\t', b' ', rest) {
            Some(end) => (&rest[..end], rest[end..].trim_ascii_start()),
            None => (rest, &rest[rest.len()..]),
        };
        self.symbol(&KallsymsLine {
            start,
            letter,
            name,
            column,
            is_whole,
        });
    }

    /// Takes in the symbol of a line; returns the index of its module where it becomes an entry.
    fn symbol(&mut self, line: &KallsymsLine<'a>) -> Option<u16> {
        let &KallsymsLine { start, name, .. } = line;
        self.lines += 1;
        self.visible |= start != 0;
        let is_function = match SymbolKind::of(line.letter) {
            SymbolKind::Function => line.is_whole,
            SymbolKind::Data => false,
            SymbolKind::Other => return None,
        };
        if !self.is_entry(name, start) {
            return None;
        }
        let module = self.module(line.column)?;
        // The name is a part of the text.
        let offset = name.as_ptr().addr() - self.whole.as_ptr().addr();
        let bytes = if is_function { name.len() } else { 0 };
        self.entries.push(KallsymsEntry {
            start,
            name: u32::try_from(offset).ok()?,
            len: u16::try_from(bytes).ok()?,
            module,
        });
        Some(module)
    }

    /// Whether a symbol of that name becomes an entry; keeps where those are that tell where the kernel
    /// lies.
    #[inline]
    fn is_entry(&mut self, name: &[u8], start: u64) -> bool {
        match name {
            [b'_', rest @ ..] if rest == b"text" => self.text = Some(start),
            [b'_', rest @ ..] if rest == b"stext" => self.stext = Some(start),
            [b'$', ..] | [b'.', b'L', ..] => return false,
            _ => {}
        }
        true
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
        if let Some(&known) = self.index.get(name) {
            return Some(known);
        }
        let ix = u16::try_from(self.modules.len()).ok()?;
        self.modules.push(KernelModule {
            name: String::from_utf8_lossy(name).into(),
            foreign: false,
        });
        self.index.insert(name, ix);
        Some(ix)
    }

    /// The table; `text_of_names` holds the whole text.
    fn finish(mut self, text_of_names: Arc<Storage>) -> KernelSymbols {
        if !self.visible {
            self.entries.clear();
            self.own = OwnLines::default();
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
        leave_out_data(&mut self.entries);
        self.entries.shrink_to_fit();
        KernelSymbols {
            own: self.own,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symbol::kernel::symbols::KernelAnchor;
    use crate::units::Avma;
    use proptest::prelude::*;

    proptest! {
        /// The fast way reads what the other one does, and goes on where that would.
        #[test]
        fn lines_are_read_one_way(
            text in "([0-9a-f]{15,17} [ tTdxA][ t]([$._a-zé\u{1}]{0,9}|_s?text|[a-z]{40,60})\
                     (\t| |\r|(\t|\t |\t\t)\\[(k|kvm|)\\][ \r\t]?|)\n|ffffffff8[0-9a-f]{7} [tTwWdDbBrR] [_a-z.]{1,12}(\t\\[(k|kvm)\\])?\n){1,12}\
                     [0-9a-f]{16} t[ a-z]{0,50}"
        ) {
            let bytes = text.as_bytes();
            let mut fast = KallsymsReader::new(bytes);
            fast.lines();
            let mut slow = KallsymsReader::new(bytes);
            for line in bytes.split_inclusive(|&byte| byte == b'\n') {
                let end = line.strip_suffix(b"\n");
                slow.line(end.unwrap_or(line), end.is_some());
            }
            prop_assert_eq!((fast.lines, fast.visible), (slow.lines, slow.visible));
            prop_assert_eq!((fast.text, fast.stext), (slow.text, slow.stext));
            prop_assert_eq!(format!("{:?}", fast.entries), format!("{:?}", slow.entries));
            prop_assert_eq!(format!("{:?}", fast.modules), format!("{:?}", slow.modules));
        }

        /// Whether lines are read where they stand or one by one, each address has one answer.
        #[test]
        fn lines_that_stay_in_the_text_answer_alike(
            lines in prop::collection::vec((0..9_u64, "[tTdDA]", "(_text|[$.]L?|[a-c]{1,3}|[d-f]{50})", 0..30_u8), 1..32),
            shift in prop_oneof![Just(0), Just(4096), Just(0_u64.wrapping_sub(4096)), Just(7)],
        ) {
            let (mut text, mut start) = (String::new(), 0xffff_ffff_8100_0ff0_u64);
            let mut addresses = vec![0, u64::MAX];
            for (step, letter, name, odd) in lines {
                // Few lines go back or lie far below, and few are of a module.
                start = start + step * 8 - u64::from(odd == 1) * 40;
                let at = start ^ u64::from(odd == 2) << 60;
                let module = if odd == 3 { "\t[kvm]" } else { "" };
                text += &format!("{at:016x} {letter} {name}{module}\n");
                addresses.extend([at - 1, at, at + 1, at + 9, at + 9000]);
            }
            let mapped = KernelSymbols::parse(Path::new("kallsyms"), text.as_bytes());
            let mut reader = KallsymsReader::new(text.as_bytes());
            reader.lines();
            prop_assert_eq!(mapped.is_ok(), reader.lines > 0);
            let plain = reader.finish(Arc::new(Storage::Memory(text.clone().into_bytes())));
            let Ok(mapped) = mapped else { return Ok(()) };
            prop_assert_eq!((mapped.len(), mapped.is_empty()), (plain.len(), plain.is_empty()));
            let recorded = plain.anchor(KernelAnchor::Text).unwrap_or(Avma::new(0));
            let recorded = Avma::new(recorded.as_u64().wrapping_add(shift));
            let boots = [mapped, plain].map(|symbols| {
                (symbols.clone(), symbols.for_boot(KernelAnchor::Text, recorded).for_modules(&[]))
            });
            for at in addresses {
                for at in [at, at.wrapping_add(shift)].map(Avma::new) {
                    prop_assert_eq!(boots[0].0.look_up(at), boots[1].0.look_up(at));
                    prop_assert_eq!(boots[0].1.look_up(at), boots[1].1.look_up(at));
                }
            }
        }
    }
}
