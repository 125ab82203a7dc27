//! Where an object's file was looked for, and what was there.

use std::fmt;
use std::path::PathBuf;

use super::object_file::FileOrigin;

/// A place in which an object's file was looked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LookedAt {
    /// What kind of place it is.
    pub origin: FileOrigin,
    /// The folder, or the file itself at a recorded path.
    pub place: PathBuf,
    /// What was there.
    pub outcome: LookOutcome,
}

/// What was found in a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LookOutcome {
    /// The file that was taken.
    Taken,
    /// No file for the object.
    NoFile,
    /// A file of another build.
    OtherBuild,
    /// A file that cannot be read or makes no sense.
    Unusable,
}

impl fmt::Display for LookOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Taken => "taken",
            Self::NoFile => "no file",
            Self::OtherBuild => "another build",
            Self::Unusable => "unreadable",
        })
    }
}

/// A place, with the files in it that may be an object's.
#[derive(Debug)]
pub(super) struct SearchPlace {
    pub(super) origin: FileOrigin,
    pub(super) place: PathBuf,
    pub(super) files: Vec<PathBuf>,
}
