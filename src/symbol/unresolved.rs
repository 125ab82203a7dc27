//! Why an address has no name.

use std::fmt;

/// Why an address has no name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Unresolved {
    /// No mapping of the process covers the address.
    NoMapping,
    /// The object's file was found nowhere.
    NoFile,
    /// The capture has no build id for the object, so no file can be known to be the same.
    NoBuildId,
    /// Files were found, but their build ids are not the recorded one.
    BuildIdMismatch,
    /// The file has no symbols at all: it is stripped.
    NoSymbols,
    /// The address lies between the symbols.
    NoSymbol,
    /// The kernel's symbols were not given.
    NoKernelSymbols,
    /// The kernel's symbols have no addresses: `kernel.kptr_restrict` hid them.
    KernelHidden,
    /// The symbols are those of another boot, in which this module lay elsewhere.
    OtherBoot,
    /// The file is stripped and its debug file was found nowhere: only functions that it exports
    /// have names.
    Stripped,
    /// The code lies in memory and in no file, as that of a just-in-time compiler.
    Generated,
    /// The file was deleted or replaced while it was in use.
    Deleted,
    /// The address is no caller's: no call stands before it.
    NoCall,
    /// The file is there, but cannot be read or makes no sense.
    Unreadable,
    /// The file at the path is not the one that was mapped, or cannot be told from others that
    /// were.
    OtherFile,
}

impl Unresolved {
    /// All causes, in display order.
    pub const ALL: [Self; 15] = [
        Self::NoMapping,
        Self::NoFile,
        Self::NoBuildId,
        Self::BuildIdMismatch,
        Self::NoSymbols,
        Self::NoSymbol,
        Self::NoKernelSymbols,
        Self::KernelHidden,
        Self::OtherBoot,
        Self::Stripped,
        Self::Generated,
        Self::Deleted,
        Self::NoCall,
        Self::Unreadable,
        Self::OtherFile,
    ];

    /// Its position in [`Self::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoMapping => "no mapping at the address",
            Self::NoFile => "object file not found",
            Self::NoBuildId => "no build id recorded, so no file can be trusted",
            Self::BuildIdMismatch => "only files with another build id found",
            Self::NoSymbols => "object file has no symbols",
            Self::NoSymbol => "no symbol at the address",
            Self::NoKernelSymbols => "no kernel symbols given",
            Self::KernelHidden => "kernel symbols hidden by kptr_restrict",
            Self::OtherBoot => "kernel symbols are of another boot",
            Self::Stripped => "stripped, no debug file",
            Self::Generated => "generated code without a map",
            Self::Deleted => "object file deleted or replaced",
            Self::NoCall => "no caller: no call before the return address",
            Self::Unreadable => "object file cannot be read",
            Self::OtherFile => "the file at its path is not, or may not be, the one that ran",
        })
    }
}
