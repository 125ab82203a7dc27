//! Symbols of the kernel and its modules.

mod parse;
mod recorded;
mod symbols;
#[cfg(test)]
mod symbols_tests;

pub(crate) use recorded::{EarlyKernel, kernel_build_id};
pub use symbols::{KernelAnchor, KernelSymbol, KernelSymbols};
