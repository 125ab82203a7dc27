//! The functions of a kernel and its modules, by address.

use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::line::KallsymsEntry;
use super::own_lines::{OwnLines, OwnSymbol};
use crate::bytes::Storage;
use crate::symbol::dso_name::KERNEL_NAME;
use crate::symbol::unresolved::Unresolved;
use crate::units::Avma;

/// perf ends the last symbol of the kernel or of a module at a page boundary, and KASLR moves the
/// kernel by whole pages.
const PAGE: u64 = 4096;

/// The symbol by which perf records where the kernel lay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KernelAnchor {
    /// `_text`
    Text,
    /// `_stext`
    Stext,
}

impl KernelAnchor {
    /// The anchor that the name of a kernel mapping states: `[kernel.kallsyms]_text`.
    ///
    /// The anchor's own address is the *page offset* of that mapping; its start differs from it
    /// on arm64.
    pub fn of_mapping(name: &str) -> Option<Self> {
        match name.split_once(']')?.1 {
            "_text" => Some(Self::Text),
            "_stext" => Some(Self::Stext),
            _ => None,
        }
    }

    /// The symbol itself.
    pub(super) const fn symbol(self) -> &'static str {
        match self {
            Self::Text => "_text",
            Self::Stext => "_stext",
        }
    }
}

/// Where a kernel module lay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ModuleRange {
    /// The module's name as the kernel spells it, without brackets: `kvm_intel`.
    pub(crate) name: Box<str>,
    /// The addresses it covered.
    pub(crate) range: Range<Avma>,
}

/// A function of the kernel or of one of its modules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KernelSymbol<'a> {
    /// The name, still mangled where it is Rust.
    pub name: &'a str,
    /// The module's name without brackets; `None` in the kernel itself.
    pub module: Option<&'a str>,
    /// The addresses it covers.
    pub range: Range<Avma>,
}

impl KernelSymbol<'_> {
    /// The object's short name: `[kernel]`, `[kvm_intel]`.
    pub fn dso(&self) -> String {
        self.module
            .map_or_else(|| KERNEL_NAME.to_owned(), |module| format!("[{module}]"))
    }

    /// The same of a guest's kernel: `[guest.kernel]`, `[guest.virtio_net]`.
    pub fn guest_dso(&self) -> String {
        format!("[guest.{}]", self.module.unwrap_or("kernel"))
    }
}

/// The kernel itself or one of its modules.
#[derive(Clone, Debug)]
pub(super) struct KernelModule {
    pub(super) name: Box<str>,
    /// Whether its symbols are known to be from another boot.
    pub(super) foreign: bool,
}

/// How many entries lie between two landmarks.
const STRIDE: usize = 64;

/// The functions of a kernel and its modules, by address.
#[derive(Clone, Debug)]
pub struct KernelSymbols {
    /// Those that lie below all others, and are read where they stand in the text.
    pub(super) own: OwnLines,
    /// The others, sorted by start, each start once.
    pub(super) entries: Vec<KallsymsEntry>,
    /// The start of each entry whose position is a multiple of [`STRIDE`]: a search begins here, in
    /// few lines of a CPU's cache.
    pub(super) landmarks: Vec<u64>,
    /// The text in which the names lie. A mapped file must not be cut short while it is used.
    pub(super) text_of_names: Arc<Storage>,
    pub(super) modules: Vec<KernelModule>,
    pub(super) text: Option<u64>,
    pub(super) stext: Option<u64>,
    /// What a look-up outside of the entries answers.
    pub(super) outside: Unresolved,
}

impl KernelSymbols {
    /// Whether `kernel.kptr_restrict` replaced all addresses by zero.
    pub fn is_hidden(&self) -> bool {
        self.outside == Unresolved::KernelHidden
    }

    /// Address of an anchor symbol; `None` when the text has none.
    pub fn anchor(&self, anchor: KernelAnchor) -> Option<Avma> {
        let raw = match anchor {
            KernelAnchor::Text => self.text,
            KernelAnchor::Stext => self.stext,
        };
        raw.map(Avma::new)
    }

    /// Fits the symbols to the boot in which `anchor` lay at `recorded`.
    ///
    /// When the text says the same address, it is taken to be of the same boot and stays as it
    /// is. Otherwise the kernel's own symbols move by the difference and the modules' are dropped,
    /// since modules are placed anew in every boot. When no move is known, nothing is usable. In
    /// these cases look-ups outside answer [`Unresolved::OtherBoot`].
    #[must_use]
    pub fn for_boot(mut self, anchor: KernelAnchor, recorded: Avma) -> Self {
        if self.is_hidden() || self.anchor(anchor) == Some(recorded) {
            return self;
        }
        self.outside = Unresolved::OtherBoot;
        let shift = self
            .anchor(anchor)
            .map(|own| recorded.as_u64().wrapping_sub(own.as_u64()))
            .filter(|shift| shift.is_multiple_of(PAGE));
        let Some(shift) = shift else {
            self.own = OwnLines::default();
            self.entries = Vec::new();
            self.landmarks = Vec::new();
            return self;
        };
        self.entries = self.all().collect();
        leave_out_data(&mut self.entries);
        self.own = OwnLines::default();
        self.entries.retain(|entry| entry.module == 0);
        for entry in &mut self.entries {
            entry.start = entry.start.wrapping_add(shift);
        }
        self.entries.sort_by_key(|entry| entry.start);
        self.landmarks = landmarks(&self.entries);
        self.text = self.text.map(|own| own.wrapping_add(shift));
        self.stext = self.stext.map(|own| own.wrapping_add(shift));
        self
    }

    /// Drops the symbols of modules of which no function lies where the capture says they were.
    ///
    /// A kernel without KASLR has the same anchor in every boot; its modules still move.
    #[must_use]
    pub(crate) fn for_modules(mut self, recorded: &[ModuleRange]) -> Self {
        let ranges: HashMap<&str, &Range<Avma>> = recorded
            .iter()
            .map(|module| (&*module.name, &module.range))
            .collect();
        let mut fits = vec![false; self.modules.len()];
        let of_modules = |entry: &&KallsymsEntry| entry.len > 0 && entry.module > 0;
        for entry in self.entries.iter().filter(of_modules) {
            let module = usize::from(entry.module);
            let range = ranges.get(&*self.modules[module].name);
            fits[module] |= range.is_none_or(|range| range.contains(&Avma::new(entry.start)));
        }
        for (module, fits) in self.modules.iter_mut().zip(fits).skip(1) {
            module.foreign = !fits;
        }
        self
    }

    /// Whether `for_modules` dropped the symbols of a module.
    pub fn has_foreign_modules(&self) -> bool {
        self.modules.iter().any(|module| module.foreign)
    }

    /// Whether there are functions of a module, and at the places that the capture knows.
    pub(crate) fn has_module(&self, name: &str) -> bool {
        let mut modules = (0..).zip(&self.modules).skip(1);
        let found = modules.find(|(_, module)| &*module.name == name && !module.foreign);
        found.is_some_and(|(ix, _)| {
            let mut functions = self.entries.iter().filter(|entry| entry.len > 0);
            functions.any(|entry| entry.module == ix)
        })
    }

    /// Whether a function begins in `other` wherever one begins here, of the same module; of no function
    /// at all it is not.
    pub(super) fn is_part_of(&self, other: &Self) -> bool {
        let mut functions = self.all().filter(|entry| entry.len > 0).peekable();
        functions.peek().is_some()
            && functions.all(|entry| {
                let own = &self.modules[usize::from(entry.module)].name;
                let found = other.look_up(Avma::new(entry.start)).ok();
                found.is_some_and(|found| {
                    found.range.start.as_u64() == entry.start && found.module == Some(&**own)
                })
            })
    }

    /// The function at an address.
    ///
    /// # Errors
    /// Not errors but causes: why there is none.
    pub fn look_up(&self, avma: Avma) -> Result<KernelSymbol<'_>, Unresolved> {
        let at = avma.as_u64();
        if !self.own.is_empty() && self.entries.first().is_none_or(|first| at < first.start) {
            return self.look_up_own(avma);
        }
        let landmark = self.landmarks.partition_point(|&start| start <= at);
        let from = landmark.saturating_sub(1) * STRIDE;
        let stretch = self.entries.get(from..).unwrap_or_default();
        let stretch = stretch.get(..STRIDE).unwrap_or(stretch);
        let above = from + stretch.partition_point(|entry| entry.start <= at);
        self.below(above, avma)
    }

    /// Number of functions.
    pub fn len(&self) -> usize {
        self.all().filter(|entry| entry.len > 0).count()
    }

    /// Whether there is no function.
    pub fn is_empty(&self) -> bool {
        self.all().all(|entry| entry.len == 0)
    }

    /// All entries by start, each start once.
    pub(super) fn all(&self) -> impl Iterator<Item = KallsymsEntry> {
        let own = self.own.iter(self.text_of_names.bytes());
        own.chain(self.entries.iter().copied())
    }

    /// The name of an entry; `None` when it is no text. A file that is mapped may have changed.
    pub(super) fn name_of(&self, entry: &KallsymsEntry) -> Option<&str> {
        let start = entry.name as usize;
        let text = self.text_of_names.bytes();
        let name = text.get(start..start + usize::from(entry.len))?;
        str::from_utf8(name).ok()
    }

    /// Answers for an address below all entries but those that are read in the text.
    fn look_up_own(&self, avma: Avma) -> Result<KernelSymbol<'_>, Unresolved> {
        let text = self.text_of_names.bytes();
        let Some(OwnSymbol { entry, next }) = self.own.look_up(text, avma.as_u64()) else {
            return Err(self.outside);
        };
        let next = next.or_else(|| self.entries.first().copied());
        if entry.len > 0 {
            return self.answer(&entry, next.as_ref(), avma);
        }
        // Data in a row is one.
        let mut behind = self.entries.iter();
        let is_followed = self.own.has_function_behind(entry.start)
            || behind.any(|entry| entry.len > 0 || entry.module != 0);
        Err(if is_followed {
            Unresolved::NoSymbol
        } else {
            self.outside
        })
    }

    /// Answers for an address below entry `above` and not below the one before it.
    fn below(&self, above: usize, avma: Avma) -> Result<KernelSymbol<'_>, Unresolved> {
        let entry = above.checked_sub(1).and_then(|ix| self.entries.get(ix));
        let Some(entry) = entry else {
            return Err(self.outside);
        };
        self.answer(entry, self.entries.get(above), avma)
    }

    /// Answers for an address that is not below an entry, but below the next one.
    fn answer(
        &self,
        entry: &KallsymsEntry,
        next: Option<&KallsymsEntry>,
        avma: Avma,
    ) -> Result<KernelSymbol<'_>, Unresolved> {
        let end = end_of(entry, next);
        let module = &self.modules[usize::from(entry.module)];
        if module.foreign {
            return Err(Unresolved::OtherBoot);
        }
        if entry.len == 0 || avma.as_u64() >= end {
            return Err(next.map_or(self.outside, |_| Unresolved::NoSymbol));
        }
        Ok(KernelSymbol {
            name: self.name_of(entry).ok_or(Unresolved::NoSymbol)?,
            module: (entry.module != 0).then_some(&*module.name),
            range: Avma::new(entry.start)..Avma::new(end),
        })
    }
}

/// Leaves out data behind other data of its module: the first of it ends the function before it.
pub(super) fn leave_out_data(entries: &mut Vec<KallsymsEntry>) {
    entries.dedup_by(|later, kept| later.len == 0 && kept.len == 0 && later.module == kept.module);
}

pub(super) fn landmarks(entries: &[KallsymsEntry]) -> Vec<u64> {
    entries
        .iter()
        .step_by(STRIDE)
        .map(|entry| entry.start)
        .collect()
}

/// Where a symbol ends: at the next one, but not beyond the page after its own when that is of
/// another module.
fn end_of(entry: &KallsymsEntry, next: Option<&KallsymsEntry>) -> u64 {
    let page_end = match entry.start.checked_next_multiple_of(PAGE) {
        Some(page) => page.saturating_add(PAGE),
        None => u64::MAX,
    };
    match next {
        Some(next) if next.module == entry.module => next.start,
        Some(next) => next.start.min(page_end),
        None => page_end,
    }
}
