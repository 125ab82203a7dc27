//! What the user points at: a file, a capture directory, a tarball, and what lies beside it.

mod archive;
mod capture_input;
mod members;
mod metered;
mod shown_paths;
mod sparse;

pub use archive::ArchiveFault;
pub use capture_input::{Input, archives_beside};
pub use members::Refusal;
pub(crate) use shown_paths::ShownPaths;
