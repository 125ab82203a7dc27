//! The objects that copied stacks lead into.

use std::fmt;
use std::sync::OnceLock;

use super::call_frames::CallFrames;
use crate::bytes::Storage;
use crate::object::{CodeMachine, CodeObject};
use crate::space::{DsoIx, Timeline};

/// Where the code of a mapped object can be looked at.
#[derive(Debug)]
pub(crate) enum CodeSource {
    /// In its file.
    File(Storage),
    /// Nowhere: the program made it, and no file is behind it.
    Memory,
    /// Nowhere: its file is not at hand.
    Missing,
}

/// What is known of an object's code.
#[derive(Debug)]
pub(super) enum MappedCode {
    /// Its file.
    File(Box<CallFrames>),
    /// The program made it.
    Memory,
    /// Its file is not at hand, or is none of the machine's.
    Missing,
}

/// How code is found.
type FindCode<'m> = dyn Fn(DsoIx) -> CodeSource + Sync + 'm;

/// The objects that copied stacks lead into, each opened when the first stack does. All threads share
/// them.
pub(crate) struct CodeMap<'m> {
    pub(super) timeline: &'m Timeline,
    pub(super) machine: CodeMachine,
    find: Box<FindCode<'m>>,
    /// By number.
    objects: Box<[OnceLock<MappedCode>]>,
}

impl fmt::Debug for CodeMap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CodeMap")
            .field("machine", &self.machine)
            .field("objects", &self.objects)
            .finish_non_exhaustive()
    }
}

impl<'m> CodeMap<'m> {
    /// No object is open yet; `find` is asked once for each.
    pub(crate) fn new(
        timeline: &'m Timeline,
        machine: CodeMachine,
        find: impl Fn(DsoIx) -> CodeSource + Sync + 'm,
    ) -> Self {
        Self {
            timeline,
            machine,
            find: Box::new(find),
            objects: (0..timeline.dso_count()).map(|_| OnceLock::new()).collect(),
        }
    }

    /// The code of an object.
    pub(super) fn code_of(&self, dso: DsoIx) -> &MappedCode {
        let Some(object) = self.objects.get(dso.as_usize()) else {
            return &MappedCode::Missing;
        };
        object.get_or_init(|| match (self.find)(dso) {
            CodeSource::Memory => MappedCode::Memory,
            CodeSource::Missing => MappedCode::Missing,
            CodeSource::File(storage) => match CodeObject::of(storage) {
                Some(object) if object.machine() == self.machine => {
                    MappedCode::File(Box::new(CallFrames::of(object)))
                }
                Some(_) | None => MappedCode::Missing,
            },
        })
    }
}
