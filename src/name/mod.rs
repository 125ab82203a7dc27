//! Stage "name": from locations to named stacks, each different one once.
//!
//! Input: settled stacks, the timeline, what symbols may be read from, and a `NameRequest`. Output:
//! `NamedStacks`, and a `NameReport` of the frames, of what was found for objects and of what has no
//! name.
//!
//! Worker threads locate and name blocks of stacks. When all are named it is known which threads run
//! a vCPU, and so what stacks must be kept apart; then each worker merges its own.
//!
//! A location has one frame, or a run of several: the function that its object's symbol table tells
//! comes first, then those that debug information tells to be inlined there. Runs are numbered
//! (`named_runs`), so that stacks hold one piece for a location either way, and an object without
//! debug information costs nothing. All addresses of an object are looked up in one batch, before
//! the first of them has a name. The frames of inlined functions are marked
//! ([`FrameKind::Inlined`](crate::stack::FrameKind::Inlined)): tags pass them over, so that they do
//! not hang on which debug files are at hand, and a comparison takes them out where only one side has
//! them.
//!
//! | file | what it does |
//! |---|---|
//! | `request` | what naming needs to know of what is wanted |
//! | `naming` | the entry: all steps in order |
//! | `name_worker` | a thread's blocks, located and named |
//! | `namer` | one location to its frames: kernel, objects, guests |
//! | `kernel_objects`, `kernel_frames` | files of the kernel and of modules; addresses of the kernel to frames |
//! | `this_machine` | what ties a capture to the files of the machine that made it |
//! | `overwritten` | programs that were overwritten in place while the recorder ran |
//! | `object_report` | what was found for an object of user space |
//! | `object_share` | how much of stacks lies in each object, with names and without |
//! | `memory` | memory that programs filled with code |
//! | `kernel_chain` | call chains of the kernel alone, without the steps of whole stacks |
//! | `user_objects` | the objects that samples hit, and what was found for them |
//! | `hits` | what samples lie in, without their stacks |
//! | `inlined_code` | what an object's debug information tells of its functions |
//! | `shown_frame`, `shown_names` | how functions, and addresses without one, are shown; all functions of an object |
//! | `unnamed` | why frames have no name, counted |
//! | `piece`, `named_runs` | what stacks are made of until they are merged |
//! | `grouping`, `classes` | the frames above a call chain; what a thread's stacks have in common |
//! | `vm_names`, `vm_naming` | how several VMs are told apart; who tells what they are called |
//! | `ahead` | debug information that is unpacked beside locating |
//! | `asked` | the places of objects that names are asked for |
//! | `found_functions` | the functions that places in objects lie in |
//! | `calling` | whether what lies at a return address has called |
//! | `code_files` | the same files for what unwinding needs of them |
//! | `kept_stacks` | where stacks come to stand when others are left out |
//! | `doubtful` | samples that show less than there was |
//! | `places` | which named stack a settled one has become |
//! | `merge`, `joined` | stacks of the same frames become one: those of a worker, of all |
//! | `piece_stacks`, `frame_hash` | a worker's different stacks, in pieces; what finds those that are the same |
//! | `merged_stack`, `shown_pieces` | one of them but for its pieces; what pieces show, at hand |
//! | `stacks` | the result |

mod ahead;
mod asked;
mod calling;
mod classes;
mod code_files;
mod doubtful;
mod found_functions;
mod frame_hash;
mod grouping;
mod hits;
mod inlined_code;
mod joined;
mod kept_stacks;
mod kernel_chain;
mod kernel_frames;
mod kernel_objects;
mod memory;
mod merge;
mod merged_stack;
mod name_worker;
mod named_runs;
mod namer;
mod naming;
mod object_report;
mod object_share;
mod overwritten;
mod piece;
mod piece_stacks;
mod places;
mod request;
mod shown_frame;
mod shown_names;
mod shown_pieces;
mod stacks;
mod this_machine;
mod unnamed;
mod user_objects;
mod vm_names;
mod vm_naming;

pub use classes::ThreadSpell;
pub use grouping::Grouping;
pub(crate) use grouping::{SplitName, TaskNames};
pub(crate) use hits::{HitModule, HitObject, Hits};
pub(crate) use kernel_chain::name_kernel_chains;
pub(crate) use namer::{Namer, NamerInput};
pub(crate) use naming::name_stacks;
pub use object_report::{DebugReport, ObjectReport};
pub use object_share::ObjectShare;
pub(crate) use overwritten::{RecordedBy, proved_builds};
pub use request::{FrameDetail, FrameScope};
pub(crate) use request::{NameRequest, StackFilter, StackRecording};
pub use stacks::{NamedStacks, Stack};
pub use unnamed::Unnamed;
pub(crate) use unnamed::by_cause;
pub use vm_naming::VmNaming;
