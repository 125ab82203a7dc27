//! Downloads from debuginfod servers.

use super::headings::SYMBOLS;
use clap::Args;

// Whether files are downloaded.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DebuginfodOptions {
    /// Download object files and debug files that samples hit and that are found nowhere, by build id, from
    /// debuginfod servers: URL, or those of the variable `DEBUGINFOD_URLS`; several are separated by spaces.
    /// They are kept in the cache of debuginfod's client, where everything finds them afterwards. Bounds are
    /// those of its variables: `DEBUGINFOD_MAXSIZE` (4 GB), `DEBUGINFOD_MAXTIME` (900 s a file),
    /// `DEBUGINFOD_TIMEOUT` (90 s). A vmlinux is not downloaded.
    #[arg(long, value_name = "URL", num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "", help_heading = SYMBOLS)]
    pub(crate) debuginfod: Option<String>,
}

/// Downloads that are asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedDownloads<'a> {
    /// The servers, separated by spaces; empty for those of the environment.
    pub(crate) urls: &'a str,
    /// Worker threads.
    pub(crate) threads: usize,
}

impl DebuginfodOptions {
    /// What is asked for; `None` where nothing is to be downloaded.
    pub(crate) fn asked(&self, threads: usize) -> Option<AskedDownloads<'_>> {
        let urls = self.debuginfod.as_deref()?;
        Some(AskedDownloads { urls, threads })
    }
}
