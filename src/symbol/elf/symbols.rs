//! The functions of one object file, and where its bytes are meant to lie.

use super::places::Places;
use super::sized::SizedSymbols;
use crate::object::{ElfSegment, ElfSegments};
use crate::symbol::trampoline::is_trampoline;
use crate::symbol::unresolved::Unresolved;
use crate::units::{FileOffset, Svma};

/// A function of an object file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ObjectSymbol<'a> {
    /// The name as the file has it, still mangled.
    pub name: &'a str,
    /// Where it starts.
    pub start: Svma,
    /// Where it ends.
    pub end: Svma,
}

/// The functions of an object file, by address. Where only some places were asked for, look-ups
/// elsewhere may find less.
#[derive(Clone, Debug, Default)]
pub struct ObjectSymbols {
    pub(crate) symbols: SizedSymbols,
    pub(crate) segments: ElfSegments,
    /// Whether the file states any function, wanted or not.
    pub(crate) has_functions: bool,
    /// Whether the file has a full symbol table (`.symtab`), not only dynamic symbols.
    pub(crate) full: bool,
}

impl ObjectSymbols {
    /// Those of code in memory, whose offsets are addresses. `has_functions` tells whether any is
    /// known, wanted or not.
    pub(crate) fn of_addresses(symbols: SizedSymbols, has_functions: bool) -> Self {
        Self {
            symbols,
            segments: ElfSegments::of_addresses(),
            has_functions,
            full: true,
        }
    }

    /// The function at an address.
    ///
    /// # Errors
    /// Not errors but causes: why there is none.
    pub fn look_up(&self, svma: Svma) -> Result<ObjectSymbol<'_>, Unresolved> {
        self.look_up_near(svma, &mut 0)
    }

    /// The same of one of many addresses that come in order: `near` is what the look-up before made of
    /// it, and 0 at first.
    ///
    /// # Errors
    /// The same.
    #[inline]
    pub fn look_up_near(
        &self,
        svma: Svma,
        near: &mut usize,
    ) -> Result<ObjectSymbol<'_>, Unresolved> {
        match self.symbols.look_up_near(svma.as_u64(), near) {
            Some((name, start, end)) => Ok(ObjectSymbol {
                name,
                start: Svma::new(start),
                end: Svma::new(end),
            }),
            None if self.is_empty() => Err(Unresolved::NoSymbols),
            None => Err(Unresolved::NoSymbol),
        }
    }

    /// The function that called, of a call whose return address lies one byte behind `before`: the
    /// function there, but for a trampoline, which is returned to without having called. For `near`
    /// see [`Self::look_up_near`].
    ///
    /// # Errors
    /// Not errors but causes: why there is none.
    pub fn look_up_before_return(
        &self,
        before: Svma,
        near: &mut usize,
    ) -> Result<ObjectSymbol<'_>, Unresolved> {
        let called = self.look_up_near(before, near);
        let Some(back) = before.checked_add(1) else {
            return called;
        };
        if called.is_ok_and(|symbol| back < symbol.end) {
            return called;
        }
        let next = self.look_up(back);
        match next {
            Ok(next) if next.start == back && is_trampoline(next.name) => Ok(next),
            Ok(_) | Err(_) => called,
        }
    }

    /// The address that the file states for one of its bytes; `None` when it is never mapped.
    pub fn svma_of(&self, offset: FileOffset) -> Option<Svma> {
        self.segments.svma_of(offset)
    }

    /// All functions that were read, by address. Of several at one address only the chosen one is here.
    pub fn iter(&self) -> impl Iterator<Item = ObjectSymbol<'_>> {
        self.symbols.iter().map(|(name, start, end)| ObjectSymbol {
            name,
            start: Svma::new(start),
            end: Svma::new(end),
        })
    }

    /// The readable form of the name of the function that starts there, where it was made to choose
    /// between several names.
    pub(crate) fn readable(&self, start: Svma) -> Option<&str> {
        self.symbols.readable(start.as_u64())
    }

    /// The mapped parts of the file.
    pub fn segments(&self) -> &[ElfSegment] {
        self.segments.as_slice()
    }

    /// Whether the file states no function at all.
    pub fn is_empty(&self) -> bool {
        !self.has_functions
    }

    /// What a debug file must be asked for, so that it can be joined with what was read of some
    /// places here: these, and where functions start here. `None` when all is asked for.
    pub(crate) fn addresses(&self, places: Places<'_>) -> Option<Vec<Svma>> {
        let points = places.points(&self.segments)?;
        let starts = self.iter().map(|symbol| symbol.start);
        Some(points.iter().map(Svma::new).chain(starts).collect())
    }

    /// Whether only dynamic symbols are here, so that a debug file would tell more.
    pub fn is_stripped(&self) -> bool {
        !self.full
    }

    /// Takes the functions of the debug file of the same build, where it has any.
    ///
    /// The segments stay: a debug file keeps addresses, but not the file's bytes. The entries of
    /// the linkage tables stay too, since a debug file has none.
    #[must_use]
    pub fn with_debug_file(mut self, debug: &Self) -> Self {
        if debug.full && !debug.is_empty() {
            self.symbols = debug.symbols.with_others(&self.symbols);
            self.full = true;
            self.has_functions = true;
        }
        self
    }
}
