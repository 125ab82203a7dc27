//! Stage "name": from an address of an object to the name of its function.
//!
//! Input are object files, kallsyms texts and symbol tables whose paths the caller gives; output
//! are names with the range they cover. Nothing here looks at the running machine on its own.
//!
//! An address without a name is a value with a cause, [`Unresolved`]; only files that cannot be
//! read or make no sense are errors. Every look-up is sized: an address behind the end of the
//! nearest symbol below has no name, since a wrong name is worse than none.
//!
//! Look-ups take the address as it is: whoever holds a return address subtracts one first.

mod base_name;
mod cpp_spelling;
mod demangle;
mod dso_name;
mod elf;
mod find;
mod kernel;
mod recorded_here;
mod request;
mod trampoline;
pub mod vdso;

pub(crate) use base_name::base_name;
pub use demangle::demangle;
pub use dso_name::{is_memory, module_short_name};
pub use elf::{ObjectSymbol, ObjectSymbols, parse_table, read_build_id, write_table};
pub use find::{ObjectSearch, Refused};
pub(crate) use kernel::EarlyKernel;
pub use kernel::{KernelAnchor, KernelSymbol, KernelSymbols, parse_modules};
pub(crate) use recorded_here::RecordedHere;
pub use request::{KernelSource, LiveKernel, SymbolRequest};
pub use trampoline::is_trampoline;

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
    /// The file is there, but cannot be read or makes no sense.
    Unreadable,
}

impl Unresolved {
    /// All causes, in display order.
    pub const ALL: [Self; 13] = [
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
        Self::Unreadable,
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
            Self::Unreadable => "object file cannot be read",
        })
    }
}
