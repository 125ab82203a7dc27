//! Symbols of the kernel and its modules.

mod kallsyms;
mod modules;
mod recorded;

pub use kallsyms::{KernelAnchor, KernelSymbol, KernelSymbols};
pub(crate) use recorded::{EarlyKernel, kernel_build_id};
