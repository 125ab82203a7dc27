//! The kernel's counters of each VM, in debugfs.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::round::Round;
use crate::cli::vmm_processes::vm_of_descriptor;
use vmflame::error::{Error, Result};
use vmflame::kvm::counter::{CounterKind, CounterUnit, KvmCounter, LiveVm, VmReading};
use vmflame::units::Pid;

/// Counters of VMs: `kvm/PID-DESCRIPTOR/NAME`, each a number.
///
/// A file is opened for one reading only: as long as it is open, the kernel keeps its VM's memory
/// after the VMM has ended.
///
/// Source: `kvm_create_vm_debugfs()`, `kvm_debugfs_open()`, `virt/kvm/kvm_main.c`, Linux 6.18.
#[derive(Debug)]
pub(super) struct Debugfs {
    folder: PathBuf,
    vms: BTreeMap<String, DebugfsVm>,
}

#[derive(Debug)]
struct DebugfsVm {
    vm: LiveVm,
    files: Vec<CounterFile>,
}

/// A counter.
#[derive(Debug)]
struct CounterFile {
    name: String,
    path: PathBuf,
    kind: CounterKind,
}

impl Debugfs {
    /// Looks for the counters.
    ///
    /// # Errors
    /// When they may not be read.
    pub(super) fn open(mount: &Path) -> Result<Self> {
        let folder = mount.join("kvm");
        fs::read_dir(&folder).map_err(|source| Error::io("read", &folder, source))?;
        let mut debugfs = Self {
            folder,
            vms: BTreeMap::new(),
        };
        debugfs.check()?;
        Ok(debugfs)
    }

    /// What is read, in one line.
    pub(super) fn in_words(&self) -> String {
        format!("counters of KVM in {}", self.folder.display())
    }

    /// Whether sums can be read, by those of the host: a locked kernel shows levels only.
    fn check(&mut self) -> Result<()> {
        let path = self.folder.join("exits");
        match fs::read_to_string(&path) {
            Ok(_) => Ok(()),
            // Not all machines have it.
            Err(problem) if problem.kind() == ErrorKind::NotFound => Ok(()),
            Err(source) => Err(Error::io("read", &path, source)),
        }
    }

    /// Reads all counters of the VMs that are there.
    pub(super) fn read(&mut self, round: &mut Round<'_>) -> Result<()> {
        let entries = fs::read_dir(&self.folder);
        let entries = entries.map_err(|source| Error::io("read", &self.folder, source))?;
        let mut before = std::mem::take(&mut self.vms);
        for entry in entries.flatten() {
            let Ok(key) = entry.file_name().into_string() else {
                continue;
            };
            let Some((pid, descriptor)) = vm_folder(&key) else {
                continue;
            };
            let known = before.remove(&key);
            let mut vm = known.unwrap_or_else(|| {
                let vm = vm_of_descriptor(key.clone(), pid, descriptor);
                let files = counter_files(&entry.path());
                DebugfsVm { vm, files }
            });
            if round.wants(&vm.vm) {
                let reading = vm.read(round);
                // A VM may end while it is read.
                round.vms.extend(reading.filter(|_| entry.path().exists()));
            }
            self.vms.insert(key, vm);
        }
        Ok(())
    }
}

/// The process and the descriptor of a VM's folder, as in `4711-12`.
fn vm_folder(name: &str) -> Option<(Pid, &str)> {
    let (pid, descriptor) = name.split_once('-')?;
    descriptor.parse::<u32>().ok()?;
    Some((Pid::new(pid.parse().ok()?), descriptor))
}

/// The counters of a folder.
fn counter_files(folder: &Path) -> Vec<CounterFile> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<CounterFile> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let found = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            // Only the first bucket of a histogram is there.
            if name.ends_with("_hist") {
                return None;
            }
            Some(CounterFile {
                path: entry.path(),
                kind: kind_of(&name, found.permissions().mode()),
                name,
            })
        })
        .collect();
    files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    files
}

/// What a counter is: sums can be reset by writing 0, levels can only be read.
///
/// Source: `kvm_stats_debugfs_mode()`, `virt/kvm/kvm_main.c`, Linux 6.18; `max_mmu_*` are the counters
/// that x86 declares as peaks.
fn kind_of(name: &str, mode: u32) -> CounterKind {
    if name.starts_with("max_") {
        CounterKind::Peak
    } else if mode & 0o222 == 0 {
        CounterKind::Instant
    } else {
        CounterKind::Cumulative
    }
}

impl DebugfsVm {
    /// Reads the counters; `None` when the VM is gone.
    fn read(&mut self, round: &mut Round<'_>) -> Option<VmReading> {
        let mut counters = BTreeMap::new();
        let mut denied = 0;
        let mut is_gone = false;
        self.files.retain(|file| match read_number(&file.path) {
            Ok(Some(value)) => {
                let counter = KvmCounter {
                    value,
                    kind: file.kind,
                    unit: CounterUnit::of_name(&file.name),
                };
                if round.wants_counter(&file.name) {
                    counters.insert(file.name.clone(), counter);
                }
                true
            }
            // A table, or what else there is.
            Ok(None) => false,
            Err(problem) if problem.kind() == ErrorKind::PermissionDenied => {
                denied += 1;
                true
            }
            Err(_) => {
                is_gone = true;
                true
            }
        });
        if denied > 0 {
            let vm = &self.vm.key;
            round.trouble(format!("{denied} counters of {vm} may not be read"));
        }
        if is_gone && counters.is_empty() {
            return None;
        }
        Some(VmReading {
            vm: self.vm.clone(),
            counters,
            histograms: BTreeMap::new(),
        })
    }
}

/// The number that a file holds; `None` when it holds something else.
fn read_number(path: &Path) -> io::Result<Option<u64>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(text.trim().parse().ok()),
        Err(problem) if problem.kind() == ErrorKind::InvalidData => Ok(None),
        Err(problem) => Err(problem),
    }
}
