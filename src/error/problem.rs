//! All that can go wrong, sorted by what it is about.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::bad_file::BadFile;
use super::bad_request::{BadRequest, NothingLeft};
use super::monitor_fault::MonitorFault;
use super::not_comparable::NotComparable;

/// What went wrong.
#[derive(Debug)]
pub enum Problem {
    /// A file could not be opened, read or written.
    Io {
        /// What was tried, as in "cannot `open`".
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file is not what it should be.
    File {
        /// The file.
        path: PathBuf,
        /// What it is not, or lacks.
        what: BadFile,
    },
    /// A monitor of QEMU's does not answer.
    Monitor {
        /// Its socket.
        path: PathBuf,
        /// Why not.
        what: MonitorFault,
    },
    /// The capture does not carry what is asked of it.
    Request(BadRequest),
    /// The filters leave nothing: an answer, and the answer is negative.
    NoMatch(NothingLeft),
    /// Two sides cannot be compared so.
    Comparison(NotComparable),
    /// The arguments make no sense, or would do harm; in one line.
    Arguments(String),
}

impl Problem {
    /// What the user can do about it.
    pub(super) fn hint(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Io { verb, path, source } => of_system(verb, path, source).map(Cow::Borrowed),
            Self::File { what, .. } => what.hint().map(Cow::Borrowed),
            Self::Monitor { what, .. } => what.hint().map(Cow::Borrowed),
            Self::Request(what) => what.hint(),
            Self::Comparison(what) => what.hint(),
            Self::NoMatch(_) | Self::Arguments(_) => None,
        }
    }
}

/// What helps where the system refuses a file.
fn of_system(verb: &str, path: &Path, source: &io::Error) -> Option<&'static str> {
    let kind = source.kind();
    if kind == ErrorKind::NotFound && verb == "open" && path == Path::new("perf.data") {
        return Some(
            "perf.data is read when no input is named: name one, or record it here: \
             perf record -a -g -- sleep 10",
        );
    }
    let is_input = matches!(verb, "open" | "read");
    (kind == ErrorKind::PermissionDenied && is_input).then_some(
        "perf record writes files that only their owner may read (mode 0600): run vmflame as \
         that user, or let others read it: chmod a+r",
    )
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { verb, path, .. } => write!(f, "cannot {verb} {}", path.display()),
            Self::File { path, what } => write!(f, "{}: {what}", path.display()),
            Self::Monitor { path, what } => write!(f, "{}: {what}", path.display()),
            Self::Request(what) => what.fmt(f),
            Self::NoMatch(what) => what.fmt(f),
            Self::Comparison(what) => what.fmt(f),
            Self::Arguments(what) => f.write_str(what),
        }
    }
}

impl From<BadRequest> for Problem {
    fn from(what: BadRequest) -> Self {
        Self::Request(what)
    }
}

impl From<NothingLeft> for Problem {
    fn from(what: NothingLeft) -> Self {
        Self::NoMatch(what)
    }
}

impl From<NotComparable> for Problem {
    fn from(what: NotComparable) -> Self {
        Self::Comparison(what)
    }
}
