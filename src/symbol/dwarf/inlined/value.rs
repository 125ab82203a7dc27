//! Values of attributes.

use addr2line::gimli::{self, DwAt, DwForm};

use super::abbreviation::{Abbreviation, AbbreviationTable};
use super::cursor::EntryCursor;
use super::form::{UnitLayout, ValueStep};

/// A value, as far as functions are told by it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AttributeValue<'a> {
    Address(u64),
    /// An index into the unit's addresses.
    AddressIndex(u64),
    /// A number that is not negative.
    Constant(u64),
    /// A place in another section.
    Offset(u64),
    /// An index into the unit's lists of ranges.
    ListIndex(u64),
    Text(&'a [u8]),
    /// A place in `.debug_str`.
    TextAt(u64),
    /// A place in `.debug_line_str`.
    LineTextAt(u64),
    /// An index into the unit's texts.
    TextIndex(u64),
    /// A place in `.debug_info`.
    Entry(usize),
    /// A place in a file that several debug files have in common.
    Elsewhere,
    Other,
}

impl<'a> AttributeValue<'a> {
    /// Reads a value of a form.
    ///
    /// Source: DWARF 5, section 7.5.6.
    fn read(form: DwForm, of: &UnitEntry<'_>, cursor: &mut EntryCursor<'a>) -> Option<Self> {
        let layout = of.layout;
        let within = |offset: u64| {
            let offset = usize::try_from(offset).ok()?;
            Some(Self::Entry(of.unit.checked_add(offset)?))
        };
        Some(match form {
            gimli::DW_FORM_addr => Self::Address(cursor.number(layout.address_width.into())?),
            gimli::DW_FORM_addrx => Self::AddressIndex(cursor.leb()?),
            gimli::DW_FORM_addrx1 => Self::AddressIndex(cursor.number(1)?),
            gimli::DW_FORM_addrx2 => Self::AddressIndex(cursor.number(2)?),
            gimli::DW_FORM_addrx3 => Self::AddressIndex(cursor.number(3)?),
            gimli::DW_FORM_addrx4 => Self::AddressIndex(cursor.number(4)?),
            gimli::DW_FORM_data1 => Self::Constant(cursor.number(1)?),
            gimli::DW_FORM_data2 => Self::Constant(cursor.number(2)?),
            gimli::DW_FORM_data4 => Self::Constant(cursor.number(4)?),
            gimli::DW_FORM_data8 => Self::Constant(cursor.number(8)?),
            gimli::DW_FORM_udata => Self::Constant(cursor.leb()?),
            gimli::DW_FORM_sec_offset => Self::Offset(cursor.number(4)?),
            gimli::DW_FORM_rnglistx => Self::ListIndex(cursor.leb()?),
            gimli::DW_FORM_string => Self::Text(cursor.text()?),
            gimli::DW_FORM_strp => Self::TextAt(cursor.number(4)?),
            gimli::DW_FORM_line_strp => Self::LineTextAt(cursor.number(4)?),
            gimli::DW_FORM_strx => Self::TextIndex(cursor.leb()?),
            gimli::DW_FORM_strx1 => Self::TextIndex(cursor.number(1)?),
            gimli::DW_FORM_strx2 => Self::TextIndex(cursor.number(2)?),
            gimli::DW_FORM_strx3 => Self::TextIndex(cursor.number(3)?),
            gimli::DW_FORM_strx4 => Self::TextIndex(cursor.number(4)?),
            gimli::DW_FORM_ref1 => within(cursor.number(1)?)?,
            gimli::DW_FORM_ref2 => within(cursor.number(2)?)?,
            gimli::DW_FORM_ref4 => within(cursor.number(4)?)?,
            gimli::DW_FORM_ref8 => within(cursor.number(8)?)?,
            gimli::DW_FORM_ref_udata => within(cursor.leb()?)?,
            gimli::DW_FORM_ref_addr => {
                let width = if layout.version == 2 {
                    layout.address_width.into()
                } else {
                    4
                };
                Self::Entry(usize::try_from(cursor.number(width)?).ok()?)
            }
            _ => {
                ValueStep::over(form, layout)?.pass(cursor)?;
                match form {
                    gimli::DW_FORM_ref_sup4
                    | gimli::DW_FORM_ref_sup8
                    | gimli::DW_FORM_strp_sup
                    | gimli::DW_FORM_GNU_ref_alt
                    | gimli::DW_FORM_GNU_strp_alt => Self::Elsewhere,
                    _ => Self::Other,
                }
            }
        })
    }
}

/// An entry of a unit, whose attributes are still to be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct UnitEntry<'e> {
    /// Where its unit begins.
    pub(super) unit: usize,
    pub(super) layout: UnitLayout,
    pub(super) table: &'e AbbreviationTable,
    pub(super) abbreviation: &'e Abbreviation,
}

impl UnitEntry<'_> {
    /// Gives each attribute to `take`, in their order, until that returns `None`.
    pub(super) fn read<'a>(
        &self,
        cursor: &mut EntryCursor<'a>,
        mut take: impl FnMut(DwAt, AttributeValue<'a>) -> Option<()>,
    ) -> Option<()> {
        for attribute in self.table.attributes(self.abbreviation) {
            let value = AttributeValue::read(attribute.form, self, cursor)?;
            take(attribute.name, value)?;
        }
        Some(())
    }
}
