//! QMP: what is said to QEMU's monitor and what it answers, one line of JSON each.
//!
//! Source: docs/interop/qmp-spec.txt, `query-cpus-fast` in qapi/machine.json, `query-name` and
//! `human-monitor-command` in qapi/misc.json, QEMU 7.2.

use serde_json::{Value, json};

use crate::units::Tid;

/// The command that ends the greeting.
pub const CAPABILITIES: &str = "qmp_capabilities";
/// The command that runs one of the human monitor's.
pub const HUMAN_MONITOR_COMMAND: &str = "human-monitor-command";
/// The command that tells the threads of vCPUs.
pub const QUERY_CPUS_FAST: &str = "query-cpus-fast";
/// The command that tells the VM's name.
pub const QUERY_NAME: &str = "query-name";

/// The command that tells which QEMU it is.
pub const QUERY_VERSION: &str = "query-version";
/// The command that tells whether KVM runs the VM.
pub const QUERY_KVM: &str = "query-kvm";
/// The command that tells what KVM counted, from QEMU 7.1 on.
pub const QUERY_STATS: &str = "query-stats";

/// What the monitor says.
#[derive(Clone, PartialEq, Debug)]
pub enum QmpMessage {
    /// It takes commands, once [`CAPABILITIES`] is said.
    Greeting,
    /// What a command gave.
    Answer(QmpAnswer),
    /// A command was refused, for this reason.
    Refused(String),
    /// Something happened in the VM.
    Event,
    /// This is no QMP.
    Other,
}

/// What a command gave.
#[derive(Clone, PartialEq, Debug)]
pub struct QmpAnswer(Value);

/// The thread of a vCPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct VcpuThread {
    /// QEMU's number of the vCPU.
    pub vcpu: u32,
    /// Its thread on the host, as QEMU's own pid namespace counts.
    pub tid: Tid,
}

/// The line that asks for a command without arguments.
pub fn command(name: &str) -> String {
    line(&json!({ "execute": name }))
}

/// The line that has the human monitor run a command.
pub fn human_monitor_command(command_line: &str) -> String {
    let arguments = json!({ "command-line": command_line });
    line(&json!({ "execute": HUMAN_MONITOR_COMMAND, "arguments": arguments }))
}

/// The line that asks what KVM counted of a target: `vm` or `vcpu`.
///
/// Source: qapi/stats.json, QEMU 7.2.
pub fn query_stats(target: &str) -> String {
    let arguments = json!({ "target": target });
    line(&json!({ "execute": QUERY_STATS, "arguments": arguments }))
}

fn line(value: &Value) -> String {
    let mut line = value.to_string();
    line.push('\n');
    line
}

impl QmpMessage {
    /// Reads a line of the monitor's.
    pub fn parse(line: &str) -> Self {
        let Ok(Value::Object(mut said)) = serde_json::from_str(line) else {
            return Self::Other;
        };
        if said.contains_key("QMP") {
            Self::Greeting
        } else if let Some(value) = said.remove("return") {
            Self::Answer(QmpAnswer(value))
        } else if let Some(error) = said.get("error") {
            let why = error.get("desc").and_then(Value::as_str);
            Self::Refused(why.unwrap_or("no reason").to_owned())
        } else if said.contains_key("event") {
            Self::Event
        } else {
            Self::Other
        }
    }
}

impl QmpAnswer {
    pub(super) const fn value(&self) -> &Value {
        &self.0
    }

    /// What the human monitor printed.
    pub fn text(&self) -> Option<&str> {
        self.0.as_str()
    }

    /// All of it, as JSON for people too.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.0)
    }

    /// The VM's name; `None` when it was given none.
    pub fn vm_name(&self) -> Option<&str> {
        self.0.get("name")?.as_str()
    }

    /// The threads of vCPUs; `None` when one of them is told in another form.
    pub fn vcpu_threads(&self) -> Option<Vec<VcpuThread>> {
        let thread = |cpu: &Value| {
            let number = |key: &str| cpu.get(key)?.as_u64();
            Some(VcpuThread {
                vcpu: u32::try_from(number("cpu-index")?).ok()?,
                tid: Tid::new(i32::try_from(number("thread-id")?).ok()?),
            })
        };
        self.0.as_array()?.iter().map(thread).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(line: &str) -> QmpAnswer {
        let QmpMessage::Answer(answer) = QmpMessage::parse(line) else {
            panic!("{line}");
        };
        answer
    }

    /// Lines that QEMU 7.2.22 said.
    #[test]
    fn lines_of_qemu_are_read() {
        let greeting = r#"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"}, "capabilities": ["oob"]}}"#;
        assert_eq!(QmpMessage::parse(greeting), QmpMessage::Greeting);
        let cpus = answer(
            r#"{"return": [{"thread-id": 23561, "props": {"core-id": 0, "thread-id": 0, "socket-id": 0}, "qom-path": "/machine/unattached/device[0]", "cpu-index": 0, "target": "x86_64"}, {"thread-id": 23563, "props": {"core-id": 1, "thread-id": 0, "socket-id": 0}, "qom-path": "/machine/unattached/device[2]", "cpu-index": 1, "target": "x86_64"}]}"#,
        );
        let threads = [(0, 23561), (1, 23563)].map(|(vcpu, tid)| VcpuThread {
            vcpu,
            tid: Tid::new(tid),
        });
        assert_eq!(cpus.vcpu_threads().as_deref(), Some(&threads[..]));
        let name = answer(r#"{"return": {"name": "test-pc"}}"#);
        assert_eq!(name.vm_name(), Some("test-pc"));
        assert_eq!(answer(r#"{"return": {}}"#).vm_name(), None);
        let text = answer(r#"{"return": "address-space: I/O\r\n"}"#);
        assert_eq!(text.text(), Some("address-space: I/O\r\n"));
        let refused = r#"{"error": {"class": "CommandNotFound", "desc": "The command x has not been found"}}"#;
        let why = "The command x has not been found".to_owned();
        assert_eq!(QmpMessage::parse(refused), QmpMessage::Refused(why));
        let event = r#"{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "STOP"}"#;
        assert_eq!(QmpMessage::parse(event), QmpMessage::Event);
        assert_eq!(QmpMessage::parse("(qemu) "), QmpMessage::Other);
    }

    /// Numbers that are no threads are not made some.
    #[test]
    fn wrong_threads_are_none() {
        for said in [
            r#"{"return": [{"cpu-index": 0}]}"#,
            r#"{"return": [{"cpu-index": -1, "thread-id": 5}]}"#,
            r#"{"return": [{"cpu-index": 0, "thread-id": 99999999999}]}"#,
            r#"{"return": {"cpu-index": 0, "thread-id": 5}}"#,
        ] {
            assert_eq!(answer(said).vcpu_threads(), None, "{said}");
        }
    }
}
