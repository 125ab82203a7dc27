//! `info mtree` of QEMU's monitor, in all styles since 1.0, to a [`MemoryMap`](super::MemoryMap).
//!
//! Input: a text that a monitor printed, with the monitor's noise: prompts, echoes, escapes of the
//! terminal, CRLF, what other commands printed. Output: which region answers at each address.
//!
//! `info mtree -f` prints that directly: the flat view of an address space. `info mtree` prints the
//! tree that flat views are made of; `render` makes one as QEMU does. A text with both is read as
//! the flat views say. Where several trees or views of one address space stand in the text, they
//! are laid over each other, and what they do not agree on is left open.
//!
//! | file | what it does |
//! |---|---|
//! | `read` | **the procedure**: a text to a map |
//! | `lines` | lines without the monitor's noise |
//! | `entry` | the line of a region |
//! | `sections` | lines to trees and flat views |
//! | `tree` | the regions of a text, and which is inside of which |
//! | `render` | a tree to the ranges that its regions answer for |
//! | `claims` | ranges that were given out first come, first served |
//! | `containers` | regions that hold others and answer for nothing themselves |
//!
//! Source: `mtree_print_mr()`, `mtree_print_flatview()`, `render_memory_region()` in
//! `softmmu/memory.c`, QEMU 7.2, and `memory.c`, QEMU 1.0 to 2.8.

mod claims;
mod containers;
mod entry;
mod lines;
mod read;
mod render;
mod sections;
mod tree;

pub use read::NoMap;
