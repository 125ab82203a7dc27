//! What the user points at: a file, a capture directory, a tarball, and what lies beside it.
//!
//! What comes in is a path, or what standard input brought. What goes out is an [`Input`], which
//! says where the capture and its symbols lie, and what was [`Opened`] there: a capture, a trace.dat, or
//! text. A new format is a variant of [`FileKind`] and of [`Opened`], and a
//! folder beside `src/perf/` that reads it.
//!
//! | file | what is in it |
//! |---|---|
//! | `resolve` | a path to the files behind it: [`Input`] |
//! | `case_files` | what lies beside a capture and tells of the host and of the VMM |
//! | `archive/` | tarballs to temporary folders |
//! | `shown_paths` | what files of a temporary folder are called towards the user |
//! | `recognise` | first bytes to what a file is: [`FileKind`] |
//! | `open` | a file, a directory or a stream to what is in it: [`Opened`] |

mod archive;
mod case_files;
mod open;
mod recognise;
mod resolve;
mod shown_paths;

pub use crate::bytes::{Spool, UnpackLimit};
pub use archive::{ArchiveFault, Member, MemberContent, Refusal, write_archive};
pub use case_files::CaseFiles;
pub use open::{Opened, TextFile, open_spool};
pub use recognise::FileKind;
pub use resolve::{Input, archives_beside};
pub(crate) use shown_paths::ShownPaths;
