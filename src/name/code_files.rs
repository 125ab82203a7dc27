//! The files whose code copied stacks lead into.

use super::this_machine::{ThisMachine, mapped_object};
use crate::bytes::Storage;
use crate::object::{Identified, ObjectFile, ObjectSearch, PassedOver};
use crate::space::{DsoIx, Timeline, is_memory};
use crate::symbol::{LiveKernel, vdso};
use crate::unwind::CodeSource;

/// Finds the files of objects for their code: the same files that names come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CodeFiles<'a> {
    pub(super) timeline: &'a Timeline,
    pub(super) search: &'a ObjectSearch,
    pub(super) live: Option<&'a LiveKernel>,
    /// This machine, where it recorded the capture.
    pub(super) here: Option<ThisMachine>,
}

impl CodeFiles<'_> {
    /// Where the code of an object can be looked at.
    pub(crate) fn find(&self, ix: DsoIx) -> CodeSource {
        let Some(dso) = self.timeline.dso(ix) else {
            return CodeSource::Missing;
        };
        let (path, known) = (&*dso.path, dso.build_id.as_ref());
        if let Some(file) = self.file(ix) {
            return CodeSource::File(file.storage.closed());
        }
        let build_id = self.search.build_of(path, known);
        if let Some(tables) = build_id.and_then(|id| self.search.frame_tables(&id)) {
            return CodeSource::File(tables);
        }
        let lowest = self.timeline.dso_use(ix).map(|used| used.lowest);
        let is_live = |live: &&LiveKernel| {
            path == vdso::VDSO
                && vdso::is_of_running_kernel(live, known, self.here.is_some(), lowest)
        };
        match self.live.filter(is_live) {
            Some(live) => CodeSource::File(Storage::Memory(live.vdso.to_vec())),
            None if known.is_none() && is_memory(path) => CodeSource::Memory,
            None => CodeSource::Missing,
        }
    }

    /// The file of an object. What was passed over on the way is told when names are looked for.
    fn file(&self, ix: DsoIx) -> Option<ObjectFile> {
        let object = mapped_object(self.timeline, ix, self.here.as_ref())?;
        match self.search.identify(&object, &mut PassedOver::default()) {
            Identified::File(file) => Some(*file),
            Identified::Build(wanted) => {
                let found = self.search.find_object(object.recorded, &wanted);
                found.file.ok()
            }
            Identified::Unknown(_) => None,
        }
    }
}
