//! What the user points at: a file, a capture directory, a tarball, and what lies beside it.
//!
//! What comes in is a path; what goes out is an [`Input`], which says where the capture and its
//! symbols lie.
//!
//! | file | what is in it |
//! |---|---|
//! | `resolve` | a path to the files behind it: [`Input`] |
//! | `archive/` | tarballs to temporary folders |
//! | `shown_paths` | what files of a temporary folder are called towards the user |

mod archive;
mod resolve;
mod shown_paths;

pub use archive::{ArchiveFault, Refusal};
pub use resolve::{Input, archives_beside};
pub(crate) use shown_paths::ShownPaths;
