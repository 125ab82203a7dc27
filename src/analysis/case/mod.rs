//! What a case consists of: a capture, and all that is needed to name it on another machine.
//!
//! Input: a capture, where its symbols are found here, and how much may leave the host. Output:
//! members of an archive, each with the reason why it is there, and what is missing. Only the
//! files are told that samples hit; the command line adds what the machine tells of itself, and
//! writes the archive.
//!
//! ```text
//! perf.data
//! kallsyms                          the kernel's functions, of the recorded boot
//! buildid/PATH/BUILD_ID/elf         object files, as in perf's build-id cache
//! buildid/PATH/BUILD_ID/debug       their debug files
//! symbols/BUILD_ID.txt              functions by name, in the place of a file
//! mapped-builds.txt                 builds of files that their paths do not tell
//! ```
//!
//! | file | what it does |
//! |---|---|
//! | `gather` | what samples of all events hit |
//! | `contents` | from that to members: the capture, the kernel, generated code |
//! | `objects` | the same of objects |

mod contents;
mod gather;
mod objects;

pub use contents::{CaseContents, CaseMember, CaseRequest, case_contents};
