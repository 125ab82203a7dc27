//! Sections of relocatable files, as of modules of the kernel, with addresses filled in.

use object::read::{Object, ObjectSection, ObjectSymbol};
use object::{
    File, ObjectKind, Relocation, RelocationKind, RelocationTarget, Section, SectionKind,
};

use crate::object::ModuleLayout;

/// Where the sections of a relocatable file are taken to lie.
#[derive(Debug)]
pub(super) struct Relocator<'f, 'd> {
    file: &'f File<'d>,
    layout: ModuleLayout,
}

impl<'f, 'd> Relocator<'f, 'd> {
    /// `None` of files that are not relocatable: theirs are filled in.
    ///
    /// # Errors
    /// When the file's code cannot lie anywhere.
    pub(super) fn of(file: &'f File<'d>) -> Result<Option<Self>, String> {
        if file.kind() != ObjectKind::Relocatable {
            return Ok(None);
        }
        let layout = ModuleLayout::of(file).ok_or("the lengths of its code make no sense")?;
        Ok(Some(Self { file, layout }))
    }

    /// The bytes of a section with its relocations applied; `None` when it has none.
    ///
    /// # Errors
    /// When one makes no sense.
    pub(super) fn apply(
        &self,
        section: &Section<'d, '_>,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, String> {
        let mut filled = None;
        for (at, relocation) in section.relocations() {
            let filled = filled.get_or_insert_with(|| bytes.to_vec());
            let value = self.value(&relocation);
            let place = usize::try_from(at).ok();
            let place = place.and_then(|at| filled.get_mut(at..)?.get_mut(..width(&relocation)?));
            let (Some(value), Some(place)) = (value, place) else {
                return Err(format!("a relocation at {at:#x} makes no sense"));
            };
            let little = value.to_le_bytes();
            let kept = little.get(..place.len()).unwrap_or_default();
            place.copy_from_slice(kept);
            if !self.file.is_little_endian() {
                place.reverse();
            }
        }
        Ok(filled)
    }

    /// What is written; `None` where it makes no sense.
    fn value(&self, relocation: &Relocation) -> Option<u64> {
        if relocation.kind() != RelocationKind::Absolute || relocation.has_implicit_addend() {
            return None;
        }
        let RelocationTarget::Symbol(symbol) = relocation.target() else {
            return None;
        };
        let symbol = self.file.symbol_by_index(symbol).ok()?;
        let start = match symbol.section_index() {
            // What other files define has no address here, and no code.
            None => 0,
            Some(section) => {
                let kind = self.file.section_by_index(section).ok()?.kind();
                let is_mapped = !matches!(
                    kind,
                    SectionKind::Debug | SectionKind::DebugString | SectionKind::Other
                );
                if is_mapped {
                    self.layout.start_of(section).as_u64()
                } else {
                    0
                }
            }
        };
        let target = start.wrapping_add(symbol.address());
        Some(target.wrapping_add_signed(relocation.addend()))
    }
}

/// The bytes that a relocation fills in.
fn width(relocation: &Relocation) -> Option<usize> {
    match relocation.size() {
        32 => Some(4),
        64 => Some(8),
        _ => None,
    }
}
