//! What each record changes.

use super::{KnownBuilds, SidebandItem, Timeline};
use crate::object::MappedPlace;
use crate::perf::{MappingRecord, Sideband};
use crate::space::address_space::{AddressSpace, Mapping};
use crate::space::dso::{BuildSource, Dso};
use crate::space::kernel_mapping::KernelMapping;
use crate::space::memory::{MOVED_AWAY, is_dump, is_memory};
use crate::space::task_epoch::{Epoch, NameSince};
use crate::units::{Avma, BuildId, CpuMode, FileOffset, Pid, RecordOrder, Tid};

impl Timeline {
    /// Takes in a record; in order.
    pub(super) fn replay(&mut self, item: &SidebandItem<'_>, builds: KnownBuilds<'_>) {
        let at = item.order;
        self.lives.take_in(at, &item.sideband);
        match &item.sideband {
            Sideband::Mapping(record) => self.map(item, record, builds),
            &Sideband::Comm {
                pid,
                tid,
                is_exec,
                name,
            } => {
                let name = self.names.intern_ref(&*String::from_utf8_lossy(name));
                self.rename(tid, NameSince::taken(at, name));
                if is_exec {
                    self.begin_epoch(pid, at, AddressSpace::default(), true);
                }
            }
            &Sideband::Fork {
                pid,
                parent_pid,
                tid,
                parent_tid,
            } => {
                let names_of_parent = self.thread_names.get(&parent_tid);
                if let Some(&parent) = names_of_parent.and_then(|names| names.last()) {
                    self.rename(tid, NameSince::born(at, parent.name));
                }
                // perf's own records of processes that were there before the recording have time
                // 0, and their mappings follow.
                if pid != parent_pid && at > RecordOrder::default() {
                    let parent = self
                        .epochs
                        .get(&parent_pid)
                        .and_then(|epochs| epochs.last());
                    let space = parent.map(|epoch| epoch.space.clone()).unwrap_or_default();
                    self.begin_epoch(pid, at, space, false);
                }
            }
            Sideband::Ksymbol {
                start,
                len,
                is_removal: false,
                name,
            } => {
                self.kernel_code.register(at, *start, *len, name);
            }
            Sideband::Ksymbol { .. } | Sideband::Exit { .. } => {}
            &Sideband::Namespaces { pid, mount } => self.mounts.tell(pid, mount),
            Sideband::TextPoke { start } => {
                self.poked.insert(*start);
            }
            Sideband::Cgroup { id, path } => {
                self.cgroups
                    .insert(*id, String::from_utf8_lossy(path).into_owned());
            }
        }
    }

    fn rename(&mut self, tid: Tid, since: NameSince) {
        let names = self.thread_names.entry(tid).or_default();
        names.push(since.behind(names.last()));
    }

    fn begin_epoch(
        &mut self,
        pid: Pid,
        from: RecordOrder,
        space: AddressSpace,
        began_by_exec: bool,
    ) {
        let epoch = Epoch {
            from,
            space,
            began_by_exec,
        };
        self.epochs.entry(pid).or_default().push(epoch);
    }

    fn map(
        &mut self,
        item: &SidebandItem<'_>,
        record: &MappingRecord<'_>,
        builds: KnownBuilds<'_>,
    ) {
        let path = String::from_utf8_lossy(record.name).into_owned();
        let proved = builds.proved.of_record(item.position);
        let (build_id, source) = match (&record.build_id, proved) {
            (Some(own), _) => (Some(own.clone()), BuildSource::Mapping),
            (None, Some(proved)) => (Some(proved.clone()), BuildSource::Proof),
            (None, None) => (builds.of_paths.get(&path).cloned(), BuildSource::Path),
        };
        let end = end_of(record);
        if end == record.start {
            return;
        }
        match record.mode {
            CpuMode::Kernel => {
                let reference = Avma::new(record.file_offset.as_u64());
                let start = record.start;
                self.kernel.push(KernelMapping {
                    start,
                    end,
                    name: path,
                    reference,
                    build_id,
                });
            }
            // What a guest maps is looked up by nobody.
            CpuMode::GuestKernel => {}
            CpuMode::User | CpuMode::Unknown | CpuMode::Hypervisor | CpuMode::GuestUser => {
                let name = MappedName {
                    path,
                    build_id,
                    source,
                };
                self.map_object(item.order, record, name);
            }
        }
    }

    /// Takes in what a process maps.
    fn map_object(&mut self, at: RecordOrder, record: &MappingRecord<'_>, name: MappedName) {
        let MappedName {
            path,
            build_id,
            source,
        } = name;
        let end = end_of(record);
        let start = record.start;
        let by = self.lives.map(record.pid, &path);
        let is_made = build_id.is_none() && !by.is_program && is_memory(&path);
        let is_over_dumps = is_made && path != MOVED_AWAY;
        let file_offset = if is_made {
            FileOffset::new(start.as_u64())
        } else {
            record.file_offset
        };
        let dso = Dso {
            path,
            build_id,
            source,
            inode: record.inode.filter(|_| !is_made),
            is_elsewhere: self.mounts.is_elsewhere(record.pid),
            life: is_made.then_some(by.life),
        };
        let pid = record.pid;
        let dso = self.dsos.map(dso, at, MappedPlace { pid, start, end });
        let mapping = Mapping {
            start,
            end,
            dso,
            file_offset,
        };
        if is_over_dumps {
            for part in self.outside_dumps(pid, mapping) {
                self.map_user(at, pid, part);
            }
        } else {
            self.map_user(at, pid, mapping);
        }
    }

    /// What of mapped memory lies over no code of a dump: a runtime that protects its code anew
    /// makes a record, too, and the code stays.
    fn outside_dumps(&self, pid: Pid, mapping: Mapping) -> Vec<Mapping> {
        let space = self.epochs.get(&pid).and_then(|epochs| epochs.last());
        let under = space
            .into_iter()
            .flat_map(|epoch| epoch.space.overlapped_by(&mapping));
        let (mut parts, mut rest) = (Vec::new(), Some(mapping));
        for old in under.filter(|old| self.dso(old.dso).is_some_and(|dso| is_dump(&dso.path))) {
            let Some(part) = rest.take() else { break };
            if part.start < old.start {
                parts.push(part.part(part.start, old.start));
            }
            rest = (old.end < part.end).then(|| part.part(old.end, part.end));
        }
        parts.extend(rest);
        parts
    }

    fn map_user(&mut self, at: RecordOrder, pid: Pid, mapping: Mapping) {
        let epochs = self.epochs.entry(pid).or_default();
        match epochs.last_mut() {
            Some(last) if last.from == at || !last.space.conflicts_with(&mapping) => {
                last.space.insert(mapping);
            }
            Some(last) => {
                let mut space = last.space.clone();
                space.insert(mapping);
                epochs.push(Epoch {
                    from: at,
                    space,
                    began_by_exec: false,
                });
            }
            None => {
                let mut first = Epoch::default();
                first.space.insert(mapping);
                epochs.push(first);
            }
        }
    }
}

/// What a process maps is called, and which build it is.
struct MappedName {
    path: String,
    build_id: Option<BuildId>,
    source: BuildSource,
}

/// The first address behind a mapping.
fn end_of(record: &MappingRecord<'_>) -> Avma {
    let end = record.start.checked_add(record.len);
    end.unwrap_or(Avma::new(u64::MAX))
}
