//! What lies beside a capture, or still runs, as evidence for `advise`.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::devices::{Devices, devices};
use super::options::{DeviceOptions, MtreeFile};
use super::{this_machine, vms};
use vmflame::analysis::exits::RecordedExits;
use vmflame::analysis::vm_processes;
use vmflame::error::{Error, Result};
use vmflame::input::{CaseFiles, Input};
use vmflame::perf::Capture;
use vmflame::qemu::CommandLine;
use vmflame::report::advice::{Evidence, VmmFacts, set_vmm};

/// An input, and what lies beside it.
pub(super) struct Beside<'i> {
    pub(super) files: CaseFiles,
    pub(super) input: &'i Input,
    /// `None`: what was opened is no perf.data.
    pub(super) capture: Option<&'i Capture>,
}

/// Bytes of a file beside a capture that are read: a thousand times what a large host has.
const LARGEST_FILE: u64 = 64 << 20;

fn read(path: &Path) -> Result<String> {
    let failed = |source| Error::io("read", path, source);
    let file = File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl Beside<'_> {
    /// Adds what files tell of the host.
    pub(super) fn add_host_files(&self, evidence: &mut Evidence) -> Result<()> {
        if let Some(path) = &self.files.module_parameters {
            let text = read(path)?;
            let shown = self.input.shown.path(path).display().to_string();
            evidence.host.add_parameters(&text, &shown);
        }
        if let Some(path) = &self.files.cpuinfo {
            evidence.host.add_cpuinfo(&read(path)?);
        }
        Ok(())
    }

    /// Adds what the VMMs' command lines tell: of the only VM by a file, else of those that still run.
    pub(super) fn add_vmms(&self, evidence: &mut Evidence, threads: usize) -> Result<()> {
        if let Some(path) = &self.files.command_line {
            let line = CommandLine::parse(&read(path)?);
            let from = self.input.shown.path(path).display().to_string();
            set_vmm(evidence, None, VmmFacts::of(&line, &from));
            return Ok(());
        }
        let Some(capture) = self.capture else {
            return Ok(());
        };
        for process in vm_processes(capture, threads) {
            let line = this_machine::command_line(&process, &self.input.data, capture);
            if let Some(line) = line {
                let from = format!("/proc/{}/cmdline", process.pid);
                set_vmm(evidence, Some(process.pid), VmmFacts::of(&line, &from));
            }
        }
        Ok(())
    }

    /// The devices of the VM: of the memory map that is named, or that lies there.
    pub(super) fn devices(
        &self,
        named: &DeviceOptions,
        recorded: &RecordedExits,
    ) -> Result<Devices> {
        let beside = self.files.memory_map.clone();
        let named = named.by_pid(|asked| match self.capture {
            Some(capture) => vms::pids(asked, self.input, capture, 1),
            None => vms::pids_alone(asked),
        })?;
        if let (true, None, Some(path)) = (named.mtree.is_empty(), &named.qmp, beside) {
            let found = DeviceOptions {
                mtree: vec![MtreeFile { vm: None, path }],
                qmp: None,
            };
            // Nobody asked for it by name: what it does not tell is taken from what is usual.
            if let Ok(devices) = devices(&found, self.input, recorded.devices()) {
                return Ok(devices);
            }
        }
        devices(&named, self.input, recorded.devices())
    }
}
