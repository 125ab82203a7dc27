//! The units of a file, and where their code lies.

use addr2line::gimli::{DebugArangesOffset, DebugInfoOffset};

use super::abbreviation::AbbreviationTable;
use super::functions::{Functions, Reach};
use super::sections::Sections;
use super::unit::{CodeRange, DebugUnit, UnitHead, end_of_unit};
use crate::parallel::{Shares, in_shares};
use crate::symbol::dwarf::sections::DebugSections;

/// To read the heads of fewer units is not worth a thread.
const LEAST_UNITS: usize = 1 << 9;

/// Where code of a unit lies.
#[derive(Clone, Copy, Debug)]
struct UnitRange {
    range: CodeRange,
    /// The position of the unit in the list.
    unit: usize,
    /// The lowest address in this range and those behind it.
    lowest_behind: u64,
}

/// The units of a file. Of each only its first entry was read.
#[derive(Debug, Default)]
pub(super) struct UnitList {
    /// As they lie in the file.
    units: Vec<DebugUnit>,
    /// By their ends.
    ranges: Vec<UnitRange>,
    /// Units that have entries and do not state where their code lies, if they have any.
    unplaced: Vec<usize>,
}

/// Which headers of `.debug_aranges` are of which unit, in the order of units.
struct StatedRanges {
    headers: Vec<(DebugInfoOffset, DebugArangesOffset)>,
}

impl UnitList {
    /// Reads the list; `None` where one of the units is of a kind that is not read here.
    ///
    /// What of several statements of a unit's ranges holds, and the order in which units are asked
    /// for an address, is as in addr2line 0.27.
    pub(super) fn read(of: &DebugSections<'_>, threads: usize, most_steps: u64) -> Option<Self> {
        let sections = Sections::new(of, most_steps)?;
        let stated = StatedRanges::read(&sections)?;
        let starts = starts_of_units(sections.entries)?;
        let shares = Shares {
            threads,
            least: LEAST_UNITS,
        };
        let parts = in_shares(&starts, shares, |starts| {
            let sections = Sections::new(of, most_steps)?;
            let mut part = Self::default();
            let mut table = AbbreviationTable::default();
            for &start in starts {
                if let Some(head) = UnitHead::read(&sections, start, &mut table)? {
                    part.add(&sections, &stated, head)?;
                }
            }
            Some(part)
        });
        let mut list = Self::default();
        for part in parts {
            list.append(part?);
        }
        list.ranges
            .sort_unstable_by_key(|range| (range.range.end, range.unit));
        let mut lowest = u64::MAX;
        for range in list.ranges.iter_mut().rev() {
            lowest = lowest.min(range.range.begin);
            range.lowest_behind = lowest;
        }
        Some(list)
    }

    /// Adds the units that lie behind.
    fn append(&mut self, behind: Self) {
        let before = self.units.len();
        if before == 0 {
            *self = behind;
            return;
        }
        self.units.extend(behind.units);
        let ranges = behind.ranges.into_iter();
        self.ranges.extend(ranges.map(|range| UnitRange {
            unit: before + range.unit,
            ..range
        }));
        let unplaced = behind.unplaced.into_iter();
        self.unplaced.extend(unplaced.map(|unit| before + unit));
    }

    fn add(
        &mut self,
        sections: &Sections<'_>,
        stated: &StatedRanges,
        head: UnitHead,
    ) -> Option<()> {
        let unit = self.units.len();
        if !head.is_partial {
            let mut add = |range| {
                self.ranges.push(UnitRange {
                    range,
                    unit,
                    lowest_behind: 0,
                });
            };
            let is_told =
                !head.code.states_list() && stated.ranges_of(sections, &head.unit, &mut add)?;
            if !is_told {
                head.code.ranges(sections, &head.unit, add)?;
                if !head.code.is_stated() && head.has_children {
                    self.unplaced.push(unit);
                }
            }
        }
        self.units.push(head.unit);
        Some(())
    }

    pub(super) fn get(&self, unit: usize) -> Option<&DebugUnit> {
        self.units.get(unit)
    }

    /// The unit that an entry lies in, as its position in the list.
    pub(super) fn of_entry(&self, entry: usize) -> Option<usize> {
        let behind = self.units.partition_point(|unit| unit.start <= entry);
        let found = behind.checked_sub(1)?;
        self.get(found)?.holds(entry).then_some(found)
    }

    /// The units that say that they hold an address, as positions in the list.
    pub(super) fn holding(&self, address: u64) -> impl Iterator<Item = usize> {
        let first = self
            .ranges
            .partition_point(|range| range.range.end <= address);
        let behind = self.ranges.get(first..).unwrap_or_default().iter();
        behind
            .take_while(move |range| address >= range.lowest_behind)
            .filter(move |range| range.range.holds(address))
            .map(|range| range.unit)
    }

    /// Whether there is code that no unit says it holds; `None` where a unit makes no sense.
    pub(super) fn has_unplaced_code(&self, sections: &Sections<'_>) -> Option<bool> {
        for unit in self.unplaced.iter().filter_map(|&unit| self.get(unit)) {
            let table = sections.table_of(unit)?;
            // Units that were linked as one may have the abbreviations of all of them.
            if table.has_code() && !Functions::read(sections, unit, &table, Reach::All)?.is_empty()
            {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// Where units begin.
fn starts_of_units(entries: &[u8]) -> Option<Vec<usize>> {
    let mut starts = Vec::new();
    let mut at = 0;
    while at < entries.len() {
        starts.push(at);
        at = end_of_unit(entries, at)?;
    }
    Some(starts)
}

impl StatedRanges {
    fn read(sections: &Sections<'_>) -> Option<Self> {
        let mut headers = Vec::new();
        let mut all = sections.ranges_of_units.headers();
        while let Some(header) = all.next().ok()? {
            headers.push((header.debug_info_offset(), header.offset()));
        }
        headers.sort_unstable_by_key(|header| header.0.0);
        Some(Self { headers })
    }

    /// Gives the ranges of a unit to `add`; whether there are any.
    fn ranges_of(
        &self,
        sections: &Sections<'_>,
        unit: &DebugUnit,
        mut add: impl FnMut(CodeRange),
    ) -> Option<bool> {
        let first = self.headers.partition_point(|(of, _)| of.0 < unit.start);
        let own = self.headers.get(first..).unwrap_or_default().iter();
        let mut has_any = false;
        for (_, header) in own.take_while(|(of, _)| of.0 == unit.start) {
            let header = sections.ranges_of_units.header(*header).ok()?;
            let mut entries = header.entries();
            while let Some(range) = entries.next().transpose() {
                sections.effort.spend(1)?;
                // One that makes no sense, as of a unit with a single variable, is left out.
                let Ok(range) = range else { continue };
                if range.length() != 0 {
                    let gimli = range.range();
                    add(CodeRange {
                        begin: gimli.begin,
                        end: gimli.end,
                    });
                    has_any = true;
                }
            }
        }
        Some(has_any)
    }
}
