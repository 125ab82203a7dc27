//! Named frames and the ordered call tree: everything drawn or exported comes from here.
//!
//! Stage *tree*. Input: stacks of interned frames with a tag and a weight each ([`TaggedStack`]).
//! Output: one [`CallTree`], whose nodes are merged by frame and tag and lie in the order in which
//! they are read.
//!
//! | file | what it does |
//! |---|---|
//! | `frame` | one display level of a stack; the table that holds each once |
//! | `tag` | what a sample of a VM host is doing, in one word |
//! | `tagged_stack` | what the tree is made of |
//! | `tree` | **the call tree** |
//! | `steps` | stacks as rows of numbers that sort like their frames |
//! | `sort` | sorts such rows |

mod frame;
mod sort;
mod steps;
mod tag;
mod tagged_stack;
mod tree;

pub use frame::{Frame, FrameIx, FrameKind, FrameTable};
pub use tag::Tag;
pub use tagged_stack::TaggedStack;
pub use tree::{CallTree, Children, NodeIx};
