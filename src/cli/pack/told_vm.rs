//! What one running VMM tells of its VM.

use std::path::{Path, PathBuf};

use crate::cli::libvirt::Domain;
use crate::cli::qmp::Monitor;
use vmflame::analysis::case::CaseMember;
use vmflame::error::Result;
use vmflame::qemu::CommandLine;
use vmflame::qemu::qmp;
use vmflame::units::Pid;

/// What one running VMM tells of its VM: texts, by the names that they have in a case of one VM.
#[derive(Debug, Default)]
pub(in crate::cli) struct ToldVm {
    texts: Vec<CaseMember>,
    /// What it does not tell, and why.
    pub(in crate::cli) missing: Vec<String>,
}

/// What is asked for an answer.
enum VmMonitor {
    Qmp(Monitor),
    Libvirt(Domain),
}

impl VmMonitor {
    fn human(&mut self, command_line: &str) -> Result<String> {
        match self {
            Self::Qmp(monitor) => monitor.human(command_line),
            Self::Libvirt(domain) => domain.human(command_line),
        }
    }

    fn json(&mut self, line: &str, command: &'static str) -> Result<String> {
        match self {
            Self::Qmp(monitor) => monitor.json(line, command),
            Self::Libvirt(domain) => domain.json(line, command),
        }
    }
}

/// The name of a command line in a case of one VM, and in the folder of one of several.
const COMMAND_LINE: [&str; 2] = ["vmm-cmdline", "cmdline"];

impl ToldVm {
    /// The command line of a running VMM, secrets masked, and what its monitors tell.
    pub(in crate::cli) fn of(pid: Pid, line: &CommandLine) -> Self {
        let mut told = Self::default();
        let what = format!("the command line of VM {pid}, secrets masked");
        let member = CaseMember::text(COMMAND_LINE[0], what, masked_text(line));
        told.texts.push(member);
        if let Some(domain) = Domain::of(line) {
            told.ask("libvirt", || Ok(VmMonitor::Libvirt(domain)));
        } else {
            for socket in line.qmp_sockets() {
                told.ask_socket(&socket);
            }
        }
        told
    }

    /// What the monitor at a socket tells.
    pub(in crate::cli) fn of_socket(socket: &Path) -> Self {
        let mut told = Self::default();
        told.ask_socket(socket);
        told
    }

    fn ask_socket(&mut self, socket: &Path) {
        let shown = socket.display().to_string();
        self.ask(&shown, || Ok(VmMonitor::Qmp(Monitor::connect(socket)?)));
    }

    /// Asks a monitor; what it does not answer is missing.
    fn ask(&mut self, shown: &str, open: impl FnOnce() -> Result<VmMonitor>) {
        if let Err(problem) = open().and_then(|mut monitor| self.take(&mut monitor)) {
            let mut what = format!("what {shown} would tell: {problem}");
            if let Some(cause) = std::error::Error::source(&problem) {
                what = format!("{what}: {cause}");
            }
            self.missing.push(what);
        }
    }

    fn take(&mut self, monitor: &mut VmMonitor) -> Result<()> {
        let map = monitor.human("info mtree -f")?;
        let what = "the VM's memory map";
        self.texts.push(CaseMember::text("mtree-f.txt", what, map));
        for (command, what) in [
            (qmp::QUERY_CPUS_FAST, "threads of the VM's vCPUs"),
            (qmp::QUERY_VERSION, "the version of QEMU"),
            (qmp::QUERY_NAME, "the VM's name"),
            (qmp::QUERY_KVM, "whether KVM runs the VM"),
        ] {
            let answer = monitor.json(&qmp::command(command), command)?;
            let name = format!("{command}.json");
            self.texts.push(CaseMember::text(name, what, answer));
        }
        // QEMU before 7.1 has none.
        for (line, name, what) in [
            (
                qmp::query_stats("vcpu"),
                "query-stats-vcpu.json",
                "what KVM counted of each vCPU",
            ),
            (
                qmp::query_stats("vm"),
                "query-stats-vm.json",
                "what KVM counted of the VM",
            ),
        ] {
            if let Ok(answer) = monitor.json(&line, qmp::QUERY_STATS) {
                self.texts.push(CaseMember::text(name, what, answer));
            }
        }
        Ok(())
    }

    /// The texts as members of a case: of the only VM where every verb looks for them, of one of
    /// several in the folder `vms/VM`.
    pub(in crate::cli) fn members(&self, vm: &str, is_only: bool) -> Vec<CaseMember> {
        let placed = self.texts.iter().cloned().map(|mut text| {
            if !is_only {
                let mut name: PathBuf = text.member.name;
                if name == Path::new(COMMAND_LINE[0]) {
                    name = PathBuf::from(COMMAND_LINE[1]);
                }
                text.member.name = Path::new("vms").join(vm).join(name);
            }
            text
        });
        placed.collect()
    }
}

/// The words as `/proc/PID/cmdline` has them.
pub(super) fn masked_text(line: &CommandLine) -> String {
    let words = line.masked().into_iter().map(|word| word + "\0");
    words.collect()
}
