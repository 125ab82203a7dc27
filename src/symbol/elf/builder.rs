//! Ends symbols, and chooses one name for each address.

use hashbrown::HashMap;

use super::alias::{Alias, Binding, ShownAlias, Spelling};
use super::points::Points;
use super::sieve::StatedRange;
use super::sized::{SizedSymbol, SizedSymbols};

/// A symbol as its object states it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatedSymbol<'a> {
    pub(crate) name: &'a str,
    pub(crate) range: StatedRange,
    pub(crate) binding: Binding,
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
    spelling: Spelling,
}

impl SizedBuilder {
    /// Of the names of an address one is chosen by what is shown of them.
    pub(crate) fn of_spelling(spelling: Spelling) -> Self {
        Self {
            spelling,
            ..Self::default()
        }
    }

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
        let StatedRange {
            start,
            limit,
            label,
            ..
        } = stated.range;
        let symbol = SizedSymbol {
            start,
            end: stated.range.end(),
            name,
            len,
        };
        self.names.push_str(stated.name);
        self.candidates.push(PendingSymbol {
            symbol,
            limit,
            binding: stated.binding,
            label,
        });
    }

    /// Ends the symbols without a size, chooses one name per address, and sorts. With `points`
    /// only those symbols are kept that cover one.
    ///
    /// perf does it in this order, which decides between aliases: of those without a size only
    /// the last one gets an end.
    ///
    /// Source: tools/perf/util/symbol.c (`symbols__fixup_end`, `choose_best_symbol`), Linux 6.1.
    pub(crate) fn finish(mut self, points: Option<&Points>) -> SizedSymbols {
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
        let ChosenNames { chosen, readable } =
            chosen_names(&self.candidates, &names, self.spelling);
        let symbols = chosen.into_iter().map(|candidate| candidate.symbol);
        let is_kept = |symbol: &SizedSymbol| {
            symbol.end > symbol.start
                && points.is_none_or(|points| points.hit(symbol.start, symbol.end))
        };
        let symbols = SizedSymbols::new(symbols.filter(is_kept).collect(), names);
        symbols.with_readable(readable)
    }
}

impl SizedSymbols {
    /// These symbols, and of the `others` those that start where these have none.
    pub(crate) fn with_others(&self, others: &Self) -> Self {
        let mut builder = SizedBuilder::default();
        let added = others
            .iter()
            .filter(|&(_, start, _)| self.look_up(start).is_none());
        for (name, start, end) in self.iter().chain(added) {
            builder.push(StatedSymbol {
                name,
                range: StatedRange {
                    start,
                    bytes: end - start,
                    limit: end,
                    label: false,
                },
                binding: Binding::Global,
            });
        }
        builder.finish(None)
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

/// The symbols with the best names.
struct ChosenNames {
    chosen: Vec<PendingSymbol>,
    /// The readable forms that were made to choose, of the names that were chosen, by start.
    readable: HashMap<u64, Box<str>>,
}

/// Of the symbols at each address the one with the best name. `candidates` are sorted by start.
fn chosen_names(candidates: &[PendingSymbol], names: &str, spelling: Spelling) -> ChosenNames {
    let mut chosen: Vec<PendingSymbol> = Vec::with_capacity(candidates.len());
    let mut readable = HashMap::new();
    // Of the last one that was chosen. Identical functions may share an address by hundreds.
    let mut shown: Option<ShownAlias> = None;
    let mut keep = |of: Option<&PendingSymbol>, shown: &mut Option<ShownAlias>| {
        let text = shown.take().and_then(|shown| shown.readable);
        readable.extend(of.map(|of| of.symbol.start).zip(text.map(Box::from)));
    };
    let alias = |pending: &PendingSymbol| Alias {
        name: pending.symbol.name_in(names).unwrap_or_default(),
        is_sized: pending.symbol.end > pending.symbol.start,
        is_label: pending.label,
        binding: pending.binding,
        spelling,
    };
    for &candidate in candidates {
        match chosen.last_mut() {
            Some(best) if best.symbol.start == candidate.symbol.start => {
                if alias(&candidate).is_better_than(&alias(best), &mut shown) {
                    *best = candidate;
                }
            }
            last => {
                keep(last.as_deref(), &mut shown);
                chosen.push(candidate);
            }
        }
    }
    keep(chosen.last(), &mut shown);
    ChosenNames { chosen, readable }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(stated: &[(&str, u64, u64)]) -> SizedSymbols {
        let mut builder = SizedBuilder::default();
        for &(name, start, bytes) in stated {
            builder.push(StatedSymbol {
                name,
                range: StatedRange {
                    start,
                    bytes,
                    limit: 0x1000,
                    label: false,
                },
                binding: Binding::Global,
            });
        }
        builder.finish(None)
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
                range: StatedRange {
                    start,
                    bytes,
                    limit: 0x1000,
                    label,
                },
                binding: Binding::Global,
            });
        }
        let table = builder.finish(None);
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
