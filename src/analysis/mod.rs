//! The pipeline: from a capture to named, tagged stacks.
//!
//! Input: a capture, a `Request`, and where symbols may be found. Output: a `Profile`, or a `Survey`
//! of what is there. Both come of the same front half: samples are chosen and folded, the timeline
//! is built, stacks are settled.
//!
//! | file | what it does |
//! |---|---|
//! | `request` | what is wanted |
//! | `choice` | which samples are meant: event, times; and folds them |
//! | `front_half` | timeline and settled stacks, the kernel's symbols read beside them |
//! | `profile` | **the list of stages**: front half, name (which locates), tag, filter, add up |
//! | `case` | what a case consists of, to be named on another machine: what `pack` writes |
//! | `disk_io` | requests to disks, by QEMU's own traces: what `blockio` shows |
//! | `event_losses` | what was recorded of each event, and what was lost |
//! | `exits` | VM exits, by kvm tracepoints: what `exits` shows |
//! | `stat` | how often events occurred, by VM and over time: what `stat` shows |
//! | `survey` | what is counted and found either way; the stages without tags, for `info` |
//! | `roles` | which VM a thread belongs to, and what it does there |
//! | `samples` | samples one by one, with times and threads: for what stacks alone do not tell |
//! | `slices`, `stack_slices` | samples by slices of time, which a diff needs: of events, of stacks |
//! | `threads` | how long threads ran, and on what: what `threads` shows |
//! | `timing` | how long the stages took |
//! | `top` | functions by what they weigh: what `info --top` shows |
//! | `vms` | which processes are virtual machines |
//! | `subtitle` | a profile in one line |
//! | `weight_unit` | what weights count |

pub mod case;
mod choice;
pub mod disk_io;
mod event_losses;
pub mod exits;
mod front_half;
mod profile;
mod request;
mod roles;
pub mod samples;
mod slices;
mod stack_slices;
pub mod stat;
mod subtitle;
mod survey;
pub mod threads;
mod timing;
mod top;
mod vms;
mod weight_unit;

pub use crate::fold::WeightKind;
pub use crate::name::{FrameDetail, FrameScope, Grouping, VmNaming};
pub use crate::parallel::give_back;
pub use choice::{choose_event, event_names, is_flat, is_of_branches, why_not_stitched};
pub use event_losses::{EventLoss, EventLosses, event_losses};
pub use profile::{Profile, profile};
pub use request::{Request, TimeRequest, parse_times};
#[cfg(feature = "fleet")]
pub(crate) use roles::vm_of_name;
pub use slices::count_in_slices;
pub use stack_slices::{SliceWeight, StackSlices};
pub(crate) use subtitle::is_time;
pub use subtitle::{subtitle, title};
pub use survey::{Account, Survey, count_records, survey, survey_of};
pub use timing::{Stage, Stopwatch, Timings};
pub use top::{ListedFunction, TopFunction, TopOrder, top_functions};
pub use vms::{VmProcess, is_of_machine, vm_processes};
