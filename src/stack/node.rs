//! One box of the graph.

use super::frame::FrameIx;
use super::tag::Tag;
use crate::units::index;

index! {
    /// Index of a node in its [`CallTree`](super::tree::CallTree); the root is 0.
    pub NodeIx
}

impl NodeIx {
    /// The invisible node above all stacks.
    pub const ROOT: Self = Self(0);
}

/// One box of the graph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// What is shown; meaningless for the root.
    pub frame: FrameIx,
    /// The tag the frame carries; `None` above the deciding frame and in host work.
    pub tag: Option<Tag>,
    /// Weight of the stacks that pass through or end here.
    pub total: u64,
    /// Weight of the stacks that end here.
    pub own: u64,
    /// The first node behind all that are below this one.
    pub(super) end: NodeIx,
}

impl Node {
    pub(super) const fn new(frame: FrameIx, tag: Option<Tag>) -> Self {
        Self {
            frame,
            tag,
            total: 0,
            own: 0,
            end: NodeIx::ROOT,
        }
    }
}
