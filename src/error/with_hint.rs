//! A problem with what the user can do about it.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::Path;

use super::bad_file::BadFile;
use super::problem::Problem;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why the run cannot go on.
#[derive(Debug)]
pub struct Error {
    problem: Problem,
    /// Given by who knows more than the problem tells; it takes the place of the problem's own.
    hint: Option<String>,
}

impl Error {
    /// An input or output error on `path`; `verb` is what was tried, as in "cannot `open`".
    pub fn io(verb: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        Self::from(Problem::Io { verb, path, source })
    }

    /// A file that is not what it should be.
    pub fn file(path: &Path, what: BadFile) -> Self {
        let path = path.to_owned();
        Self::from(Problem::File { path, what })
    }

    /// What went wrong.
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The system's answer, where it refused a file.
    pub const fn system(&self) -> Option<&io::Error> {
        if let Problem::Io { source, .. } = &self.problem {
            Some(source)
        } else {
            None
        }
    }

    /// What went wrong and what caused it, in one line.
    pub fn with_causes(&self) -> String {
        let mut told = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(source) = cause {
            told.push_str(": ");
            told.push_str(&source.to_string());
            cause = source.source();
        }
        told
    }

    /// The same error of a file that the user knows by another name.
    #[must_use]
    pub(crate) fn renamed(mut self, name: impl Fn(&Path) -> std::path::PathBuf) -> Self {
        if let Problem::Io { path, .. } | Problem::File { path, .. } = &mut self.problem {
            *path = name(path);
        }
        self
    }

    /// The same error with advice for the user.
    #[must_use]
    pub fn with_hint(mut self, advice: impl Into<String>) -> Self {
        self.hint = Some(advice.into());
        self
    }

    /// Advice for the user, when there is any.
    pub fn hint(&self) -> Option<Cow<'_, str>> {
        let given = self.hint.as_deref().map(Cow::Borrowed);
        given.or_else(|| self.problem.hint())
    }
}

impl<P: Into<Problem>> From<P> for Error {
    fn from(problem: P) -> Self {
        let (problem, hint) = (problem.into(), None);
        Self { problem, hint }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.system()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::BadRequest;

    /// A file that cannot be read has a hint of its own; one that is given counts for any error.
    #[test]
    fn a_hint_given_to_any_error_is_shown() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let error = Error::io("open", Path::new("x"), denied());
        assert!(error.hint().is_some_and(|hint| hint.contains("chmod")));
        assert_eq!(error.with_hint("ask").hint().as_deref(), Some("ask"));
        let error = Error::io("write", Path::new("x"), denied());
        assert_eq!(error.hint(), None);
        assert_eq!(error.with_hint("ask").hint().as_deref(), Some("ask"));
        let error = Error::from(BadRequest::NoTimes).with_hint("ask");
        assert_eq!(error.hint().as_deref(), Some("ask"));
    }
}
