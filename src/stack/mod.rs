//! Named frames and the ordered call tree: everything drawn or exported comes from here.

mod frame;
mod sort;
mod steps;
mod tag;
mod tree;

pub use frame::{Frame, FrameIx, FrameKind, FrameTable};
pub use tag::Tag;
pub use tree::{CallTree, Children, NodeIx, TaggedStack};
