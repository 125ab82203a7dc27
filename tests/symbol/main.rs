//! Names of addresses, against perf, binutils and other oracles.

mod aliases;
#[path = "../common/mod.rs"]
mod common;
mod containers;
mod debug_files;
mod guests;
mod inlined;
mod jitdumps;
mod kernel_code;
mod kernel_of_other_boot;
mod mapped_files;
mod modules;
mod overwritten;
mod perf_maps;
mod perf_script;
mod places;
mod recorded_here;
mod tools;
mod vmlinux;
