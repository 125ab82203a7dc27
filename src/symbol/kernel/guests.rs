//! The kernels of guests.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hashbrown::HashMap;

use super::symbols::{KernelSymbol, KernelSymbols, ModuleRange};
use crate::bytes::Storage;
use crate::error::{Error, Result};
use crate::symbol::elf::{ObjectSymbols, Places};
use crate::symbol::request::SymbolRequest;
use crate::symbol::unresolved::Unresolved;
use crate::units::{Avma, Pid, Svma};

/// The functions of the kernels that run in guests.
///
/// Whoever names a file says that it is of the guest, in the boot that was recorded: nothing in a
/// capture of the host tells guests' kernels apart.
#[derive(Debug, Default)]
pub struct GuestKernels {
    /// That of all guests without one of their own.
    all: Option<KernelSymbols>,
    /// Those of single VMs, by the process.
    of_vms: HashMap<Pid, KernelSymbols>,
}

impl GuestKernels {
    /// Reads what a request names, and what the capture's directory holds: `guest/PID/kallsyms`, and
    /// in the folder of mounted guests `PID/proc/kallsyms`, as perf has it; `modules` beside them.
    ///
    /// Source: `machines__create_guest_kernel_maps()`, tools/perf/util/machine.c, Linux 6.1.
    ///
    /// # Errors
    /// When a file that was named, or that is there, cannot be read or is none.
    pub fn read(symbols: &SymbolRequest) -> Result<Self> {
        let asked = &symbols.guests;
        let modules = asked.modules.as_deref().map(read_modules).transpose()?;
        let all = match (&asked.kallsyms, &asked.vmlinux) {
            (Some(kallsyms), _) => Some(read_kallsyms(kallsyms, symbols)?),
            (None, Some(vmlinux)) => Some(read_vmlinux(vmlinux, symbols)?),
            (None, None) => None,
        };
        let all = match (all, modules) {
            (Some(all), Some(modules)) => Some(all.for_modules(&modules)),
            (all, _) => all,
        };
        let mut of_vms = HashMap::new();
        // What lies beside the capture goes first.
        let folders = symbols.search.capture_dir.iter();
        let folders = folders.map(|dir| (dir.join("guest"), ""));
        let mounts = asked.mount.iter().map(|dir| (dir.clone(), "proc"));
        for (folder, inside) in folders.chain(mounts) {
            for (vm, path) in vms_in(&folder) {
                let path = path.join(inside);
                if of_vms.contains_key(&vm) {
                    continue;
                }
                let Some(kallsyms) = kallsyms_in(&path) else {
                    continue;
                };
                let mut kernel = read_kallsyms(&kallsyms, symbols)?;
                let modules = path.join("modules");
                if modules.is_file() {
                    kernel = kernel.for_modules(&read_modules(&modules)?);
                }
                of_vms.insert(vm, kernel);
            }
        }
        Ok(Self { all, of_vms })
    }

    /// Whether any guest has names.
    pub fn is_empty(&self) -> bool {
        self.all.is_none() && self.of_vms.is_empty()
    }

    /// The function at an address of a VM's guest; where the VM is not known, what is of all.
    ///
    /// # Errors
    /// Not errors but causes: why there is none.
    pub fn look_up(
        &self,
        vm: Option<Pid>,
        at: Avma,
    ) -> std::result::Result<KernelSymbol<'_>, Unresolved> {
        let own = vm.and_then(|vm| self.of_vms.get(&vm));
        let shared = || {
            self.all
                .as_ref()
                .filter(|_| vm.is_some() || self.of_vms.is_empty())
        };
        own.or_else(shared)
            .ok_or(Unresolved::NoKernelSymbols)?
            .look_up(at)
    }
}

/// The folders of VMs, which are called by the pids of their processes.
fn vms_in(folder: &Path) -> Vec<(Pid, PathBuf)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let vms = entries.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        Some((Pid::new(pid), entry.path()))
    });
    let mut vms: Vec<(Pid, PathBuf)> = vms.collect();
    vms.sort();
    vms
}

/// A kallsyms text in a folder, perhaps packed.
fn kallsyms_in(folder: &Path) -> Option<PathBuf> {
    let endings = ["", ".gz", ".xz", ".zst", ".bz2"];
    let paths = endings.map(|ending| folder.join(format!("kallsyms{ending}")));
    paths.into_iter().find(|path| path.is_file())
}

fn read_kallsyms(path: &Path, symbols: &SymbolRequest) -> Result<KernelSymbols> {
    let text = Storage::open_unpacked(path, symbols.search.limit)?;
    KernelSymbols::parse_storage(path, text)
}

/// The functions of a kernel's image, at the addresses that it states: those of a guest whose kernel
/// is not moved at boot.
fn read_vmlinux(path: &Path, symbols: &SymbolRequest) -> Result<KernelSymbols> {
    let image = Storage::open_unpacked(path, symbols.search.limit)?;
    let object = ObjectSymbols::parse_elf(path, image.bytes(), Places::Everywhere)?;
    let mut text = String::new();
    let mut covered: Option<Svma> = None;
    for symbol in object.iter() {
        // Between two functions is none.
        if let Some(end) = covered.filter(|end| *end < symbol.start) {
            let _ = writeln!(text, "{:016x} d -", end.as_u64());
        }
        let _ = writeln!(text, "{:016x} T {}", symbol.start.as_u64(), symbol.name);
        covered = Some(symbol.end);
    }
    if let Some(end) = covered {
        let _ = writeln!(text, "{:016x} d -", end.as_u64());
    }
    KernelSymbols::parse(path, text.as_bytes())
}

/// Where modules lie, as `/proc/modules` tells it.
fn read_modules(path: &Path) -> Result<Vec<ModuleRange>> {
    let text = fs::read(path).map_err(|source| Error::io("read", path, source))?;
    let text = String::from_utf8_lossy(&text);
    let ranges = text.lines().filter_map(|line| {
        // NAME BYTES USES USERS STATE 0xADDRESS
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let (name, bytes) = (*fields.first()?, fields.get(1)?.parse().ok()?);
        let start = u64::from_str_radix(fields.get(5)?.strip_prefix("0x")?, 16).ok()?;
        let start = Avma::new(start);
        Some(ModuleRange {
            name: name.into(),
            range: start..start.checked_add(bytes)?,
        })
    });
    Ok(ranges.collect())
}
