//! The lives of processes: a pid is used again, and a process replaces its program.

use hashbrown::HashMap;

use crate::perf::Sideband;
use crate::units::{Index as _, Pid, RecordOrder, Tid, index};

index! {
    /// Index of a life in its `Timeline`.
    pub(crate) LifeIx
}

/// A process while it runs one program: from a fork or an exec to its end or the next exec.
#[derive(Clone, Debug)]
pub(crate) struct Life {
    pub(crate) pid: Pid,
    /// When it began; `None` when that was before anything was recorded.
    pub(crate) from: Option<RecordOrder>,
    /// When it ended; `None` when it went on behind the last record.
    pub(crate) until: Option<RecordOrder>,
    /// Whether it began when the process replaced its program.
    began_by_exec: bool,
    /// What it mapped first; `None` before that.
    first_mapped: Option<Box<str>>,
}

/// The lives of all processes.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    list: Vec<Life>,
    /// The latest of each process.
    latest: HashMap<Pid, LifeIx>,
}

impl Lives {
    pub(crate) fn get(&self, ix: LifeIx) -> Option<&Life> {
        self.list.get(ix.position())
    }

    /// Takes in a record of a process that begins, ends, or replaces its program.
    pub(crate) fn take_in(&mut self, at: RecordOrder, sideband: &Sideband<'_>) {
        match *sideband {
            Sideband::Comm {
                pid, is_exec: true, ..
            } => self.begin(pid, at, true),
            // perf's own records of processes that were there before the recording have time 0.
            Sideband::Fork {
                pid, parent_pid, ..
            } if pid != parent_pid && at > RecordOrder::default() => self.begin(pid, at, false),
            Sideband::Exit { pid, tid } => self.end_thread(pid, tid, at),
            Sideband::Mapping(_)
            | Sideband::Comm { .. }
            | Sideband::Fork { .. }
            | Sideband::Ksymbol { .. }
            | Sideband::Namespaces { .. }
            | Sideband::TextPoke { .. }
            | Sideband::Cgroup { .. } => {}
        }
    }

    fn begin(&mut self, pid: Pid, from: RecordOrder, began_by_exec: bool) {
        if let Some(before) = self.latest_mut(pid) {
            before.until.get_or_insert(from);
        }
        self.push(Life {
            pid,
            from: Some(from),
            until: None,
            began_by_exec,
            first_mapped: None,
        });
    }

    /// Takes in that a thread ended. Its process ends with its main thread, or later if others go
    /// on.
    fn end_thread(&mut self, pid: Pid, tid: Tid, at: RecordOrder) {
        if let Some(life) = self.latest_mut(pid)
            && (life.until.is_some() || pid.as_i32() == tid.as_i32())
        {
            life.until = Some(at);
        }
    }

    fn latest_mut(&mut self, pid: Pid) -> Option<&mut Life> {
        self.list.get_mut(self.latest.get(&pid)?.position())
    }

    /// Tells the life in which a process maps something, and whether that is the program itself. A
    /// program may lie in memory, as `memfd_create()` makes it; the kernel maps it first.
    ///
    /// Source: `load_elf_binary()`, `fs/binfmt_elf.c`, Linux 6.18.
    pub(crate) fn map(&mut self, pid: Pid, path: &str) -> MappedBy {
        let ix = match self.latest.get(&pid) {
            Some(&ix) => ix,
            None => self.push(Life {
                pid,
                from: None,
                until: None,
                began_by_exec: false,
                first_mapped: None,
            }),
        };
        let is_program = self.list.get_mut(ix.position()).is_some_and(|life| {
            let first = life.first_mapped.get_or_insert_with(|| path.into());
            life.began_by_exec && **first == *path
        });
        MappedBy {
            life: ix,
            is_program,
        }
    }

    fn push(&mut self, life: Life) -> LifeIx {
        let ix = LifeIx::of(self.list.len());
        self.latest.insert(life.pid, ix);
        self.list.push(life);
        ix
    }
}

/// Whose mapping it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MappedBy {
    pub(crate) life: LifeIx,
    /// Whether it is of the program that the process runs.
    pub(crate) is_program: bool,
}
