//! Mapped memory that no file on a disk is behind.

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

/// What lies where code was that its runtime moved away.
pub(crate) const MOVED_AWAY: &str = "[anon]";

/// Whether a recorded name is that of a dump of generated code.
///
/// Source: `jit_detect()`, tools/perf/util/jitdump.c, Linux 6.1: the name is `jit-PID.dump`.
pub(crate) fn is_dump(recorded: &str) -> bool {
    let base = recorded.rsplit('/').next().unwrap_or(recorded);
    let pid = base.strip_prefix("jit-");
    let pid = pid.and_then(|rest| rest.strip_suffix(".dump"));
    pid.is_some_and(|pid| !pid.is_empty() && pid.bytes().all(|byte| byte.is_ascii_digit()))
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
}
