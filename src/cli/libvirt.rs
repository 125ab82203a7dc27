//! VMs of libvirt, which holds their monitors: asked through `virsh`.

use std::ffi::OsStr;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use vmflame::error::{Error, MonitorFault, Problem, Result};
use vmflame::qemu::CommandLine;
use vmflame::qemu::qmp::{HUMAN_MONITOR_COMMAND, QmpAnswer, QmpMessage};

/// How long an answer may take: QEMU's main loop may be busy.
const ANSWER: Duration = Duration::from_secs(10);

/// Most bytes of an answer.
const LONGEST: u64 = 64 << 20;

/// A VM that libvirt runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Domain {
    /// What libvirt calls it.
    name: String,
    /// Which of the host's libvirts runs it.
    connection: &'static str,
}

impl Domain {
    /// The VM of a command line that libvirt wrote: its monitor lies in a folder of libvirt's.
    ///
    /// Source: `qemuProcessPrepareMonitorChr`, `qemu_process.c`, libvirt 9.0.
    pub(super) fn of(line: &CommandLine) -> Option<Self> {
        let sockets = line.qmp_sockets();
        let is_libvirt = |part: &OsStr| part == "libvirt";
        let socket = sockets
            .iter()
            .find(|socket| socket.iter().any(is_libvirt))?;
        let is_system = ["/var/lib", "/run", "/var/run"];
        let is_system = is_system.iter().any(|start| socket.starts_with(start));
        Some(Self {
            name: line.vm_name()?,
            connection: if is_system {
                "qemu:///system"
            } else {
                "qemu:///session"
            },
        })
    }

    /// What a command of the human monitor prints.
    pub(super) fn human(&self, command_line: &str) -> Result<String> {
        self.ask(HUMAN_MONITOR_COMMAND, &["--hmp", command_line])
    }

    /// What a command gave, as JSON.
    pub(super) fn json(&self, line: &str, command: &'static str) -> Result<String> {
        let said = self.ask(command, &[line.trim_end()])?;
        match QmpMessage::parse(&said) {
            QmpMessage::Answer(answer) => Ok(QmpAnswer::to_json(&answer)),
            QmpMessage::Refused(cause) => Err(self.fault(MonitorFault::Refused { command, cause })),
            QmpMessage::Greeting | QmpMessage::Event | QmpMessage::Other => {
                Err(self.fault(MonitorFault::WrongAnswer { command }))
            }
        }
    }

    fn ask(&self, command: &'static str, words: &[&str]) -> Result<String> {
        let mut virsh = Command::new("virsh");
        virsh.args([
            "-q",
            "-c",
            self.connection,
            "qemu-monitor-command",
            &self.name,
        ]);
        virsh.args(words).env("LC_ALL", "C").stdin(Stdio::null());
        virsh.stdout(Stdio::piped()).stderr(Stdio::piped());
        let failed = |source| Error::io("run", &PathBuf::from("virsh"), source);
        let mut child = virsh.spawn().map_err(failed)?;
        let (sender, receiver) = channel();
        let (out, err) = (child.stdout.take(), child.stderr.take());
        thread::spawn(move || {
            let read = |pipe: Option<&mut dyn Read>| {
                let mut bytes = Vec::new();
                if let Some(pipe) = pipe {
                    // What came before the pipe failed is all that there is.
                    drop(pipe.take(LONGEST).read_to_end(&mut bytes));
                }
                String::from_utf8_lossy(&bytes).into_owned()
            };
            let (mut out, mut err) = (out, err);
            let said = read(out.as_mut().map(|pipe| pipe as &mut dyn Read));
            let wrong = read(err.as_mut().map(|pipe| pipe as &mut dyn Read));
            // Nobody waits any more after a while.
            drop(sender.send([said, wrong]));
        });
        let told = receiver.recv_timeout(ANSWER);
        if told.is_err() {
            drop(child.kill());
        }
        let status = child.wait().map_err(failed)?;
        let seconds = ANSWER.as_secs();
        match told {
            Err(_) => Err(self.fault(MonitorFault::NoAnswer { command, seconds })),
            Ok([said, _]) if status.success() => Ok(said),
            Ok([_, wrong]) => Err(self.fault(MonitorFault::Refused {
                command,
                cause: wrong.trim().to_owned(),
            })),
        }
    }

    fn fault(&self, what: MonitorFault) -> Error {
        let path = PathBuf::from(format!("virsh -c {} {}", self.connection, self.name));
        Problem::Monitor { path, what }.into()
    }
}
