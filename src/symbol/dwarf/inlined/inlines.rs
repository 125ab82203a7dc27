//! What is inlined into a function.

use std::cmp::Ordering;

use super::abbreviation::{Abbreviation, AbbreviationTable, EntryRole};
use super::cursor::EntryCursor;
use super::functions::go_to_sibling;
use super::sections::Sections;
use super::unit::{CodeRange, DebugUnit};
use crate::symbol::dwarf::code_frames::DEEPEST;

/// Where code of an inlined function lies.
#[derive(Clone, Copy, Debug)]
struct InlinedRange {
    range: CodeRange,
    /// How many inlined functions it lies in.
    depth: usize,
    /// Its entry.
    entry: usize,
}

/// The functions that are inlined into one.
#[derive(Debug)]
pub(super) struct Inlines {
    /// By depth, then by where they begin.
    ranges: Vec<InlinedRange>,
}

/// An inlined function that the entry that is read next lies in.
struct OpenInlined {
    level: usize,
    entry: usize,
    /// Whether it states where its code lies. DWARF 2 has no lists of ranges: what lies in several has no
    /// place there, and is where what is inlined into it is.
    has_place: bool,
}

/// Reads the entries below a function's.
struct BelowFunction<'b, 'a> {
    sections: &'b Sections<'a>,
    unit: &'b DebugUnit,
    table: &'b AbbreviationTable,
    /// How deep the entry lies that is read next; the function itself at 0.
    level: usize,
    /// The inlined functions that it lies in.
    open: Vec<OpenInlined>,
    found: Inlines,
}

impl Inlines {
    /// Reads what is inlined into the function of an entry; `None` where that makes no sense, or is
    /// deeper than compilers inline.
    pub(super) fn read(
        sections: &Sections<'_>,
        unit: &DebugUnit,
        table: &AbbreviationTable,
        function: usize,
    ) -> Option<Self> {
        let mut cursor = sections.of_unit(unit, function)?;
        let code = cursor.leb()?;
        let abbreviation = table.get(code)?;
        table.pass(abbreviation, &mut cursor)?;
        let mut below = BelowFunction {
            sections,
            unit,
            table,
            level: usize::from(abbreviation.has_children),
            open: Vec::new(),
            found: Self { ranges: Vec::new() },
        };
        while below.level > 0 {
            below.read_entry(&mut cursor)?;
        }
        sections.effort.spend(cursor.at() - function)?;
        // As addr2line 0.27 sorts and searches, so that of ranges that overlap the same is found.
        below.found.ranges.sort_unstable_by(|one, other| {
            let key = |range: &InlinedRange| (range.depth, range.range.begin);
            key(one).cmp(&key(other))
        });
        Some(below.found)
    }

    /// Gives the entries of those that hold an address to `take`, each inlined into the one before.
    pub(super) fn holding(&self, address: u64, mut take: impl FnMut(usize)) {
        let mut ranges = self.ranges.as_slice();
        for depth in 0.. {
            let found = ranges.binary_search_by(|inlined| {
                inlined.depth.cmp(&depth).then_with(|| {
                    if inlined.range.begin > address {
                        Ordering::Greater
                    } else if inlined.range.end <= address {
                        Ordering::Less
                    } else {
                        Ordering::Equal
                    }
                })
            });
            let Some((found, behind)) = found
                .ok()
                .and_then(|found| ranges.get(found..)?.split_first())
            else {
                return;
            };
            take(found.entry);
            ranges = behind;
        }
    }
}

impl BelowFunction<'_, '_> {
    fn read_entry(&mut self, cursor: &mut EntryCursor<'_>) -> Option<()> {
        let entry = cursor.at();
        let code = cursor.leb()?;
        if code == 0 {
            self.level -= 1;
            return Some(());
        }
        while self
            .open
            .last()
            .is_some_and(|open| open.level >= self.level)
        {
            self.open.pop();
        }
        let abbreviation = self.table.get(code)?;
        if abbreviation.role == EntryRole::Inlined {
            self.add(abbreviation, *cursor, entry)?;
        }
        let sibling = self.table.pass(abbreviation, cursor)?;
        if !abbreviation.has_children {
            return Some(());
        }
        // In types, calls and functions in functions nothing is inlined into this one.
        let is_passed = !matches!(abbreviation.role, EntryRole::Inlined | EntryRole::Block);
        if !(is_passed && go_to_sibling(cursor, self.unit, sibling)) {
            if matches!(abbreviation.role, EntryRole::Code | EntryRole::Declared) {
                return self.pass_children(cursor);
            }
            self.level += 1;
        }
        Some(())
    }

    fn add(
        &mut self,
        abbreviation: &Abbreviation,
        cursor: EntryCursor<'_>,
        entry: usize,
    ) -> Option<()> {
        let Self { sections, unit, .. } = *self;
        let read = unit.entry(self.table, abbreviation);
        let code = unit.code_of(sections, &read, cursor)?;
        let depth = self.open.len();
        let before = self.found.ranges.len();
        code.ranges(sections, unit, |range| {
            self.found.ranges.push(InlinedRange {
                range,
                depth,
                entry,
            });
        })?;
        self.place_outer(before)?;
        if abbreviation.has_children {
            self.open.push(OpenInlined {
                level: self.level,
                entry,
                has_place: self.found.ranges.len() > before,
            });
        }
        (self.open.len() < DEEPEST).then_some(())
    }

    /// Gives functions without a place the ranges that were found last, from `before` on, which lie in
    /// them.
    fn place_outer(&mut self, before: usize) -> Option<()> {
        let behind = self.found.ranges.len();
        for (depth, open) in self.open.iter().enumerate().rev() {
            if open.has_place {
                break;
            }
            self.sections.effort.spend(behind - before)?;
            for at in before..behind {
                let range = self.found.ranges.get(at)?.range;
                self.found.ranges.push(InlinedRange {
                    range,
                    depth,
                    entry: open.entry,
                });
            }
        }
        Some(())
    }

    /// Passes all below a function that lies in this one.
    fn pass_children(&self, cursor: &mut EntryCursor<'_>) -> Option<()> {
        let mut level = 1_usize;
        while level > 0 {
            let code = cursor.leb()?;
            if code == 0 {
                level -= 1;
                continue;
            }
            let abbreviation = self.table.get(code)?;
            self.table.pass(abbreviation, cursor)?;
            level += usize::from(abbreviation.has_children);
        }
        Some(())
    }
}
