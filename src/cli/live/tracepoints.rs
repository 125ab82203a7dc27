//! Counters of tracepoints, in the threads of VMs.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::not_watched::NotWatched;
use super::round::Round;
use crate::cli::vmm_processes::{threads, vm_of_process, vmms};
use perf_event::events::Tracepoint;
use perf_event::{Builder, Counter as EventCounter, Group};
use rustix::process::{Resource, getrlimit, setrlimit};
use vmflame::analysis::stat::EventPatterns;
use vmflame::error::{Error, Result};
use vmflame::kvm::counter::{CounterKind, CounterUnit, KvmCounter, LiveVm, VmReading};
use vmflame::text::counted;
use vmflame::units::{Pid, Tid};

/// Where the kernel says which tracepoints it has.
const TRACEFS: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// The tracepoints that are counted where none are chosen: those that a guest's slowness shows in.
/// The emulator's own, which can fire a million times in a second, is not among them.
const USUAL: [&str; 20] = [
    "kvm_entry",
    "kvm_exit",
    "kvm_userspace_exit",
    "kvm_pio",
    "kvm_mmio",
    "kvm_fast_mmio",
    "kvm_msr",
    "kvm_cpuid",
    "kvm_apic",
    "kvm_page_fault",
    "kvm_guest_fault",
    "kvm_hypercall",
    "kvm_hv_hypercall",
    "kvm_inj_virq",
    "kvm_eoi",
    "kvm_set_irq",
    "kvm_msi_set_irq",
    "kvm_vcpu_wakeup",
    "kvm_halt_poll_ns",
    "kvm_nested_vmexit",
];

/// New VMs are looked for once in so many readings: all processes are gone through for that.
const SEARCH_EVERY: u64 = 5;

/// Counters of tracepoints. They are this program's own, and go with it.
pub(super) struct TracepointCounters {
    tracepoints: Vec<KnownTracepoint>,
    vms: BTreeMap<Pid, CountedVm>,
    readings: u64,
}

/// A tracepoint that is counted.
#[derive(Debug)]
struct KnownTracepoint {
    name: String,
    number: u64,
}

struct CountedVm {
    vm: LiveVm,
    threads: BTreeMap<Tid, CountedThread>,
    /// What threads counted that have ended.
    ended: Vec<u64>,
}

/// The counters of one thread, in the order of the tracepoints.
struct CountedThread {
    group: Group,
    counters: Vec<EventCounter>,
    last: Vec<u64>,
}

impl TracepointCounters {
    /// Looks for the tracepoints that are wanted, without patterns the usual ones.
    ///
    /// # Errors
    /// When the kernel does not say which it has, or has none of them.
    pub(super) fn open(wanted: Option<&EventPatterns>) -> Result<Self> {
        let folder = tracefs()?;
        let tracepoints = known_tracepoints(&folder, wanted);
        if tracepoints.is_empty() {
            let wanted = wanted.map_or_else(|| USUAL.join(", "), EventPatterns::in_words);
            return Err(NotWatched::NoTracepoints { wanted }.into());
        }
        raise_limit();
        Ok(Self {
            tracepoints,
            vms: BTreeMap::new(),
            readings: 0,
        })
    }

    /// What is read, in one line.
    pub(super) fn in_words(&self) -> String {
        let tracepoints = counted(self.tracepoints.len() as u64, "tracepoint");
        format!("own counters of {tracepoints} of KVM in the threads of VMs")
    }

    /// Reads the counters of all VMs.
    ///
    /// # Errors
    /// When the first counter may not be had.
    pub(super) fn read(&mut self, round: &mut Round<'_>) -> Result<()> {
        if self.readings.is_multiple_of(SEARCH_EVERY) {
            self.search(round);
        }
        let is_first = self.readings == 0;
        self.readings += 1;
        let tracepoints = &self.tracepoints;
        let mut failure = None;
        self.vms.retain(|&pid, vm| {
            let threads = threads(pid);
            if threads.is_empty() {
                return false;
            }
            if let Err(problem) = vm.follow(&threads, tracepoints) {
                round.trouble(format!("threads of {pid} are not counted: {problem}"));
                failure = Some(problem);
            }
            round.vms.push(vm.read(tracepoints));
            true
        });
        match failure {
            Some(source) if is_first => {
                let path = PathBuf::from("perf_event_open");
                Err(Error::io("call", &path, source))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn search(&mut self, round: &Round<'_>) {
        let tracepoints = self.tracepoints.len();
        for pid in vmms() {
            if self.vms.contains_key(&pid) {
                continue;
            }
            let vm = vm_of_process(pid.to_string(), pid);
            if round.wants(&vm) {
                let vm = CountedVm {
                    vm,
                    threads: BTreeMap::new(),
                    ended: vec![0; tracepoints],
                };
                self.vms.insert(pid, vm);
            }
        }
    }
}

/// Where tracefs is mounted.
fn tracefs() -> Result<PathBuf> {
    let mut denied = None;
    for mount in TRACEFS {
        let events = Path::new(mount).join("events");
        match fs::read_dir(&events) {
            Ok(_) => return Ok(events),
            Err(source) => denied = Some(Error::io("read", &events, source)),
        }
    }
    Err(denied.unwrap_or_else(|| {
        let path = PathBuf::from("/sys/kernel/tracing");
        Error::io("read", &path, io::ErrorKind::NotFound.into())
    }))
}

/// The tracepoints of KVM's systems that are wanted, with their numbers.
fn known_tracepoints(events: &Path, wanted: Option<&EventPatterns>) -> Vec<KnownTracepoint> {
    let names = |folder: &Path| {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        names
    };
    let mut found = Vec::new();
    for system in names(events) {
        if wanted.is_none() && system != "kvm" {
            continue;
        }
        for event in names(&events.join(&system)) {
            let name = format!("{system}:{event}");
            let is_wanted = wanted.map_or_else(|| USUAL.contains(&&*event), |all| all.take(&name));
            let path = events.join(&system).join(&event).join("id");
            let number = || fs::read_to_string(path).ok()?.trim().parse().ok();
            if is_wanted && let Some(number) = number() {
                // Those of KVM are known without their system.
                let short = if system == "kvm" { event } else { name };
                found.push(KnownTracepoint {
                    name: short,
                    number,
                });
            }
        }
    }
    found
}

/// Lets this process have as many files open as it may: each counter of each thread is one.
fn raise_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Without it fewer threads are counted, which is told then.
    setrlimit(Resource::Nofile, limit).unwrap_or_default();
}

impl CountedVm {
    /// Counts in threads that are new, and no more in those that have ended.
    fn follow(&mut self, threads: &[Tid], tracepoints: &[KnownTracepoint]) -> io::Result<()> {
        let ended = &mut self.ended;
        self.threads.retain(|tid, thread| {
            let is_there = threads.binary_search(tid).is_ok();
            if !is_there {
                thread.read();
                let sums = ended.iter_mut().zip(&thread.last);
                sums.for_each(|(sum, last)| *sum = sum.saturating_add(*last));
            }
            is_there
        });
        for &tid in threads {
            let Entry::Vacant(place) = self.threads.entry(tid) else {
                continue;
            };
            match CountedThread::open(tid, tracepoints) {
                Ok(thread) => {
                    place.insert(thread);
                }
                // It has ended meanwhile.
                Err(problem) if problem.raw_os_error() == Some(ESRCH) => {}
                Err(problem) => return Err(problem),
            }
        }
        Ok(())
    }

    fn read(&mut self, tracepoints: &[KnownTracepoint]) -> VmReading {
        let mut sums = self.ended.clone();
        for thread in self.threads.values_mut() {
            thread.read();
            for (sum, value) in sums.iter_mut().zip(&thread.last) {
                *sum = sum.saturating_add(*value);
            }
        }
        let counters = tracepoints.iter().zip(sums).map(|(tracepoint, value)| {
            let counter = KvmCounter {
                value,
                kind: CounterKind::Cumulative,
                unit: CounterUnit::Occurrences,
            };
            (tracepoint.name.clone(), counter)
        });
        VmReading {
            vm: self.vm.clone(),
            counters: counters.collect(),
            histograms: BTreeMap::new(),
        }
    }
}

/// No such process; include/uapi/asm-generic/errno-base.h, Linux 6.18.
const ESRCH: i32 = 3;

impl CountedThread {
    fn open(tid: Tid, tracepoints: &[KnownTracepoint]) -> io::Result<Self> {
        let mut group = Group::builder()
            .observe_pid(tid.as_i32())
            .any_cpu()
            .build_group()?;
        let mut counters = Vec::new();
        for tracepoint in tracepoints {
            let mut builder = Builder::new(Tracepoint::with_id(tracepoint.number));
            builder.observe_pid(tid.as_i32()).any_cpu();
            // They are hit in the kernel.
            builder.exclude_kernel(false).exclude_hv(false);
            counters.push(group.add(&builder)?);
        }
        group.enable()?;
        Ok(Self {
            last: vec![0; counters.len()],
            group,
            counters,
        })
    }

    /// Reads all counters at once; one that cannot be read stays as it was.
    fn read(&mut self) {
        let Ok(values) = self.group.read() else {
            return;
        };
        for (last, counter) in self.last.iter_mut().zip(&self.counters) {
            if let Some(value) = values.get(counter) {
                *last = value.value();
            }
        }
    }
}
