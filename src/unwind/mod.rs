//! The user part of stacks that the kernel did not walk itself.
//!
//! Input: what a sample holds behind its call chain; for copied stacks also the timeline and the
//! objects that were mapped. Output: frame addresses.
//!
//! # Copied stacks
//!
//! A sample with a copy of its stack is unwound when the timeline is known, in a walk of its own
//! over the capture: what lies at an address is a matter of time, and no two copies are alike, so
//! that a fold cannot keep them. What a copy tells is a call chain as frame pointers would have
//! given it, and that is folded: memory holds each different stack once and no copy at all. The
//! chain of the kernel stays in front.
//!
//! Each frame is left by the rule that the call frame information of its object states for its
//! address (DWARF, by gimli). Rules are found once for each address of a process and kept. The engine
//! is our own: framehop 0.16 follows the frame pointer wherever a rule is missing or cannot be
//! followed, and does not tell, so that a stack in which it guessed looks like any other; it keeps no
//! registers but the stack and the frame pointer, and evaluates no expression that reads memory, which
//! is what code that aligns its stack and frames of signals are described by. What is told here is
//! told by a rule, or the stack ends with a mark (`StackEnd`). There are three cases without a rule:
//! - code that a program made itself, as just-in-time compilers do, and files without any call frame
//!   information, as stripped Go programs are: their frame pointers are followed;
//! - V8's builtins in programs as node is, the same code made beforehand: known by their symbols, they
//!   are left in the same way;
//! - what the kernel put on the stack to run a signal handler has a layout that is known.
//!
//! Functions of Go's runtime that switch stacks have a rule that is wrong: a stack ends with them.
//!
//! | file | what it does |
//! |---|---|
//! | `branches` | last-branch records in call-stack mode: a whole stack |
//! | `registers` | the instruction pointer among a sample's registers |
//! | `walker` | **copied stacks**, frame by frame |
//! | `code_map` | the objects that copied stacks lead into, opened when the first one does |
//! | `call_frames` | call frame information: which rule holds at an address |
//! | `frame_rule` | a rule: from a frame's registers to its caller's |
//! | `plain_rule` | the same for the rules of nearly all code of x86-64 |
//! | `signal_return` | the same for signal handlers |
//! | `trial` | call frame information without a process, for tests |
//! | `register_file`, `copied_stack` | registers and memory, as far as they are known |

mod branches;
mod call_frames;
mod code_map;
mod copied_stack;
mod frame_rule;
mod plain_rule;
mod register_file;
mod registers;
mod signal_return;
#[cfg(any(test, feature = "internals"))]
mod trial;
mod walker;

pub(crate) use branches::{BranchFrames, holds_branches};
pub(crate) use code_map::{CodeMap, CodeSource};
pub(crate) use registers::Machine;
pub(crate) use signal_return::is_signal_return;
#[cfg(any(test, feature = "internals"))]
pub use trial::callers_of;
pub(crate) use walker::{CopiedSample, StackEnd, StackWalker};
