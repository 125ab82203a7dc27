//! What the call tree is made of.

use super::frame::FrameIx;
use super::tag::Tag;

/// A stack with its weight and what the tagger made of it.
#[derive(Clone, Debug)]
pub struct TaggedStack<'a> {
    /// Frames, root first.
    pub frames: &'a [FrameIx],
    /// The stack's tag.
    pub tag: Tag,
    /// Position in `frames` of the deciding frame: it and all towards the leaf carry the tag.
    /// `frames.len()` when no frame does (host work).
    pub deciding: usize,
    /// What the stack stands for, in the capture's chosen weight.
    pub weight: u64,
}

impl TaggedStack<'_> {
    /// Position of the first frame that carries the tag; the number of frames when none does.
    pub(super) fn tagged_from(&self) -> usize {
        if self.tag == Tag::Host {
            self.frames.len()
        } else {
            self.deciding.min(self.frames.len())
        }
    }
}
