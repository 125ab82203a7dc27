//! Which processes see another tree of files than the recorder did.

use hashbrown::HashMap;

use crate::units::Pid;

/// The mount namespaces of processes, as far as records of a time have told.
///
/// Recorded with `perf record --namespaces`; without, nothing is known.
#[derive(Debug, Default)]
pub(super) struct MountNamespaces {
    /// That in which paths are taken to be meant: of the first process of the machine, else the
    /// first that is told.
    home: Option<u64>,
    by_pid: HashMap<Pid, u64>,
}

impl MountNamespaces {
    /// A record tells the namespace of a process from then on.
    pub(super) fn tell(&mut self, pid: Pid, mount: u64) {
        if pid.as_i32() == 1 || self.home.is_none() {
            self.home = Some(mount);
        }
        self.by_pid.insert(pid, mount);
    }

    /// Whether a process is known to be in another namespace than the recorder was.
    pub(super) fn is_elsewhere(&self, pid: Pid) -> bool {
        let own = self.by_pid.get(&pid);
        own.is_some_and(|own| Some(*own) != self.home)
    }
}
