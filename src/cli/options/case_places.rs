//! Where symbols are, for verbs that take several captures.

use std::path::{Path, PathBuf};

use super::debuginfod::DebuginfodOptions;
use super::guest::GuestOptions;
use super::headings::SYMBOLS;
use super::input::{InputOptions, check_caches, check_debug_folders, check_kallsyms, check_roots};
use clap::Args;
use vmflame::error::Result;
use vmflame::input::UnpackLimit;

// Where symbols of each of several captures are, and how they are read.
#[derive(Args, Debug)]
pub(crate) struct CasePlaces {
    /// Take the kernel's symbols from this copy of /proc/kallsyms, which may be compressed, or from the
    /// recorded kernel's vmlinux.
    #[arg(long, value_name = "FILE", help_heading = SYMBOLS)]
    #[arg(visible_alias = "vmlinux", visible_short_alias = 'k')]
    kallsyms: Option<PathBuf>,
    /// Look for object files in this build-id cache too (default: ~/.debug).
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    buildid_dir: Vec<PathBuf>,
    /// Look for debug files in this directory too, which is laid out as /usr/lib/debug is.
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    debug_dir: Vec<PathBuf>,
    /// Look for object files below DIR, as `convert --symfs` does.
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    symfs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) debuginfod: DebuginfodOptions,
    /// What an archive or a compressed file may unpack to (default: 16G,100000, and less where the
    /// packed file is small). SIZE takes K, M, G and T; FILES counts folders too.
    #[arg(long, value_name = "SIZE[,FILES]", value_parser = UnpackLimit::parse)]
    max_unpacked: Option<UnpackLimit>,
    /// Worker threads (default: one for each CPU). The result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

impl CasePlaces {
    /// Refuses places that are not there.
    ///
    /// # Errors
    /// When a place that was named cannot be read, or is no such place.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(kallsyms) = &self.kallsyms {
            check_kallsyms(kallsyms)?;
        }
        check_debug_folders(&self.debug_dir)?;
        check_roots(&self.symfs)?;
        check_caches(&self.buildid_dir)
    }

    /// Where one of the captures and its symbols are.
    pub(crate) fn of(&self, path: &Path) -> InputOptions {
        InputOptions {
            input: path.to_owned(),
            named: None,
            kallsyms: self.kallsyms.clone(),
            symfs: self.symfs.clone(),
            guests: GuestOptions::default(),
            buildid_dir: self.buildid_dir.clone(),
            debug_dir: self.debug_dir.clone(),
            max_unpacked: self.max_unpacked,
            threads: self.threads,
        }
    }
}
