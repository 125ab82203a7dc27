//! Where symbols may come from.

use std::path::PathBuf;
use std::time::SystemTime;

use crate::input::ShownPaths;
use crate::object::ObjectSearch;
use crate::units::{BuildId, Timestamp};

/// A moment by two clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BothClocks {
    /// The clock of a record that the kernel makes when nobody asks for another one.
    pub recorded: Timestamp,
    /// The clock of files, which had shown this before.
    pub real: SystemTime,
}

/// The kernel that runs on this machine, as far as its symbols may be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveKernel {
    /// Its build id.
    pub build_id: BuildId,
    /// Its `/proc/kallsyms`.
    pub kallsyms: PathBuf,
    /// The name of this machine.
    pub host_name: String,
    /// Its release, as `uname -r` tells it.
    pub release: String,
    /// How long it had been up when the input was last written; `None` when that is not known.
    pub input_written: Option<Timestamp>,
    /// When that was, by the clock of files.
    pub input_changed: Option<SystemTime>,
    /// When it was made, by the clock of files; `None` when that is not known. Of a copy it is the time
    /// of the copy.
    pub input_begun: Option<SystemTime>,
    /// What clocks show while the input is read; `None` where the kernel does not tell.
    pub clocks: Option<BothClocks>,
    /// The bytes of its `[vdso]`, as 64-bit processes map it; empty when they are not known.
    pub vdso: Box<[u8]>,
}

/// The processes of this machine, as far as maps of the code that they made may be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveProcesses {
    /// Where they are listed: `/proc`.
    pub proc: PathBuf,
    /// Where they leave maps: `/tmp`.
    pub temporary: PathBuf,
    /// When this machine was started.
    pub booted: SystemTime,
    /// How long it had been up when the input was begun; `None` when that is not known.
    pub input_begun: Option<Timestamp>,
    /// How long it had been up when the input was last written; `None` when that is not known.
    pub input_written: Option<Timestamp>,
    /// The user who asks.
    pub user: u32,
}

/// Where the names of guests' kernels are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GuestRequest {
    /// A kallsyms text of all guests without one of their own.
    pub kallsyms: Option<PathBuf>,
    /// A text as of `/proc/modules`, of the same guests.
    pub modules: Option<PathBuf>,
    /// A kernel's image, of guests whose kernel lies where the image says.
    pub vmlinux: Option<PathBuf>,
    /// A folder with the roots of guests, which are called by the pids of their VMs.
    pub mount: Option<PathBuf>,
}

/// Where symbols may come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SymbolRequest {
    /// A kallsyms text that the user named.
    pub kallsyms: Option<PathBuf>,
    /// Object files and kernel symbols.
    pub search: ObjectSearch,
    /// The running kernel, asked last.
    pub live: Option<LiveKernel>,
    /// Where the names of guests' kernels are.
    pub guests: GuestRequest,
    /// The processes of this machine.
    pub processes: Option<LiveProcesses>,
    /// What files are called towards the user.
    pub shown: ShownPaths,
}

impl SymbolRequest {
    /// Whether there may be names of guests' kernels.
    pub(crate) fn names_guests(&self) -> bool {
        let beside = self.search.capture_dir.as_ref();
        self.guests != GuestRequest::default()
            || beside.is_some_and(|dir| dir.join("guest").is_dir())
    }
}
