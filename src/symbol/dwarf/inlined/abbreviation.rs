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
    pub(super) fn read(table: EntryCursor<'_>, layout: UnitLayout) -> Option<Self> {
        Self::read_until(table, layout, None)
    }

    /// The same, and no further than the declaration of a code.
    pub(super) fn read_until(
        mut table: EntryCursor<'_>,
        layout: UnitLayout,
        last: Option<u64>,
    ) -> Option<Self> {
        let mut read = Self::default();
        loop {
            let code = table.leb()?;
            if code == 0 {
                return Some(read);
            }
            let declared = read.declaration(&mut table, layout)?;
            if code == read.numbered.len() as u64 + 1 {
                read.numbered.push(declared);
            } else if read.get(code).is_some() || read.others.insert(code, declared).is_some() {
                return None;
            }
            if last == Some(code) {
                return Some(read);
            }
        }
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
