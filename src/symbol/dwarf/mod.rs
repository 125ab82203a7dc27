//! Inlined functions and lines, by debug information (DWARF 2 to 5).
//!
//! Input: an object, the file that holds its debug information, and all addresses of it that are
//! asked for. Output: [`CodeFrames`], for each address the functions that the code there belongs
//! to. All is done at once, so that nothing has to stay open, and on several threads where there is
//! much to do.
//!
//! The function that *holds* an address is told by the symbol table, not here: see `src/name/`.
//! Debug information is untrusted: its sections unpack to no more than they may, and reading is
//! bounded in work and depth.
//!
//! | file | what it does |
//! |---|---|
//! | `resolve` | **the look-up**: addresses to chains of functions |
//! | `inlined` | the same where no lines are wanted, by a walk over the units alone that hold addresses |
//! | `code_frames` | what is told of addresses |
//! | `sections` | the sections of a file, unpacked |
//! | `packed_section` | one of them, compressed |
//! | `entries_ahead` | the largest section of several files, unpacked before it is asked for |
//! | `relocate` | sections of relocatable files, with addresses filled in |
//! | `line_tables` | which units' line tables are read |
//! | `split_units` | `.dwo` and `.dwp` files |
//! | `guard` | the bounds on work |
//! | `section_shelf` | bytes that stay where they are |

mod code_frames;
mod entries_ahead;
mod guard;
mod inlined;
mod line_tables;
mod packed_section;
mod relocate;
mod resolve;
mod section_shelf;
mod sections;
mod split_units;

pub use code_frames::{CodeChainIx, CodeFrame, CodeFrames, CodeTextIx};
pub(crate) use entries_ahead::EntriesAhead;
pub(crate) use resolve::CodeRequest;
pub(crate) use sections::has_debug_information;
