//! What tells which devices a VM has: a file, a running QEMU, or nothing but custom.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::options::{DeviceOptions, MtreeFile};
use super::qmp::Monitor;
use super::vms;
use super::wrong_arguments::WrongArguments;
use vmflame::error::{BadFile, Error, Result};
use vmflame::input::{CaseFiles, Input};
use vmflame::kvm::device::DeviceMap;
use vmflame::kvm::exit::Task;
use vmflame::qemu::MemoryMap;
use vmflame::qemu::qmp::VcpuThread;
use vmflame::report::table::{Cell, Fact};
use vmflame::text::counted;
use vmflame::units::Pid;

/// Bytes of a memory map that are read: a thousand times a large VM's.
const LARGEST_MAP: u64 = 64 << 20;

/// The devices of a VM, and who told them.
#[derive(Debug)]
pub(super) struct Devices {
    /// What registers are called.
    pub(super) map: DeviceMap,
    /// The file or socket that told where devices are; `None` when it is an assumption.
    pub(super) told_by: Option<PathBuf>,
    /// The files that told it of single VMs.
    pub(super) told_of: BTreeMap<Pid, PathBuf>,
    /// What the VM that was asked says of itself.
    pub(super) vm: Option<RunningVm>,
    /// What should be known before names are believed.
    pub(super) warnings: Vec<String>,
}

/// What a running QEMU says of its VM.
#[derive(Debug)]
pub(super) struct RunningVm {
    /// Its name; `None` when it was given none.
    pub(super) name: Option<String>,
    /// The threads of its vCPUs.
    pub(super) vcpus: Vec<VcpuThread>,
}

/// Finds the devices of a capture's VM; `built_in` is what is known without a map.
///
/// # Errors
/// When a file that is named is no memory map, or the monitor does not answer.
pub(super) fn devices(
    options: &DeviceOptions,
    input: &Input,
    built_in: DeviceMap,
) -> Result<Devices> {
    let mut devices = Devices {
        map: built_in,
        told_by: None,
        told_of: BTreeMap::new(),
        vm: None,
        warnings: Vec::new(),
    };
    let of_all = devices.take_maps(options, input)?;
    if let Some(path) = of_all {
        let map = read_map(path)?;
        devices.take(map, &input.shown.path(path));
    } else if let Some(socket) = &options.qmp {
        let mut monitor = Monitor::connect(socket)?;
        let text = monitor.human("info mtree -f")?;
        let map = parse_map(&text, socket)?;
        devices.vm = Some(RunningVm {
            name: monitor.vm_name()?,
            vcpus: monitor.vcpu_threads()?,
        });
        devices.take(map, socket);
    } else if let Some(path) = beside(input) {
        let shown = input.shown.path(&path);
        match read_map(&path) {
            Ok(map) => devices.take(map, &shown),
            // Nobody asked for it by name.
            Err(problem) => {
                let problem = input.shown.error(problem);
                let why = format!("{problem}: devices are named by custom");
                devices.warnings.push(why);
            }
        }
    }
    Ok(devices)
}

impl Devices {
    /// Takes the maps of single VMs: those that are named, and those of a packed case. Returns that of
    /// all the others, where one is named.
    fn take_maps<'o>(
        &mut self,
        options: &'o DeviceOptions,
        input: &Input,
    ) -> Result<Option<&'o Path>> {
        let mut of_all = None;
        for MtreeFile { vm, path } in &options.mtree {
            let Some(vm) = vm else {
                if of_all.replace(path.as_path()).is_some() {
                    return Err(WrongArguments::SeveralMaps.into());
                }
                continue;
            };
            let [vm] = *vms::pids_alone(std::slice::from_ref(vm))? else {
                continue;
            };
            let map = read_map(path)?;
            self.take_of(vm, map, path);
        }
        for (vm, path) in in_case(input) {
            if self.told_of.contains_key(&vm) {
                continue;
            }
            let shown = input.shown.path(&path);
            match read_map(&path) {
                Ok(map) => self.take_of(vm, map, &shown),
                Err(problem) => {
                    let problem = input.shown.error(problem);
                    self.warnings
                        .push(format!("{problem}: devices are named by custom"));
                }
            }
        }
        Ok(of_all)
    }

    /// Doubts whether the map is that of the VMs whose vCPUs ran in these threads.
    pub(super) fn doubt(&mut self, vcpus: &[Task]) {
        let mut vms: BTreeSet<Option<Pid>> = vcpus.iter().map(|vcpu| vcpu.pid).collect();
        for (vm, path) in &self.told_of {
            if !vms.remove(&Some(*vm)) && !vcpus.is_empty() {
                let path = path.display();
                self.warnings
                    .push(format!("{path}: no vCPU of the VM {vm} is in the capture"));
            }
        }
        let Some(path) = &self.told_by else {
            return;
        };
        let path = path.display();
        if vms.len() > 1 {
            self.warnings.push(format!(
                "{path}: devices of {} VMs are named by the map of one; --vm NAME takes one VM",
                vms.len()
            ));
        }
        if let Some(vm) = &self.vm
            && !vcpus.is_empty()
            && !vcpus
                .iter()
                .any(|vcpu| vm.vcpus.iter().any(|own| own.tid == vcpu.tid))
        {
            let name = vm.name.as_deref().unwrap_or("the VM");
            let threads = vm.vcpus.iter().map(|own| own.tid.to_string());
            let threads: Vec<String> = threads.collect();
            self.warnings.push(format!(
                "{path}: none of the vCPU threads of {name} ({}) is in the capture",
                threads.join(", ")
            ));
        }
    }

    /// Who told where devices are, as tables say it.
    pub(super) fn fact(&self) -> Option<Fact> {
        let of_vms = self.told_of.iter();
        let of_vms = of_vms.map(|(vm, path)| format!("{} (VM {vm})", path.display()));
        let of_all = self.told_by.iter().map(|path| path.display().to_string());
        let paths: Vec<String> = of_vms.chain(of_all).collect();
        (!paths.is_empty()).then(|| Fact {
            key: "devices",
            label: "devices by",
            value: Cell::Text(paths.join(", ")),
        })
    }

    fn take_of(&mut self, vm: Pid, map: MemoryMap, path: &Path) {
        self.say_gaps(&map, path);
        self.map = self.map.clone().with_map_of(vm, map);
        self.told_of.insert(vm, path.to_owned());
    }

    fn take(&mut self, map: MemoryMap, path: &Path) {
        self.say_gaps(&map, path);
        self.map = self.map.clone().with_memory_map(map);
        self.told_by = Some(path.to_owned());
    }

    /// Says what a map does not tell.
    fn say_gaps(&mut self, map: &MemoryMap, path: &Path) {
        let gaps = map.gaps();
        let mut say = |number: u64, word: &str, what: &str| {
            if number > 0 {
                let number = counted(number, word);
                let path = path.display();
                self.warnings.push(format!("{path}: {number} {what}"));
            }
        };
        say(gaps.unread_lines, "line", "of regions could not be read");
        say(
            gaps.open_aliases,
            "window",
            "to regions that the text does not show: what is there has no name",
        );
        say(
            gaps.contested_ranges,
            "range",
            "that several regions may answer for: what is there has no name",
        );
    }
}

/// The memory maps that a case holds of several VMs, in `vms/PID/`.
fn in_case(input: &Input) -> BTreeMap<Pid, PathBuf> {
    let folder = input.directory.as_deref().map(|folder| folder.join("vms"));
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok());
    let of_vm = |folder: PathBuf| {
        let pid = folder.file_name()?.to_str()?.parse().ok()?;
        let mut paths = CaseFiles::MEMORY_MAP.iter().map(|name| folder.join(name));
        Some((Pid::new(pid), paths.find(|path| path.is_file())?))
    };
    let folders = entries
        .into_iter()
        .flatten()
        .filter_map(std::result::Result::ok);
    folders.filter_map(|entry| of_vm(entry.path())).collect()
}

/// The memory map in a capture's directory.
fn beside(input: &Input) -> Option<PathBuf> {
    let directory = input.directory.as_deref()?;
    let paths = CaseFiles::MEMORY_MAP
        .iter()
        .map(|name| directory.join(name));
    paths.into_iter().find(|path| path.is_file())
}

fn read_map(path: &Path) -> Result<MemoryMap> {
    let failed = |source| Error::io("read", path, source);
    let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let mut bytes = Vec::new();
    let mut limited = file.take(LARGEST_MAP);
    limited.read_to_end(&mut bytes).map_err(failed)?;
    parse_map(&String::from_utf8_lossy(&bytes), path)
}

fn parse_map(text: &str, path: &Path) -> Result<MemoryMap> {
    MemoryMap::parse(text).map_err(|no_map| {
        let cause = no_map.cause();
        Error::file(path, BadFile::NotMemoryMap { cause })
    })
}
