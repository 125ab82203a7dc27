//! What lies beside a capture and tells of the host and of the VMM.

use std::path::{Path, PathBuf};

use super::resolve::Input;

/// What lies beside a capture and tells of the host and of the VMM.
///
/// Files are found by their names: in a capture directory, or beside a capture file. Beside a file
/// `NAME.data` or `NAME.KIND.data`, one that is called `NAME.` and then so is meant before others.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CaseFiles {
    /// A listing of KVM's module parameters.
    pub module_parameters: Option<PathBuf>,
    /// A copy of `/proc/cpuinfo`.
    pub cpuinfo: Option<PathBuf>,
    /// The VMM's command line.
    pub command_line: Option<PathBuf>,
    /// The VM's memory map, of `info mtree`.
    pub memory_map: Option<PathBuf>,
}

impl CaseFiles {
    /// Names of a listing of KVM's module parameters, as of `grep -r . /sys/module/kvm*/parameters`.
    pub const MODULE_PARAMETERS: &[&str] = &["module-params.txt", "module-params"];

    /// Names of a copy of `/proc/cpuinfo`.
    pub const CPUINFO: &[&str] = &["cpuinfo.txt", "cpuinfo"];

    /// Names of the VMM's command line: of `/proc/PID/cmdline`, or with spaces between its words.
    pub const COMMAND_LINE: &[&str] = &["qemu-proc-cmdline.txt", "qemu-cmdline.txt", "vmm-cmdline"];

    /// Names of `info mtree` texts; the flat form tells what really is at an address.
    pub const MEMORY_MAP: &[&str] = &["mtree-f.txt", "mtree.txt", "info-mtree.txt"];

    /// The names of all of them.
    pub const ALL: [&[&str]; 4] = [
        Self::MODULE_PARAMETERS,
        Self::CPUINFO,
        Self::COMMAND_LINE,
        Self::MEMORY_MAP,
    ];

    /// Finds what lies beside a capture.
    pub fn beside(input: &Input) -> Self {
        if input.data == Path::new("-") {
            return Self::default();
        }
        let folder = input.directory.as_deref().or_else(|| input.data.parent());
        let Some(folder) = folder else {
            return Self::default();
        };
        // A folder with several captures may hold files of several machines, too.
        let stem = input
            .directory
            .is_none()
            .then(|| input.data.file_name()?.to_str()?.split('.').next())
            .flatten();
        let find = |names: &[&str]| {
            let own = names.iter().filter_map(|name| {
                let stem = stem?;
                Some(folder.join(format!("{stem}.{name}")))
            });
            let plain = names.iter().map(|name| folder.join(name));
            own.chain(plain).find(|path| path.is_file())
        };
        Self {
            module_parameters: find(Self::MODULE_PARAMETERS),
            cpuinfo: find(Self::CPUINFO),
            command_line: find(Self::COMMAND_LINE),
            memory_map: find(Self::MEMORY_MAP),
        }
    }
}
