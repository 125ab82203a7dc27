//! Which files the objects of a capture lack.

use std::fmt;
use std::path::Path;

use vmflame::analysis::Account;
use vmflame::symbol::Unresolved;
use vmflame::units::BuildId;

/// What a server has of a build.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum DownloadKind {
    /// The object itself.
    Executable,
    /// Its debug file.
    DebugInfo,
}

impl DownloadKind {
    /// The word that the protocol has for it, and the client's cache.
    ///
    /// Source: debuginfod(8), "WEBAPI", elfutils 0.192.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Executable => "executable",
            Self::DebugInfo => "debuginfo",
        }
    }
}

/// A file that a server may have.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct WantedFile {
    /// The object as recorded.
    pub(super) object: String,
    pub(super) build_id: BuildId,
    pub(super) kind: DownloadKind,
}

impl fmt::Display for WantedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.kind.word(), self.object)
    }
}

/// The files that objects lack which samples hit, each once: objects themselves where none was found,
/// debug files where there is no debug information. Files that lie in the cache are not among them,
/// nor what no file of a package is: the vdso, the kernel, generated code.
pub(super) fn wanted_files(account: &Account, cache: &Path) -> Vec<WantedFile> {
    let mut files = Vec::new();
    for object in &account.objects {
        let Some(build_id) = &object.build_id else {
            continue;
        };
        if !object.path.starts_with('/') {
            continue;
        }
        let lacks_file = matches!(
            object.outcome,
            Err(Unresolved::NoFile | Unresolved::BuildIdMismatch | Unresolved::OtherFile)
        );
        let lacks_debug = object.debug.is_none();
        let kinds = [
            (DownloadKind::Executable, lacks_file),
            (DownloadKind::DebugInfo, lacks_debug),
        ];
        for (kind, _) in kinds.into_iter().filter(|(_, lacks)| *lacks) {
            let file = WantedFile {
                object: object.path.clone(),
                build_id: build_id.clone(),
                kind,
            };
            if !file.place(cache).is_file() {
                files.push(file);
            }
        }
    }
    files.sort_by(|a, b| (&a.build_id, a.kind).cmp(&(&b.build_id, b.kind)));
    files.dedup_by(|a, b| (&a.build_id, a.kind) == (&b.build_id, b.kind));
    files
}

impl WantedFile {
    /// Where the client of debuginfod keeps it.
    pub(super) fn place(&self, cache: &Path) -> std::path::PathBuf {
        cache.join(self.build_id.to_string()).join(self.kind.word())
    }
}
