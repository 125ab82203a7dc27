//! One display level of a stack, interned.

use hashbrown::HashMap;

use crate::units::CpuMode;

/// Index of a frame in its [`FrameTable`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FrameIx(pub u32);

impl FrameIx {
    /// The index for use on slices.
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// Where a frame's name comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FrameKind {
    /// A grouping frame above the call chain: process, thread, command or CPU.
    Root,
    /// A symbol was found for the address.
    Function,
    /// No name was found: the frame shows `[dso]` or `[unknown]`.
    Unresolved,
    /// Stands for guest code, whose symbols are not looked up.
    Guest,
}

/// One display level of a stack.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Frame {
    /// What is shown: a demangled function, `[dso]`, `[unknown]`, `[guest kernel]`, or a root name.
    /// Bytes from the capture, not yet safe for any output format.
    pub name: Box<str>,
    /// Short name of the DSO (`[kernel]`, `[kvm_intel]`, `libc.so.6`); empty when there is none.
    pub dso: Box<str>,
    /// The mode of the code.
    pub mode: CpuMode,
    /// Where the name comes from.
    pub kind: FrameKind,
}

/// Frames, each stored once.
#[derive(Debug, Default)]
pub struct FrameTable {
    frames: Vec<Frame>,
    index: HashMap<Frame, FrameIx>,
}

impl FrameTable {
    /// Returns the index of `frame`, adding it when it is not yet known.
    pub fn intern(&mut self, frame: Frame) -> FrameIx {
        if let Some(&known) = self.index.get(&frame) {
            return known;
        }
        // A table of 2^32 frames would need more memory than any machine has.
        let ix = FrameIx(u32::try_from(self.frames.len()).unwrap_or(u32::MAX));
        self.frames.push(frame.clone());
        self.index.insert(frame, ix);
        ix
    }

    /// The frame of an index that this table handed out.
    pub fn get(&self, ix: FrameIx) -> &Frame {
        &self.frames[ix.as_usize()]
    }

    /// All frames in order of name, DSO, mode and kind.
    pub fn in_order(&self) -> Vec<FrameIx> {
        let mut order: Vec<(&Frame, FrameIx)> =
            self.frames.iter().zip((0..).map(FrameIx)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, ix)| ix).collect()
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }
}
