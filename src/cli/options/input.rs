//! Where the capture and its symbols are.

use std::path::{Path, PathBuf};

use super::guest::GuestOptions;
use super::headings::SYMBOLS;
use crate::cli::wrong_arguments::WrongArguments;
use clap::{Arg, Args};
use vmflame::error::{Error, Result};
use vmflame::input::UnpackLimit;

/// perf's short option for a vmlinux; `exits` has it for the order of perf's table, as `perf kvm stat` does.
pub(crate) fn also_k(kallsyms: Arg) -> Arg {
    kallsyms.visible_short_alias('k')
}

// Where the capture and its symbols are.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct InputOptions {
    /// A perf.data file, or a capture directory: a folder with `perf.data` and beside it any of
    /// `kallsyms`, `buildid/` (as `perf archive` packs `~/.debug`), `symbols/`, and `perf-PID.map`
    /// or `jit-PID.dump`, which runtimes write for the code that they make.
    #[arg(default_value = "perf.data")]
    pub(crate) input: PathBuf,
    /// The same, as perf takes it.
    #[arg(
        short = 'i',
        long = "input",
        value_name = "INPUT",
        conflicts_with = "input"
    )]
    pub(crate) named: Option<PathBuf>,
    /// Take the kernel's symbols from this copy of /proc/kallsyms, which may be compressed, or from
    /// the recorded kernel's vmlinux: it must have the recorded build id, is put where the capture
    /// says that the kernel lay. Modules of which it has nothing are named by their own files.
    #[arg(long, visible_alias = "vmlinux", value_name = "FILE", help_heading = SYMBOLS)]
    pub(crate) kallsyms: Option<PathBuf>,
    /// Look for object files below DIR, where the recorded machine's file system is mounted or
    /// copied: an object is looked for at its recorded path there, and must have the recorded build
    /// id. Where the capture has none for it, the file is believed.
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    pub(crate) symfs: Vec<PathBuf>,
    /// Look for object files in this build-id cache too, before that of the variable
    /// `PERF_BUILDID_DIR` and ~/.debug.
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    pub(crate) buildid_dir: Vec<PathBuf>,
    /// Look for debug files in this directory too, which is laid out as /usr/lib/debug is: by build
    /// id as `DIR/.build-id/xx/yyy.debug`, or as an object's `.gnu_debuglink` names them, below the
    /// folders of the object or in DIR itself.
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    pub(crate) debug_dir: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) guests: GuestOptions,
    /// What an archive or a compressed file may unpack to (default: 16G,100000, and less where the
    /// packed file is small). SIZE takes K, M, G and T; FILES counts folders too.
    #[arg(long, value_name = "SIZE[,FILES]", value_parser = UnpackLimit::parse)]
    pub(crate) max_unpacked: Option<UnpackLimit>,
    /// Worker threads (default: one for each CPU). The result does not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

impl InputOptions {
    /// Puts the input in one place, whichever way it was named.
    ///
    /// # Errors
    /// When a place that was named is not there.
    pub(crate) fn settle(&mut self) -> Result<()> {
        if let Some(named) = self.named.take() {
            self.input = named;
        }
        if let Some(kallsyms) = &self.kallsyms {
            check_kallsyms(kallsyms)?;
        }
        check_debug_folders(&self.debug_dir)?;
        check_roots(&self.symfs)?;
        self.guests.check()?;
        check_caches(&self.buildid_dir)
    }
}

/// A place that the user names and that is not there would be taken for one without symbols.
pub(crate) fn check_caches(caches: &[PathBuf]) -> Result<()> {
    check_folders(caches, "read the build-id cache")
}

/// The same of directories with debug files.
pub(crate) fn check_debug_folders(folders: &[PathBuf]) -> Result<()> {
    check_folders(folders, "read the debug directory")
}

fn check_folders(folders: &[PathBuf], action: &'static str) -> Result<()> {
    for folder in folders {
        let found = std::fs::read_dir(folder);
        found.map_err(|source| Error::io(action, folder, source))?;
    }
    Ok(())
}

/// The same of copies of a machine's file system.
pub(crate) fn check_roots(roots: &[PathBuf]) -> Result<()> {
    for root in roots {
        let found = std::fs::read_dir(root);
        found.map_err(|source| Error::io("read the directory", root, source))?;
    }
    Ok(())
}

pub(crate) fn check_kallsyms(path: &Path) -> Result<()> {
    let found = std::fs::metadata(path).map_err(|source| Error::io("open", path, source))?;
    if found.is_dir() {
        let path = path.to_owned();
        return Err(WrongArguments::KallsymsDirectory { path }.into());
    }
    Ok(())
}
