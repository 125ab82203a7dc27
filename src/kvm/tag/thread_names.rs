//! Which threads run vCPUs, told from their names.

use super::matcher::Matcher;
use super::table::{NameKind, Role, THREADS, parse};

/// The names of threads that run vCPUs.
#[derive(Debug)]
pub(crate) struct VcpuThreadNames {
    patterns: Matcher<()>,
}

impl VcpuThreadNames {
    /// The names that `threads.tsv` lists.
    pub(crate) fn new() -> Self {
        let mut patterns = Matcher::default();
        let lines = THREADS.lines().filter_map(parse);
        for line in lines.filter(|line| line.kind == NameKind::Thread) {
            if line.row.role == Role::Vcpu {
                patterns.add(line.pattern, ());
            }
        }
        Self { patterns }
    }

    /// Whether a thread of that name runs a vCPU.
    pub(crate) fn contain(&self, thread_name: &str) -> bool {
        self.patterns.get(thread_name).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threads as QEMU names them with `debug-threads=on`, and others of a VM.
    #[test]
    fn vcpu_threads_are_told_from_others() {
        let names = VcpuThreadNames::new();
        assert!(names.contain("CPU 0/KVM") && names.contain("CPU 127/KVM"));
        for other in [
            "CPU 0",
            "0/KVM",
            "kvm-pit/42",
            "IO io0",
            "qemu-system-x86",
            "",
        ] {
            assert!(!names.contain(other), "{other}");
        }
    }
}
