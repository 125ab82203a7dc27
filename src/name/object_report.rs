//! What was found for an object of user space.

use std::path::PathBuf;

use crate::error::Error;
use crate::input::ShownPaths;
use crate::object::{LookedAt, LostUnit, LostUnitCause, Refused};
use crate::symbol::{FoundCode, Runtime, Unresolved};
use crate::units::BuildId;

/// What was found for an object that samples hit.
#[derive(Debug)]
pub struct ObjectReport {
    /// The object as recorded.
    pub path: String,
    /// Its recorded build id.
    pub build_id: Option<BuildId>,
    /// The file that names come from, or why there are none.
    pub outcome: Result<PathBuf, Unresolved>,
    /// The places in which its file was looked for, in this order; none where a table in the place
    /// of the file was found, or where it cannot be told which file it was.
    pub looked_at: Vec<LookedAt>,
    /// Files of another build, which were not used.
    pub refused: Vec<Refused>,
    /// Files that could not be read or make no sense.
    pub broken: Vec<Error>,
    /// The debug information that was asked for inlined functions and lines; `None` when they were not
    /// wanted or no file with any was found.
    pub debug: Option<DebugReport>,
    /// The runtime that made the code in it, when it is code without a map of a known runtime.
    pub runtime: Option<Runtime>,
}

/// What was found of an object's debug information.
#[derive(Clone, Debug)]
pub struct DebugReport {
    /// The file that was asked.
    pub file: PathBuf,
    /// Addresses of which it cannot be read.
    pub unreadable: u64,
    /// What of it lies in files of their own that are not to be had, in order of name.
    pub lost: Vec<LostUnit>,
}

impl DebugReport {
    /// What was found with these frames.
    pub(super) fn of(code: &FoundCode) -> Self {
        Self {
            file: code.file.clone(),
            unreadable: code.frames.unreadable(),
            lost: code.frames.lost().cloned().collect(),
        }
    }

    /// The same report of files as the user knows them.
    fn shown(self, paths: &ShownPaths) -> Self {
        let mut lost = self.lost;
        for LostUnit { cause, .. } in &mut lost {
            match cause {
                LostUnitCause::NoFile => (),
                LostUnitCause::OtherCompilation(file) | LostUnitCause::Unreadable(file) => {
                    *file = paths.path(file);
                }
            }
        }
        Self {
            file: paths.path(&self.file),
            unreadable: self.unreadable,
            lost,
        }
    }
}

impl ObjectReport {
    /// What reports are put in order by: path and build id.
    pub(super) fn order(&self) -> (String, Option<String>) {
        let build_id = self.build_id.as_ref().map(BuildId::to_string);
        (self.path.clone(), build_id)
    }

    /// The same report of files as the user knows them.
    pub(super) fn shown(self, paths: &ShownPaths) -> Self {
        let mut refused = self.refused;
        for refused in &mut refused {
            refused.path = paths.path(&refused.path);
        }
        let mut looked_at = self.looked_at;
        for looked_at in &mut looked_at {
            looked_at.place = paths.path(&looked_at.place);
        }
        let broken = self.broken.into_iter().map(|error| paths.error(error));
        Self {
            path: self.path,
            build_id: self.build_id,
            outcome: self.outcome.map(|file| paths.path(&file)),
            looked_at,
            refused,
            broken: broken.collect(),
            debug: self.debug.map(|debug| debug.shown(paths)),
            runtime: self.runtime,
        }
    }
}
