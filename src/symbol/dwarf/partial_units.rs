//! Units that only others refer to, as `dwz` makes them.

/// `DW_TAG_partial_unit`, `DW_AT_stmt_list`, `DW_AT_visibility` and `DW_FORM_implicit_const`.
///
/// Source: DWARF 5, sections 7.5.3 to 7.5.6.
const PARTIAL_UNIT: u64 = 0x3c;
const STATEMENT_LIST: u8 = 0x10;
const VISIBILITY: u8 = 0x17;
const IMPLICIT_CONST: u64 = 0x21;

/// Abbreviations under which partial units state no line table; `None` where none states one.
///
/// A partial unit holds no code. Before DWARF 5 only its abbreviation tells it from others, and
/// addr2line 0.27 takes the ranges of one from the line table that it has in common with the units
/// that it was split from: it would be asked for their addresses first, and know the lines but no
/// functions.
pub(super) fn without_line_tables(abbreviations: &[u8]) -> Option<Vec<u8>> {
    let stated = statement_lists(abbreviations);
    if stated.is_empty() {
        return None;
    }
    let mut changed = abbreviations.to_vec();
    for at in stated {
        if let Some(name) = changed.get_mut(at) {
            // What a unit's visibility is nobody asks.
            *name = VISIBILITY;
        }
    }
    Some(changed)
}

/// Where the abbreviations of partial units state a line table.
fn statement_lists(abbreviations: &[u8]) -> Vec<usize> {
    let mut rest = Abbreviations {
        bytes: abbreviations,
        at: 0,
    };
    let mut found = Vec::new();
    while rest.declaration(&mut found).is_some() {}
    found
}

/// What is left of the abbreviations.
struct Abbreviations<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Abbreviations<'_> {
    /// Passes a declaration, or the end of a table. `None` at the end.
    fn declaration(&mut self, found: &mut Vec<usize>) -> Option<()> {
        if self.number()? == 0 {
            return Some(());
        }
        let tag = self.number()?;
        self.byte()?;
        loop {
            let at = self.at;
            let (name, form) = (self.number()?, self.number()?);
            if form == IMPLICIT_CONST {
                self.number()?;
            }
            if tag == PARTIAL_UNIT && name == u64::from(STATEMENT_LIST) && self.at - at <= 3 {
                found.push(at);
            }
            if (name, form) == (0, 0) {
                return Some(());
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// A LEB128 number; of one that is too large only the low bits.
    fn number(&mut self) -> Option<u64> {
        let (mut number, mut shift) = (0_u64, 0_u32);
        loop {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            shift = shift.saturating_add(7);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of three abbreviations in two tables only the partial unit's line table goes.
    #[test]
    fn only_partial_units_lose_their_line_table() {
        let table = [
            &[1, 0x11, 1, 0x10, 0x17, 0x03, 0x08, 0, 0][..],
            &[2, 0x34, 0, 0x02, 0x21, 0x10, 0, 0],
            &[0],
            &[0x81, 0x01, 0x3c, 1, 0x1b, 0x0e, 0x10, 0x17, 0, 0, 0],
        ];
        let whole = table.concat();
        let mut expected = whole.clone();
        let at = whole.len() - 5;
        assert_eq!(expected[at], 0x10);
        expected[at] = 0x17;
        assert_eq!(without_line_tables(&whole), Some(expected));
        assert_eq!(without_line_tables(&whole[..18]), None);
        assert_eq!(without_line_tables(&[0xff; 40]), None);
    }
}
