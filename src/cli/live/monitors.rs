//! KVM's counters of VMs, as their QEMUs tell them.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::round::Round;
use crate::cli::qmp::Monitor;
use crate::cli::vmm_processes::vmm_of_thread;
use vmflame::error::{Error, Result};
use vmflame::kvm::counter::{CounterKind, CounterUnit, KvmCounter, LiveVm, VmReading};
use vmflame::qemu::qmp_stats::{StatSchema, StatValue, StatsTarget};

/// Monitors of QEMUs. Each is asked anew every time: it serves one client, and is free in between.
#[derive(Debug)]
pub(super) struct Monitors {
    monitors: Vec<QemuVm>,
}

#[derive(Debug)]
struct QemuVm {
    socket: PathBuf,
    vm: LiveVm,
    schemas: BTreeMap<String, StatSchema>,
    has_ended: bool,
}

impl Monitors {
    /// Asks each QEMU which VM it runs, and what its counters are.
    ///
    /// # Errors
    /// When one does not answer.
    pub(super) fn open(sockets: &[PathBuf]) -> Result<Self> {
        let monitors = sockets.iter().map(|socket| QemuVm::open(socket));
        Ok(Self {
            monitors: monitors.collect::<Result<_>>()?,
        })
    }

    /// What is read, in one line.
    pub(super) fn in_words(&self) -> String {
        let sockets = self
            .monitors
            .iter()
            .map(|vm| vm.socket.display().to_string());
        let sockets: Vec<String> = sockets.collect();
        format!("query-stats of QEMU at {}", sockets.join(", "))
    }

    /// Asks all of them for their counters.
    pub(super) fn read(&mut self, round: &mut Round<'_>) {
        for monitor in self.monitors.iter_mut().filter(|vm| !vm.has_ended) {
            if !round.wants(&monitor.vm) {
                continue;
            }
            match monitor.read(round) {
                Ok(reading) => round.vms.push(reading),
                Err(problem) if is_gone(&problem) => monitor.has_ended = true,
                Err(problem) => {
                    round.trouble(problem.to_string());
                    round.missed.push(monitor.vm.key.clone());
                }
            }
        }
    }
}

/// Whether nobody listens at a socket any more.
fn is_gone(problem: &Error) -> bool {
    let kind = problem.system().map(std::io::Error::kind);
    matches!(
        kind,
        Some(ErrorKind::ConnectionRefused | ErrorKind::NotFound | ErrorKind::ConnectionReset)
    )
}

impl QemuVm {
    fn open(socket: &Path) -> Result<Self> {
        let mut monitor = Monitor::connect(socket)?;
        let schemas = monitor.stat_schemas()?;
        let name = monitor.vm_name()?;
        let vcpus = monitor.vcpu_threads()?;
        // Threads are counted by the pid namespace that QEMU is in.
        let pid = vcpus.first().and_then(|vcpu| vmm_of_thread(vcpu.tid));
        let vm = LiveVm {
            key: socket.display().to_string(),
            pid,
            name,
        };
        Ok(Self {
            socket: socket.to_owned(),
            vm,
            schemas,
            has_ended: false,
        })
    }

    fn read(&self, round: &Round<'_>) -> Result<VmReading> {
        let mut monitor = Monitor::connect(&self.socket)?;
        let mut told = monitor.stats(StatsTarget::Vm)?;
        told.extend(monitor.stats(StatsTarget::Vcpu)?);
        let mut reading = VmReading {
            vm: self.vm.clone(),
            counters: BTreeMap::new(),
            histograms: BTreeMap::new(),
        };
        let told = told.into_iter().flatten();
        for (name, value) in told.filter(|(name, _)| round.wants_counter(name)) {
            match value {
                StatValue::Number(value) => self.add(&mut reading, name, value),
                StatValue::Buckets(buckets) => {
                    let is_known = |schema: &StatSchema| schema.kind == "log2-histogram";
                    if self.schemas.get(&name).is_some_and(is_known) {
                        add_buckets(reading.histograms.entry(name).or_default(), &buckets);
                    }
                }
            }
        }
        Ok(reading)
    }

    /// Adds the value of a counter, of one vCPU or of the VM.
    fn add(&self, reading: &mut VmReading, name: String, value: u64) {
        let schema = self.schemas.get(&name);
        let kind = match schema.map(|schema| schema.kind.as_str()) {
            Some("cumulative") => CounterKind::Cumulative,
            Some("peak") => CounterKind::Peak,
            // What is not known to be a sum is shown as it is.
            Some(_) | None => CounterKind::Instant,
        };
        let is_nanos = |schema: &StatSchema| {
            schema.unit.as_deref() == Some("seconds") && schema.exponent == -9
        };
        let counter = reading.counters.entry(name).or_insert(KvmCounter {
            value: 0,
            kind,
            unit: if schema.is_some_and(is_nanos) {
                CounterUnit::Nanoseconds
            } else {
                CounterUnit::Occurrences
            },
        });
        counter.value = match kind {
            CounterKind::Peak => counter.value.max(value),
            CounterKind::Cumulative | CounterKind::Instant => counter.value.saturating_add(value),
        };
    }
}

fn add_buckets(sums: &mut Vec<u64>, buckets: &[u64]) {
    if sums.len() < buckets.len() {
        sums.resize(buckets.len(), 0);
    }
    for (sum, bucket) in sums.iter_mut().zip(buckets) {
        *sum = sum.saturating_add(*bucket);
    }
}
