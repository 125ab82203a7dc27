//! What tells which devices a VM has.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use vmflame::error::Result;
use vmflame::units::Pid;

// What tells which devices a VM has.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Devices")]
pub(crate) struct DeviceOptions {
    /// Name devices by this text of QEMU's `info mtree` or `info mtree -f` (default: `mtree-f.txt`,
    /// `mtree.txt` or `info-mtree.txt` of a capture directory, of several VMs in `vms/PID/` there, else
    /// where QEMU's machines usually have them). VM=FILE, by pid or name, is that of one VM among
    /// several, and may be given for each.
    #[arg(long, value_name = "[VM=]FILE")]
    pub(crate) mtree: Vec<MtreeFile>,
    /// Ask the QEMU of the VM, which still runs, at this socket of its -qmp.
    #[arg(long, value_name = "SOCKET", conflicts_with = "mtree")]
    pub(crate) qmp: Option<PathBuf>,
}

/// A memory map, and whose it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct MtreeFile {
    /// The VM by its pid or name; `None` of all that have no other.
    pub(crate) vm: Option<String>,
    pub(crate) path: PathBuf,
}

impl FromStr for MtreeFile {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        // A file may be called `a=b`.
        let split = text.split_once('=').filter(|_| !Path::new(text).exists());
        match split {
            Some((vm, path)) if !vm.is_empty() && !path.is_empty() => Ok(Self {
                vm: Some(vm.to_owned()),
                path: path.into(),
            }),
            Some(_) => Err(format!("{text:?} is neither a file nor VM=FILE")),
            None => Ok(Self {
                vm: None,
                path: text.into(),
            }),
        }
    }
}

impl DeviceOptions {
    /// The files that are read.
    pub(crate) fn files(&self) -> impl Iterator<Item = &Path> {
        self.mtree.iter().map(|map| map.path.as_path())
    }

    /// The same with the pids of VMs in place of their names, which `pids` tells.
    ///
    /// # Errors
    /// When a name is not that of one VM.
    pub(crate) fn by_pid(&self, pids: impl Fn(&[String]) -> Result<Vec<Pid>>) -> Result<Self> {
        let mut options = self.clone();
        for map in &mut options.mtree {
            if let Some(vm) = &mut map.vm
                && let [pid] = *pids(std::slice::from_ref(vm))?
            {
                *vm = pid.to_string();
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_of_a_vm_or_of_all() {
        let map: MtreeFile = "3962=/tmp/mtree-f.txt".parse().expect("it has both parts");
        assert_eq!(map.vm.as_deref(), Some("3962"));
        assert_eq!(map.path, Path::new("/tmp/mtree-f.txt"));
        let map: MtreeFile = "mtree-f.txt".parse().expect("it is a path");
        assert_eq!(map.vm, None);
        assert!("=x".parse::<MtreeFile>().is_err() && "x=".parse::<MtreeFile>().is_err());
    }
}
