//! How values of attributes are written.

use addr2line::gimli::{self, DwForm};

use super::cursor::EntryCursor;

/// What decides how long values of a unit are. Offsets have four bytes in all of them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct UnitLayout {
    /// DWARF 2 to 5.
    pub(super) version: u16,
    /// Bytes of an address.
    pub(super) address_width: u8,
}

/// How to pass over values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ValueStep {
    /// So many bytes.
    Bytes(u32),
    /// A LEB128 number.
    Leb,
    /// A text with its end.
    Text,
    /// Bytes behind their number, which has so many bytes.
    Block(u8),
    /// Bytes behind their number, which is a LEB128 number.
    LebBlock,
    /// Where the next entry lies that is no child of this: four bytes, from the start of the unit.
    Sibling,
}

impl ValueStep {
    /// How to pass over a value of a form; `None` for one that tells its form itself, and for one
    /// that is not known.
    ///
    /// Source: DWARF 5, section 7.5.6.
    pub(super) fn over(form: DwForm, layout: UnitLayout) -> Option<Self> {
        let bytes = match form {
            gimli::DW_FORM_addr => layout.address_width.into(),
            gimli::DW_FORM_implicit_const | gimli::DW_FORM_flag_present => 0,
            gimli::DW_FORM_data1
            | gimli::DW_FORM_flag
            | gimli::DW_FORM_strx1
            | gimli::DW_FORM_ref1
            | gimli::DW_FORM_addrx1 => 1,
            gimli::DW_FORM_data2
            | gimli::DW_FORM_ref2
            | gimli::DW_FORM_addrx2
            | gimli::DW_FORM_strx2 => 2,
            gimli::DW_FORM_addrx3 | gimli::DW_FORM_strx3 => 3,
            gimli::DW_FORM_data4
            | gimli::DW_FORM_ref4
            | gimli::DW_FORM_ref_sup4
            | gimli::DW_FORM_strx4
            | gimli::DW_FORM_addrx4
            | gimli::DW_FORM_sec_offset
            | gimli::DW_FORM_strp
            | gimli::DW_FORM_strp_sup
            | gimli::DW_FORM_line_strp
            | gimli::DW_FORM_GNU_ref_alt
            | gimli::DW_FORM_GNU_strp_alt => 4,
            gimli::DW_FORM_ref_addr if layout.version == 2 => layout.address_width.into(),
            gimli::DW_FORM_ref_addr => 4,
            gimli::DW_FORM_data8
            | gimli::DW_FORM_ref8
            | gimli::DW_FORM_ref_sig8
            | gimli::DW_FORM_ref_sup8 => 8,
            gimli::DW_FORM_data16 => 16,
            gimli::DW_FORM_sdata
            | gimli::DW_FORM_udata
            | gimli::DW_FORM_ref_udata
            | gimli::DW_FORM_strx
            | gimli::DW_FORM_addrx
            | gimli::DW_FORM_loclistx
            | gimli::DW_FORM_rnglistx => return Some(Self::Leb),
            gimli::DW_FORM_string => return Some(Self::Text),
            gimli::DW_FORM_block1 => return Some(Self::Block(1)),
            gimli::DW_FORM_block2 => return Some(Self::Block(2)),
            gimli::DW_FORM_block4 => return Some(Self::Block(4)),
            gimli::DW_FORM_block | gimli::DW_FORM_exprloc => return Some(Self::LebBlock),
            _ => return None,
        };
        Some(Self::Bytes(bytes))
    }

    /// Passes over the value; of a sibling what it says.
    #[inline]
    pub(super) fn pass(self, cursor: &mut EntryCursor<'_>) -> Option<Option<u64>> {
        match self {
            Self::Bytes(len) => cursor.skip(len as usize)?,
            Self::Leb => cursor.skip_leb()?,
            Self::Text => drop(cursor.text()?),
            Self::Block(width) => {
                let len = cursor.number(width.into())?;
                cursor.skip(usize::try_from(len).ok()?)?;
            }
            Self::LebBlock => {
                let len = cursor.leb()?;
                cursor.skip(usize::try_from(len).ok()?)?;
            }
            Self::Sibling => return Some(Some(cursor.number(4)?)),
        }
        Some(None)
    }
}
