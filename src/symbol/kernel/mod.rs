//! Symbols of the kernel and its modules.

mod early;
mod entries;
mod parse;
mod source;
mod symbols;
#[cfg(test)]
mod symbols_tests;

pub(crate) use early::EarlyKernel;
pub(crate) use entries::{IDLE_ENTRY, INTERRUPT_ENTRIES, is_interrupt_entry};
pub use source::KernelSource;
pub use symbols::{KernelAnchor, KernelSymbol, KernelSymbols};
