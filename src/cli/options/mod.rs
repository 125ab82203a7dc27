//! Options that verbs share.
//!
//! What comes in is what clap reads; what goes out is what the library is asked for. The options of
//! one verb lie beside the verb.
//!
//! | file | what is in it |
//! |---|---|
//! | `input` | where the capture and its symbols are |
//! | `case_places` | the same of several captures |
//! | `cohort` | which part of a dataset is meant (feature `fleet`) |
//! | `interval` | how long a row of a table over time lasts |
//! | `debuginfod` | whether files are downloaded |
//! | `devices` | what tells which devices a VM has |
//! | `filter` | which samples are wanted |
//! | `stacks` | what stacks look like, and what a sample weighs |
//! | `picture` | what of a picture is drawn, and which way it grows |
//! | `refused` | filters of perf's that are not taken |
//! | `headings` | the groups of options in `--help` |

mod case_places;
#[cfg(feature = "fleet")]
mod cohort;
mod debuginfod;
mod devices;
mod filter;
mod guest;
pub(super) mod headings;
mod input;
mod interval;
mod picture;
mod refused;
mod stacks;

pub(super) use case_places::CasePlaces;
#[cfg(feature = "fleet")]
pub(super) use cohort::{CohortOptions, CohortSides, EngineOption};
pub(super) use debuginfod::{AskedDownloads, DebuginfodOptions};
pub(super) use devices::{DeviceOptions, MtreeFile};
pub(super) use filter::{CpuList, FilterOptions, TimeList, parse_cpus, parse_time_list};
pub(super) use guest::GuestOptions;
pub(super) use input::{
    InputOptions, also_k, check_caches, check_debug_folders, check_kallsyms, check_roots,
};
pub(super) use interval::parse_interval;
pub(super) use picture::PictureOptions;
pub(super) use refused::RefusedOptions;
pub(super) use stacks::{Group, NameOptions, Weight, read_rules, scope_of};
