//! The user part of stacks that the kernel did not walk itself.
//!
//! Input: what a sample holds behind its call chain. Output: frame addresses. Last-branch records
//! in call-stack mode give a whole stack ([`BranchFrames`]); a copy of registers and stack memory
//! gives the instruction pointer ([`Machine::instruction_pointer`]), until the memory is unwound.

mod branches;
mod registers;

pub use branches::{BranchFrames, holds_branches};
pub use registers::Machine;
