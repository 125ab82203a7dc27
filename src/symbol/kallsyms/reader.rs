//! From the lines of a kallsyms text to a sorted table.

use hashbrown::HashMap;
use memchr::{memchr, memchr2};

use super::{Entry, KernelSymbols, Module};
use crate::symbol::Unresolved;
use crate::symbol::dso_name::KERNEL_NAME;

/// Builds the table line by line.
pub(super) struct Reader<'a> {
    /// Lines that made sense.
    pub(super) lines: usize,
    /// The whole text: names stay in it.
    whole: &'a str,
    visible: bool,
    entries: Vec<Entry>,
    modules: Vec<Module>,
    index: HashMap<&'a [u8], u16>,
    /// The module of the last line that had one: a module's lines follow each other.
    recent_module: Option<(&'a [u8], u16)>,
    text: Option<u64>,
    stext: Option<u64>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(whole: &'a str) -> Self {
        // A line takes at least twenty bytes, and 44 on average.
        let kernel = Module {
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
        }
    }

    /// Reads all lines.
    pub(super) fn lines(&mut self) {
        let mut rest = self.whole.as_bytes();
        while !rest.is_empty() {
            let (line, whole, next) = match memchr(b'\n', rest) {
                Some(end) => (&rest[..end], true, &rest[end + 1..]),
                // A last line without an end may be cut short: it ends what is before it, no more.
                None => (rest, false, &rest[rest.len()..]),
            };
            rest = next;
            self.line(line, whole);
        }
    }

    fn line(&mut self, line: &'a [u8], whole: bool) {
        let Some((start, kind, rest)) = split_line(line) else {
            return;
        };
        self.lines += 1;
        self.visible |= start != 0;
        let function = match kind {
            b't' | b'T' | b'w' | b'W' => whole,
            b'd' | b'D' | b'b' | b'B' | b'r' | b'R' => false,
            _ => return,
        };
        let rest = rest.trim_ascii();
        let (name, column) = match memchr2(b'\t', b' ', rest) {
            Some(end) => (&rest[..end], rest[end..].trim_ascii_start()),
            None => (rest, &rest[rest.len()..]),
        };
        match name {
            [b'_', rest @ ..] if rest == b"text" => self.text = Some(start),
            [b'_', rest @ ..] if rest == b"stext" => self.stext = Some(start),
            [b'$', ..] | [b'.', b'L', ..] => return,
            _ => {}
        }
        let Some(module) = self.module(column) else {
            return;
        };
        // The name is a part of the text.
        let offset = name.as_ptr().addr() - self.whole.as_ptr().addr();
        let bytes = if function { name.len() } else { 0 };
        let (Ok(offset), Ok(len)) = (u32::try_from(offset), u16::try_from(bytes)) else {
            return;
        };
        self.entries.push(Entry {
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
                self.modules.push(Module {
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

    pub(super) fn finish(mut self) -> KernelSymbols {
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
            entries: self.entries,
            names: self.whole.into(),
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
