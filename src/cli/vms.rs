//! `--vm`: VMs by the names that their VMMs give them, or by their pids.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::this_machine;
use super::vmm_processes;
use super::wrong_arguments::WrongArguments;
use vmflame::analysis::exits::RecordedExits;
use vmflame::analysis::{VmNaming, VmProcess, vm_processes};
use vmflame::error::Result;
use vmflame::input::{CaseFiles, Input};
use vmflame::perf::Capture;
use vmflame::units::{Pid, Tid};

/// A VM of the capture, and what it is called.
struct NamedVm {
    process: VmProcess,
    /// `None` when nothing tells it.
    name: Option<String>,
}

/// The processes of the VMs that are asked for, each by its name or by its pid.
///
/// # Errors
/// When no VM of the capture, or more than one, is called so.
pub(super) fn pids(
    asked: &[String],
    input: &Input,
    capture: &Capture,
    threads: usize,
) -> Result<Vec<Pid>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut vms: Option<Vec<NamedVm>> = None;
    let mut found = Vec::new();
    for vm in asked {
        if let Ok(pid) = vm.parse() {
            found.push(Pid::new(pid));
            continue;
        }
        let vms = vms.get_or_insert_with(|| named_vms(input, capture, threads));
        let mut called = vms.iter().filter(|known| known.name.as_ref() == Some(vm));
        match (called.next(), called.next()) {
            (Some(one), None) => found.push(one.process.pid),
            (first, _) => {
                let which = if first.is_some() {
                    "several VMs of the capture are"
                } else {
                    "no VM of the capture is"
                };
                return Err(WrongArguments::WhichVm {
                    wrong: format!("{which} known as {vm:?}"),
                    known: vms.iter().map(NamedVm::in_words).collect(),
                }
                .into());
            }
        }
    }
    Ok(found)
}

/// The same of a source that tells no names of VMs: pids alone.
///
/// # Errors
/// When a name is asked for.
pub(super) fn pids_alone(asked: &[String]) -> Result<Vec<Pid>> {
    let pid = |vm: &String| match vm.parse() {
        Ok(pid) => Ok(Pid::new(pid)),
        Err(_) => Err(WrongArguments::WhichVm {
            wrong: format!("a trace does not tell which VM is known as {vm:?}"),
            known: Vec::new(),
        }
        .into()),
    };
    asked.iter().map(pid).collect()
}

/// Refuses VMs of a source that tells no processes.
///
/// # Errors
/// When one is asked for.
pub(super) fn refuse_all(asked: &[String]) -> Result<()> {
    match asked.first() {
        None => Ok(()),
        Some(vm) => Err(WrongArguments::WhichVm {
            wrong: format!("a trace.dat does not tell what is of the VM {vm:?}"),
            known: Vec::new(),
        }
        .into()),
    }
}

impl NamedVm {
    fn in_words(&self) -> String {
        let pid = self.process.pid;
        match &self.name {
            Some(name) => format!("{name} (pid {pid})"),
            None => format!("pid {pid}"),
        }
    }
}

/// What VMMs call the VMs of a capture; those of which nothing tells it are left out.
pub(super) fn names(
    processes: Vec<VmProcess>,
    input: &Input,
    capture: &Capture,
) -> BTreeMap<Pid, String> {
    ToldBy::of(input).names(processes, capture)
}

/// The same for stacks, which ask where there are several VMs. The capture is looked through for them
/// only where something may tell their names.
pub(super) fn naming(input: &Input, threads: usize) -> VmNaming {
    let (data, directory) = (input.data.clone(), input.directory.clone());
    VmNaming::by(move |capture| {
        let told_by = ToldBy {
            data: &data,
            directory: directory.as_deref(),
        };
        let has_lines = (told_by.directory).is_some_and(|directory| directory.join("vms").is_dir());
        if has_lines || this_machine::has_made(capture) && !vmm_processes::vmms().is_empty() {
            told_by.names(vm_processes(capture, threads), capture)
        } else {
            BTreeMap::new()
        }
    })
}

/// Names the VMs of exits. A command line beside the capture is that of the only VM, if there is one only:
/// all threads of the capture tell that.
pub(super) fn name_recorded(
    recorded: &mut RecordedExits,
    input: &Input,
    capture: &Capture,
    threads: usize,
) {
    let mut processes: BTreeMap<Pid, VmProcess> = BTreeMap::new();
    for (tid, pid) in recorded.vcpu_threads() {
        let Some(pid) = pid else {
            continue;
        };
        let process = processes.entry(pid).or_insert_with(|| VmProcess {
            pid,
            main_thread: recorded.names.get(&Tid::new(pid.as_i32())).cloned(),
            vcpus: BTreeSet::new(),
        });
        process.vcpus.insert(tid);
    }
    if processes.is_empty() {
        return;
    }
    let processes = match ToldBy::of(input).beside() {
        Some(_) => vm_processes(capture, threads),
        None => processes.into_values().collect(),
    };
    recorded.vm_names = names(processes, input, capture);
}

/// The VMs of a capture with their names.
fn named_vms(input: &Input, capture: &Capture, threads: usize) -> Vec<NamedVm> {
    ToldBy::of(input).name_vms(vm_processes(capture, threads), capture)
}

/// What tells the names of a capture's VMs.
#[derive(Clone, Copy)]
struct ToldBy<'i> {
    /// The capture's file.
    data: &'i Path,
    /// The directory of a case.
    directory: Option<&'i Path>,
}

impl<'i> ToldBy<'i> {
    fn of(input: &'i Input) -> Self {
        Self {
            data: &input.data,
            directory: input.directory.as_deref(),
        }
    }

    fn names(self, processes: Vec<VmProcess>, capture: &Capture) -> BTreeMap<Pid, String> {
        let named = self.name_vms(processes, capture).into_iter();
        let named = named.filter_map(|vm| Some((vm.process.pid, vm.name?)));
        named.collect()
    }

    /// The VMs of a capture with their names: a running one tells its own; the command line beside a
    /// capture is that of its VM where there is one VM only.
    fn name_vms(self, processes: Vec<VmProcess>, capture: &Capture) -> Vec<NamedVm> {
        let of_case = self.beside().filter(|_| processes.len() == 1);
        let running = |process: &VmProcess| {
            this_machine::command_line(process, self.data, capture)?.vm_name()
        };
        let named = processes.into_iter().map(|process| {
            let told = of_case.clone().or_else(|| self.in_case(&process));
            let name = told.or_else(|| running(&process));
            NamedVm { process, name }
        });
        named.collect()
    }

    /// The name in the command line that a case holds of one of several VMs.
    fn in_case(self, process: &VmProcess) -> Option<String> {
        let vms = self.directory?.join("vms");
        let path = vms.join(process.pid.to_string()).join("cmdline");
        this_machine::read_command_line(&path)?.vm_name()
    }

    /// The name in the command line that lies in a capture's directory.
    fn beside(self) -> Option<String> {
        let directory = self.directory?;
        let mut paths = CaseFiles::COMMAND_LINE
            .iter()
            .map(|name| directory.join(name));
        paths.find_map(|path| this_machine::read_command_line(&path)?.vm_name())
    }
}
