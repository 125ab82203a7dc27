//! Options that verbs share.
//!
//! What comes in is what clap reads; what goes out is what the library is asked for. The options of
//! one verb lie beside the verb.
//!
//! | file | what is in it |
//! |---|---|
//! | `input` | where the capture and its symbols are |
//! | `filter` | which samples are wanted |
//! | `stacks` | what stacks look like, what a sample weighs, how wide a picture's boxes are |
//! | `refused` | filters of perf's that are not taken |
//! | `headings` | the groups of options in `--help` |

mod filter;
pub(super) mod headings;
mod input;
mod refused;
mod stacks;

pub(super) use filter::{FilterOptions, TimeList, parse_cpus};
pub(super) use input::{InputOptions, check_caches, check_kallsyms};
pub(super) use refused::RefusedOptions;
pub(super) use stacks::{Group, NameOptions, Weight, parse_width, read_rules, scope_of};
