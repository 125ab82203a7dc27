//! Stage *symbol*: from an address of an object or of the kernel to its function.
//!
//! Input: object files that [`crate::object`] finds, kallsyms texts and symbol tables whose paths
//! the caller gives ([`SymbolRequest`]). Output: names with the range that each covers
//! ([`ObjectSymbols`], [`KernelSymbols`]). Nothing here looks at the running machine on its own:
//! what may be known of it is in [`LiveKernel`].
//!
//! An address without a name is a value with a cause, [`Unresolved`]; only files that cannot be
//! read or make no sense are errors. Every look-up is sized: an address behind the end of the
//! nearest symbol below has no name, since a wrong name is worse than none.
//!
//! Look-ups take the address as it is: whoever holds a return address subtracts one first.
//!
//! | file | what it does |
//! |---|---|
//! | `request`, `unresolved` | what is asked for; why an address has no name |
//! | `found_symbols` | **the functions of an object**: its file, its debug file, a text in their place |
//! | `elf/` | functions of object files |
//! | `dwarf/` | inlined functions and lines, by debug information |
//! | `jit/` | functions of code that programs made at run time |
//! | `kernel/` | functions of the kernel and its modules; functions that mean something to stacks |
//! | `vdso` | functions of the code that the kernel maps into processes |
//! | `vsyscall` | system calls that old programs call at fixed addresses |
//! | `recorded_builds`, `recorded_here` | build ids that a capture records; whether this machine made it |
//! | `process_start` | when processes of this machine began |
//! | `recorded_clock` | times of records as times of files |
//! | `demangle`, `cpp_spelling` | readable names of Rust and C++ |
//! | `base_name`, `dso_name` | names without compilers' suffixes; short names of objects |
//! | `short_name` | names without the arguments of templates and the modules they lie in |
//! | `call_site` | return addresses that no call stands before |
//! | `trampoline` | functions that are returned to without having called |

mod base_name;
mod call_site;
mod cpp_spelling;
mod demangle;
mod dso_name;
mod dwarf;
mod elf;
mod found_symbols;
mod jit;
mod kernel;
mod process_start;
mod recorded_builds;
mod recorded_clock;
mod recorded_here;
mod request;
mod short_name;
mod trampoline;
mod unresolved;
pub(crate) mod vdso;
mod vsyscall;

pub(crate) use base_name::base_name;
pub(crate) use call_site::is_called_by_signals;
#[cfg(any(test, feature = "internals"))]
pub use call_site::places_without_call;
pub use demangle::demangle;
pub(crate) use dso_name::dso_of_kernel_code;
pub use dso_name::module_short_name;
pub(crate) use dwarf::EntriesAhead;
pub use dwarf::{CodeChainIx, CodeFrame, CodeFrames, CodeTextIx};
pub use elf::{
    FunctionWish, ObjectSymbol, ObjectSymbols, Places, Spelling, parse_table, write_table,
};
pub use found_symbols::{CodeWish, FoundCode, FoundSymbols, SymbolFile};
pub(crate) use jit::{AskedLife, DumpClock, FoundDump, FoundMap, JitDumps, MapSearch, lies_in};
pub use jit::{JitDump, PerfMap, Runtime, parse_perf_map};
pub(crate) use kernel::kernel_text;
pub(crate) use kernel::{
    EarlyKernel, FoundModule, IDLE_ENTRY, INTERRUPT_ENTRIES, KernelCodeFile, ModuleQuest,
    is_interrupt_entry, is_jumping_thunk,
};
pub use kernel::{
    GuestKernels, KernelAnchor, KernelSource, KernelSymbol, KernelSymbols, excerpt_kallsyms,
};
pub use process_start::{USER_HZ, process_start};
pub(crate) use recorded_builds::RecordedBuilds;
pub(crate) use recorded_builds::kernel_in_table;
pub(crate) use recorded_clock::RecordedClock;
pub(crate) use recorded_here::RecordedHere;
pub use request::{BothClocks, GuestRequest, LiveKernel, LiveProcesses, SymbolRequest};
pub(crate) use short_name::short_name;
pub(crate) use trampoline::is_trampoline;
pub use unresolved::Unresolved;
pub(crate) use vsyscall::{VSYSCALL, VsyscallEntry};
