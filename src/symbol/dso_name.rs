//! One short name for an object that is recorded under many.

/// The name of the host kernel itself.
pub(crate) const KERNEL_NAME: &str = "[kernel]";

/// Shortens the recorded name of an object.
///
/// The kernel comes as `[kernel.kallsyms]`, `[kernel.kallsyms]_text`, `[kernel]`, `[kernel.kcore]`
/// or `vmlinux`; a module as `[kvm_intel]` or `/lib/modules/…/kvm-intel.ko.xz`. Both forms of a
/// module give `[kvm_intel]`: the kernel writes `_` where the file may have `-`. A path gives its
/// last component; other bracketed names stay.
pub fn module_short_name(recorded: &str) -> String {
    if let Some(inner) = recorded.strip_prefix('[') {
        return match inner.split_once(']') {
            Some(("kernel.kallsyms" | "kernel" | "kernel.kcore" | "kernel.vmlinux", _)) => {
                KERNEL_NAME.to_owned()
            }
            Some(("guest.kernel.kallsyms", _)) => "[guest.kernel]".to_owned(),
            Some((name, "")) => format!("[{name}]"),
            Some(_) | None => recorded.to_owned(),
        };
    }
    let base = recorded.rsplit('/').next().unwrap_or(recorded);
    if let Some(module) = module_of_file(base) {
        return format!("[{}]", module.replace('-', "_"));
    }
    if base == "vmlinux" || base.starts_with("vmlinux-") {
        return KERNEL_NAME.to_owned();
    }
    if base.is_empty() { recorded } else { base }.to_owned()
}

/// Whether a recorded name stands for memory that no file on a disk is behind: code that lies there
/// was made by the program itself.
///
/// Source: `is_anon_memory` and `is_no_dso_memory`, tools/perf/util/map.c, Linux 6.1; names of
/// anonymous memory as `PR_SET_VMA_ANON_NAME` gives them and of `memfd_create` as
/// Documentation/filesystems/proc.rst and `memfd_create(2)` tell them.
pub(crate) fn is_memory(recorded: &str) -> bool {
    let prefixes = [
        "//anon",
        "/anon_hugepage",
        "/dev/zero",
        "/dev/shm/",
        "/memfd:",
        "/SYSV",
        "[anon",
        "[heap",
        "[stack",
    ];
    prefixes.iter().any(|prefix| recorded.starts_with(prefix))
}

/// The stem of a kernel module's file name, compressed or not.
fn module_of_file(base: &str) -> Option<&str> {
    let plain = [".xz", ".gz", ".zst"]
        .iter()
        .find_map(|suffix| base.strip_suffix(suffix))
        .unwrap_or(base);
    plain.strip_suffix(".ko").filter(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Memory is told from files and from what the kernel maps.
    #[test]
    fn memory_is_told_from_files() {
        let memory = [
            "//anon",
            "/dev/zero (deleted)",
            "/anon_hugepage (deleted)",
            "/memfd:doublemapper (deleted)",
            "/SYSV00000000 (deleted)",
            "[anon:v8]",
            "[heap]",
            "[stack]",
            "[stack:123]",
        ];
        assert!(memory.into_iter().all(is_memory));
        let others = [
            "[vdso]",
            "[vsyscall]",
            "/usr/bin/anon",
            "/tmp/heap",
            "[kernel]",
            "",
        ];
        assert!(!others.into_iter().any(is_memory));
    }

    /// All names that perf 6.1 and 6.12 gave the same object in real captures come out as one.
    #[test]
    fn one_object_has_one_short_name() {
        let cases = [
            ("[kernel.kallsyms]", "[kernel]"),
            ("[kernel.kallsyms]_text", "[kernel]"),
            ("[kernel.kallsyms]_stext", "[kernel]"),
            ("[kernel]", "[kernel]"),
            ("/usr/lib/debug/boot/vmlinux-6.1.0-56-amd64", "[kernel]"),
            ("[guest.kernel.kallsyms]", "[guest.kernel]"),
            (
                "[guest.kernel.kallsyms.1234]",
                "[guest.kernel.kallsyms.1234]",
            ),
            ("[kvm_intel]", "[kvm_intel]"),
            (
                "/lib/modules/6.1.0/kernel/arch/x86/kvm/kvm-intel.ko",
                "[kvm_intel]",
            ),
            (
                "/lib/modules/6.1.0/kernel/arch/x86/kvm/kvm-intel.ko.xz",
                "[kvm_intel]",
            ),
            ("kvm-amd.ko.zst", "[kvm_amd]"),
            ("[vdso]", "[vdso]"),
            ("/usr/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6"),
            ("//anon", "anon"),
            ("/", "/"),
            ("", ""),
            ("[", "["),
            (".ko", ".ko"),
        ];
        for (recorded, short) in cases {
            assert_eq!(module_short_name(recorded), short, "{recorded}");
        }
    }
}
