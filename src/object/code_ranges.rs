//! Stretches of a file's code, by address.

use std::ops::Range;

use object::read::ObjectSymbol;

use crate::units::Svma;

/// Stretches of code in which an address is looked for.
#[derive(Debug, Default)]
pub(super) struct CodeRanges {
    in_order: Box<[Range<Svma>]>,
}

impl CodeRanges {
    /// Whether an address lies in one.
    pub(super) fn contains(&self, at: Svma) -> bool {
        let above = self.in_order.partition_point(|range| range.start <= at);
        let below = above
            .checked_sub(1)
            .and_then(|below| self.in_order.get(below));
        below.is_some_and(|range| range.contains(&at))
    }
}

impl FromIterator<Range<Svma>> for CodeRanges {
    fn from_iter<I: IntoIterator<Item = Range<Svma>>>(ranges: I) -> Self {
        let mut in_order: Box<[_]> = ranges.into_iter().collect();
        in_order.sort_unstable_by_key(|range| (range.start, range.end));
        Self { in_order }
    }
}

/// Where a function lies, as its symbol tells.
pub(super) fn range_of<'s>(symbol: &impl ObjectSymbol<'s>) -> Range<Svma> {
    let (start, len) = (symbol.address(), symbol.size());
    Svma::new(start)..Svma::new(start.saturating_add(len))
}
