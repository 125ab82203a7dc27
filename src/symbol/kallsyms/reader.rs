//! From the lines of a kallsyms text to a sorted table.

use hashbrown::HashMap;

use super::{Entry, KernelSymbols, Module};
use crate::symbol::Unresolved;
use crate::symbol::dso_name::KERNEL_NAME;

/// Builds the table line by line.
pub(super) struct Reader<'a> {
    /// Lines that made sense.
    pub(super) lines: usize,
    visible: bool,
    entries: Vec<Entry>,
    names: String,
    modules: Vec<Module>,
    index: HashMap<&'a [u8], u16>,
    text: Option<u64>,
    stext: Option<u64>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: usize) -> Self {
        // A line takes at least twenty bytes, and 44 on average.
        let kernel = Module {
            name: KERNEL_NAME.into(),
            foreign: false,
        };
        Self {
            lines: 0,
            visible: false,
            entries: Vec::with_capacity(bytes / 44),
            names: String::with_capacity(bytes / 4),
            modules: vec![kernel],
            index: HashMap::new(),
            text: None,
            stext: None,
        }
    }

    pub(super) fn line(&mut self, line: &'a [u8]) {
        let Some((start, kind, rest)) = split_line(line) else {
            return;
        };
        self.lines += 1;
        self.visible |= start != 0;
        // A last line without an end may be cut short: it ends what is before it, no more.
        let (rest, whole) = match rest.strip_suffix(b"\n") {
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let mut fields = rest
            .split(u8::is_ascii_whitespace)
            .filter(|field| !field.is_empty());
        let name = fields.next().unwrap_or_default();
        let function = match kind {
            b't' | b'T' | b'w' | b'W' => whole,
            b'd' | b'D' | b'b' | b'B' | b'r' | b'R' => false,
            _ => return,
        };
        match name {
            b"_text" => self.text = Some(start),
            b"_stext" => self.stext = Some(start),
            _ if name.starts_with(b"$") || name.starts_with(b".L") => return,
            _ => {}
        }
        let Some(module) = self.module(fields.next()) else {
            return;
        };
        self.add(start, if function { name } else { b"" }, module);
    }

    fn add(&mut self, start: u64, name: &[u8], module: u16) {
        let name = String::from_utf8_lossy(name);
        let (Ok(offset), Ok(len)) = (u32::try_from(self.names.len()), u16::try_from(name.len()))
        else {
            return;
        };
        self.names.push_str(&name);
        self.entries.push(Entry {
            start,
            name: offset,
            len,
            module,
        });
    }

    /// The index of the module in a line's last column; `None` when there are too many.
    fn module(&mut self, column: Option<&'a [u8]>) -> Option<u16> {
        let inner = column.and_then(|column| column.strip_prefix(b"[")?.strip_suffix(b"]"));
        let Some(name) = inner else {
            return Some(0);
        };
        if let Some(&known) = self.index.get(name) {
            return Some(known);
        }
        let ix = u16::try_from(self.modules.len()).ok()?;
        self.modules.push(Module {
            name: String::from_utf8_lossy(name).into(),
            foreign: false,
        });
        self.index.insert(name, ix);
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
            names: self.names.into(),
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
    let digits = line.iter().position(|byte| !byte.is_ascii_hexdigit())?;
    if digits == 0 || digits > 16 {
        return None;
    }
    let mut start = 0;
    for &byte in &line[..digits] {
        start = start << 4 | u64::from(char::from(byte).to_digit(16)?);
    }
    match &line[digits..] {
        [b' ', kind, b' ', rest @ ..] if kind.is_ascii_graphic() => Some((start, *kind, rest)),
        _ => None,
    }
}
