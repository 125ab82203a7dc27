//! Advice for errors of the system.

use std::io::ErrorKind;
use std::path::Path;

use vmflame::error::Error;

/// What the user can do about a file that cannot be read.
pub(super) fn of(error: &Error) -> Option<&'static str> {
    let Error::Io { verb, path, source } = error else {
        return None;
    };
    match source.kind() {
        ErrorKind::NotFound if *verb == "open" && path == Path::new("perf.data") => Some(
            "perf.data is read when no input is named: name one, or record it here: \
             perf record -a -g -- sleep 10",
        ),
        ErrorKind::PermissionDenied if matches!(*verb, "open" | "read") => Some(
            "perf record writes files that only their owner may read (mode 0600): run vmflame as \
             that user, or let others read it: chmod a+r",
        ),
        _ => None,
    }
}
