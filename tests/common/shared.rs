//! The folder of captures that are no part of the repository: `$VMFLAME_SHARED`, else `../shared`.
//!
//! Without it the tests that need it pass, and say so; where `VMFLAME_REQUIRE_SHARED` is set they
//! fail.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Says that the running test does nothing, past the harness, which shows what failed tests print.
pub fn skipped(why: &str) {
    let test = std::thread::current();
    let test = test.name().unwrap_or("a test").to_owned();
    drop(writeln!(std::io::stderr(), "skipped: {test}: {why}"));
}

/// Where the folder is, or would be.
pub fn folder() -> PathBuf {
    std::env::var_os("VMFLAME_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        PathBuf::from,
    )
}

/// A file or folder of it; `None`, said once, when it is not there.
pub fn shared(part: &str) -> Option<PathBuf> {
    let path = folder().join(part);
    if path.exists() {
        return Some(path);
    }
    let why = format!("no {}", path.display());
    assert!(
        std::env::var_os("VMFLAME_REQUIRE_SHARED").is_none(),
        "{why}, and VMFLAME_REQUIRE_SHARED is set"
    );
    skipped(&why);
    None
}
