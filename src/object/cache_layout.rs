//! How perf lays out its build-id cache, and debuginfod's client its own.

use std::path::{Component, Path, PathBuf};

use crate::units::BuildId;

/// Bytes of a build id in older captures: shorter ids are filled up with zeros.
pub(crate) const RECORDED_BYTES: usize = 20;

/// What a cache calls the debug file of an object.
pub(crate) const DEBUG_FILE: &str = "debug";

/// The build id in hexadecimal, as recorded and without the zeros it may be filled up with.
pub(crate) fn spellings(wanted: &BuildId) -> Vec<String> {
    let full = wanted.to_string();
    let bytes = wanted.as_bytes();
    // MD5 and UUID build ids have 16 bytes.
    match bytes.split_at_checked(16) {
        Some((short, [0, 0, 0, 0])) if bytes.len() == RECORDED_BYTES => {
            let short: String = short.iter().map(|byte| format!("{byte:02x}")).collect();
            vec![full, short]
        }
        _ => vec![full],
    }
}

/// Where a build-id cache would hold an object.
///
/// ```text
/// DIR/.build-id/xx/yyyy…/elf        (a link to the following, or to the file itself)
/// DIR/PATH/xxyyyy…/elf
/// DIR/[vdso]/xxyyyy…/vdso
/// ```
pub(crate) fn cached(dir: &Path, recorded: &str, wanted: &BuildId, files: &[&str]) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let inside = inside_cache(recorded);
    for hex in spellings(wanted) {
        let Some((first, rest)) = hex.split_at_checked(2) else {
            continue;
        };
        let by_id = dir.join(".build-id").join(first).join(rest);
        let by_name = dir.join(&inside).join(&hex);
        paths.extend(files.iter().map(|file| by_id.join(file)));
        paths.extend(files.iter().map(|file| by_name.join(file)));
        // Caches of perf before 4.14 hold the file itself in the place of its directory.
        if files != [DEBUG_FILE] {
            paths.push(by_id);
            paths.push(by_name);
        }
    }
    paths
}

/// Where a capture's directory holds what belongs to a build of an object.
pub(crate) fn case_place(recorded: &str, build_id: &BuildId) -> PathBuf {
    let cache = Path::new("buildid").join(inside_cache(recorded));
    cache.join(build_id.to_string())
}

/// Where the client of debuginfod keeps what it downloaded: `DIR/BUILD_ID/executable`, and
/// `debuginfo` beside it.
///
/// Source: debuginfod/debuginfod-client.c, elfutils 0.192.
pub(super) fn downloads(cache: &Path, wanted: &BuildId, kind: &'static str) -> Vec<PathBuf> {
    let spellings = spellings(wanted).into_iter();
    spellings.map(|hex| cache.join(hex).join(kind)).collect()
}

/// A recorded name as a path below a cache. It is hostile: `..` must not lead out.
pub(crate) fn inside_cache(recorded: &str) -> PathBuf {
    let parts = Path::new(recorded).components();
    parts
        .filter(|part| matches!(part, Component::Normal(_)))
        .collect()
}
