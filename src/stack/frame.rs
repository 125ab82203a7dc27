//! One display level of a stack, interned.

use std::sync::Arc;

use crate::intern::Interner;
use crate::units::{CpuMode, index};

index! {
    /// Index of a frame in its [`FrameTable`].
    pub FrameIx
}

/// Where a frame's name comes from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum FrameKind {
    /// A grouping frame above the call chain: process, thread, command or CPU.
    Root,
    /// A symbol was found for the address.
    Function,
    /// A function that debug information tells to be inlined into the frame above, or into one that
    /// is inlined there: it was not called.
    Inlined,
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
    pub name: Arc<str>,
    /// Short name of the DSO (`[kernel]`, `[kvm_intel]`, `libc.so.6`); empty when there is none.
    pub dso: Arc<str>,
    /// The mode of the code.
    pub mode: CpuMode,
    /// Where the name comes from.
    pub kind: FrameKind,
    /// The source file and line, as in `src/main.c:42`: of the code in the innermost frame of an
    /// address, of the call in those above. `None` unless lines were asked for and are told.
    pub line: Option<Box<str>>,
}

/// Frames, each stored once.
#[derive(Debug, Default)]
pub struct FrameTable {
    frames: Interner<Frame, FrameIx>,
}

impl FrameTable {
    /// Returns the index of `frame`, adding it when it is not yet known.
    pub fn intern(&mut self, frame: Frame) -> FrameIx {
        self.frames.intern(frame)
    }

    /// Makes room for so many further frames.
    pub(crate) fn reserve(&mut self, further: usize) {
        self.frames.reserve(further);
    }

    /// The frame of an index that this table handed out.
    pub fn get(&self, ix: FrameIx) -> &Frame {
        &self.frames.items()[ix.as_usize()]
    }

    /// All frames in order of name, DSO, mode and kind.
    pub fn in_order(&self) -> Vec<FrameIx> {
        let mut order: Vec<(&Frame, FrameIx)> =
            self.frames.items().iter().zip((0..).map(FrameIx)).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, ix)| ix).collect()
    }

    /// Number of frames.
    pub fn len(&self) -> usize {
        self.frames.items().len()
    }

    /// Whether there are no frames.
    pub fn is_empty(&self) -> bool {
        self.frames.items().is_empty()
    }
}
