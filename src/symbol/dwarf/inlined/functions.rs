//! The functions of a unit that have code.

use std::cmp::Ordering;

use super::abbreviation::{AbbreviationTable, EntryRole};
use super::cursor::EntryCursor;
use super::sections::Sections;
use super::unit::{CodeRange, DebugUnit};

/// Which entries of a unit are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// Those that lie in namespaces. Where compilers tell how long an entry with all in it is, types
    /// and functions are passed at once: that is most of the unit.
    Namespaces,
    /// All. Some languages have functions in functions.
    All,
}

/// Where code of a function lies.
#[derive(Clone, Copy, Debug)]
struct FunctionRange {
    range: CodeRange,
    /// The function's entry.
    entry: usize,
}

/// The functions of a unit.
#[derive(Debug)]
pub(super) struct Functions {
    ranges: Vec<FunctionRange>,
    /// Whether entries were passed over.
    pub(super) is_partial: bool,
}

impl Functions {
    /// Reads them; `None` where the unit makes no sense.
    pub(super) fn read(
        sections: &Sections<'_>,
        unit: &DebugUnit,
        table: &AbbreviationTable,
        reach: Reach,
    ) -> Option<Self> {
        let mut functions = Self {
            ranges: Vec::new(),
            is_partial: false,
        };
        let mut cursor = sections.of_unit(unit, unit.first)?;
        sections.effort.spend(unit.end - unit.first)?;
        while !cursor.is_at_end() {
            let entry = cursor.at();
            let code = cursor.leb()?;
            if code == 0 {
                continue;
            }
            let abbreviation = table.get(code)?;
            if abbreviation.role == EntryRole::Code {
                let read = unit.entry(table, abbreviation);
                let code = unit.code_of(sections, &read, cursor)?;
                code.ranges(sections, unit, |range| {
                    functions.ranges.push(FunctionRange { range, entry });
                })?;
            }
            let sibling = table.pass(abbreviation, &mut cursor)?;
            let is_passed = reach == Reach::Namespaces
                && abbreviation.has_children
                && abbreviation.role != EntryRole::Scope;
            if is_passed && go_to_sibling(&mut cursor, unit, sibling) {
                functions.is_partial = true;
            }
        }
        // As addr2line 0.27 sorts and searches, so that of several functions at one place the same is
        // found.
        functions
            .ranges
            .sort_unstable_by_key(|function| function.range.begin);
        Some(functions)
    }

    /// Whether none has code.
    pub(super) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The entry of the function that holds an address.
    pub(super) fn holding(&self, address: u64) -> Option<usize> {
        let found = self.ranges.binary_search_by(|function| {
            let CodeRange { begin, end } = function.range;
            if address < begin {
                Ordering::Greater
            } else if address >= end {
                Ordering::Less
            } else {
                Ordering::Equal
            }
        });
        Some(self.ranges.get(found.ok()?)?.entry)
    }
}

/// Goes on at an entry's sibling, where it tells one that lies ahead in the same unit.
pub(super) fn go_to_sibling(
    cursor: &mut EntryCursor<'_>,
    unit: &DebugUnit,
    sibling: Option<u64>,
) -> bool {
    let told = sibling.and_then(|offset| unit.start.checked_add(usize::try_from(offset).ok()?));
    let ahead = told.filter(|&at| at >= cursor.at() && at <= unit.end);
    ahead.inspect(|&at| cursor.go_to(at)).is_some()
}
