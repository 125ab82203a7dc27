//! What is said of a capture, a line at a time.

use std::fmt;

/// Something that the user should know of a capture.
#[derive(Debug)]
pub enum Remark {
    /// What makes the result worth less.
    Warning(String),
    /// What would make it better.
    Hint(&'static str),
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Warning(text) => write!(f, "warning: {text}"),
            Self::Hint(text) => write!(f, "hint: {text}"),
        }
    }
}
