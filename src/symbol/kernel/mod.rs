//! Symbols of the kernel and its modules.
//!
//! Input: a kallsyms text, and what the capture says of the boot in which it was recorded. Output:
//! [`KernelSymbols`], the functions by address, as they lay in that boot, and their
//! [`KernelSource`].
//!
//! | file | what it does |
//! |---|---|
//! | `symbols` | **the functions of a kernel**, by address; fits them to another boot |
//! | `parse` | reads a kallsyms text |
//! | `own_lines` | the kernel's own lines, read where they stand when a symbol is asked for |
//! | `line` | the form of its lines |
//! | `vmlinux` | makes such a text of the kernel's own file |
//! | `module_symbols` | functions of a module by its own file |
//! | `found_module` | a module's functions and its files |
//! | `kernel_code` | the debug information of the kernel itself |
//! | `early` | chooses the text, reads it beside the fold, then fits it to the recorded boot |
//! | `guests` | the kernels of guests |
//! | `source` | where the symbols came from |
//! | `excerpt` | the part of a text that names given addresses |
//! | `entries` | functions in which the kernel is entered |

mod early;
mod entries;
mod excerpt;
mod found_module;
mod guests;
mod kernel_code;
mod line;
mod module_symbols;
mod own_lines;
mod parse;
mod source;
mod symbols;
#[cfg(test)]
mod symbols_tests;
mod vmlinux;

pub(crate) use early::EarlyKernel;
pub(crate) use entries::{IDLE_ENTRY, INTERRUPT_ENTRIES, is_interrupt_entry, is_jumping_thunk};
pub use excerpt::excerpt_kallsyms;
pub(crate) use found_module::{FoundModule, ModuleQuest};
pub use guests::GuestKernels;
pub(crate) use kernel_code::KernelCodeFile;
pub use source::KernelSource;
pub use symbols::{KernelAnchor, KernelSymbol, KernelSymbols};
pub(crate) use vmlinux::kernel_text;
