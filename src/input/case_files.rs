//! What lies beside a capture and tells of the host and of the VMM.

use std::path::{Path, PathBuf};

use super::resolve::Input;

/// Names of a listing of KVM's module parameters, as of `grep -r . /sys/module/kvm*/parameters`.
const MODULE_PARAMETERS: &[&str] = &["module-params.txt", "module-params"];

/// Names of a copy of `/proc/cpuinfo`.
const CPUINFO: &[&str] = &["cpuinfo.txt", "cpuinfo"];

/// Names of the VMM's command line: of `/proc/PID/cmdline`, or with spaces between its words.
const COMMAND_LINE: &[&str] = &["qemu-proc-cmdline.txt", "qemu-cmdline.txt", "vmm-cmdline"];

/// Names of `info mtree` texts; the flat form tells what really is at an address.
const MEMORY_MAP: &[&str] = &["mtree-f.txt", "mtree.txt"];

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
            module_parameters: find(MODULE_PARAMETERS),
            cpuinfo: find(CPUINFO),
            command_line: find(COMMAND_LINE),
            memory_map: find(MEMORY_MAP),
        }
    }
}
