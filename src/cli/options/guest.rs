//! Where the names of guests' kernels are.

use std::path::PathBuf;

use super::headings::SYMBOLS;
use clap::Args;
use vmflame::error::{Error, Result};
use vmflame::symbol::GuestRequest;

// Where the names of guests' kernels are.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct GuestOptions {
    /// Name addresses in guests' kernels by this copy of a guest's /proc/kallsyms, read as root in the
    /// boot that was recorded; it may be compressed. A capture directory may hold one for each VM,
    /// guest/PID/kallsyms, by the pid of the VMM.
    #[arg(long, value_name = "FILE", help_heading = SYMBOLS)]
    pub(crate) guestkallsyms: Option<PathBuf>,
    /// Leave out names of modules that lie elsewhere than this copy of the guest's /proc/modules says.
    #[arg(long, value_name = "FILE", help_heading = SYMBOLS)]
    pub(crate) guestmodules: Option<PathBuf>,
    /// Name addresses in guests' kernels by this image, of a guest that runs with nokaslr: its
    /// addresses are taken as they are. --guestkallsyms goes before it.
    #[arg(long, value_name = "FILE", help_heading = SYMBOLS)]
    pub(crate) guestvmlinux: Option<PathBuf>,
    /// Name addresses in the kernel of each VM by DIR/PID/proc/kallsyms, where its root is mounted
    /// by the pid of the VMM, as perf has it.
    #[arg(long, value_name = "DIR", help_heading = SYMBOLS)]
    pub(crate) guestmount: Option<PathBuf>,
}

impl GuestOptions {
    /// The same for the library.
    pub(crate) fn request(&self) -> GuestRequest {
        GuestRequest {
            kallsyms: self.guestkallsyms.clone(),
            modules: self.guestmodules.clone(),
            vmlinux: self.guestvmlinux.clone(),
            mount: self.guestmount.clone(),
        }
    }

    /// A folder that is not there would be taken for one without guests.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some(mount) = &self.guestmount {
            let found = std::fs::read_dir(mount);
            found.map_err(|source| Error::io("read the folder of guests", mount, source))?;
        }
        Ok(())
    }

    /// The files that are read.
    pub(crate) fn files(&self) -> impl Iterator<Item = &std::path::Path> {
        let files = [&self.guestkallsyms, &self.guestmodules, &self.guestvmlinux];
        files.into_iter().flatten().map(PathBuf::as_path)
    }
}
