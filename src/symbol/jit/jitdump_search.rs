//! Finding the dumps of a capture's processes, and what they say of its time.

use std::path::{Path, PathBuf};

use hashbrown::HashMap;

use super::jitdump::{JitDump, JitEvent};
use crate::bytes::Storage;
use crate::perf::{MappingRecord, Sideband};
use crate::space::{MOVED_AWAY, SidebandItem, is_dump, is_memory};
use crate::symbol::request::SymbolRequest;
use crate::units::{Avma, CpuMode, FileOffset, FilePosition, Pid, RecordOrder, Timestamp};

/// How fast the clock of recorded times and the monotonic one may part, as a part of the time since
/// the machine was started.
///
/// Source: `MAXFREQ`, include/linux/timex.h, Linux 6.18: 500 parts in a million.
const DRIFT_PART: u64 = 2000;
/// How far they may be apart besides.
const SLACK_NANOS: u64 = 10_000_000;

/// How the times of a capture compare with those of dumps, which are of the monotonic clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DumpClock {
    /// They are of the same clock: `perf record -k mono`.
    Same,
    /// They are near to each other, but do not order what happened.
    Near,
    /// The capture has none.
    Untimed,
}

/// A dump of a process of the capture.
#[derive(Debug)]
pub(crate) struct FoundDump {
    pub(crate) path: PathBuf,
    pub(crate) dump: JitDump,
}

/// The dumps of a capture's processes.
#[derive(Debug, Default)]
pub(crate) struct JitDumps {
    /// By the path that the capture names.
    found: HashMap<String, FoundDump>,
    /// Dumps of other processes, and the pid that they share.
    pub(crate) refused: Vec<(PathBuf, Pid)>,
}

/// The record of a dump that its process mapped to show where it is.
#[derive(Clone, Debug)]
struct Marker<'a> {
    pid: Pid,
    name: &'a [u8],
    order: RecordOrder,
    position: FilePosition,
    /// When its process began to run its program; `None` when that was before the recording.
    life_from: Option<RecordOrder>,
    /// When it ended, or began to run another one; `None` when it went on.
    life_until: Option<RecordOrder>,
}

impl JitDumps {
    /// The dump that the capture names by a path.
    pub(crate) fn get(&self, recorded: &str) -> Option<&FoundDump> {
        self.found.get(recorded)
    }

    /// Finds the dumps whose mappings are among the records, and adds what they say of mappings.
    ///
    /// A dump is named by a pid, and pids are used again: it must have been begun in the life of the
    /// process, and not behind the `last` sample. Where clocks only are near to each other, code is taken where
    /// no other ever was.
    pub(crate) fn find(
        items: &mut Vec<SidebandItem<'_>>,
        symbols: &SymbolRequest,
        clock: DumpClock,
        last: Option<Timestamp>,
    ) -> Self {
        let mut dumps = Self::default();
        let end = last.map(RecordOrder::of_time);
        for mut marker in markers(items) {
            marker.life_until = marker.life_until.or(end);
            let recorded = String::from_utf8_lossy(marker.name).into_owned();
            for candidate in candidates(&recorded, marker.pid, symbols) {
                let Ok(Some(storage)) = Storage::open_regular(&candidate.path) else {
                    continue;
                };
                let Some(dump) = JitDump::parse(storage.bytes()) else {
                    continue;
                };
                if !fits(&dump, &marker, &candidate, clock) {
                    dumps.refused.push((candidate.path, marker.pid));
                    continue;
                }
                let is_same = clock == DumpClock::Same && !dump.has_cpu_times;
                let made = if is_same {
                    timed(&dump, &marker)
                } else {
                    untimed(&dump, &marker, items)
                };
                items.extend(made);
                let path = candidate.path;
                dumps.found.insert(recorded, FoundDump { path, dump });
                break;
            }
        }
        dumps
    }
}

/// Where a dump may lie.
struct DumpPlace {
    path: PathBuf,
    is_beside_capture: bool,
}

fn candidates(recorded: &str, pid: Pid, symbols: &SymbolRequest) -> Vec<DumpPlace> {
    let name = recorded.rsplit('/').next().unwrap_or(recorded);
    let beside = symbols.search.capture_dir.as_ref().map(|dir| DumpPlace {
        path: dir.join(name),
        is_beside_capture: true,
    });
    let here = |path| DumpPlace {
        path,
        is_beside_capture: false,
    };
    let is_allowed = symbols.search.recorded_paths && recorded.starts_with('/');
    let processes = symbols.processes.as_ref().filter(|_| is_allowed);
    let inside = processes.map(|live| {
        let root = live.proc.join(pid.to_string()).join("root");
        root.join(recorded.trim_start_matches('/'))
    });
    let outside = is_allowed.then(|| Path::new(recorded).to_owned());
    let on_this_machine = inside.into_iter().chain(outside).map(here);
    beside.into_iter().chain(on_this_machine).collect()
}

/// The records of dumps that were mapped, each path of each process once.
fn markers<'a>(items: &[SidebandItem<'a>]) -> Vec<Marker<'a>> {
    let mut lives: HashMap<Pid, Vec<RecordOrder>> = HashMap::new();
    let mut found: Vec<Marker<'a>> = Vec::new();
    for item in items {
        match &item.sideband {
            Sideband::Fork {
                pid, parent_pid, ..
            } if pid != parent_pid => {
                lives.entry(*pid).or_default().push(item.order);
            }
            Sideband::Comm {
                pid, is_exec: true, ..
            } => {
                lives.entry(*pid).or_default().push(item.order);
            }
            Sideband::Exit { pid, tid } if pid.as_i32() == tid.as_i32() => {
                lives.entry(*pid).or_default().push(item.order);
            }
            Sideband::Mapping(MappingRecord {
                pid, mode, name, ..
            }) if *mode != CpuMode::Kernel && is_dump(&String::from_utf8_lossy(name)) => {
                found.push(Marker {
                    pid: *pid,
                    name,
                    order: item.order,
                    position: item.position,
                    life_from: None,
                    life_until: None,
                });
            }
            Sideband::Mapping(_)
            | Sideband::Comm { .. }
            | Sideband::Fork { .. }
            | Sideband::Exit { .. }
            | Sideband::Ksymbol { .. }
            | Sideband::TextPoke { .. }
            | Sideband::Cgroup { .. }
            | Sideband::Namespaces { .. } => {}
        }
    }
    found.sort_by_key(|marker| (marker.order, marker.position));
    let mut known: Vec<(Pid, &[u8], Option<RecordOrder>)> = Vec::new();
    found.retain_mut(|marker| {
        let changes = lives.get(&marker.pid).into_iter().flatten().copied();
        let (before, behind): (Vec<_>, Vec<_>) = changes
            .filter(|at| *at > RecordOrder::default())
            .partition(|at| *at <= marker.order);
        marker.life_from = before.into_iter().max();
        marker.life_until = behind.into_iter().min();
        let key = (marker.pid, marker.name, marker.life_from);
        let is_known = known.contains(&key);
        if !is_known {
            known.push(key);
        }
        !is_known
    });
    found
}

/// Whether a dump was begun in the life of the process that mapped it.
fn fits(dump: &JitDump, marker: &Marker<'_>, candidate: &DumpPlace, clock: DumpClock) -> bool {
    let slack = match clock {
        _ if dump.has_cpu_times => return candidate.is_beside_capture,
        DumpClock::Untimed => return candidate.is_beside_capture,
        DumpClock::Same => 0,
        DumpClock::Near => SLACK_NANOS + dump.begun.as_nanos() / DRIFT_PART,
    };
    let begun = RecordOrder::of_time(dump.begun);
    let is_since = marker
        .life_from
        .is_none_or(|from| from <= begun.plus(slack));
    let is_before = marker
        .life_until
        .is_none_or(|until| begun <= until.plus(slack));
    is_since && is_before
}

/// What a dump says, at its own times.
fn timed<'a>(dump: &JitDump, marker: &Marker<'a>) -> Vec<SidebandItem<'a>> {
    let mut made = Vec::new();
    for event in &dump.events {
        let order = RecordOrder::of_time(event.at);
        if let Some(from) = event.moved_from {
            let gone = JitEvent {
                start: from,
                ..*event
            };
            made.push(item(marker, order, &gone, MOVED_AWAY.as_bytes()));
        }
        made.push(item(marker, order, event, marker.name));
    }
    made
}

/// What a dump says of addresses where only one function ever was, from when on there was memory.
fn untimed<'a>(
    dump: &JitDump,
    marker: &Marker<'a>,
    items: &[SidebandItem<'a>],
) -> Vec<SidebandItem<'a>> {
    let mut memory = Vec::new();
    for item in items {
        if let Sideband::Mapping(mapping) = &item.sideband
            && mapping.pid == marker.pid
            && mapping.mode != CpuMode::Kernel
            && is_memory(&String::from_utf8_lossy(mapping.name))
        {
            memory.push((mapping.start, mapping.len, item.order));
        }
    }
    let covers =
        |start: Avma, len: u64, at: Avma| at.checked_since(start).is_some_and(|by| by < len);
    let events = sole(&dump.events).into_iter();
    let made = events.map(|event| {
        let own = memory
            .iter()
            .filter(|(start, len, _)| covers(*start, *len, event.start));
        let since = own.map(|(_, _, order)| *order).max();
        item(marker, since.unwrap_or(marker.order), &event, marker.name)
    });
    made.collect()
}

/// The events that no other function's address is among.
fn sole(events: &[JitEvent]) -> Vec<JitEvent> {
    let mut sorted: Vec<(JitEvent, bool)> = events.iter().map(|event| (*event, true)).collect();
    sorted.sort_by_key(|(event, _)| (event.start, event.file_offset));
    let end = |event: &JitEvent| event.start.as_u64().saturating_add(event.bytes);
    // The one that reaches farthest.
    let mut farthest: Option<usize> = None;
    for at in 0..sorted.len() {
        let Some(&(own, _)) = sorted.get(at) else {
            break;
        };
        let Some(before) = farthest.and_then(|before| sorted.get_mut(before)) else {
            farthest = Some(at);
            continue;
        };
        let (reach, is_same) = (end(&before.0), before.0.file_offset == own.file_offset);
        if own.start.as_u64() < reach && !is_same {
            before.1 = false;
            if let Some(own) = sorted.get_mut(at) {
                own.1 = false;
            }
        }
        if end(&own) > reach {
            farthest = Some(at);
        }
    }
    let sole = sorted.into_iter().filter(|(_, is_sole)| *is_sole);
    sole.map(|(event, _)| event).collect()
}

fn item<'a>(
    marker: &Marker<'a>,
    order: RecordOrder,
    event: &JitEvent,
    name: &'a [u8],
) -> SidebandItem<'a> {
    SidebandItem {
        order,
        // Behind records of the same time.
        position: FilePosition::new(u64::MAX),
        sideband: Sideband::Mapping(MappingRecord {
            pid: marker.pid,
            mode: CpuMode::User,
            start: event.start,
            len: event.bytes,
            file_offset: if name == marker.name {
                event.file_offset
            } else {
                FileOffset::default()
            },
            inode: None,
            build_id: None,
            name,
        }),
    }
}
