//! The user part of stacks that the kernel did not walk itself.
//!
//! Input: what a sample holds behind its call chain. Output: frame addresses.
//!
//! | file | what it does |
//! |---|---|
//! | `branches` | last-branch records in call-stack mode: a whole stack |
//! | `registers` | user registers: the instruction pointer, all there is until copied stacks are unwound |

mod branches;
mod registers;

pub(crate) use branches::{BranchFrames, holds_branches};
pub(crate) use registers::Machine;
