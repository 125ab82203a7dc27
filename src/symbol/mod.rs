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
mod found_symbols;
mod kernel;
mod recorded_builds;
mod recorded_here;
mod request;
mod trampoline;
mod unresolved;
pub mod vdso;

pub(crate) use base_name::base_name;
pub use demangle::demangle;
pub use dso_name::{is_memory, module_short_name};
pub use elf::{ObjectSymbol, ObjectSymbols, parse_table, write_table};
pub use found_symbols::{FoundSymbols, SymbolFile};
pub(crate) use kernel::{EarlyKernel, IDLE_ENTRY, INTERRUPT_ENTRIES, is_interrupt_entry};
pub use kernel::{KernelAnchor, KernelSource, KernelSymbol, KernelSymbols};
pub(crate) use recorded_builds::RecordedBuilds;
pub(crate) use recorded_here::RecordedHere;
pub use request::{LiveKernel, SymbolRequest};
pub use trampoline::is_trampoline;
pub use unresolved::Unresolved;
