//! Symbols of the kernel and its modules.

mod kallsyms;
mod modules;

pub use kallsyms::{KernelAnchor, KernelSymbol, KernelSymbols};
pub use modules::{ModuleRange, parse_modules};
