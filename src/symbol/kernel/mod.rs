//! Symbols of the kernel and its modules.

mod early;
mod parse;
mod source;
mod symbols;
#[cfg(test)]
mod symbols_tests;

pub(crate) use early::EarlyKernel;
pub use source::KernelSource;
pub use symbols::{KernelAnchor, KernelSymbol, KernelSymbols};
