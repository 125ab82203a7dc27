//! Advice for errors of the system.

use std::io::ErrorKind;
use std::path::Path;

use vmflame::error::Error;

/// What the user can do about a file that cannot be read.
pub(super) fn of(error: &Error) -> Option<&'static str> {
    let Error::Io { verb, path, source } = error else {
        return None;
    };
    let kind = source.kind();
    if kind == ErrorKind::NotFound && *verb == "open" && path == Path::new("perf.data") {
        return Some(
            "perf.data is read when no input is named: name one, or record it here: \
             perf record -a -g -- sleep 10",
        );
    }
    let is_input = matches!(*verb, "open" | "read");
    (kind == ErrorKind::PermissionDenied && is_input).then_some(
        "perf record writes files that only their owner may read (mode 0600): run vmflame as \
         that user, or let others read it: chmod a+r",
    )
}
