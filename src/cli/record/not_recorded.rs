//! Why nothing is recorded, and what to do about it.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

use vmflame::error::{Error, Problem};
use vmflame::text::{one_line, shortened};

/// Why nothing is recorded.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum NotRecorded {
    /// There is no `perf`.
    NoPerf { program: OsString, package: String },
    /// `perf` does not say which it is: on Ubuntu, one that does not fit the kernel.
    PerfFails { said: String, package: String },
    /// Tracepoints are told nowhere.
    TracefsNotMounted,
    /// This user may not look at tracepoints.
    TracefsDenied,
    /// The kernel has no tracepoints of this kind.
    NoTracepoints { of_kvm: bool },
    /// All that could be recorded is left out.
    NothingLeft,
    /// The CPUs do not keep last branches.
    NoLbr,
    /// The kernel was built without perf events.
    NoPerfEvents,
    /// The system does not let this user record.
    NotAllowed {
        said: String,
        paranoid: Option<i64>,
        is_privileged: bool,
        is_contained: bool,
    },
    /// It would slow the host down.
    TooMuch {
        percent: String,
        limit: String,
        place: String,
        worst: Vec<String>,
    },
    /// A process that is to be recorded is not there.
    NoProcess { pid: String },
    /// No running VM is called so, or several are.
    WhichVm { wrong: String, known: Vec<String> },
    /// The case is there already.
    ThereAlready { output: PathBuf },
    /// The recorder ended without a recording.
    Failed { said: String, hint: &'static str },
    /// The user did not want to wait for the end.
    Stopped,
}

/// Most bytes of what perf said that are shown.
const SHOWN: usize = 600;

impl NotRecorded {
    /// What the user can do about it.
    pub(super) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoPerf { package, .. } | Self::PerfFails { package, .. } => {
                format!("{package}; or name one with --perf PATH")
            }
            Self::TracefsNotMounted => {
                "mount -t tracefs tracefs /sys/kernel/tracing, as root; or --profile cpu, which \
                 needs no tracepoints"
                    .to_owned()
            }
            Self::TracefsDenied => "run it as root; or --profile cpu, which needs no tracepoints; \
                 or let this user look: mount -o remount,mode=755 /sys/kernel/tracing, with \
                 perf that has CAP_PERFMON"
                .to_owned(),
            Self::NoTracepoints { of_kvm: true } => {
                "modprobe kvm_intel or kvm_amd, where VMs are run; or --profile cpu".to_owned()
            }
            Self::NoTracepoints { of_kvm: false } => {
                "it was built without CONFIG_FTRACE: --profile cpu needs no tracepoints".to_owned()
            }
            Self::NothingLeft => "leave out less".to_owned(),
            Self::NoLbr => {
                "--call-graph fp takes frame pointers, --call-graph dwarf copies stacks (8 KiB a \
                 sample)"
                    .to_owned()
            }
            Self::NoPerfEvents => {
                "a container or a kernel without CONFIG_PERF_EVENTS: record on the host".to_owned()
            }
            Self::NotAllowed {
                paranoid,
                is_privileged,
                is_contained,
                ..
            } => hint_of_rights(*paranoid, *is_privileged, *is_contained),
            Self::TooMuch { worst, .. } => {
                let names = worst.join(", ");
                format!(
                    "the most are {names}: --leave-out NAME records without one, --vm NAME one VM \
                     alone; --force records all the same, --limit raises what is allowed"
                )
            }
            Self::NoProcess { .. } => "ps -C qemu-system-x86_64 -o pid,args lists VMs".to_owned(),
            Self::WhichVm { known, .. } if known.is_empty() => {
                "no process here is a VMM that is known: -p PID names any".to_owned()
            }
            Self::WhichVm { known, .. } => format!("VMs here are: {}", known.join(", ")),
            Self::ThereAlready { .. } => "--replace replaces it".to_owned(),
            Self::Failed { hint: "", .. } | Self::Stopped => return None,
            Self::Failed { hint, .. } => (*hint).to_owned(),
        })
    }
}

/// What helps where the system does not let a user record.
fn hint_of_rights(paranoid: Option<i64>, is_privileged: bool, is_contained: bool) -> String {
    if is_privileged && is_contained {
        "a container forbids it (seccomp): record on the host, or run the container with \
         --privileged --pid=host"
            .to_owned()
    } else if is_privileged {
        "a security module or a locked-down kernel forbids it (cat /sys/kernel/security/lockdown)"
            .to_owned()
    } else {
        let setting = paranoid.map_or_else(String::new, |paranoid| {
            format!(" (kernel.perf_event_paranoid is {paranoid})")
        });
        format!(
            "run it as root{setting}; or give perf the right: setcap \
             cap_perfmon,cap_sys_ptrace,cap_syslog=ep $(which perf)"
        )
    }
}

impl fmt::Display for NotRecorded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPerf { program, .. } => {
                write!(f, "{} is not installed", program.to_string_lossy())
            }
            Self::PerfFails { said, .. } => {
                write!(f, "perf does not run here: {}", shown(said))
            }
            Self::TracefsNotMounted => f.write_str(
                "tracepoints cannot be recorded: tracefs is not mounted at /sys/kernel/tracing",
            ),
            Self::TracefsDenied => f.write_str(
                "tracepoints cannot be recorded: this user may not read /sys/kernel/tracing",
            ),
            Self::NoTracepoints { of_kvm: true } => {
                f.write_str("the kernel has no tracepoints of KVM: its module is not loaded")
            }
            Self::NoTracepoints { of_kvm: false } => {
                f.write_str("the kernel has no tracepoints of its scheduler")
            }
            Self::NothingLeft => f.write_str("--leave-out leaves nothing to record"),
            Self::NoLbr => f.write_str("the CPUs keep no last branches (LBR) for call chains"),
            Self::NoPerfEvents => f.write_str("the kernel has no perf events"),
            Self::NotAllowed { said, .. } => {
                write!(
                    f,
                    "the system does not let this user record: {}",
                    shown(said)
                )
            }
            Self::TooMuch {
                percent,
                limit,
                place,
                ..
            } => write!(
                f,
                "recording would take {percent} % of {place}, more than {limit} %"
            ),
            Self::NoProcess { pid } => write!(f, "there is no process {pid}"),
            Self::WhichVm { wrong, .. } => f.write_str(wrong),
            Self::ThereAlready { output } => write!(f, "{} is there already", output.display()),
            Self::Failed { said, .. } => write!(f, "perf recorded nothing: {}", shown(said)),
            Self::Stopped => f.write_str("stopped before the end: nothing is packed"),
        }
    }
}

/// What perf said, in one line.
fn shown(said: &str) -> String {
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let joined = lines.collect::<Vec<_>>().join("; ");
    if joined.is_empty() {
        return "it does not say why".to_owned();
    }
    shortened(&one_line(&joined), SHOWN).into_owned()
}

impl From<NotRecorded> for Error {
    fn from(why: NotRecorded) -> Self {
        let error = Self::from(Problem::Arguments(why.to_string()));
        match why.hint() {
            Some(hint) => error.with_hint(hint),
            None => error,
        }
    }
}
