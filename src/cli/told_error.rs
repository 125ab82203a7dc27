//! An error, as it is printed.

use vmflame::error::Error;

/// Prints an error with its causes and advice.
pub(super) fn tell(error: &Error) {
    eprintln!("error: {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        eprintln!("caused by: {source}");
        cause = source.source();
    }
    if let Some(hint) = error.hint() {
        eprintln!("hint: {hint}");
    }
}

/// The same in one line, for programs.
#[cfg(feature = "fleet")]
pub(super) fn in_a_line(error: &Error) -> String {
    let mut line = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        line.push_str(&format!(": {source}"));
        cause = source.source();
    }
    if let Some(hint) = error.hint() {
        line.push_str(&format!(" (hint: {hint})"));
    }
    line
}
