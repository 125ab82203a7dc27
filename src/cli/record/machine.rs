//! What this machine says of itself before anything is recorded.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use super::perf_program::PerfProgram;

/// What decides how to record here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RecordingHost {
    /// The recorder.
    pub(super) perf: PerfProgram,
    /// CPUs that are online.
    pub(super) cpus: u64,
    /// Bytes of memory that can be had; `None` when the kernel does not say.
    pub(super) free_memory: Option<u64>,
    /// The tracepoints of KVM and the scheduler.
    pub(super) tracepoints: Tracefs,
    /// Whether CPUs have counters of cycles.
    pub(super) has_cycles: bool,
    /// Whether CPUs keep the last branches (LBR) as call chains.
    pub(super) has_lbr: bool,
    /// The module's parameter by which KVM lends the counters to guests as a whole, where it is on.
    pub(super) mediated_pmu: Option<String>,
    /// Modules of KVM that are loaded.
    pub(super) kvm_modules: Vec<String>,
    /// What this user may do.
    pub(super) rights: Rights,
    /// Whether this is a pid namespace of its own, as of a container.
    pub(super) is_contained: bool,
}

/// Which tracepoints can be recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Tracefs {
    /// These, as `kvm:kvm_exit`.
    Listed(BTreeSet<String>),
    /// It is mounted nowhere.
    NotMounted,
    /// This user may not look into it.
    Denied,
}

/// What this user may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Rights {
    /// Whether it may record whatever the settings say: root, or `CAP_PERFMON`.
    pub(super) is_privileged: bool,
    /// `kernel.perf_event_paranoid`; `None` where the kernel has no perf events.
    pub(super) paranoid: Option<i64>,
    /// `kernel.kptr_restrict`; `None` when it cannot be read.
    pub(super) kptr_restrict: Option<i64>,
}

/// Where tracepoints are told.
const TRACEFS: [&str; 2] = [
    "/sys/kernel/tracing/events",
    "/sys/kernel/debug/tracing/events",
];

/// The systems of tracepoints that are of use.
const SYSTEMS: [&str; 3] = ["kvm", "kvm_hv", "sched"];

/// The inode of the first pid namespace: `PROC_PID_INIT_INO`, `include/linux/proc_ns.h`, Linux 6.18.
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// `CAP_SYS_ADMIN` and `CAP_PERFMON`, include/uapi/linux/capability.h, Linux 6.18.
const RECORDING_CAPABILITIES: u64 = 1 << 21 | 1 << 38;

impl RecordingHost {
    /// Looks at this machine.
    pub(super) fn look(perf: PerfProgram) -> Self {
        let namespace = fs::read_link("/proc/self/ns/pid");
        let cpus = std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u64);
        Self {
            perf,
            cpus: online().unwrap_or(cpus),
            free_memory: free_memory(),
            tracepoints: tracepoints(),
            has_cycles: has_cycles(),
            has_lbr: ["cpu", "cpu_core"].iter().any(|pmu| {
                let branches = format!("{PMUS}/{pmu}/caps/branches");
                number(&branches).is_some_and(|branches| branches > 0)
            }),
            mediated_pmu: mediated_pmu(),
            kvm_modules: kvm_modules(),
            rights: Rights::own(),
            is_contained: namespace.is_ok_and(|own| own != Path::new(FIRST_PID_NAMESPACE)),
        }
    }
}

/// Where the kernel lists what counts events.
const PMUS: &str = "/sys/bus/event_source/devices";

/// Whether there are counters of CPUs: of x86 they are called `cpu`, of Arm and others by their kind.
fn has_cycles() -> bool {
    let names = names_in(Path::new(PMUS));
    let is_of_cpus = |name: &String| {
        let starts = ["cpu", "armv", "arm_", "power", "loongarch", "riscv"];
        starts.iter().any(|start| name.starts_with(start))
    };
    names.iter().any(is_of_cpus)
}

fn mediated_pmu() -> Option<String> {
    let modules = kvm_modules().into_iter();
    let mut paths =
        modules.map(|module| format!("/sys/module/{module}/parameters/enable_mediated_pmu"));
    paths.find(|path| {
        let value = fs::read_to_string(path).unwrap_or_default();
        matches!(value.trim(), "Y" | "1")
    })
}

fn kvm_modules() -> Vec<String> {
    let names = names_in(Path::new("/sys/module"));
    names
        .into_iter()
        .filter(|name| name.starts_with("kvm"))
        .collect()
}

fn tracepoints() -> Tracefs {
    let mut is_denied = false;
    for folder in TRACEFS.map(Path::new) {
        match fs::read_dir(folder) {
            Ok(_) => {
                let of_system = |system: &&str| {
                    let events = names_in(&folder.join(system)).into_iter();
                    let is_event = |event: &String| folder.join(system).join(event).is_dir();
                    let named = events
                        .filter(is_event)
                        .map(|event| format!("{system}:{event}"));
                    named.collect::<Vec<_>>()
                };
                return Tracefs::Listed(SYSTEMS.iter().flat_map(of_system).collect());
            }
            Err(problem) if problem.kind() == ErrorKind::PermissionDenied => is_denied = true,
            Err(_) => {}
        }
    }
    if is_denied {
        Tracefs::Denied
    } else {
        Tracefs::NotMounted
    }
}

impl Rights {
    fn own() -> Self {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mut lines = status.lines();
        let line = lines.find_map(|line| line.strip_prefix("CapEff:"));
        let own = line.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
        Self {
            is_privileged: own.unwrap_or(0) & RECORDING_CAPABILITIES != 0,
            paranoid: number("/proc/sys/kernel/perf_event_paranoid"),
            kptr_restrict: number("/proc/sys/kernel/kptr_restrict"),
        }
    }
}

/// How many CPUs are online, by ranges as in `0-3,5`.
fn online() -> Option<u64> {
    let text = fs::read_to_string("/sys/devices/system/cpu/online").ok()?;
    let mut sum = 0;
    for range in text.trim().split(',') {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        let [first, last] = [first, last].map(str::parse::<u64>);
        sum += last.ok()?.checked_sub(first.ok()?)? + 1;
    }
    Some(sum)
}

fn free_memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

fn number(path: &str) -> Option<i64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// The names in a folder, in their order; none when it cannot be read.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}
