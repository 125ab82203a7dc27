//! From what is wanted and what the machine says to what perf is told. Nothing is looked at here, and
//! nothing is run.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

use super::machine::{RecordingHost, Tracefs};
use super::not_recorded::NotRecorded;
use super::request::{ChainKind, RecordProfile, RecordRequest, RecordTarget};
use vmflame::kvm::exit::tracepoint_names;
use vmflame::units::Pid;

/// What is recorded, and what should be known of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RecordPlan {
    /// The clock that samples; `None` where only tracepoints are recorded.
    pub(super) clock: Option<Clock>,
    /// Tracepoints, as `kvm:kvm_exit`, in their order.
    pub(super) tracepoints: Vec<String>,
    /// The threads.
    pub(super) target: RecordTarget,
    /// Bytes of the buffer of each CPU to begin with.
    pub(super) buffer_bytes: u64,
    /// What the user should know: what is missing, what was chosen and why.
    pub(super) remarks: Vec<String>,
}

/// What samples at a beat.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Clock {
    /// The CPUs' own cycles.
    Cycles,
    /// The kernel's timer.
    CpuClock,
}

impl Clock {
    /// As perf calls it.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Cycles => "cycles",
            Self::CpuClock => "cpu-clock",
        }
    }
}

/// The buffer of each CPU: with less, busy hosts lose records.
const BUFFER: u64 = 16 << 20;

/// The smallest buffer that is worth a recording.
pub(super) const SMALLEST_BUFFER: u64 = 128 << 10;

/// All buffers together take this part of the free memory at most.
const PART_OF_MEMORY: u64 = 16;

/// Emulation fires this one for each instruction: a million times in a second, and tells nothing that
/// others do not.
const FLOOD: &str = "kvm:kvm_emulate_insn";

/// Chooses what is recorded.
///
/// # Errors
/// When nothing of what is asked for can be.
pub(super) fn plan(
    request: &RecordRequest,
    machine: &RecordingHost,
) -> Result<RecordPlan, NotRecorded> {
    let mut remarks = Vec::new();
    if machine.rights.paranoid.is_none() {
        return Err(NotRecorded::NoPerfEvents);
    }
    if request.chains == ChainKind::Lbr && !machine.has_lbr {
        return Err(NotRecorded::NoLbr);
    }
    let clock = request
        .profile
        .has_clock()
        .then(|| clock(request, machine, &mut remarks));
    let tracepoints = match tracepoints(request, machine) {
        Ok(tracepoints) => tracepoints,
        Err(why) if request.profile == RecordProfile::Both => {
            remarks.push(format!(
                "exits are not recorded, call chains only: {}",
                in_one_line(&why)
            ));
            Vec::new()
        }
        Err(why) => return Err(why),
    };
    if clock.is_none() && tracepoints.is_empty() {
        return Err(NotRecorded::NothingLeft);
    }
    let target = target(request, &mut remarks);
    remarks.extend(missing(&tracepoints, request.profile));
    remarks.extend(machine_remarks(machine));
    Ok(RecordPlan {
        clock,
        tracepoints,
        target,
        buffer_bytes: buffer_bytes(machine),
        remarks,
    })
}

fn in_one_line(why: &NotRecorded) -> String {
    match why.hint() {
        Some(hint) => format!("{why} ({hint})"),
        None => why.to_string(),
    }
}

/// The clock, and why it is not the CPUs' cycles.
fn clock(request: &RecordRequest, machine: &RecordingHost, remarks: &mut Vec<String>) -> Clock {
    if request.asks_for_clock {
        return Clock::CpuClock;
    }
    if !machine.has_cycles {
        remarks.push(
            "cpu-clock is the clock: the CPUs' counters cannot be used here (no PMU, as in most VMs \
             and containers), so that code with interrupts off is counted where they are on again"
                .to_owned(),
        );
        return Clock::CpuClock;
    }
    if let Some(parameter) = &machine.mediated_pmu {
        remarks.push(format!(
            "cpu-clock is the clock: {parameter} is on, with which counters that count guests keep \
             VMs from starting"
        ));
        return Clock::CpuClock;
    }
    Clock::Cycles
}

/// The tracepoints that are wanted and that this kernel has.
fn tracepoints(
    request: &RecordRequest,
    machine: &RecordingHost,
) -> Result<Vec<String>, NotRecorded> {
    let is_wanted = |name: &str| match request.profile {
        RecordProfile::Cpu => false,
        RecordProfile::Exits | RecordProfile::Both => name.starts_with("kvm") && name != FLOOD,
        RecordProfile::Sched => name.starts_with("sched:"),
    };
    let wanted: Vec<&str> = tracepoint_names().filter(|name| is_wanted(name)).collect();
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let there = match &machine.tracepoints {
        Tracefs::Listed(there) => there,
        Tracefs::NotMounted => return Err(NotRecorded::TracefsNotMounted),
        Tracefs::Denied => return Err(NotRecorded::TracefsDenied),
    };
    let found: Vec<&str> = wanted
        .into_iter()
        .filter(|&name| there.contains(name))
        .collect();
    if found.is_empty() {
        let of_kvm = request.profile != RecordProfile::Sched;
        return Err(NotRecorded::NoTracepoints { of_kvm });
    }
    let is_left_out = |name: &str| {
        let mut left_out = request.left_out.iter();
        left_out.any(|out| out == name || name.ends_with(&format!(":{out}")))
    };
    let kept = found.into_iter().filter(|name| !is_left_out(name));
    Ok(kept.map(str::to_owned).collect())
}

/// The threads: who had a CPU is seen only where all threads are.
fn target(request: &RecordRequest, remarks: &mut Vec<String>) -> RecordTarget {
    if request.profile == RecordProfile::Sched && request.target != RecordTarget::Host {
        remarks.push(
            "all threads of the host are recorded: who else had the CPUs, and who woke a thread, is \
             told by theirs"
                .to_owned(),
        );
        return RecordTarget::Host;
    }
    request.target.clone()
}

/// What exits cannot tell without tracepoints that this kernel does not have, or that are left out.
fn missing(tracepoints: &[String], profile: RecordProfile) -> Vec<String> {
    if !matches!(profile, RecordProfile::Exits | RecordProfile::Both) || tracepoints.is_empty() {
        return Vec::new();
    }
    let has = |name: &str| tracepoints.iter().any(|one| one == name);
    let has_exits = tracepoints
        .iter()
        .any(|one| one.contains("exit") && !one.contains("userspace"));
    let mut missing = Vec::new();
    if !has_exits {
        missing.push("without kvm_exit, exits are neither counted nor timed".to_owned());
    }
    if !has("kvm:kvm_userspace_exit") {
        missing.push(
            "without kvm_userspace_exit, the VMM's part of an exit counts as the kernel's"
                .to_owned(),
        );
    }
    missing
}

/// What the machine's settings make of a recording.
fn machine_remarks(machine: &RecordingHost) -> Vec<String> {
    let mut remarks = Vec::new();
    if machine.is_contained {
        remarks.push(
            "this is a container: processes of the host have no names here, and other pids than \
             they have there; record on the host"
                .to_owned(),
        );
    }
    let rights = machine.rights;
    match rights.kptr_restrict {
        Some(2..) => remarks.push(
            "functions of the kernel will have no names: kernel.kptr_restrict hides their \
             addresses (sysctl kernel.kptr_restrict=1 as root shows them to root)"
                .to_owned(),
        ),
        Some(1) if !rights.is_privileged => remarks.push(
            "functions of the kernel will have no names: kernel.kptr_restrict hides their \
             addresses from all but root"
                .to_owned(),
        ),
        Some(_) | None => {}
    }
    remarks
}

/// What the buffers begin with: less where there are many CPUs and little memory.
fn buffer_bytes(machine: &RecordingHost) -> u64 {
    let mut bytes = BUFFER;
    let most = machine
        .free_memory
        .map_or(u64::MAX, |free| free / PART_OF_MEMORY);
    while bytes > SMALLEST_BUFFER && bytes.saturating_mul(machine.cpus) > most {
        bytes /= 2;
    }
    bytes
}

/// A size as perf takes it.
pub(super) fn perf_size(bytes: u64) -> String {
    let units = [(30, "G"), (20, "M"), (10, "K")];
    let whole = units
        .into_iter()
        .find(|(shift, _)| bytes.trailing_zeros() >= *shift && bytes > 0);
    whole.map_or_else(
        || format!("{bytes}B"),
        |(shift, unit)| format!("{}{unit}", bytes >> shift),
    )
}

impl RecordPlan {
    /// The command that counts how often the tracepoints fire, for so many seconds.
    pub(super) fn stat_command(&self, machine: &RecordingHost, seconds: &str) -> Vec<OsString> {
        let mut words = vec![machine.perf.program.clone()];
        words.extend(["stat", "-x", ";"].map(OsString::from));
        match &self.target {
            RecordTarget::Host => words.extend(["-a", "-A"].map(OsString::from)),
            RecordTarget::Processes(pids) => {
                words.extend(["-p".into(), joined(pids).into(), "--per-thread".into()]);
            }
        }
        let clock = self.clock.map(|clock| format!("{}:GH", clock.as_str()));
        let events = self.tracepoints.iter().cloned().chain(clock);
        let events: Vec<String> = events.collect();
        words.extend(["-e".into(), events.join(",").into()]);
        words.extend(["--", "sleep", seconds].map(OsString::from));
        words
    }

    /// The command that records.
    pub(super) fn record_command(
        &self,
        request: &RecordRequest,
        machine: &RecordingHost,
        buffer_bytes: u64,
        output: &Path,
    ) -> Vec<OsString> {
        let perf = &machine.perf;
        let mut words: Vec<OsString> = vec![perf.program.clone(), "record".into()];
        let mut add = |more: &[&str]| words.extend(more.iter().map(OsString::from));
        match &self.target {
            RecordTarget::Host => add(&["-a"]),
            RecordTarget::Processes(pids) => add(&["-p", &joined(pids)]),
        }
        let has_tracepoint_chains = request.has_tracepoint_chains;
        if self.clock.is_some() || has_tracepoint_chains {
            match request.chains {
                ChainKind::Fp => add(&["-g"]),
                ChainKind::Lbr | ChainKind::Dwarf => {
                    add(&["--call-graph", request.chains.as_str()])
                }
            }
        }
        let frequency = request.frequency.to_string();
        match self.clock {
            // With tracepoints beside it, -F would sample those as well.
            Some(clock) if !self.tracepoints.is_empty() => {
                add(&["-e", &format!("{}/freq={frequency}/GH", clock.as_str())]);
            }
            Some(clock) => add(&["-F", &frequency, "-e", &format!("{}:GH", clock.as_str())]),
            // Each occurrence, and not some of them.
            None => add(&["-c", "1"]),
        }
        if !self.tracepoints.is_empty() {
            let is_chainless = self.clock.is_some() && !has_tracepoint_chains;
            let named = self.tracepoints.iter().map(|name| {
                if is_chainless {
                    format!("{name}/call-graph=no/H")
                } else {
                    format!("{name}:H")
                }
            });
            add(&["-e", &named.collect::<Vec<_>>().join(",")]);
        }
        add(&["-m", &perf_size(buffer_bytes), "-k", "mono"]);
        let size = format!("--max-size={}", perf_size(request.max_bytes));
        // The cache of build ids is the user's, and no part of the recording.
        let options = [
            ("-z", "-z"),
            ("-N", "-N"),
            ("--max-size", size.as_str()),
            ("--namespaces", "--namespaces"),
        ];
        for (option, words) in options {
            // Namespaces are told to the privileged only: `perf_event_open` in kernel/events/core.c,
            // Linux 6.18.
            let is_allowed = option != "--namespaces" || machine.rights.is_privileged;
            if perf.has(option) && is_allowed {
                add(&[words]);
            }
        }
        words.extend(["-o".into(), output.as_os_str().to_owned(), "--".into()]);
        if request.command.is_empty() {
            let seconds = request
                .duration
                .map_or(0.0, |duration| duration.as_secs_f64());
            words.extend(["sleep".into(), seconds.to_string().into()]);
        } else {
            words.extend(request.command.iter().cloned());
        }
        words
    }
}

fn joined(pids: &BTreeSet<Pid>) -> String {
    let pids: Vec<String> = pids.iter().map(Pid::to_string).collect();
    pids.join(",")
}

/// A command as a shell takes it.
pub(super) fn shell_line(words: &[OsString]) -> String {
    let quoted = words.iter().map(|word| {
        let word = word.to_string_lossy();
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+%@".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) {
            word.into_owned()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}
