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
    /// A record tells the namespace of a process from then on: 0 where perf may not see it, which is
    /// no namespace.
    ///
    /// Source: `perf_event__get_ns_link_info()`, tools/perf/util/synthetic-events.c, Linux 6.1, which leaves
    /// zeros where `stat()` of `/proc/PID/ns/mnt` fails, as of the first process of a machine for a root that
    /// lacks its capabilities.
    pub(super) fn tell(&mut self, pid: Pid, mount: u64) {
        if mount == 0 {
            self.by_pid.remove(&pid);
            return;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_that_perf_may_not_see_is_none() {
        let mut mounts = MountNamespaces::default();
        for (pid, mount) in [
            (1, 0),
            (2, 100),
            (3, 100),
            (4, 200),
            (5, 0),
            (6, 200),
            (6, 0),
        ] {
            mounts.tell(Pid::new(pid), mount);
        }
        let elsewhere = (1..=7).filter(|&pid| mounts.is_elsewhere(Pid::new(pid)));
        assert_eq!(elsewhere.collect::<Vec<_>>(), [4]);
        // The first process has the last word where it is seen.
        mounts.tell(Pid::new(1), 200);
        let elsewhere = (1..=7).filter(|&pid| mounts.is_elsewhere(Pid::new(pid)));
        assert_eq!(elsewhere.collect::<Vec<_>>(), [2, 3]);
    }
}
