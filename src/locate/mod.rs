//! Stage "locate": from the addresses of raw stacks to where they lie.
//!
//! Input: settled stacks, the timeline and the kernel's functions. Output: for each stack its path:
//! its thread and its pieces, which are locations and runs of callers, each different one once.
//! Nothing has a name yet, so that stacks can be located in parallel.
//!
//! | file | what it does |
//! |---|---|
//! | `locator` | the entry: stack by stack, in the order of the chain |
//! | `addresses` | one address to its location |
//! | `spaces` | what processes map, and where they map nothing |
//! | `address_cache` | the direct-mapped cache in front of it |
//! | `caller_runs` | callers that many stacks have in common, looked at once |
//! | `location` | what is told of an address that lies in no object |
//! | `object_places` | places in objects, by object |
//! | `kernel_function` | the kernel's function that an address lies in |
//! | `frame_entry` | what a kernel function means for what called it |
//! | `stack_mark` | what stands above a stack that is not whole |
//! | `piece`, `task` | what located stacks are made of, and whose they are |

mod address_cache;
mod addresses;
mod caller_runs;
mod frame_entry;
mod kernel_function;
mod location;
mod locator;
mod object_places;
mod piece;
mod spaces;
mod stack_mark;
mod task;

pub(crate) use addresses::Addresses;
pub(crate) use location::{GuestAddress, Location, NumberedLocation};
pub(crate) use locator::{LocateRequest, Locator, StackPath};
pub(crate) use object_places::{HitPlace, ObjectPlaces};
pub(crate) use piece::{Located, LocatedPiece};
pub(crate) use stack_mark::StackMark;
pub(crate) use task::{LocatedTask, TaskKey};
