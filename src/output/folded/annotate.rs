//! What folded text appends to the names of frames.

use crate::stack::{Frame, FrameKind};
use crate::units::CpuMode;

/// What is appended to the names of frames.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Annotate {
    /// Nothing.
    #[default]
    None,
    /// `_[i]` for inlined functions, `_[k]` for kernel code of host or guest, `_[j]` for code from a
    /// `perf-PID.map`, as `stackcollapse-perf.pl --all` marks them.
    Perf,
    /// The tag of the frame, as in `_[exit:pio]`; nothing where the frame carries none.
    Tag,
}

/// Source: `stackcollapse-perf.pl`, `FlameGraph` at commit 41fee1f, lines 361 to 395: the module
/// decides; a name of a process or thread is not code.
pub(super) fn perf_suffix(frame: &Frame) -> &'static str {
    match frame.kind {
        FrameKind::Root => return "",
        FrameKind::Inlined => return "_[i]",
        FrameKind::Function | FrameKind::Unresolved | FrameKind::Guest => (),
    }
    match frame.mode {
        CpuMode::Kernel | CpuMode::GuestKernel => "_[k]",
        CpuMode::User | CpuMode::GuestUser | CpuMode::Unknown if is_jit_map(&frame.dso) => "_[j]",
        CpuMode::User | CpuMode::GuestUser | CpuMode::Unknown | CpuMode::Hypervisor => "",
    }
}

/// Whether `dso` is a `perf-PID.map`, the text table that JIT compilers write.
fn is_jit_map(dso: &str) -> bool {
    let file = dso.rsplit('/').next().unwrap_or(dso);
    let digits = file
        .strip_prefix("perf-")
        .and_then(|rest| rest.strip_suffix(".map"));
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_named_as_jit_maps_are_jit_code() {
        assert!(is_jit_map("perf-123.map") && is_jit_map("/tmp/perf-1.map"));
        assert!(!is_jit_map("perf-.map") && !is_jit_map("libperf-1.map"));
    }
}
