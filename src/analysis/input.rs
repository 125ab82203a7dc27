//! What the user points at: a file or a capture directory, and where symbols may come from.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::symbol::Places;
use crate::units::BuildId;

/// The capture that the user points at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// The perf.data file.
    pub data: PathBuf,
    /// The capture directory, when the user pointed at one: `perf.data` beside any of `kallsyms`,
    /// `modules`, `buildid/`, `symbols/` and `mtree*.txt`.
    pub directory: Option<PathBuf>,
}

impl Input {
    /// Finds the perf.data file of a path.
    ///
    /// # Errors
    /// When the path is a directory without one.
    pub fn resolve(path: &Path) -> Result<Self> {
        if !path.is_dir() {
            return Ok(Self {
                data: path.to_owned(),
                directory: None,
            });
        }
        let data = path.join("perf.data");
        if data.exists() {
            return Ok(Self {
                data,
                directory: Some(path.to_owned()),
            });
        }
        Err(Error::format(path, "the directory holds no perf.data")
            .with_hint("a capture directory holds perf.data, and beside it kallsyms or buildid/"))
    }
}

/// The kernel that runs on this machine, as far as its symbols may be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveKernel {
    /// Its build id.
    pub build_id: BuildId,
    /// Its `/proc/kallsyms`.
    pub kallsyms: PathBuf,
}

/// Where symbols may come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SymbolRequest {
    /// A kallsyms text that the user named.
    pub kallsyms: Option<PathBuf>,
    /// Object files and kernel symbols.
    pub places: Places,
    /// The running kernel, asked last.
    pub live: Option<LiveKernel>,
}

/// Where the kernel's symbols come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KernelSource {
    /// This kallsyms text, of the recorded boot.
    SameBoot(PathBuf),
    /// This kallsyms text of another boot of the same kernel, moved; modules have no names.
    OtherBoot(PathBuf),
    /// This kallsyms text, whose boot cannot be checked because the capture does not say where the
    /// kernel lay.
    Unchecked(PathBuf),
    /// All addresses of this kallsyms text are hidden.
    Hidden(PathBuf),
    /// No kallsyms text was found.
    Missing,
}
