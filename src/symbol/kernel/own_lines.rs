//! The first lines of a kallsyms text, those of the kernel itself.
//!
//! The kernel writes them in order of their addresses, as its own table has them. As far as that holds,
//! few of them need be kept to find any of them in the text.

use std::ops::Range;

use super::line::{
    BEFORE_NAME, KINDS, KallsymsEntry, LONGEST_HEAD, SymbolKind, UpperHalf, name_len,
    short_name_len,
};

/// How many lines lie between two that are kept.
const STRIDE: usize = 4;

/// Lines of no module that ascend, of which some are kept.
#[derive(Clone, Debug, Default)]
pub(super) struct OwnLines {
    /// The addresses of the lines that are kept, in order, each above that of the line before.
    starts: Vec<u64>,
    /// Where these lines begin in the text.
    places: Vec<u32>,
    /// Where the last line ends in the text.
    pub(super) end: usize,
    /// The last address.
    last: u64,
    /// That of the last function.
    last_function: Option<u64>,
    /// How many lines there are, those too that are no symbols of the table.
    pub(super) lines: usize,
    /// Whether any address is not zero.
    pub(super) visible: bool,
    /// The addresses of `_text` and `_stext`.
    pub(super) text: Option<u64>,
    pub(super) stext: Option<u64>,
}

/// What is found at an address, and the symbol that starts next.
pub(super) struct OwnSymbol {
    pub(super) entry: KallsymsEntry,
    /// `None` where none of these lines follows.
    pub(super) next: Option<KallsymsEntry>,
}

impl OwnLines {
    /// Reads the first lines of a text, as long as they ascend and are as most of the kernel's are.
    pub(super) fn read(text: &[u8]) -> Self {
        let mut own = Self::default();
        let room = text.len() / 44 / STRIDE;
        own.starts.reserve(room);
        own.places.reserve(room);
        let (mut rest, mut upper) = (text, UpperHalf::default());
        let (mut lines, mut since, mut last, mut any_start) = (0, STRIDE, 0, 0);
        while let Some(line) = OwnLine::of(rest, &mut upper)
            && let Ok(place) = u32::try_from(text.len() - rest.len())
        {
            let start = line.start;
            if line.is_symbol() {
                if start < last {
                    break;
                }
                if since >= STRIDE && (start > last || own.starts.is_empty()) {
                    own.starts.push(start);
                    own.places.push(place);
                    since = 0;
                }
                since += 1;
                last = start;
                if line.kind == SymbolKind::Function {
                    own.last_function = Some(start);
                }
                if let [b'_', name @ ..] = line.name {
                    match name {
                        b"text" => own.text = Some(start),
                        b"stext" => own.stext = Some(start),
                        _ => (),
                    }
                }
            }
            lines += 1;
            any_start |= start;
            rest = line.behind;
        }
        Self {
            end: text.len() - rest.len(),
            last,
            lines,
            visible: any_start != 0,
            ..own
        }
    }

    /// Whether there is no symbol.
    pub(super) fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Whether all addresses lie below that one.
    pub(super) fn are_below(&self, start: u64) -> bool {
        self.is_empty() || self.last < start
    }

    /// Whether a function lies behind an address.
    pub(super) fn has_function_behind(&self, start: u64) -> bool {
        self.last_function.is_some_and(|last| last > start)
    }

    /// The symbols, each address once, out of the text that these are lines of.
    pub(super) fn iter<'t>(&self, text: &'t [u8]) -> OwnEntries<'t> {
        OwnEntries::between(text, 0..self.end)
    }

    /// The symbol that starts last of those that start at an address or below.
    pub(super) fn look_up(&self, text: &[u8], at: u64) -> Option<OwnSymbol> {
        let kept = self.starts.partition_point(|&start| start <= at);
        let place = *self.places.get(kept.checked_sub(1)?)?;
        let mut lines = OwnEntries::between(text, place as usize..self.end);
        let mut found: Option<KallsymsEntry> = None;
        loop {
            match lines.next_line() {
                Some(line) if line.start <= at => found = Some(better(found, line)),
                next => return found.map(|entry| OwnSymbol { entry, next }),
            }
        }
    }
}

/// The better one of what was found and what comes behind it: of several at one address the last one, but
/// data only where no function is.
fn better(found: Option<KallsymsEntry>, next: KallsymsEntry) -> KallsymsEntry {
    let stays = |found: &KallsymsEntry| found.start == next.start && found.len > 0 && next.len == 0;
    found.filter(stays).unwrap_or(next)
}

/// A line of the kernel's own.
struct OwnLine<'t> {
    start: u64,
    kind: SymbolKind,
    name: &'t [u8],
    /// What follows it.
    behind: &'t [u8],
}

impl<'t> OwnLine<'t> {
    /// The first line of a text, if it is one.
    #[expect(
        clippy::inline_always,
        reason = "it is done for each of a hundred thousand lines"
    )]
    #[inline(always)]
    fn of(text: &'t [u8], upper: &mut UpperHalf) -> Option<Self> {
        let head = text.first_chunk::<LONGEST_HEAD>()?;
        let (digits, [b' ', letter, b' ', short @ ..]) = head.split_first_chunk()? else {
            return None;
        };
        let start = upper.sixteen_digits(digits)?;
        let names = &text[BEFORE_NAME..];
        let short = short_name_len(short.first_chunk()?).map(usize::from);
        let short = short.and_then(|len| names.split_at_checked(len));
        let (name, [b'\n', behind @ ..]) = (match short {
            Some(split @ (_, [b'\n', ..])) => split,
            Some(_) | None => names.split_at_checked(name_len(names)?)?,
        }) else {
            return None;
        };
        let is_name = !name.is_empty() && name.len() <= usize::from(u16::MAX);
        (is_name && letter.is_ascii_graphic()).then_some(Self {
            start,
            kind: KINDS[usize::from(*letter)],
            name,
            behind,
        })
    }

    /// Whether it is a symbol of the table: of a type that counts, and neither a mapping symbol nor a local
    /// label.
    #[inline]
    fn is_symbol(&self) -> bool {
        let is_name = !matches!(self.name, [b'$', ..] | [b'.', b'L', ..]);
        is_name && self.kind != SymbolKind::Other
    }

    /// Bytes of the name of a function; zero of another symbol.
    fn name_len(&self) -> u16 {
        match self.kind {
            SymbolKind::Function => u16::try_from(self.name.len()).unwrap_or_default(),
            SymbolKind::Data | SymbolKind::Other => 0,
        }
    }
}

/// The symbols of some lines, each address once.
pub(super) struct OwnEntries<'t> {
    text: &'t [u8],
    /// Where the next line begins, and where the last one ends.
    lines: Range<usize>,
    upper: UpperHalf,
    /// What was found, until the next address.
    found: Option<KallsymsEntry>,
}

impl<'t> OwnEntries<'t> {
    fn between(text: &'t [u8], lines: Range<usize>) -> Self {
        Self {
            text,
            lines,
            upper: UpperHalf::default(),
            found: None,
        }
    }

    /// The next symbol. A text that is mapped may have changed, and then no other line follows.
    fn next_line(&mut self) -> Option<KallsymsEntry> {
        while self.lines.start < self.lines.end {
            let rest = self.text.get(self.lines.start..)?;
            let line = OwnLine::of(rest, &mut self.upper)?;
            let name = u32::try_from(self.lines.start + BEFORE_NAME).ok()?;
            self.lines.start += rest.len() - line.behind.len();
            if line.is_symbol() {
                return Some(KallsymsEntry {
                    start: line.start,
                    name,
                    len: line.name_len(),
                    module: 0,
                });
            }
        }
        None
    }
}

impl Iterator for OwnEntries<'_> {
    type Item = KallsymsEntry;

    fn next(&mut self) -> Option<KallsymsEntry> {
        while let Some(next) = self.next_line() {
            let before = self.found.filter(|found| found.start != next.start);
            self.found = Some(better(self.found, next));
            if before.is_some() {
                return before;
            }
        }
        self.found.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(lines: &[&str]) -> String {
        // The last line is not looked at where less than the longest one lies behind.
        let behind = "x".repeat(LONGEST_HEAD);
        lines.join("\n") + "\n" + &behind
    }

    /// By hand: lines of the kernel as it writes them, and of modules behind them.
    #[test]
    fn the_first_lines_are_read_where_they_stand() {
        let text = text(&[
            "0000000000000000 A fixed_percpu_data",
            "0000000000001000 D gdt_page",
            "ffffffff81000000 T _stext",
            "ffffffff81000000 T _text",
            "ffffffff81000040 t first",
            "ffffffff81000040 d data",
            "ffffffff81000080 t $x",
            "ffffffff81000090 t .Llocal",
            "ffffffff810000c0 d data",
            "ffffffff810000d0 t name_of_more_than_forty_eight_characters_that_is_long",
            "ffffffff810000e0 t n\u{e4}me",
            "ffffffff810000f0 d data",
            "ffffffffc0000000 t in_module\t[kvm]",
            "ffffffffc0000040 t other",
        ]);
        let own = OwnLines::read(text.as_bytes());
        assert_eq!(own.end, text.find("ffffffffc0000000").unwrap());
        assert_eq!((own.lines, own.visible), (12, true));
        assert_eq!(own.text, Some(0xffff_ffff_8100_0000));
        assert_eq!(own.stext, own.text);
        let name = |entry: &KallsymsEntry| {
            let name = &text[entry.name as usize..];
            name[..usize::from(entry.len)].to_owned()
        };
        let all: Vec<String> = own
            .iter(text.as_bytes())
            .map(|entry| name(&entry))
            .collect();
        assert_eq!(&all[..4], ["", "_text", "first", ""]);
        assert_eq!(&all[5..], ["n\u{e4}me", ""]);
        assert_eq!(all[4].len(), 53);
        let found = own.look_up(text.as_bytes(), 0xffff_ffff_8100_00bf).unwrap();
        assert_eq!(name(&found.entry), "first");
        assert_eq!(found.next.unwrap().start, 0xffff_ffff_8100_00c0);
        assert!(own.look_up(text.as_bytes(), 0xfff).is_none());
        assert!(own.are_below(0xffff_ffff_8100_00f1));
        assert!(!own.are_below(0xffff_ffff_8100_00f0));
        assert!(own.has_function_behind(0xffff_ffff_8100_00c0));
        assert!(!own.has_function_behind(0xffff_ffff_8100_00e0));
    }

    /// What does not ascend, or has another form, is left to who reads lines one by one.
    #[test]
    fn other_lines_end_them() {
        let first = "ffffffff81000000 T f";
        for other in [
            "fffffffe81000000 T below",
            "ffffffff81000040 T in_module\t[kvm]",
            "ffffffff81000040 T  two",
            "ffffffff81000040  T two",
            "FFFFFFFF81000040 T large",
            "ffffffff81000040 T ",
            "",
        ] {
            let text = text(&[first, first, other, first]);
            let own = OwnLines::read(text.as_bytes());
            assert_eq!(own.lines, 2, "{other}");
            assert_eq!(own.end, 2 * (first.len() + 1), "{other}");
        }
        assert!(OwnLines::read(b"").is_empty());
    }
}
