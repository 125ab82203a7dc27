//! What tells which devices a VM has.

use std::path::PathBuf;

use clap::Args;

/// What tells which devices a VM has.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Devices")]
pub(crate) struct DeviceOptions {
    /// Name devices by this text of QEMU's `info mtree` or `info mtree -f` (default: `mtree-f.txt`,
    /// `mtree.txt` or `info-mtree.txt` of a capture directory, else where QEMU's machines usually
    /// have them).
    #[arg(long, value_name = "FILE")]
    pub(crate) mtree: Option<PathBuf>,
    /// Ask the QEMU of the VM, which still runs, at this socket of its -qmp.
    #[arg(long, value_name = "SOCKET", conflicts_with = "mtree")]
    pub(crate) qmp: Option<PathBuf>,
}
