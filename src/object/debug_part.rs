//! Files that debug information is divided into.

use std::path::{Path, PathBuf};

use super::cache_layout::{DEBUG_FILE, case_place};
use super::debug_files::inside;
use crate::units::BuildId;

/// A file that was read beside the one with an object's debug information.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct DebugPart {
    pub(crate) file: PathBuf,
    pub(crate) kind: DebugPartKind,
}

/// What it is, which tells where it is looked for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum DebugPartKind {
    /// A package of split debug information, which is called like the object.
    Package,
    /// The split debug information of a source file, as the compiler was told to call it.
    Split(PathBuf),
    /// What several debug files have in common, of this build.
    Common(BuildId),
}

impl DebugPart {
    /// Where a case holds it whose object lies in a folder under a name, so that it is found there.
    pub(crate) fn place_in_case(&self, recorded: &str, folder: &Path, name: &str) -> PathBuf {
        match &self.kind {
            DebugPartKind::Package => folder.join(format!("{name}.dwp")),
            DebugPartKind::Split(name) if name.is_relative() => folder.join(inside(name)),
            DebugPartKind::Split(name) => {
                folder.join(name.file_name().map_or_else(PathBuf::new, PathBuf::from))
            }
            DebugPartKind::Common(build_id) => case_place(recorded, build_id).join(DEBUG_FILE),
        }
    }
}
