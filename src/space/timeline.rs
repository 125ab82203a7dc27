//! Processes, threads and mappings over time.
//!
//! perf's per-CPU buffers put records out of order in the file, so a sample must see mappings by
//! time and not by file position. A mapping that lies over nothing else simply extends its
//! process's space for the whole epoch, back to its beginning; only a mapping over other bytes, an
//! exec or a reused pid begins a new epoch. Almost every process has one.

use std::ops::Range;

use hashbrown::{HashMap, HashSet};

use super::address_space::{AddressSpace, Mapping};
use super::changes::Changes;
use super::dso::{Dso, DsoIx, DsoUse, Dsos};
use super::kernel_code::KernelCode;
use super::kernel_mapping::KernelMapping;
use super::life::{Life, LifeIx, Lives};
use super::mount_namespaces::MountNamespaces;
use super::proved_builds::ProvedBuilds;
use super::task_epoch::{Epoch, Histories, KernelEpoch, NameIx, NameSince, TaskEpoch};
use crate::intern::Interner;
use crate::perf::Sideband;
use crate::units::{Avma, BuildId, FilePosition, Pid, RecordOrder, ThreadId, Tid};

/// A stack that lasted through more epochs is not compared with each of them.
const MANY_EPOCHS: usize = 16;

/// A sideband record with its place among all records.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SidebandItem<'a> {
    /// When it was written, as the capture tells.
    pub order: RecordOrder,
    /// Position in the capture: orders records of the same time.
    pub position: FilePosition,
    /// What it says.
    pub sideband: Sideband<'a>,
}

impl SidebandItem<'_> {
    /// Puts records into the order in which they were made.
    pub(crate) fn sort(items: &mut [Self]) {
        items.sort_by_key(|item| (item.order, item.position));
    }
}

/// What is known of builds besides what mapping records carry.
#[derive(Clone, Copy, Debug)]
struct KnownBuilds<'b> {
    /// The recorded build id table.
    of_paths: &'b HashMap<String, BuildId>,
    proved: &'b ProvedBuilds,
}

/// Processes, threads and mappings over time.
#[derive(Debug, Default)]
pub struct Timeline {
    epochs: HashMap<Pid, Vec<Epoch>>,
    thread_names: HashMap<Tid, Vec<NameSince>>,
    names: Interner<String, NameIx>,
    dsos: Dsos,
    mounts: MountNamespaces,
    kernel: Vec<KernelMapping>,
    kernel_code: KernelCode,
    lives: Lives,
    poked: HashSet<Avma>,
    cgroups: HashMap<u64, String>,
}

impl Timeline {
    /// Replays sideband records, in any order.
    ///
    /// `build_ids` is the recorded build id table by path; it completes mapping records that carry
    /// none.
    pub fn build(items: Vec<SidebandItem<'_>>, build_ids: &HashMap<String, BuildId>) -> Self {
        Self::build_proved(items, build_ids, &ProvedBuilds::default())
    }

    /// The same where the builds of some mappings are proved, which go before the table.
    pub(crate) fn build_proved(
        mut items: Vec<SidebandItem<'_>>,
        build_ids: &HashMap<String, BuildId>,
        proved: &ProvedBuilds,
    ) -> Self {
        SidebandItem::sort(&mut items);
        let builds = KnownBuilds {
            of_paths: build_ids,
            proved,
        };
        let mut timeline = Self::default();
        for item in &items {
            timeline.replay(item, builds);
        }
        timeline.kernel.sort_by_key(|mapping| mapping.start);
        timeline
    }

    /// What was true of a thread of a process at a time.
    pub fn task_epoch(&self, thread: ThreadId, at: RecordOrder) -> TaskEpoch {
        self.histories(thread).task_epoch(at)
    }

    /// What was true of a thread of a process, over time: for many times of one thread.
    pub(crate) fn histories(&self, thread: ThreadId) -> Histories<'_> {
        let ThreadId { pid, tid } = thread;
        let names = |tid| {
            let history = self.thread_names.get(&tid);
            history.map(Vec::as_slice).unwrap_or_default()
        };
        Histories {
            epochs: self.epochs.get(&pid).map(Vec::as_slice).unwrap_or_default(),
            kernel: self.kernel_code.epochs(),
            thread_names: names(tid),
            process_names: names(Tid::new(pid.as_i32())),
        }
    }

    /// The mappings of a process; `None` when the capture tells none.
    pub(crate) fn space(&self, pid: Pid, task_epoch: TaskEpoch) -> Option<&AddressSpace> {
        let epochs = self.epochs.get(&pid)?;
        epochs
            .get(usize::try_from(task_epoch.epoch).ok()?)
            .map(|epoch| &epoch.space)
    }

    /// The changes of mappings that a thread's process saw from one epoch to a later one, by numbers
    /// for [`Self::changes`]. `None` when the thread had another name or ran another program in
    /// between, or when there are too many changes to look at.
    pub(crate) fn changes_between(
        &self,
        pid: Pid,
        from: TaskEpoch,
        to: TaskEpoch,
    ) -> Option<Range<u32>> {
        let names = |of: TaskEpoch| (of.thread_name, of.process_name);
        let place = |ix| usize::try_from(ix).unwrap_or(usize::MAX);
        let epochs = self.epochs.get(&pid)?;
        let later = epochs.get(place(from.epoch).checked_add(1)?..=place(to.epoch))?;
        let is_program_kept = later.iter().all(|epoch| !epoch.began_by_exec);
        let is_kept = names(from) == names(to) && later.len() <= MANY_EPOCHS && is_program_kept;
        is_kept.then_some(from.epoch..to.epoch)
    }

    /// A change of a process's mappings.
    pub(crate) fn changes(&self, pid: Pid, number: u32) -> Option<Changes<'_>> {
        let epochs = self.epochs.get(&pid)?;
        let before = usize::try_from(number).ok()?;
        let after = epochs.get(before.checked_add(1)?)?;
        Some(Changes::between(&epochs.get(before)?.space, &after.space))
    }

    /// The epoch to look up `caller` in, the code that asked for the program to be replaced.
    ///
    /// Until the kernel has done so and returns, the caller is code of the old program, although
    /// the new one's name and some of its mappings are recorded already.
    pub(crate) fn of_caller_of_exec(
        &self,
        pid: Pid,
        task_epoch: TaskEpoch,
        caller: Avma,
    ) -> TaskEpoch {
        let epochs = self.epochs.get(&pid).map(Vec::as_slice).unwrap_or_default();
        let now = usize::try_from(task_epoch.epoch).unwrap_or(usize::MAX);
        let until_now = epochs.get(..=now).unwrap_or_default();
        let is_mapped = |epoch: &Epoch| epoch.space.find(caller).is_some();
        if until_now.last().is_none_or(is_mapped) {
            return task_epoch;
        }
        // The new program's own mappings may have begun epochs since: on arm64 the parts of one
        // file overlap each other.
        let exec = until_now.iter().rposition(|epoch| epoch.began_by_exec);
        let before = exec.and_then(|exec| u32::try_from(exec.checked_sub(1)?).ok());
        TaskEpoch {
            epoch: before.unwrap_or(task_epoch.epoch),
            ..task_epoch
        }
    }

    /// The name of a thread; `None` when the capture tells none.
    pub fn thread_name(&self, tid: Tid, task_epoch: TaskEpoch) -> Option<&str> {
        self.name_at(tid, task_epoch.thread_name)
    }

    /// The name of a process, which is that of its main thread; `None` when the capture tells none.
    pub(crate) fn process_name(&self, pid: Pid, task_epoch: TaskEpoch) -> Option<&str> {
        self.name_at(Tid::new(pid.as_i32()), task_epoch.process_name)
    }

    fn name_at(&self, tid: Tid, position: u32) -> Option<&str> {
        let history = self.thread_names.get(&tid)?;
        let since = history.get(usize::try_from(position).ok()?)?;
        self.names.get(since.name).map(String::as_str)
    }

    /// The DSO of an index that this timeline handed out.
    pub(crate) fn dso(&self, ix: DsoIx) -> Option<&Dso> {
        self.dsos.get(ix)
    }

    /// Number of DSOs; their indexes are those below.
    pub(crate) fn dso_count(&self) -> u32 {
        self.dsos.count()
    }

    /// How a DSO was mapped.
    pub(crate) fn dso_use(&self, ix: DsoIx) -> Option<&DsoUse> {
        self.dsos.uses(ix)
    }

    /// Whether different files were mapped under a path.
    pub(crate) fn is_ambiguous(&self, path: &str) -> bool {
        self.dsos.is_ambiguous(path)
    }

    /// A life of a process, of an index that this timeline handed out.
    pub(crate) fn life(&self, ix: LifeIx) -> Option<&Life> {
        self.lives.get(ix)
    }

    /// The objects that a process maps or has mapped, some of them more than once.
    pub(crate) fn objects_of(&self, pid: Pid) -> impl Iterator<Item = &Dso> {
        let epochs = self.epochs.get(&pid).map(Vec::as_slice).unwrap_or_default();
        let mappings = epochs.iter().flat_map(|epoch| epoch.space.iter());
        mappings.filter_map(|mapping| self.dso(mapping.dso))
    }

    /// The memory that a process filled in one of its lives, at any time of it.
    pub(crate) fn memory_of(&self, pid: Pid, life: LifeIx) -> impl Iterator<Item = &Mapping> {
        let epochs = self.epochs.get(&pid).map(Vec::as_slice).unwrap_or_default();
        let mappings = epochs.iter().flat_map(|epoch| epoch.space.iter());
        let is_its = move |dso| self.dso(dso).and_then(|dso: &Dso| dso.life) == Some(life);
        mappings.filter(move |mapping| is_its(mapping.dso))
    }

    /// The kernel's own mappings, in order of address.
    pub(crate) fn kernel(&self) -> &[KernelMapping] {
        &self.kernel
    }

    /// The mapping of the kernel proper; `None` when the capture has none.
    pub(crate) fn kernel_proper(&self) -> Option<&KernelMapping> {
        self.kernel
            .iter()
            .find(|mapping| mapping.name.starts_with("[kernel.kallsyms]"))
    }

    /// The kernel object that holds an address.
    pub(crate) fn kernel_mapping_of(&self, avma: Avma) -> Option<&KernelMapping> {
        let behind = self.kernel.partition_point(|mapping| mapping.start <= avma);
        // Objects may overlap: the kernel proper's mapping can span the modules.
        let before = self.kernel.get(..behind).unwrap_or_default();
        before
            .iter()
            .rev()
            .take(16)
            .find(|mapping| avma < mapping.end)
    }

    /// Number of epochs in which the kernel's addresses hold different code; 1 for almost all
    /// captures.
    pub(crate) fn kernel_epochs(&self) -> usize {
        self.kernel_code.epochs().len().max(1)
    }

    /// Whether different code of the kernel lay at an address at different times.
    pub(crate) fn is_contested(&self, avma: Avma) -> bool {
        self.kernel_code.is_contested(avma)
    }

    /// The kernel code that was made at run time (BPF, trampolines) at an address.
    pub(crate) fn kernel_code(&self, epoch: KernelEpoch, avma: Avma) -> Option<DsoIx> {
        self.kernel_code.find(epoch, avma)
    }

    /// The same code where it begins at the address.
    pub(crate) fn kernel_code_from(&self, epoch: KernelEpoch, start: Avma) -> Option<DsoIx> {
        self.kernel_code.beginning_at(epoch, start)
    }

    /// The name of kernel code that was made at run time.
    pub(crate) fn kernel_code_name(&self, code: DsoIx) -> Option<&str> {
        self.kernel_code.name(code)
    }

    /// Number of addresses at which the kernel changed its own code during the recording.
    pub(crate) fn text_pokes(&self) -> usize {
        self.poked.len()
    }

    /// The path of a cgroup; `None` when the capture does not tell it.
    pub(crate) fn cgroup(&self, id: u64) -> Option<&str> {
        self.cgroups.get(&id).map(String::as_str)
    }
}

mod replay;
#[cfg(test)]
mod tests;
