//! Programs that were overwritten in place while the recorder ran.
//!
//! `cp NEW PROGRAM` keeps the inode, so that one file held one program and then another. Who mapped it
//! after its last change mapped what it holds: that is told of a mapping that was made later, and of
//! one by which a process ran the program until later, since the kernel lets nobody write to a program
//! that runs.
//!
//! That perf gives the file a name in its cache, as it ends, is a change like any other: whether the
//! file was written to before that, nothing tells.
//!
//! ```text
//! file       ........ old ........ last change ........ new ........
//! processes     map it    end                    map it    end
//!               what they mapped is gone         what they mapped is there
//! ```

use hashbrown::HashMap;

use super::this_machine::{ThisMachine, is_injected};
use crate::object::ObjectSearch;
use crate::perf::{Capture, MappedInode, MappingRecord, Sideband};
use crate::space::{LifeIx, Lives, ProvedBuilds, SidebandItem};
use crate::symbol::{LiveKernel, RecordedClock, RecordedHere, SymbolRequest, kernel_in_table};
use crate::units::{BuildId, CpuMode, FilePosition, RecordOrder, Timestamp};

/// Kernels that let programs be written to that run.
///
/// Source: commits 2a010c412853 (`fs: don't block i_writecount during exec`, Linux 6.11) and
/// 3b832035387f, which takes it back (Linux 6.13).
const LENIENT_KERNELS: [&str; 2] = ["6.11.", "6.12."];

/// A file, as mapping records tell it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct FileAtPath {
    path: String,
    inode: MappedInode,
}

/// A mapping of a file.
#[derive(Clone, Copy, Debug)]
struct FileMapping {
    position: FilePosition,
    from: RecordOrder,
    /// The life in which a process ran the file; `None` when it only mapped it.
    run: Option<LifeIx>,
}

/// Files whose builds no record tells, with their mappings in order.
#[derive(Debug, Default)]
struct MappedFiles {
    files: HashMap<FileAtPath, Vec<FileMapping>>,
    lives: Lives,
}

/// What a capture says of itself, for the question whether this machine made it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordedBy<'c> {
    pub(crate) capture: &'c Capture,
    /// The capture's build id table, by path.
    pub(crate) table: &'c HashMap<String, BuildId>,
    /// Times of the first and the last sample; `None` without times.
    pub(crate) times: Option<(Timestamp, Timestamp)>,
}

/// Finds the builds of mappings of files that were changed while the recorder ran: none on another
/// machine, or when this one has been started again.
pub(crate) fn proved_builds(
    recorded: RecordedBy<'_>,
    items: &mut [SidebandItem<'_>],
    symbols: &SymbolRequest,
) -> ProvedBuilds {
    let mut proved = ProvedBuilds::default();
    let live = symbols.live.as_ref();
    let Some(live) = live.filter(|_| symbols.search.recorded_paths) else {
        return proved;
    };
    let Some(by) = RecordingMachine::of(recorded, items, live) else {
        return proved;
    };
    SidebandItem::sort(items);
    let mapped = MappedFiles::of(items);
    for (file, mappings) in &mapped.files {
        let Some(behind) = mapped.behind_change(file, mappings, &symbols.search, &by) else {
            continue;
        };
        let Some(build_id) = symbols.search.build_at(&file.path) else {
            continue;
        };
        for mapping in behind {
            proved.add(mapping.position, build_id.clone());
        }
    }
    proved
}

/// This machine, which recorded the capture and has not been started again.
struct RecordingMachine {
    clock: RecordedClock,
    /// Whether its kernel lets nobody write to a program that runs.
    guards_programs: bool,
}

impl RecordingMachine {
    /// `None` where another machine recorded the capture, or this one has been started again.
    fn of(recorded: RecordedBy<'_>, items: &[SidebandItem<'_>], live: &LiveKernel) -> Option<Self> {
        let RecordedBy {
            capture,
            table,
            times,
        } = recorded;
        let last = times.map(|(_, last)| last);
        let mut mapped = items.iter().filter_map(|item| mapping(&item.sideband));
        let of_mapping = mapped.find_map(|record| {
            let build_id = record.build_id.as_ref();
            build_id.filter(|_| record.mode == CpuMode::Kernel)
        });
        let kernel = of_mapping.or_else(|| kernel_in_table(table));
        if RecordedHere::find(capture, kernel, last, Some(live)) == RecordedHere::No {
            return None;
        }
        let ThisMachine { clock } = ThisMachine::of_capture(capture, live, times)?;
        let mut lenient = LENIENT_KERNELS.iter();
        clock.is_same_boot().then(|| Self {
            clock,
            guards_programs: !lenient.any(|release| live.release.starts_with(release)),
        })
    }
}

fn mapping<'i, 'a>(sideband: &'i Sideband<'a>) -> Option<&'i MappingRecord<'a>> {
    match sideband {
        Sideband::Mapping(record) => Some(record),
        Sideband::Comm { .. }
        | Sideband::Fork { .. }
        | Sideband::Exit { .. }
        | Sideband::Ksymbol { .. }
        | Sideband::Namespaces { .. }
        | Sideband::TextPoke { .. }
        | Sideband::Cgroup { .. } => None,
    }
}

impl MappedFiles {
    /// Takes in records that are in order.
    fn of(items: &[SidebandItem<'_>]) -> Self {
        let mut mapped = Self::default();
        for item in items {
            mapped.lives.take_in(item.order, &item.sideband);
            if let Some(record) = mapping(&item.sideband) {
                mapped.map(item, record);
            }
        }
        mapped
    }

    fn map(&mut self, item: &SidebandItem<'_>, record: &MappingRecord<'_>) {
        if record.mode != CpuMode::User {
            return;
        }
        let path = String::from_utf8_lossy(record.name);
        let by = self.lives.map(record.pid, &path);
        let is_untold = record.build_id.is_none() && path.starts_with('/') && !is_injected(&path);
        let Some(inode) = record.inode.filter(|_| is_untold) else {
            return;
        };
        let file = FileAtPath {
            path: path.into_owned(),
            inode,
        };
        self.files.entry(file).or_default().push(FileMapping {
            position: item.position,
            from: item.order,
            run: by.is_program.then_some(by.life),
        });
    }

    /// The mappings that were made after the last change of a file that was changed since it was
    /// mapped first; `None` where it was not, and where that is true of no mapping.
    fn behind_change<'m>(
        &self,
        file: &FileAtPath,
        mappings: &'m [FileMapping],
        search: &ObjectSearch,
        by: &RecordingMachine,
    ) -> Option<impl Iterator<Item = &'m FileMapping>> {
        let changed = search.last_change(&file.path, file.inode)?;
        let is_behind = |at: RecordOrder| changed <= by.clock.earliest(at);
        if mappings.first().is_none_or(|first| is_behind(first.from)) {
            return None;
        }
        // A file system without a device of its own may lie over another one, in which it is written
        // to.
        let is_guarded = by.guards_programs && file.inode.major != 0;
        let first = mappings.iter().find(|mapping| {
            let life = mapping.run.and_then(|life| self.lives.get(life));
            let ended = life.and_then(|life| life.until.or(by.clock.last()));
            is_behind(mapping.from) || is_guarded && ended.is_some_and(is_behind)
        })?;
        let from = first.from;
        Some(mappings.iter().filter(move |mapping| mapping.from >= from))
    }
}
