//! What is wrong with an archive.

use std::fmt;
use std::path::PathBuf;

use super::members::Refusal;
use crate::text::counted;

/// What is wrong with an archive that was unpacked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArchiveFault {
    /// A member was left out.
    Refused {
        /// Its name.
        member: PathBuf,
        /// Why.
        why: Refusal,
    },
    /// More members were left out, so many.
    MoreRefused(u64),
    /// It could not be read to its end; what came before is used.
    Broken(String),
}

impl fmt::Display for ArchiveFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A name may hold what a terminal obeys.
            Self::Refused { member, why } => {
                write!(f, "{member:?} is left out: {}", why.as_str())
            }
            Self::MoreRefused(more) => {
                let are = if *more == 1 { "is" } else { "are" };
                write!(f, "{} {are} left out", counted(*more, "more member"))
            }
            Self::Broken(cause) => {
                write!(f, "the archive cannot be unpacked to its end ({cause})")
            }
        }
    }
}
