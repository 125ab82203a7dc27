//! Where the kernel's symbols came from.

use std::path::PathBuf;

use super::symbols::KernelSymbols;
use crate::input::ShownPaths;

/// Where the kernel's symbols come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KernelSource {
    /// This kallsyms text, of the recorded boot.
    SameBoot(PathBuf),
    /// This kallsyms text of another boot of the same kernel, moved; it names no modules.
    OtherBoot(PathBuf),
    /// This kallsyms text, whose boot cannot be checked because the capture does not say where the
    /// kernel lay.
    Unchecked(PathBuf),
    /// All addresses of this kallsyms text are hidden.
    Hidden(PathBuf),
    /// No kallsyms text was found.
    Missing,
}

impl KernelSource {
    /// The same source as the user knows it.
    pub(crate) fn shown(self, paths: &ShownPaths) -> Self {
        match self {
            Self::SameBoot(path) => Self::SameBoot(paths.path(&path)),
            Self::OtherBoot(path) => Self::OtherBoot(paths.path(&path)),
            Self::Unchecked(path) => Self::Unchecked(paths.path(&path)),
            Self::Hidden(path) => Self::Hidden(paths.path(&path)),
            Self::Missing => Self::Missing,
        }
    }
}

/// Kernel symbols that were fitted to the recorded boot.
#[derive(Debug)]
pub(crate) struct FittedKernel {
    pub(crate) symbols: KernelSymbols,
    pub(crate) source: KernelSource,
}

impl FittedKernel {
    /// Whether the symbols are those of another boot, so that modules have no names.
    pub(super) fn lacks_modules(&self) -> bool {
        !matches!(self.source, KernelSource::SameBoot(_)) || self.symbols.has_foreign_modules()
    }

    /// Whether the text is of the recorded boot, as far as its addresses are not hidden.
    pub(super) fn is_of_recorded_boot(&self) -> bool {
        matches!(
            self.source,
            KernelSource::SameBoot(_) | KernelSource::Hidden(_)
        )
    }
}
