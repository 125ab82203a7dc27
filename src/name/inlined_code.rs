//! What an object's debug information tells, as frames.

use super::request::FrameDetail;
use super::shown_frame::{shown, shown_line};
use crate::object::DebugPart;
use crate::stack::{Frame, FrameKind};
use crate::symbol::{CodeChainIx, CodeFrame, CodeFrames, CodeTextIx};
use crate::units::{CpuMode, Svma};

/// What an object's debug information tells.
#[derive(Debug)]
pub(super) struct InlinedCode {
    frames: CodeFrames,
    /// What functions are shown as, by their names in debug information.
    names: Vec<Box<str>>,
    detail: FrameDetail,
}

impl InlinedCode {
    /// Makes all names readable.
    pub(super) fn new(frames: CodeFrames, detail: FrameDetail) -> Self {
        let names = frames.texts().map(|name| shown(name, detail).into());
        Self {
            names: names.collect(),
            frames,
            detail,
        }
    }

    /// The files that were read beside the one with the debug information.
    pub(super) fn parts(&self) -> impl Iterator<Item = &DebugPart> {
        self.frames.parts()
    }

    /// What is told of an address.
    pub(super) fn chain_at(&self, address: Svma) -> Option<CodeChainIx> {
        self.frames.at(address)
    }

    /// The line in the function that holds the code.
    pub(super) fn line_of_holder(&self, chain: CodeChainIx) -> Option<Box<str>> {
        self.line(self.frames.chain(chain).first()?)
    }

    /// The functions that are inlined, each into the one before it. One without a name is left out.
    pub(super) fn inlined(
        &self,
        chain: CodeChainIx,
        dso: &str,
        mode: CpuMode,
    ) -> impl Iterator<Item = Frame> {
        let inlined = self.frames.chain(chain).iter().skip(1);
        let inlined = inlined.filter(|_| self.detail.inlined);
        inlined.filter_map(move |frame| {
            Some(Frame {
                name: self.name(frame.function?)?.into(),
                dso: dso.into(),
                mode,
                kind: FrameKind::Inlined,
                line: self.line(frame),
            })
        })
    }

    fn name(&self, ix: CodeTextIx) -> Option<&str> {
        Some(self.names.get(ix.as_usize())?)
    }

    fn line(&self, frame: &CodeFrame) -> Option<Box<str>> {
        let path = self.frames.text(frame.file?);
        (frame.line > 0).then(|| shown_line(path, frame.line, self.detail))
    }
}
