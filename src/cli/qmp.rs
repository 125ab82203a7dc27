//! A conversation with QEMU's monitor.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use vmflame::error::{Error, MonitorFault, Problem, Result};
use vmflame::qemu::qmp::{self, QmpAnswer, QmpMessage, VcpuThread};
use vmflame::qemu::qmp_stats::{self, StatSchema, StatValue, StatsTarget};

/// How long a free monitor may take to greet: it does at once.
const GREETING: Duration = Duration::from_secs(2);

/// How long an answer may take: QEMU's main loop may be busy.
const ANSWER: Duration = Duration::from_secs(10);

/// Bytes that an answer may have: a thousand times a large VM's.
const LONGEST: usize = 64 << 20;

/// A monitor that takes commands. The connection ends when it is dropped, and changes nothing.
#[derive(Debug)]
pub(super) struct Monitor {
    path: PathBuf,
    stream: UnixStream,
    /// What came behind the last line.
    rest: Vec<u8>,
}

/// Why there is no line.
enum NoLine {
    TooLate,
    Closed,
    System(std::io::Error),
}

/// Whether a read ended for the time it may take.
fn is_too_late(problem: &std::io::Error) -> bool {
    matches!(problem.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl Monitor {
    /// Connects to the socket of `-qmp` and waits for the greeting.
    pub(super) fn connect(path: &Path) -> Result<Self> {
        let stream = UnixStream::connect(path);
        let stream = stream.map_err(|source| Error::io("connect to", path, source))?;
        let mut monitor = Self {
            path: path.to_owned(),
            stream,
            rest: Vec::new(),
        };
        let seconds = GREETING.as_secs();
        let line = monitor.line(Instant::now() + GREETING);
        let line = line.map_err(|why| monitor.failed(why, MonitorFault::NoGreeting { seconds }))?;
        if QmpMessage::parse(&line) != QmpMessage::Greeting {
            return Err(monitor.fault(MonitorFault::NotQmp { said: line }));
        }
        monitor.ask(qmp::CAPABILITIES, &qmp::command(qmp::CAPABILITIES))?;
        Ok(monitor)
    }

    /// What a command of the human monitor prints.
    pub(super) fn human(&mut self, command_line: &str) -> Result<String> {
        let command = qmp::HUMAN_MONITOR_COMMAND;
        let answer = self.ask(command, &qmp::human_monitor_command(command_line))?;
        let text = answer.text().map(str::to_owned);
        text.ok_or_else(|| self.fault(MonitorFault::WrongAnswer { command }))
    }

    /// The threads of the vCPUs.
    pub(super) fn vcpu_threads(&mut self) -> Result<Vec<VcpuThread>> {
        let command = qmp::QUERY_CPUS_FAST;
        let threads = self.ask(command, &qmp::command(command))?.vcpu_threads();
        threads.ok_or_else(|| self.fault(MonitorFault::WrongAnswer { command }))
    }

    /// The VM's name; `None` when it was given none.
    pub(super) fn vm_name(&mut self) -> Result<Option<String>> {
        let answer = self.ask(qmp::QUERY_NAME, &qmp::command(qmp::QUERY_NAME))?;
        Ok(answer.vm_name().map(str::to_owned))
    }

    /// What a command gave, as JSON.
    pub(super) fn json(&mut self, line: &str, command: &'static str) -> Result<String> {
        Ok(self.ask(command, line)?.to_json())
    }

    /// What KVM's counters are, by their names.
    pub(super) fn stat_schemas(&mut self) -> Result<BTreeMap<String, StatSchema>> {
        let command = qmp_stats::QUERY_STATS_SCHEMAS;
        let schemas = self.ask(command, &qmp::command(command))?.stat_schemas();
        schemas.ok_or_else(|| self.fault(MonitorFault::WrongAnswer { command }))
    }

    /// The values of KVM's counters by their names: of the VM, or of each vCPU.
    pub(super) fn stats(
        &mut self,
        target: StatsTarget,
    ) -> Result<Vec<BTreeMap<String, StatValue>>> {
        let command = qmp::QUERY_STATS;
        let values = self.ask(command, &qmp::query_stats(target.as_str()))?;
        let values = values.stat_values();
        values.ok_or_else(|| self.fault(MonitorFault::WrongAnswer { command }))
    }

    fn ask(&mut self, command: &'static str, line: &str) -> Result<QmpAnswer> {
        let written = self.stream.write_all(line.as_bytes());
        written.map_err(|source| Error::io("write to", &self.path, source))?;
        let until = Instant::now() + ANSWER;
        let seconds = ANSWER.as_secs();
        loop {
            let line = self.line(until);
            let too_late = MonitorFault::NoAnswer { command, seconds };
            let line = line.map_err(|why| self.failed(why, too_late))?;
            match QmpMessage::parse(&line) {
                QmpMessage::Answer(answer) => return Ok(answer),
                QmpMessage::Refused(cause) => {
                    return Err(self.fault(MonitorFault::Refused { command, cause }));
                }
                QmpMessage::Event => {}
                QmpMessage::Greeting | QmpMessage::Other => {
                    return Err(self.fault(MonitorFault::WrongAnswer { command }));
                }
            }
        }
    }

    /// The next line, without its end.
    fn line(&mut self, until: Instant) -> std::result::Result<String, NoLine> {
        let mut seen = 0;
        loop {
            let unseen = self.rest.get(seen..).unwrap_or_default();
            if let Some(at) = unseen.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=seen + at).collect();
                return Ok(String::from_utf8_lossy(&line).trim().to_owned());
            }
            seen = self.rest.len();
            if seen > LONGEST {
                return Err(NoLine::Closed);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(NoLine::TooLate);
            }
            let waits = self.stream.set_read_timeout(Some(left));
            waits.map_err(NoLine::System)?;
            let mut bytes = [0; 1 << 16];
            match self.stream.read(&mut bytes) {
                Ok(0) => return Err(NoLine::Closed),
                Ok(len) => self.rest.extend(bytes.iter().take(len)),
                Err(source) if source.kind() == ErrorKind::Interrupted => {}
                Err(source) if is_too_late(&source) => return Err(NoLine::TooLate),
                Err(source) => return Err(NoLine::System(source)),
            }
        }
    }

    fn failed(&self, why: NoLine, too_late: MonitorFault) -> Error {
        match why {
            // Another kind of monitor prompts without ending the line.
            NoLine::TooLate if !self.rest.is_empty() => self.fault(MonitorFault::NotQmp {
                said: String::from_utf8_lossy(&self.rest).into_owned(),
            }),
            NoLine::TooLate => self.fault(too_late),
            NoLine::Closed => self.fault(MonitorFault::Closed),
            NoLine::System(source) => Error::io("read", &self.path, source),
        }
    }

    fn fault(&self, what: MonitorFault) -> Error {
        let path = self.path.clone();
        Problem::Monitor { path, what }.into()
    }
}
