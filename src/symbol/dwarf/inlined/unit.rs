//! Units: what was compiled at once.

use addr2line::gimli::{
    self, DebugAddrBase, DebugAddrIndex, DebugRngListsBase, DebugRngListsIndex,
    DebugStrOffsetsBase, DebugStrOffsetsIndex, DwAt, Encoding, Format, RangeListsOffset,
};

use super::abbreviation::{Abbreviation, AbbreviationTable, EntryRole};
use super::cursor::EntryCursor;
use super::form::UnitLayout;
use super::sections::Sections;
use super::value::{AttributeValue, UnitEntry};

/// Half-open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CodeRange {
    pub(super) begin: u64,
    pub(super) end: u64,
}

impl CodeRange {
    pub(super) fn holds(self, address: u64) -> bool {
        (self.begin..self.end).contains(&address)
    }
}

/// A unit. Positions are bytes of `.debug_info`.
#[derive(Clone, Debug)]
pub(super) struct DebugUnit {
    /// Where its header begins.
    pub(super) start: usize,
    /// Where its first entry is.
    pub(super) first: usize,
    /// Where the next unit begins.
    pub(super) end: usize,
    /// Where its abbreviations are declared in their section.
    pub(super) abbreviations: usize,
    pub(super) layout: UnitLayout,
    /// The address that its ranges count from.
    pub(super) base: u64,
    addresses: Option<usize>,
    texts: Option<usize>,
    lists: Option<usize>,
}

/// Where code lies, as an entry states it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StatedCode {
    low: Option<u64>,
    high: Option<u64>,
    len: Option<u64>,
    list: Option<usize>,
}

impl StatedCode {
    /// Whether any place is stated, however much code there is.
    pub(super) fn is_stated(&self) -> bool {
        self.states_list() || self.low.is_some() && (self.high.is_some() || self.len.is_some())
    }

    pub(super) fn states_list(&self) -> bool {
        self.list.is_some()
    }

    /// Takes what an attribute tells; `None` where that is not read here.
    #[inline]
    pub(super) fn take(
        &mut self,
        sections: &Sections<'_>,
        unit: &DebugUnit,
        name: DwAt,
        value: AttributeValue<'_>,
    ) -> Option<()> {
        match name {
            gimli::DW_AT_low_pc => self.low = Some(sections.address(unit, value)?),
            gimli::DW_AT_high_pc => {
                if let AttributeValue::Constant(len) = value {
                    self.len = Some(len);
                } else {
                    self.high = Some(sections.address(unit, value)?);
                }
            }
            gimli::DW_AT_ranges => self.list = Some(sections.list(unit, value)?),
            _ => (),
        }
        Some(())
    }

    /// Gives each range that holds any code to `add`.
    pub(super) fn ranges(
        &self,
        sections: &Sections<'_>,
        unit: &DebugUnit,
        mut add: impl FnMut(CodeRange),
    ) -> Option<()> {
        let mut add = |range: CodeRange| {
            if range.begin < range.end {
                add(range);
            }
        };
        if let Some(list) = self.list {
            return sections.each_range(unit, list, add);
        }
        let begin = self.low;
        // From the address of code that the linker dropped, -1, the sum may run over: it has no range.
        let end = self.high.or_else(|| Some(begin?.wrapping_add(self.len?)));
        if let (Some(begin), Some(end)) = (begin, end) {
            add(CodeRange { begin, end });
        }
        Some(())
    }
}

/// What the first entry of a unit tells.
#[derive(Debug)]
pub(super) struct UnitHead {
    pub(super) unit: DebugUnit,
    pub(super) code: StatedCode,
    /// Whether it is a part that other units have in common, which has no code.
    pub(super) is_partial: bool,
    pub(super) has_children: bool,
}

impl UnitHead {
    /// Reads the head of the unit at `start`: `Some(None)` of one that has no code and that no code refers to,
    /// `None` of one of a kind that is not read here. The table is what it is read with.
    pub(super) fn read(
        sections: &Sections<'_>,
        start: usize,
        table: &mut AbbreviationTable,
    ) -> Option<Option<Self>> {
        let UnitHeader {
            mut unit,
            is_partial,
            is_of_types,
        } = UnitHeader::read(sections.entries, start)?;
        if is_of_types {
            return Some(None);
        }
        let mut cursor = sections.of_unit(&unit, unit.first)?;
        let code = cursor.leb()?;
        if code == 0 {
            return Some(None);
        }
        let declared = sections.abbreviation_at(unit.abbreviations)?;
        let abbreviation = &table.read_one(declared, unit.layout, code)?;
        let entry = unit.entry(table, abbreviation);
        let first_attribute = cursor;
        entry.read(&mut cursor, |name, value| unit.take_base(name, value))?;
        let mut code = StatedCode::default();
        let mut cursor = first_attribute;
        entry.read(&mut cursor, |name, value| {
            if name == gimli::DW_AT_low_pc {
                unit.base = sections.address(&unit, value)?;
            }
            code.take(sections, &unit, name, value)
        })?;
        let head = Self {
            is_partial: is_partial || abbreviation.tag == gimli::DW_TAG_partial_unit,
            has_children: abbreviation.has_children && abbreviation.role == EntryRole::Scope,
            unit,
            code,
        };
        Some(Some(head))
    }
}

impl DebugUnit {
    /// Takes a base of the unit's indexes; `None` where its entries lie in another file.
    fn take_base(&mut self, name: DwAt, value: AttributeValue<'_>) -> Option<()> {
        let base = match name {
            gimli::DW_AT_GNU_dwo_id | gimli::DW_AT_GNU_dwo_name | gimli::DW_AT_dwo_name => {
                return None;
            }
            gimli::DW_AT_str_offsets_base => &mut self.texts,
            gimli::DW_AT_addr_base => &mut self.addresses,
            gimli::DW_AT_rnglists_base => &mut self.lists,
            _ => return Some(()),
        };
        let AttributeValue::Offset(offset) = value else {
            return None;
        };
        *base = Some(usize::try_from(offset).ok()?);
        Some(())
    }

    /// An entry of it.
    pub(super) fn entry<'e>(
        &self,
        table: &'e AbbreviationTable,
        abbreviation: &'e Abbreviation,
    ) -> UnitEntry<'e> {
        UnitEntry {
            unit: self.start,
            layout: self.layout,
            table,
            abbreviation,
        }
    }

    /// Where the code of an entry lies, whose attributes are read from there.
    pub(super) fn code_of(
        &self,
        sections: &Sections<'_>,
        entry: &UnitEntry<'_>,
        mut attributes: EntryCursor<'_>,
    ) -> Option<StatedCode> {
        let mut code = StatedCode::default();
        entry.read(&mut attributes, |name, value| {
            code.take(sections, self, name, value)
        })?;
        Some(code)
    }

    fn encoding(&self) -> Encoding {
        Encoding {
            address_size: self.layout.address_width,
            format: Format::Dwarf32,
            version: self.layout.version,
        }
    }

    /// Whether an entry lies in it.
    pub(super) fn holds(&self, entry: usize) -> bool {
        (self.first..self.end).contains(&entry)
    }
}

/// The header of a unit.
struct UnitHeader {
    unit: DebugUnit,
    is_partial: bool,
    /// Whether it has types alone.
    is_of_types: bool,
}

/// Where the unit ends that begins there, in the format that has offsets of four bytes; `None` of another
/// format, and where the section ends before.
///
/// Source: DWARF 5, section 7.5.1.1.
pub(super) fn end_of_unit(entries: &[u8], start: usize) -> Option<usize> {
    let mut cursor = EntryCursor::new(entries, start);
    let len = cursor.number(4)?;
    if len >= 0xffff_fff0 {
        return None;
    }
    let end = cursor.at().checked_add(usize::try_from(len).ok()?)?;
    (end <= entries.len()).then_some(end)
}

impl UnitHeader {
    /// Reads it; `None` of a kind that is not read here.
    ///
    /// Source: DWARF 5, section 7.5.1; DWARF 4, section 7.5.1.1.
    fn read(entries: &[u8], start: usize) -> Option<Self> {
        let end = end_of_unit(entries, start)?;
        let mut cursor = EntryCursor::new(entries, start);
        cursor.skip(4)?;
        let version = u16::try_from(cursor.number(2)?).ok()?;
        let (kind, address_width, abbreviations) = match version {
            2..=4 => {
                let abbreviations = cursor.number(4)?;
                (gimli::DW_UT_compile, cursor.byte()?, abbreviations)
            }
            5 => {
                let kind = gimli::DwUt(cursor.byte()?);
                (kind, cursor.byte()?, cursor.number(4)?)
            }
            _ => return None,
        };
        let is_of_types = kind == gimli::DW_UT_type;
        let is_partial = kind == gimli::DW_UT_partial;
        if !(is_of_types || is_partial || kind == gimli::DW_UT_compile) {
            return None;
        }
        if !is_of_types && !matches!(address_width, 4 | 8) {
            return None;
        }
        let unit = DebugUnit {
            start,
            first: cursor.at(),
            end,
            abbreviations: usize::try_from(abbreviations).ok()?,
            layout: UnitLayout {
                version,
                address_width,
            },
            base: 0,
            addresses: None,
            texts: None,
            lists: None,
        };
        Some(Self {
            unit,
            is_partial,
            is_of_types,
        })
    }
}

impl<'a> Sections<'a> {
    /// At an entry of a unit.
    pub(super) fn of_unit(&self, unit: &DebugUnit, at: usize) -> Option<EntryCursor<'a>> {
        self.entry_before(unit.end, at)
    }

    /// All abbreviations of a unit.
    pub(super) fn table_of(&self, unit: &DebugUnit) -> Option<AbbreviationTable> {
        AbbreviationTable::read(self.abbreviation_at(unit.abbreviations)?, unit.layout)
    }

    /// The address that a value tells.
    pub(super) fn address(&self, unit: &DebugUnit, value: AttributeValue<'_>) -> Option<u64> {
        if let AttributeValue::Address(address) = value {
            return Some(address);
        }
        let AttributeValue::AddressIndex(index) = value else {
            return None;
        };
        let (index, base) = (
            DebugAddrIndex(usize::try_from(index).ok()?),
            unit.addresses?,
        );
        let width = unit.layout.address_width;
        let found = self
            .addresses
            .get_address(width, DebugAddrBase(base), index);
        found.ok()
    }

    /// Where the list of ranges lies that a value tells.
    fn list(&self, unit: &DebugUnit, value: AttributeValue<'_>) -> Option<usize> {
        if let AttributeValue::ListIndex(index) = value {
            let index = DebugRngListsIndex(usize::try_from(index).ok()?);
            let base = DebugRngListsBase(unit.lists?);
            let found = self.lists.get_offset(unit.encoding(), base, index);
            return Some(found.ok()?.0);
        }
        let is_old = unit.layout.version <= 3;
        let (AttributeValue::Offset(offset) | AttributeValue::Constant(offset)) = value else {
            return None;
        };
        // Since DWARF 4 a constant is no place.
        (is_old || value == AttributeValue::Offset(offset)).then_some(usize::try_from(offset).ok()?)
    }

    fn each_range(
        &self,
        unit: &DebugUnit,
        list: usize,
        mut add: impl FnMut(CodeRange),
    ) -> Option<()> {
        let base = DebugAddrBase(unit.addresses.unwrap_or(0));
        let (list, encoding) = (RangeListsOffset(list), unit.encoding());
        let ranges = self
            .lists
            .ranges(list, encoding, unit.base, &self.addresses, base);
        let mut ranges = ranges.ok()?;
        while let Some(range) = ranges.next().ok()? {
            self.effort.spend(1)?;
            add(CodeRange {
                begin: range.begin,
                end: range.end,
            });
        }
        Some(())
    }

    /// The text that a value tells: `Some(None)` where there is none, `None` where it lies in another
    /// file.
    pub(super) fn text(
        &self,
        unit: &DebugUnit,
        value: AttributeValue<'a>,
    ) -> Option<Option<&'a [u8]>> {
        if let AttributeValue::Text(text) = value {
            return Some(Some(text));
        }
        if value == AttributeValue::Elsewhere {
            return None;
        }
        let (section, at) = if let AttributeValue::TextAt(at) = value {
            (self.texts, at)
        } else if let AttributeValue::LineTextAt(at) = value {
            (self.line_texts, at)
        } else if let AttributeValue::TextIndex(index) = value {
            let index = DebugStrOffsetsIndex(usize::try_from(index).ok()?);
            let base = DebugStrOffsetsBase(unit.texts?);
            let offsets = &self.text_offsets;
            let found = offsets.get_str_offset(Format::Dwarf32, base, index);
            (self.texts, found.ok()?.0 as u64)
        } else {
            return Some(None);
        };
        let mut cursor = EntryCursor::new(section, usize::try_from(at).ok()?);
        Some(cursor.text())
    }
}
