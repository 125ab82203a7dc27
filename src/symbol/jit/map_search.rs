//! Finding the map of a process.

use std::fs::{self, File, Metadata};
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hashbrown::HashMap;

use super::capture_clock::CaptureClock;
use crate::error::{BadFile, Error};
use crate::space::{Life, LifeIx};
use crate::symbol::process_start::{USER_HZ, process_start};
use crate::symbol::request::LiveProcesses;
use crate::units::{Pid, RecordOrder, Timestamp};

/// A map of more bytes is not read.
const MOST_BYTES: u64 = 1 << 30;
/// A tick of processes' starts in nanoseconds.
const TICK: u64 = 1_000_000_000 / USER_HZ;

/// A life of a process of which samples hit generated code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AskedLife<'t> {
    pub(crate) ix: LifeIx,
    pub(crate) life: &'t Life,
}

/// A map that was found.
#[derive(Debug)]
pub(crate) struct FoundMap {
    pub(crate) path: PathBuf,
    pub(crate) text: Vec<u8>,
    /// Whether nothing tells that its process wrote it: it is older than the capture, and so is the
    /// process, of which no more is known. One that had the pid before may have left it.
    pub(crate) is_of_unknown_age: bool,
}

/// Where maps of processes may lie.
#[derive(Debug)]
pub(crate) struct MapSearch<'a> {
    /// The capture's directory: what lies there was put there for the capture.
    capture_dir: Option<&'a Path>,
    /// This machine, where it made the capture.
    live: Option<&'a LiveProcesses>,
    /// `None` where samples carry no times.
    clock: Option<CaptureClock>,
    /// When the first sample was taken.
    first: Option<Timestamp>,
}

/// A map that may be the one that is wanted.
struct Candidate {
    path: PathBuf,
    is_beside_capture: bool,
}

impl<'a> MapSearch<'a> {
    /// `live` is this machine, where it made the capture; `times` are those of the first and the last
    /// sample.
    pub(crate) fn new(
        capture_dir: Option<&'a Path>,
        live: Option<&'a LiveProcesses>,
        times: Option<(Timestamp, Timestamp)>,
    ) -> Self {
        let clock = live.zip(times);
        Self {
            capture_dir,
            live,
            first: times.map(|(first, _)| first),
            clock: clock.map(|(live, (first, last))| CaptureClock::new(live, first, last)),
        }
    }

    /// The map of each life that was asked for and has one, or why it was not taken.
    ///
    /// A map is named by the pid alone, and pids are used again. One beside the capture is taken
    /// where a single life of the pid was asked for. One of this machine is taken when it was written
    /// while the process lived, and the clocks tell of no other life that this may have been.
    pub(crate) fn find(&self, asked: &[AskedLife<'_>]) -> HashMap<LifeIx, Result<FoundMap, Error>> {
        let mut by_pid: HashMap<Pid, Vec<AskedLife<'_>>> = HashMap::new();
        for &life in asked {
            by_pid.entry(life.life.pid).or_default().push(life);
        }
        let mut found = HashMap::new();
        for (pid, lives) in by_pid {
            for &life in &lives {
                let mut candidates = self.candidates(pid, life.life).into_iter();
                let map = candidates.find_map(|candidate| self.take(&candidate, life, &lives));
                found.extend(map.map(|map| (life.ix, map)));
            }
        }
        found
    }

    fn candidates(&self, pid: Pid, life: &Life) -> Vec<Candidate> {
        let name = format!("perf-{pid}.map");
        let own = self.capture_dir.map(|dir| Candidate {
            path: dir.join(&name),
            is_beside_capture: true,
        });
        let here = |path| Candidate {
            path,
            is_beside_capture: false,
        };
        let inside = self.live.and_then(|live| inside_namespace(live, pid, life));
        let outside = self.live.map(|live| live.temporary.join(&name));
        own.into_iter()
            .chain(inside.map(here))
            .chain(outside.map(here))
            .collect()
    }

    /// Takes a map for a life, one of several that share the pid; `None` when there is no such file.
    fn take(
        &self,
        candidate: &Candidate,
        of: AskedLife<'_>,
        lives: &[AskedLife<'_>],
    ) -> Option<Result<FoundMap, Error>> {
        let path = &candidate.path;
        // A link may lead anywhere, also out of another file system's root.
        let file = fs::symlink_metadata(path).ok()?;
        if !file.is_file() {
            return None;
        }
        let is_others =
            |lives: &[AskedLife<'_>]| lives.len() > 1 && lives.iter().any(|life| life.ix != of.ix);
        let is_its = if candidate.is_beside_capture {
            !is_others(lives)
        } else {
            let fitting: Vec<AskedLife<'_>> = lives
                .iter()
                .copied()
                .filter(|life| self.fits(life.life, &file))
                .collect();
            fitting.iter().any(|life| life.ix == of.ix) && !is_others(&fitting)
        };
        if !is_its {
            let pid = of.life.pid.as_i32();
            return Some(Err(Error::file(path, BadFile::MapOfOtherProcess { pid })));
        }
        if !candidate.is_beside_capture && !self.may_be_believed(&file) {
            return Some(Err(Error::file(path, BadFile::MapOfOtherUser)));
        }
        let found = read(path).map(|found| FoundMap {
            is_of_unknown_age: !candidate.is_beside_capture
                && self.is_of_unknown_age(of.life, &file),
            ..found
        });
        Some(found)
    }

    /// Whether a map of this machine is older than the capture, and its process may be younger: it
    /// was there when recording began, and has ended since.
    fn is_of_unknown_age(&self, life: &Life, file: &Metadata) -> bool {
        let written = file.modified().ok();
        let written = written.zip(self.clock.as_ref());
        let written = written.and_then(|(at, clock)| clock.time_of(at));
        let (Some(written), Some(first), Some(live)) = (written, self.first, self.live) else {
            return true;
        };
        let is_alive = || {
            let start = started(live, life.pid);
            life.until.is_none() && start.is_some_and(|start| is_same(live, start))
        };
        life.from.is_none() && *written.end() < i128::from(first.as_nanos()) && !is_alive()
    }

    /// Whether a file of this machine may have been written in a life.
    fn fits(&self, life: &Life, file: &Metadata) -> bool {
        let (Some(live), Some(clock)) = (self.live, &self.clock) else {
            return false;
        };
        let written = file.modified().ok().and_then(|at| clock.time_of(at));
        let Some(written) = written else {
            return false;
        };
        let nanos = |order: RecordOrder| i128::from(order.as_time().as_nanos());
        if let Some(until) = life.until {
            let is_before = life.from.is_some_and(|from| *written.end() < nanos(from));
            return !is_before && *written.start() <= nanos(until);
        }
        // It went on. Who has its pid may be another one, whose own map it is then.
        let up = file.modified().ok();
        let up = up.and_then(|at| at.duration_since(live.booted).ok());
        let is_of_holder = started(live, life.pid).map(|start| {
            let is_since =
                up.is_some_and(|up| up.as_nanos() + u128::from(TICK) >= u128::from(start));
            let is_same = is_same(live, start);
            is_since == is_same
        });
        let is_before = life.from.is_some_and(|from| *written.end() < nanos(from));
        !is_before && is_of_holder.unwrap_or(true)
    }

    /// Whether a map is of a user who may name code here: root, or whoever asks. root itself asks
    /// for others too.
    ///
    /// Source: `dso__load()`, tools/perf/util/symbol.c, Linux 6.1, which has no exception for root.
    fn may_be_believed(&self, file: &Metadata) -> bool {
        let own = self.live.map(|live| live.user);
        file.uid() == 0 || own == Some(0) || own == Some(file.uid())
    }
}

/// Whether a process that lives and began then was there when the capture was written: no two that
/// live at once share a pid.
fn is_same(live: &LiveProcesses, start: u64) -> bool {
    let written = live.input_written;
    written.is_some_and(|written| start <= written.as_nanos())
}

/// How long the machine had been up when a process began that lives, in nanoseconds.
fn started(live: &LiveProcesses, pid: Pid) -> Option<u64> {
    process_start(&live.proc.join(pid.to_string())).map(Timestamp::as_nanos)
}

/// The map of a process as it sees it itself: below its own root, by its pid in its own namespace.
/// `None` when it lives no longer.
///
/// Source: `NSpid`, Documentation/filesystems/proc.rst: the last one is the innermost.
fn inside_namespace(live: &LiveProcesses, pid: Pid, life: &Life) -> Option<PathBuf> {
    let start = started(live, pid)?;
    let is_same = life.until.is_none() && is_same(live, start);
    let folder = live.proc.join(pid.to_string());
    let status = fs::read_to_string(folder.join("status"))
        .ok()
        .filter(|_| is_same)?;
    let pids = status
        .lines()
        .find_map(|line| line.strip_prefix("NSpid:"))?;
    let own: u32 = pids.split_ascii_whitespace().next_back()?.parse().ok()?;
    Some(folder.join("root/tmp").join(format!("perf-{own}.map")))
}

/// Reads a map whole: one that is mapped could be cut short by the process that writes it.
fn read(path: &Path) -> Result<FoundMap, Error> {
    let read = || {
        let file = File::open(path)?;
        let mut text = Vec::new();
        file.take(MOST_BYTES).read_to_end(&mut text)?;
        Ok(text)
    };
    let text = read().map_err(|source| Error::io("read", path, source))?;
    let path = path.to_owned();
    Ok(FoundMap {
        path,
        text,
        is_of_unknown_age: false,
    })
}
