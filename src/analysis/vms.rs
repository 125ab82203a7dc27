//! Which processes of a capture are virtual machines.

use std::collections::{BTreeMap, BTreeSet};

use crate::bytes::{ByteOrder, with_order};
use crate::kvm::VcpuThreadNames;
use crate::perf::{Capture, Feature, Record, Sideband, Visitor, is_sideband};
use crate::units::{Pid, Tid};

/// A process with threads that are called as a VMM calls those of its vCPUs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VmProcess {
    /// The process.
    pub pid: Pid,
    /// The last name of its main thread; `None` when none was recorded.
    pub main_thread: Option<String>,
    /// The threads of its vCPUs.
    pub vcpus: BTreeSet<Tid>,
}

/// Takes the names of threads.
struct ThreadNames;

/// A name of a thread.
#[derive(Clone, Copy)]
struct TakenName<'a> {
    pid: Pid,
    tid: Tid,
    name: &'a [u8],
}

impl<'a> Visitor<'a> for ThreadNames {
    type Gathered = Vec<TakenName<'a>>;

    fn begin(&self) -> Vec<TakenName<'a>> {
        Vec::new()
    }

    #[inline]
    fn record<O: ByteOrder>(&self, gathered: &mut Vec<TakenName<'a>>, record: Record<'a>) {
        if is_sideband(record.header.record_type)
            && let Some(Sideband::Comm { pid, tid, name, .. }) =
                Sideband::parse::<O>(record.header, record.body)
        {
            gathered.push(TakenName { pid, tid, name });
        }
    }
}

/// The VMs of a capture, by the names of their threads, in the order of their pids.
///
/// Those of a QEMU without `debug-threads=on` are none: it calls all threads alike.
pub fn vm_processes(capture: &Capture, threads: usize) -> Vec<VmProcess> {
    let names = VcpuThreadNames::new();
    let mut vms: BTreeMap<Pid, VmProcess> = BTreeMap::new();
    let mut main_threads: BTreeMap<Pid, &[u8]> = BTreeMap::new();
    let parts = capture.scan(threads, &ThreadNames).gathered;
    for named in parts.into_iter().flatten() {
        let TakenName { pid, tid, name } = named;
        if pid.as_i32() == tid.as_i32() {
            main_threads.insert(pid, name);
        }
        if names.contain(&String::from_utf8_lossy(name)) {
            let vm = vms.entry(pid).or_insert(VmProcess {
                pid,
                main_thread: None,
                vcpus: BTreeSet::new(),
            });
            vm.vcpus.insert(tid);
        }
    }
    let found = vms.into_values().map(|vm| VmProcess {
        main_thread: main_threads
            .get(&vm.pid)
            .map(|name| String::from_utf8_lossy(name).into_owned()),
        ..vm
    });
    found.collect()
}

/// Whether a capture says that it was recorded on the machine of this name, with this kernel.
pub fn is_of_machine(capture: &Capture, host_name: &str, release: &str) -> bool {
    let is = |feature, own: &str| {
        let recorded = with_order!(capture.endian(), O => capture.features().string::<O>(feature));
        recorded.is_some_and(|recorded| recorded == own)
    };
    is(Feature::HOSTNAME, host_name) && is(Feature::OSRELEASE, release)
}
