//! Tarballs: whole captures, what `perf archive` packs, and cases that are packed here.
//!
//! What comes in is a file, compressed or not; what goes out is a temporary folder with its members,
//! and what was left out of it and why. An archive is a stranger's: no member leads out of the
//! folder, and none makes it larger than the user allows.
//!
//! | file | what is in it |
//! |---|---|
//! | `unpack` | the walk over an archive: [`Archive`] |
//! | `fault` | what is wrong with it: [`ArchiveFault`] |
//! | `members` | members as files in a folder, links at the end: [`Refusal`] says why one is left out |
//! | `metered` | a reader that counts what comes out, and stops at the limit |
//! | `sparse` | files with holes |
//! | `written` | when a member was last written |
//! | `writer` | archives as they are written: [`write_archive`] |

mod fault;
mod members;
mod metered;
mod sparse;
mod unpack;
mod writer;
mod written;

pub use fault::ArchiveFault;
pub use members::Refusal;
pub(super) use unpack::{Archive, unpack, unpack_beside};
pub use writer::{Member, MemberContent, write_archive};
