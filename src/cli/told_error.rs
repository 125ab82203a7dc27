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
