//! Which threads run vCPUs, told from their names.

use super::matcher::Matcher;
use super::table::{NameKind, Role, THREADS, parse};

/// The names of threads that run vCPUs.
#[derive(Debug)]
pub struct VcpuThreadNames {
    patterns: Matcher<()>,
}

impl VcpuThreadNames {
    /// The names that `threads.tsv` lists.
    pub fn new() -> Self {
        let mut patterns = Matcher::default();
        let lines = THREADS.lines().filter_map(parse);
        for line in lines.filter(|line| line.kind == NameKind::Thread) {
            if line.row.role == Role::Vcpu {
                patterns.add_numbered(line.pattern, ());
            }
        }
        Self { patterns }
    }

    /// Whether a thread of that name runs a vCPU.
    pub fn contain(&self, thread_name: &str) -> bool {
        self.patterns.get(thread_name).is_some()
    }

    /// The number of the vCPU that a thread of that name runs; `None` when it runs none, or the
    /// number is larger than any vCPU's.
    pub fn vcpu(&self, thread_name: &str) -> Option<u32> {
        self.patterns.inside(thread_name)?.parse().ok()
    }
}

impl Default for VcpuThreadNames {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Threads as VMMs name them, and others of their VMs.
    #[test]
    fn vcpu_threads_are_told_from_others() {
        let names = VcpuThreadNames::new();
        for (name, vcpu) in [
            ("CPU 0/KVM", 0),
            ("CPU 127/KVM", 127),
            ("fc_vcpu 3", 3),
            ("vcpu12", 12),
            ("crosvm_vcpu1", 1),
            ("kvm-vcpu-0", 0),
        ] {
            assert!(names.contain(name), "{name}");
            assert_eq!(names.vcpu(name), Some(vcpu), "{name}");
        }
        for other in [
            "CPU 0",
            "0/KVM",
            "CPU x/KVM",
            "vcpu",
            "vcpu-0",
            "vcpu_manager",
            "fc_api",
            "kvm-pit/42",
            "IO io0",
            "qemu-system-x86",
            "",
        ] {
            assert!(!names.contain(other), "{other}");
            assert_eq!(names.vcpu(other), None, "{other}");
        }
    }
}
