//! A table of symbols that all have an end.

use crate::symbol::demangle::demangle;

/// How a symbol is bound, as far as it decides between names of one address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Binding {
    Local,
    Global,
    Weak,
}

/// A symbol as its object states it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatedSymbol<'a> {
    pub(crate) name: &'a str,
    pub(crate) start: u64,
    /// Zero when the object does not say.
    pub(crate) bytes: u64,
    /// End of its section: no symbol without a size extends beyond.
    pub(crate) limit: u64,
    pub(crate) binding: Binding,
    /// Whether it is a mere label (`STT_NOTYPE`).
    pub(crate) label: bool,
}

/// A symbol with its end.
#[derive(Clone, Copy, Debug)]
struct SizedSymbol {
    start: u64,
    end: u64,
    name: u32,
    len: u32,
}

/// From `start` to the next stretch, the address belongs to one symbol, or to none.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: u64,
    symbol: Option<u32>,
}

/// Symbols by address. Where they overlap, the one that starts last counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct SizedSymbols {
    stretches: Box<[Stretch]>,
    symbols: Box<[SizedSymbol]>,
    names: Box<str>,
}

impl SizedSymbols {
    /// Name and range of the symbol at an address.
    pub(crate) fn look_up(&self, svma: u64) -> Option<(&str, u64, u64)> {
        let above = self
            .stretches
            .partition_point(|stretch| stretch.start <= svma);
        let stretch = self.stretches.get(above.checked_sub(1)?)?;
        let symbol = self.symbols.get(stretch.symbol? as usize)?;
        Some((self.name_of(symbol)?, symbol.start, symbol.end))
    }

    /// Name and range of every symbol, by start.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u64, u64)> {
        self.symbols
            .iter()
            .filter_map(|symbol| Some((self.name_of(symbol)?, symbol.start, symbol.end)))
    }

    /// These symbols, and of the `others` those that start where these have none.
    pub(crate) fn with_others(&self, others: &Self) -> Self {
        let mut builder = SizedBuilder::default();
        let added = others
            .iter()
            .filter(|&(_, start, _)| self.look_up(start).is_none());
        for (name, start, end) in self.iter().chain(added) {
            builder.push(StatedSymbol {
                name,
                start,
                bytes: end - start,
                limit: end,
                binding: Binding::Global,
                label: false,
            });
        }
        builder.finish()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.symbols.is_empty()
    }

    fn name_of(&self, symbol: &SizedSymbol) -> Option<&str> {
        let name = symbol.name as usize;
        self.names.get(name..name + symbol.len as usize)
    }
}

/// A symbol that was stated and not yet ended.
#[derive(Clone, Copy, Debug)]
struct PendingSymbol {
    symbol: SizedSymbol,
    limit: u64,
    binding: Binding,
    label: bool,
}

/// Collects symbols in the object's order.
#[derive(Debug, Default)]
pub(crate) struct SizedBuilder {
    candidates: Vec<PendingSymbol>,
    names: String,
}

impl SizedBuilder {
    /// Bytes of all names so far.
    pub(crate) fn name_bytes(&self) -> usize {
        self.names.len()
    }

    /// Adds a symbol; it is left out when the table cannot hold it.
    pub(crate) fn push(&mut self, stated: StatedSymbol<'_>) {
        let (Ok(name), Ok(len)) = (
            u32::try_from(self.names.len()),
            u32::try_from(stated.name.len()),
        ) else {
            return;
        };
        let symbol = SizedSymbol {
            start: stated.start,
            end: stated.start.saturating_add(stated.bytes),
            name,
            len,
        };
        self.names.push_str(stated.name);
        self.candidates.push(PendingSymbol {
            symbol,
            limit: stated.limit,
            binding: stated.binding,
            label: stated.label,
        });
    }

    /// Ends the symbols without a size, chooses one name per address, and sorts.
    ///
    /// perf does it in this order, which decides between aliases: of those without a size only
    /// the last one gets an end.
    ///
    /// Source: tools/perf/util/symbol.c (`symbols__fixup_end`, `choose_best_symbol`), Linux 6.1.
    pub(crate) fn finish(mut self) -> SizedSymbols {
        self.candidates
            .sort_by_key(|candidate| candidate.symbol.start);
        leave_out_inner_labels(&mut self.candidates);
        let mut next_start = u64::MAX;
        for candidate in self.candidates.iter_mut().rev() {
            let symbol = &mut candidate.symbol;
            if symbol.end == symbol.start {
                symbol.end = next_start.min(candidate.limit).max(symbol.start);
            }
            next_start = symbol.start;
        }
        let names = self.names;
        let name_of = |symbol: &SizedSymbol| {
            let name = symbol.name as usize;
            names
                .get(name..name + symbol.len as usize)
                .unwrap_or_default()
        };
        self.candidates.dedup_by(|later, kept| {
            let same = later.symbol.start == kept.symbol.start;
            if same && is_better(later, name_of(&later.symbol), kept, name_of(&kept.symbol)) {
                *kept = *later;
            }
            same
        });
        let symbols: Box<[SizedSymbol]> = self
            .candidates
            .iter()
            .map(|candidate| candidate.symbol)
            .filter(|symbol| symbol.end > symbol.start)
            .collect();
        SizedSymbols {
            stretches: stretches(&symbols),
            symbols,
            names: names.into(),
        }
    }
}

/// Leaves out labels without a size that lie inside a symbol with one, as the targets of jumps in
/// hand-written code do: they name no function. `candidates` are sorted by start.
fn leave_out_inner_labels(candidates: &mut Vec<PendingSymbol>) {
    let mut covered = 0;
    candidates.retain(|candidate| {
        let SizedSymbol { start, end, .. } = candidate.symbol;
        covered = covered.max(end);
        !(candidate.label && end == start && start < covered)
    });
}

/// Whether `a` names the address they share better than `b`, which came first.
fn is_better(a: &PendingSymbol, a_name: &str, b: &PendingSymbol, b_name: &str) -> bool {
    let sized = |c: &PendingSymbol| c.symbol.end > c.symbol.start;
    let binding = |c: &PendingSymbol| match c.binding {
        Binding::Weak => 0,
        Binding::Local => 1,
        Binding::Global => 2,
    };
    let first = |c: &PendingSymbol| (sized(c), !c.label, binding(c));
    if first(a) != first(b) {
        return first(a) > first(b);
    }
    // perf compares the names it shows.
    let second = |name: &str| {
        let shown = demangle(name);
        let stem = shown.trim_start_matches('_');
        (std::cmp::Reverse(shown.len() - stem.len()), shown.len())
    };
    second(a_name) > second(b_name)
}

/// A symbol whose end is not reached.
#[derive(Clone, Copy)]
struct OpenSymbol {
    ix: u32,
    end: u64,
}

/// Cuts overlapping symbols, sorted by start, into stretches that do not overlap.
fn stretches(symbols: &[SizedSymbol]) -> Box<[Stretch]> {
    let mut stretches: Vec<Stretch> = Vec::with_capacity(symbols.len());
    // Symbols that still cover the address, outermost first.
    let mut open: Vec<OpenSymbol> = Vec::new();
    for (ix, symbol) in (0_u32..).zip(symbols) {
        close(&mut stretches, &mut open, symbol.start);
        add(&mut stretches, symbol.start, Some(ix));
        open.retain(|outer| outer.end > symbol.end);
        open.push(OpenSymbol {
            ix,
            end: symbol.end,
        });
    }
    close(&mut stretches, &mut open, u64::MAX);
    stretches.into()
}

/// Ends the open symbols that end at or below `upto`.
fn close(stretches: &mut Vec<Stretch>, open: &mut Vec<OpenSymbol>, upto: u64) {
    while let Some(&OpenSymbol { end, .. }) = open.last() {
        if end > upto {
            return;
        }
        open.pop();
        add(stretches, end, open.last().map(|outer| outer.ix));
    }
}

fn add(stretches: &mut Vec<Stretch>, start: u64, symbol: Option<u32>) {
    match stretches.last_mut() {
        Some(last) if last.start == start => last.symbol = symbol,
        _ => stretches.push(Stretch { start, symbol }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(stated: &[(&str, u64, u64)]) -> SizedSymbols {
        let mut builder = SizedBuilder::default();
        for &(name, start, bytes) in stated {
            builder.push(StatedSymbol {
                name,
                start,
                bytes,
                limit: 0x1000,
                binding: Binding::Global,
                label: false,
            });
        }
        builder.finish()
    }

    fn name(table: &SizedSymbols, svma: u64) -> &str {
        table.look_up(svma).map_or("-", |(name, _, _)| name)
    }

    /// Gaps have no name, nested symbols hide the outer one only where they are.
    #[test]
    fn overlaps_and_gaps_are_exact() {
        let table = table(&[
            ("outer", 0x100, 0x100),
            ("inner", 0x120, 0x10),
            ("crossing", 0x1f0, 0x20),
            ("open_end", 0x300, 0),
            ("after", 0x380, 0x10),
            ("last", 0xf00, 0),
        ]);
        let cases = [
            (0xff, "-"),
            (0x100, "outer"),
            (0x12f, "inner"),
            (0x130, "outer"),
            (0x1f0, "crossing"),
            (0x20f, "crossing"),
            (0x210, "-"),
            (0x37f, "open_end"),
            (0x38f, "after"),
            (0x390, "-"),
            (0xfff, "last"),
            (0x1000, "-"),
            (u64::MAX, "-"),
        ];
        for (svma, expected) in cases {
            assert_eq!(name(&table, svma), expected, "{svma:#x}");
        }
    }

    /// A jump target inside a sized function takes none of its addresses; one between functions, or
    /// in a function whose end nobody states, keeps what is its own. A function without a size
    /// inside another is an entry of its own.
    #[test]
    fn labels_inside_sized_functions_are_left_out() {
        let mut builder = SizedBuilder::default();
        for (name, start, bytes, label) in [
            ("same", 0x100, 0, true),
            ("loop", 0x110, 0, true),
            ("memcpy", 0x100, 0x40, false),
            ("last_byte", 0x13f, 0, true),
            ("behind", 0x140, 0, true),
            ("unsized", 0x200, 0, false),
            ("target", 0x210, 0, true),
            ("outer", 0x300, 0x40, false),
            ("entry", 0x310, 0, false),
            ("part", 0x320, 8, true),
        ] {
            builder.push(StatedSymbol {
                name,
                start,
                bytes,
                limit: 0x1000,
                binding: Binding::Global,
                label,
            });
        }
        let table = builder.finish();
        let cases = [
            (0x100, "memcpy"),
            (0x10f, "memcpy"),
            (0x110, "memcpy"),
            (0x13f, "memcpy"),
            (0x140, "behind"),
            (0x1ff, "behind"),
            (0x20f, "unsized"),
            (0x210, "target"),
            (0x30f, "outer"),
            (0x310, "entry"),
            (0x320, "part"),
            (0x328, "outer"),
        ];
        for (svma, expected) in cases {
            assert_eq!(name(&table, svma), expected, "{svma:#x}");
        }
    }

    /// perf's order of preference: size, fewer underscores, longer name, first.
    #[test]
    fn aliases_are_chosen_as_perf_does() {
        let aliases = [
            ("ioctl2", 0x100, 0),
            ("__ioctl", 0x100, 8),
            ("ioctl", 0x100, 8),
        ];
        assert_eq!(name(&table(&aliases), 0x100), "ioctl");
        let aliases = [("f", 0x100, 8), ("longer", 0x100, 8), ("equals", 0x100, 8)];
        assert_eq!(name(&table(&aliases), 0x100), "longer");
    }

    /// Addresses at the end of the range do not wrap.
    #[test]
    fn symbols_at_the_top_are_kept_in_range() {
        let table = table(&[("top", u64::MAX - 1, 100), ("beyond", u64::MAX, 0)]);
        assert_eq!(name(&table, u64::MAX - 1), "top");
        assert_eq!(name(&table, 0), "-");
    }
}
