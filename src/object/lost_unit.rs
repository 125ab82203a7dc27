//! Debug information that lies in a file of its own and is not to be had.

use std::fmt;
use std::path::PathBuf;

/// The debug information of a source file that lies in a `.dwo` or `.dwp` of its own and was not found.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct LostUnit {
    /// The `.dwo` as the compiler was told to call it, in its folder; empty when that is not stated.
    pub name: PathBuf,
    /// Why there is none.
    pub cause: LostUnitCause,
}

/// Why split debug information of a source file is not to be had.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LostUnitCause {
    /// No file is where it is looked for.
    NoFile,
    /// This file is there, and is of another compilation.
    OtherCompilation(PathBuf),
    /// This file is there, and cannot be read.
    Unreadable(PathBuf),
}

impl fmt::Display for LostUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            LostUnitCause::NoFile if self.name.as_os_str().is_empty() => {
                f.write_str("a .dwo without a name")
            }
            LostUnitCause::NoFile => write!(f, "{} not found", self.name.display()),
            LostUnitCause::OtherCompilation(file) => {
                write!(f, "{} is of another compilation", file.display())
            }
            LostUnitCause::Unreadable(file) => write!(f, "{} cannot be read", file.display()),
        }
    }
}
