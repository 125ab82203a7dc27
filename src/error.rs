//! The error of the library: the run cannot go on.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the run cannot go on.
#[derive(Debug)]
pub enum Error {
    /// A file could not be opened, read or written.
    Io {
        /// What was tried, as in "cannot `open`".
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The bytes are not what they should be.
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong, in one line.
        what: String,
        /// What the user can do about it.
        hint: Option<String>,
    },
    /// The request does not fit the capture.
    Request {
        /// What is wrong, in one line.
        what: String,
        /// What the user can do about it.
        hint: Option<String>,
    },
    /// The filters leave nothing: an answer, and the answer is negative.
    NoMatch {
        /// What was looked for, in one line.
        what: String,
        /// What there is instead.
        hint: Option<String>,
    },
}

impl Error {
    /// An input or output error on `path`.
    pub fn io(verb: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            verb,
            path: path.to_owned(),
            source,
        }
    }

    /// Bytes of `path` that are not what they should be.
    pub fn format(path: &Path, what: impl Into<String>) -> Self {
        Self::Format {
            path: path.to_owned(),
            what: what.into(),
            hint: None,
        }
    }

    /// A request that does not fit the capture.
    pub fn request(what: impl Into<String>) -> Self {
        Self::Request {
            what: what.into(),
            hint: None,
        }
    }

    /// The same error with advice for the user.
    #[must_use]
    pub fn with_hint(mut self, advice: impl Into<String>) -> Self {
        match &mut self {
            Self::Io { .. } => {}
            Self::Format { hint, .. } | Self::Request { hint, .. } | Self::NoMatch { hint, .. } => {
                *hint = Some(advice.into());
            }
        }
        self
    }

    /// Advice for the user, when there is any.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Io { .. } => None,
            Self::Format { hint, .. } | Self::Request { hint, .. } | Self::NoMatch { hint, .. } => {
                hint.as_deref()
            }
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { verb, path, .. } => write!(f, "cannot {verb} {}", path.display()),
            Self::Format { path, what, .. } => write!(f, "{}: {what}", path.display()),
            Self::Request { what, .. } | Self::NoMatch { what, .. } => f.write_str(what),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Format { .. } | Self::Request { .. } | Self::NoMatch { .. } => None,
        }
    }
}
