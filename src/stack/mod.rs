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
//! | `node` | one box of it |
//! | `rows` | stacks as rows of steps that sort like their frames |
//! | `sort` | sorts such rows |
//! | `growth` | the nodes that sorted rows make, some on each thread |

mod frame;
mod growth;
mod node;
mod rows;
mod sort;
mod tag;
mod tagged_stack;
#[cfg(test)]
mod testing;
mod tree;

pub use frame::{Frame, FrameIx, FrameKind, FrameTable};
pub use node::NodeIx;
pub use tag::Tag;
pub use tagged_stack::TaggedStack;
pub use tree::{CallTree, Children};
