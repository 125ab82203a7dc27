//! Which units state a line table, changed by their abbreviations.

/// Tags, attributes and a form.
///
/// Source: DWARF 5, sections 7.5.3 to 7.5.6.
const COMPILE_UNIT: u64 = 0x11;
const PARTIAL_UNIT: u64 = 0x3c;
const SKELETON_UNIT: u64 = 0x4a;
const HIGH_PC: u64 = 0x12;
const RANGES: u64 = 0x55;
const STATEMENT_LIST: u8 = 0x10;
const VISIBILITY: u8 = 0x17;
const IMPLICIT_CONST: u64 = 0x21;

/// Which units keep their line tables.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LineTables {
    /// Those that hold code.
    OfCode,
    /// Those whose line table is all that tells where their code lies: reading the others takes a
    /// sixth of the time, and nobody asks for lines.
    OfCodeElsewhereUnknown,
}

impl LineTables {
    /// Abbreviations under which the other units state no line table; `None` where they state none.
    ///
    /// A partial unit, as `dwz` makes them, holds no code. Before DWARF 5 only its abbreviation tells
    /// it from others, and addr2line 0.27 takes the ranges of one from the line table that it has in
    /// common with the units that it was split from: it would be asked for their addresses first, and
    /// know the lines but no functions.
    pub(super) fn limit(self, abbreviations: &[u8]) -> Option<Vec<u8>> {
        let mut rest = Abbreviations {
            bytes: abbreviations,
            at: 0,
        };
        let mut changed: Option<Vec<u8>> = None;
        while let Some(declared) = rest.declaration() {
            let is_dropped = match declared.tag {
                PARTIAL_UNIT => true,
                COMPILE_UNIT | SKELETON_UNIT => {
                    self == Self::OfCodeElsewhereUnknown && declared.states_code
                }
                _ => false,
            };
            if let Some(at) = declared.statement_list.filter(|_| is_dropped) {
                let changed = changed.get_or_insert_with(|| abbreviations.to_vec());
                if let Some(name) = changed.get_mut(at) {
                    // What a unit's visibility is nobody asks.
                    *name = VISIBILITY;
                }
            }
        }
        changed
    }
}

/// What an abbreviation declares.
#[derive(Debug, Default)]
struct Declared {
    /// 0 at the end of a table.
    tag: u64,
    /// Where it names the attribute of a line table.
    statement_list: Option<usize>,
    /// Whether it tells where the code lies.
    states_code: bool,
}

/// What is left of the abbreviations.
struct Abbreviations<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Abbreviations<'_> {
    /// The next declaration, or the end of a table. `None` at the end of all.
    fn declaration(&mut self) -> Option<Declared> {
        let mut declared = Declared::default();
        if self.number()? == 0 {
            return Some(declared);
        }
        declared.tag = self.number()?;
        self.byte()?;
        loop {
            let at = self.at;
            let name = self.number()?;
            let is_short = self.at == at + 1;
            let form = self.number()?;
            if form == IMPLICIT_CONST {
                self.number()?;
            }
            if name == u64::from(STATEMENT_LIST) && is_short {
                declared.statement_list = Some(at);
            }
            declared.states_code |= name == HIGH_PC || name == RANGES;
            if (name, form) == (0, 0) {
                return Some(declared);
            }
        }
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    /// A LEB128 number; of one that is too large only the low bits.
    #[inline]
    fn number(&mut self) -> Option<u64> {
        // Most have one byte.
        if let Some(&byte @ ..0x80) = self.bytes.get(self.at) {
            self.at += 1;
            return Some(byte.into());
        }
        self.long_number()
    }

    fn long_number(&mut self) -> Option<u64> {
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

    /// By hand: of four abbreviations in two tables only units lose their line table: partial ones,
    /// and where no lines are wanted those that tell otherwise where their code lies.
    #[test]
    fn units_lose_their_line_tables() {
        let table = [
            &[1, 0x11, 1, 0x10, 0x17, 0x03, 0x08, 0, 0][..],
            &[2, 0x34, 0, 0x02, 0x21, 0x10, 0, 0],
            &[3, 0x11, 1, 0x10, 0x17, 0x55, 0x17, 0, 0],
            &[0],
            &[0x81, 0x01, 0x3c, 1, 0x1b, 0x0e, 0x10, 0x17, 0, 0, 0],
        ];
        let whole = table.concat();
        let without = |places: &[usize]| {
            let mut changed = whole.clone();
            for &at in places {
                assert_eq!(changed[at], 0x10);
                changed[at] = 0x17;
            }
            Some(changed)
        };
        let (with_code, partial) = (20, whole.len() - 5);
        assert_eq!(LineTables::OfCode.limit(&whole), without(&[partial]));
        let unknown = LineTables::OfCodeElsewhereUnknown;
        assert_eq!(unknown.limit(&whole), without(&[with_code, partial]));
        assert_eq!(LineTables::OfCode.limit(&whole[..27]), None);
        assert_eq!(unknown.limit(&[0xff; 40]), None);
    }
}
