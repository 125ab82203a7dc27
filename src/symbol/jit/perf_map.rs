//! Maps of generated code as runtimes write them for perf, `perf-PID.map`.
//!
//! ```text
//! START SIZE NAME
//! ```
//!
//! Numbers are hexadecimal, with or without `0x`; the name is the rest of the line, blanks included.
//!
//! Source: tools/perf/Documentation/jit-interface.txt and `dso__load_perf_map()`,
//! tools/perf/util/symbol.c, Linux 6.1.

use std::collections::BTreeMap;

use crate::symbol::elf::{ObjectSymbols, Places, SizedSymbol, SizedSymbols};

/// What a map says.
#[derive(Debug)]
pub struct PerfMap {
    /// The functions that were asked for. Their addresses are those of the process.
    pub symbols: ObjectSymbols,
    /// Lines that are no entries. One at the end without a line break is none of them: the map may
    /// be written while it is read.
    pub odd_lines: u64,
}

/// A stretch of code of one function.
#[derive(Clone, Copy)]
struct Piece {
    end: u64,
    name: u32,
    len: u32,
}

/// Reads a map, of its functions those that cover a place. A later entry stands for what the runtime
/// put over an earlier one, of which the rest stays.
pub fn parse_perf_map(text: &[u8], places: Places<'_>) -> PerfMap {
    let points = places.points_of_addresses();
    let (mut pieces, mut names) = (BTreeMap::new(), String::new());
    let (mut odd_lines, mut has_functions) = (0, false);
    for line in text.split_inclusive(|&byte| byte == b'\n') {
        let whole = line.strip_suffix(b"\n");
        let own = whole.unwrap_or(line);
        let own = own.strip_suffix(b"\r").unwrap_or(own);
        if own.is_empty() {
            continue;
        }
        let Some(entry) = parse_entry(own) else {
            odd_lines += u64::from(whole.is_some());
            continue;
        };
        let Some(end) = entry.end() else { continue };
        has_functions = true;
        if points
            .as_ref()
            .is_none_or(|points| points.hit(entry.start, end))
        {
            insert(&mut pieces, &mut names, &entry, end);
        }
    }
    let symbols = pieces.into_iter().map(|(start, piece)| SizedSymbol {
        start,
        end: piece.end,
        name: piece.name,
        len: piece.len,
    });
    let symbols = SizedSymbols::new(symbols.collect(), names);
    PerfMap {
        symbols: ObjectSymbols::of_addresses(symbols, has_functions),
        odd_lines,
    }
}

/// Whether more of a map's functions than not lie in memory that `holds` tells, by the first and the
/// last address: runtimes give memory back, and their maps keep what was there.
pub(crate) fn lies_in(text: &[u8], holds: impl Fn(u64, u64) -> bool) -> bool {
    let lines = text.split(|&byte| byte == b'\n');
    let entries = lines.filter_map(|line| {
        let entry = parse_entry(line)?;
        Some((entry.start, entry.end()?))
    });
    let (mut inside, mut outside) = (0_u64, 0_u64);
    for (start, end) in entries {
        let count = if holds(start, end - 1) {
            &mut inside
        } else {
            &mut outside
        };
        *count += 1;
    }
    inside > outside
}

/// A line of a map.
struct MapEntry<'a> {
    start: u64,
    size: u64,
    name: &'a [u8],
}

impl MapEntry<'_> {
    /// Where it ends; `None` when it covers nothing.
    fn end(&self) -> Option<u64> {
        let end = self.start.saturating_add(self.size);
        (end > self.start).then_some(end)
    }
}

fn parse_entry(line: &[u8]) -> Option<MapEntry<'_>> {
    let (start, rest) = number(line)?;
    let (size, name) = number(rest)?;
    (!name.is_empty()).then_some(MapEntry { start, size, name })
}

/// A number and what stands behind the blanks after it.
fn number(text: &[u8]) -> Option<(u64, &[u8])> {
    let digits = text.strip_prefix(b"0x").unwrap_or(text);
    let len = digits.iter().position(|byte| !byte.is_ascii_hexdigit())?;
    let (digits, rest) = digits.split_at(len);
    let value = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    let behind = rest.trim_ascii_start();
    (behind.len() < rest.len()).then_some((value, behind))
}

/// Puts a function over what was there.
fn insert(pieces: &mut BTreeMap<u64, Piece>, names: &mut String, entry: &MapEntry<'_>, end: u64) {
    let shown = String::from_utf8_lossy(entry.name);
    let (Ok(name), Ok(len)) = (u32::try_from(names.len()), u32::try_from(shown.len())) else {
        return;
    };
    names.push_str(&shown);
    let before = pieces.range_mut(..entry.start).next_back();
    if let Some((_, before)) = before
        && before.end > entry.start
    {
        let whole = *before;
        before.end = entry.start;
        if whole.end > end {
            pieces.insert(end, whole);
        }
    }
    while let Some((&start, &piece)) = pieces.range(entry.start..end).next() {
        pieces.remove(&start);
        if piece.end > end {
            pieces.insert(end, piece);
        }
    }
    pieces.insert(entry.start, Piece { end, name, len });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{FileOffset, Svma};
    use proptest::prelude::*;

    fn name_at(map: &PerfMap, address: u64) -> Option<&str> {
        let svma = map.symbols.svma_of(FileOffset::new(address))?;
        map.symbols.look_up(svma).ok().map(|symbol| symbol.name)
    }

    /// Lines as node, java and python write them, and some that are none.
    #[test]
    fn names_hold_blanks_and_odd_lines_are_counted() {
        let text = b"7f00 20 LazyCompile:*fib /tmp/a b.js:1:13\n\
            0x7f40 0x10 Ljava/lang/String;::hashCode\r\n\
            \n\
            7f60 8 py::fib:/tmp/hot.py\n\
            7f70 0 nothing\n\
            xyz 10 no number\n\
            7f80 10\n\
            7f90 +1 sign\n\
            7fa0 10 cu";
        let map = parse_perf_map(text, Places::Everywhere);
        assert_eq!(map.odd_lines, 3);
        for (address, expected) in [
            (0x7eff, None),
            (0x7f00, Some("LazyCompile:*fib /tmp/a b.js:1:13")),
            (0x7f1f, Some("LazyCompile:*fib /tmp/a b.js:1:13")),
            (0x7f20, None),
            (0x7f4f, Some("Ljava/lang/String;::hashCode")),
            (0x7f67, Some("py::fib:/tmp/hot.py")),
            (0x7f70, None),
        ] {
            assert_eq!(name_at(&map, address), expected, "{address:x}");
        }
        assert!(map.symbols.look_up(Svma::new(0x7fa0)).is_ok());
    }

    /// Numbers without a name, at both ends of what there is.
    #[test]
    fn entries_at_the_top_are_kept_in_range() {
        let text = b"fffffffffffffff0 ffff top\n1ffffffffffffffff 1 beyond\n";
        let map = parse_perf_map(text, Places::Everywhere);
        assert_eq!(map.odd_lines, 1);
        assert_eq!(name_at(&map, u64::MAX - 1), Some("top"));
    }

    proptest! {
        /// By definition: the last entry that covers an address names it, whatever is asked for.
        #[test]
        fn the_last_entry_that_covers_an_address_names_it(
            entries in prop::collection::vec((0..60_u64, 0..20_u64), 0..20),
            asked in prop::collection::vec(0..80_u64, 0..10)
        ) {
            let line = |(at, (start, size)): (usize, &(u64, u64))| format!("{start:x} {size:x} f{at}\n");
            let text: String = entries.iter().enumerate().map(line).collect();
            let expected = |address: u64| {
                let covers = |&(start, size): &(u64, u64)| (start..start + size).contains(&address);
                entries.iter().rposition(covers).map(|at| format!("f{at}"))
            };
            let all = parse_perf_map(text.as_bytes(), Places::Everywhere);
            for address in 0..80 {
                prop_assert_eq!(name_at(&all, address).map(str::to_owned), expected(address));
            }
            let offsets: Vec<FileOffset> = asked.iter().copied().map(FileOffset::new).collect();
            let some = parse_perf_map(text.as_bytes(), Places::Offsets(&offsets));
            for address in asked {
                prop_assert_eq!(name_at(&some, address).map(str::to_owned), expected(address));
            }
        }
    }
}
