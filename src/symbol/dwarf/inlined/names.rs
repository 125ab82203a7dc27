//! Names of functions.

use addr2line::gimli::{self, DwAt};
use hashbrown::HashMap;

use super::abbreviation::AbbreviationTable;
use super::sections::Sections;
use super::unit::DebugUnit;
use super::unit_list::UnitList;
use super::value::AttributeValue;

/// How many entries a name is followed through: from a function where it is inlined to what it is made
/// of, to its declaration. addr2line 0.27 follows as many.
const MOST_HOPS: u32 = 17;

/// Abbreviations of the units that were met.
#[derive(Debug)]
pub(super) struct UnitTables<'t> {
    units: &'t UnitList,
    tables: HashMap<usize, AbbreviationTable>,
}

impl<'t> UnitTables<'t> {
    pub(super) fn new(units: &'t UnitList) -> Self {
        Self {
            units,
            tables: HashMap::new(),
        }
    }

    /// Reads those of a unit, where that was not done.
    pub(super) fn read(&mut self, sections: &Sections<'_>, unit: usize) -> Option<()> {
        if !self.tables.contains_key(&unit) {
            let table = sections.table_of(self.units.get(unit)?)?;
            self.tables.insert(unit, table);
        }
        Some(())
    }

    /// Those of a unit that were read.
    pub(super) fn get(&self, unit: usize) -> Option<&AbbreviationTable> {
        self.tables.get(&unit)
    }
}

/// What an entry tells of its function's name.
#[derive(Clone, Copy, Default)]
struct ToldName<'a> {
    /// As the linker knows it.
    linkage: Option<&'a [u8]>,
    /// As it stands in the source.
    plain: Option<&'a [u8]>,
    /// The entry that tells more.
    origin: Option<usize>,
}

/// Reads names of functions, mangled where they are.
#[derive(Debug)]
pub(super) struct FunctionNames<'n, 'a> {
    sections: &'n Sections<'a>,
    units: &'n UnitList,
    /// By entry: most are met many times.
    known: HashMap<usize, Option<&'a [u8]>>,
}

impl<'n, 'a> FunctionNames<'n, 'a> {
    pub(super) fn new(sections: &'n Sections<'a>, units: &'n UnitList) -> Self {
        Self {
            sections,
            units,
            known: HashMap::new(),
        }
    }

    /// The name of the function of an entry: `Some(None)` where none is told, `None` where what tells
    /// it makes no sense.
    pub(super) fn of(
        &mut self,
        tables: &mut UnitTables<'_>,
        entry: usize,
    ) -> Option<Option<&'a [u8]>> {
        self.follow(tables, entry, MOST_HOPS)
    }

    fn follow(
        &mut self,
        tables: &mut UnitTables<'_>,
        entry: usize,
        hops: u32,
    ) -> Option<Option<&'a [u8]>> {
        if let Some(known) = self.known.get(&entry) {
            return Some(*known);
        }
        let Some(hops) = hops.checked_sub(1) else {
            return Some(None);
        };
        let told = self.read(tables, entry)?;
        let name = match (told.linkage.or(told.plain), told.origin) {
            (None, Some(origin)) => self.follow(tables, origin, hops)?,
            (name, _) => name,
        };
        self.known.insert(entry, name);
        Some(name)
    }

    fn read(&self, tables: &mut UnitTables<'_>, entry: usize) -> Option<ToldName<'a>> {
        let number = self.units.of_entry(entry)?;
        let unit = self.units.get(number)?;
        tables.read(self.sections, number)?;
        let table = tables.get(number)?;
        let mut cursor = self.sections.of_unit(unit, entry)?;
        let abbreviation = table.get(cursor.leb()?)?;
        let before = cursor.at();
        let read = unit.entry(table, abbreviation);
        let mut told = ToldName::default();
        read.read(&mut cursor, |name, value| {
            self.take(&mut told, unit, name, value)
        })?;
        self.sections
            .effort
            .spend(cursor.at().saturating_sub(before))?;
        Some(told)
    }

    fn take(
        &self,
        told: &mut ToldName<'a>,
        unit: &DebugUnit,
        name: DwAt,
        value: AttributeValue<'a>,
    ) -> Option<()> {
        match name {
            gimli::DW_AT_linkage_name | gimli::DW_AT_MIPS_linkage_name => {
                told.linkage = told.linkage.or(self.sections.text(unit, value)?);
            }
            gimli::DW_AT_name => told.plain = told.plain.or(self.sections.text(unit, value)?),
            gimli::DW_AT_abstract_origin | gimli::DW_AT_specification => {
                if value == AttributeValue::Elsewhere {
                    return None;
                }
                if let AttributeValue::Entry(origin) = value {
                    told.origin = Some(origin);
                }
            }
            _ => (),
        }
        Some(())
    }
}
