//! What entries of a unit consist of.

use std::ops::Range;

use addr2line::gimli::{self, DwAt, DwForm, DwTag};
use hashbrown::HashMap;

use super::cursor::EntryCursor;
use super::form::{UnitLayout, ValueStep};

/// What an entry is for a search for functions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum EntryRole {
    /// What functions lie in: the unit, a namespace, a module.
    Scope,
    /// A function that has code.
    Code,
    /// A function that is declared only, or is inlined wherever it is called.
    Declared,
    /// A function where it is inlined.
    Inlined,
    /// A block of a function.
    Block,
    /// A type, a variable, a call.
    Other,
}

/// An attribute of an entry.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attribute {
    pub(super) name: DwAt,
    pub(super) form: DwForm,
}

/// What an entry consists of.
#[derive(Clone, Debug)]
pub(super) struct Abbreviation {
    pub(super) tag: DwTag,
    pub(super) role: EntryRole,
    pub(super) has_children: bool,
    attributes: Range<u32>,
    steps: Range<u32>,
}

/// The abbreviations of a unit.
#[derive(Debug, Default)]
pub(super) struct AbbreviationTable {
    /// Those with the codes 1, 2, 3 …, as compilers write them.
    numbered: Vec<Abbreviation>,
    /// Others, by code.
    others: HashMap<u64, Abbreviation>,
    attributes: Vec<Attribute>,
    steps: Vec<ValueStep>,
}

impl AbbreviationTable {
    /// Reads a table from its first declaration to its end; `None` where one makes no sense, or is
    /// of a kind that is not read here.
    pub(super) fn read(mut table: EntryCursor<'_>, layout: UnitLayout) -> Option<Self> {
        let mut read = Self::default();
        loop {
            let code = table.leb()?;
            if code == 0 {
                return Some(read);
            }
            let declared = read.declaration(&mut table, layout)?;
            read.add(code, declared)?;
        }
    }

    /// Reads the declaration of one code of a table in the place of all that was read; none behind it, and what
    /// is before it is passed: that of a unit's first entry may be anywhere.
    pub(super) fn read_one(
        &mut self,
        mut table: EntryCursor<'_>,
        layout: UnitLayout,
        wanted: u64,
    ) -> Option<Abbreviation> {
        self.numbered.clear();
        self.others.clear();
        self.attributes.clear();
        self.steps.clear();
        loop {
            let code = table.leb()?;
            if code == wanted {
                return self.declaration(&mut table, layout);
            }
            if code == 0 {
                return None;
            }
            pass_declaration(&mut table)?;
        }
    }

    /// Adds a declaration; `None` where there is one of its code.
    fn add(&mut self, code: u64, declared: Abbreviation) -> Option<()> {
        if code == self.numbered.len() as u64 + 1 {
            self.numbered.push(declared);
        } else if self.get(code).is_some() || self.others.insert(code, declared).is_some() {
            return None;
        }
        Some(())
    }

    fn declaration(
        &mut self,
        table: &mut EntryCursor<'_>,
        layout: UnitLayout,
    ) -> Option<Abbreviation> {
        let tag = DwTag(u16::try_from(table.leb()?).ok()?);
        let has_children = table.byte()? != 0;
        let first_attribute = u32::try_from(self.attributes.len()).ok()?;
        let first_step = self.steps.len();
        let mut has_code = false;
        loop {
            let (name, form) = (table.leb()?, table.leb()?);
            if (name, form) == (0, 0) {
                break;
            }
            let name = DwAt(u16::try_from(name).ok()?);
            let form = DwForm(u16::try_from(form).ok()?);
            if form == gimli::DW_FORM_implicit_const {
                table.skip_leb()?;
                if name == gimli::DW_AT_high_pc {
                    // Its value would be here and not in the entry.
                    return None;
                }
            }
            has_code |= matches!(name, gimli::DW_AT_low_pc | gimli::DW_AT_ranges);
            self.attributes.push(Attribute { name, form });
            let is_sibling = name == gimli::DW_AT_sibling && form == gimli::DW_FORM_ref4;
            let step = if is_sibling {
                ValueStep::Sibling
            } else {
                ValueStep::over(form, layout)?
            };
            self.push_step(first_step, step)?;
        }
        Some(Abbreviation {
            tag,
            role: role_of(tag, has_code),
            has_children,
            attributes: first_attribute..u32::try_from(self.attributes.len()).ok()?,
            steps: u32::try_from(first_step).ok()?..u32::try_from(self.steps.len()).ok()?,
        })
    }

    /// Adds a step to those of a declaration, which begin at `first`: what has a fixed length is passed
    /// at once.
    fn push_step(&mut self, first: usize, step: ValueStep) -> Option<()> {
        let own = self.steps.get_mut(first..)?;
        match (own.last_mut(), step) {
            (_, ValueStep::Bytes(0)) => (),
            (Some(ValueStep::Bytes(before)), ValueStep::Bytes(more)) => {
                *before = before.checked_add(more)?
            }
            _ => self.steps.push(step),
        }
        Some(())
    }

    #[inline]
    pub(super) fn get(&self, code: u64) -> Option<&Abbreviation> {
        let place = usize::try_from(code.checked_sub(1)?).ok()?;
        let numbered = self.numbered.get(place);
        numbered.or_else(|| self.others.get(&code))
    }

    pub(super) fn attributes(&self, of: &Abbreviation) -> &[Attribute] {
        let Range { start, end } = of.attributes;
        let found = self.attributes.get(start as usize..end as usize);
        found.unwrap_or_default()
    }

    /// Passes over the attributes of an entry. Where it tells its sibling, that is returned.
    #[inline]
    pub(super) fn pass(
        &self,
        of: &Abbreviation,
        cursor: &mut EntryCursor<'_>,
    ) -> Option<Option<u64>> {
        let Range { start, end } = of.steps;
        let mut sibling = None;
        for step in self.steps.get(start as usize..end as usize)? {
            if let Some(told) = step.pass(cursor)? {
                sibling = Some(told);
            }
        }
        Some(sibling)
    }

    /// Whether a function with code may be among the entries.
    pub(super) fn has_code(&self) -> bool {
        let mut all = self.numbered.iter().chain(self.others.values());
        all.any(|abbreviation| abbreviation.role == EntryRole::Code)
    }
}

/// Passes what a declaration tells behind its code.
fn pass_declaration(table: &mut EntryCursor<'_>) -> Option<()> {
    table.skip_leb()?;
    table.byte()?;
    loop {
        let (name, form) = (table.leb()?, table.leb()?);
        if (name, form) == (0, 0) {
            return Some(());
        }
        if form == u64::from(gimli::DW_FORM_implicit_const.0) {
            table.skip_leb()?;
        }
    }
}

fn role_of(tag: DwTag, has_code: bool) -> EntryRole {
    match tag {
        gimli::DW_TAG_compile_unit
        | gimli::DW_TAG_partial_unit
        | gimli::DW_TAG_namespace
        | gimli::DW_TAG_module => EntryRole::Scope,
        gimli::DW_TAG_subprogram if has_code => EntryRole::Code,
        gimli::DW_TAG_subprogram => EntryRole::Declared,
        gimli::DW_TAG_inlined_subroutine => EntryRole::Inlined,
        gimli::DW_TAG_lexical_block | gimli::DW_TAG_try_block | gimli::DW_TAG_catch_block => {
            EntryRole::Block
        }
        _ => EntryRole::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Declarations of the codes 3, 1 and 200: of the constant that stands in the second, of a number with
    /// two bytes, of a form that is none. What is told of one does not hang on those before it.
    #[test]
    fn one_declaration_is_read_as_among_all() {
        let function = [3, 0x2e, 1, 0x11, 0x01, 0x12, 0x07, 0, 0];
        let unit = [1, 0x11, 1, 0x49, 0x21, 0xff, 0x7f, 0x25, 0x0e, 0, 0];
        let vendor = [0xc8, 1, 0x80, 0x82, 1, 0, 0xf1, 0x42, 0x0b, 0, 0];
        let table = [&function[..], &unit, &vendor, &[0]].concat();
        let layout = UnitLayout {
            version: 5,
            address_width: 8,
        };
        let all = AbbreviationTable::read(EntryCursor::new(&table, 0), layout).unwrap();
        let told = |table: &AbbreviationTable, found: &Abbreviation| {
            let attributes = format!("{:?}", table.attributes(found));
            (found.tag, found.has_children, attributes)
        };
        let mut one = AbbreviationTable::default();
        for code in [3, 1, 200] {
            let cursor = EntryCursor::new(&table, 0);
            let found = one.read_one(cursor, layout, code).unwrap();
            let among_all = told(&all, all.get(code).unwrap());
            assert_eq!(told(&one, &found), among_all, "{code}");
        }
        let mut read = |bytes, code| one.read_one(EntryCursor::new(bytes, 0), layout, code);
        assert!(read(&table, 4).is_none());
        assert!(read(&table[..12], 1).is_none());
    }
}
