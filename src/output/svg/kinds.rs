//! What kind of code a host frame is of: the colours of a picture where no tag decides.

use crate::stack::{Frame, FrameIx, FrameKind, FrameTable};
use crate::units::CpuMode;

/// What kind of code a frame is of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum CodeKind {
    /// The host's kernel.
    Kernel,
    /// A program.
    Program,
    /// A shared library, or the kernel's own in user space.
    Library,
    /// A runtime: an interpreter, a virtual machine of a language, or code that one made.
    Runtime,
    /// Code that has no name, and samples without any frame.
    Unknown,
}

/// Programs and libraries that run other code, by how their file names begin.
const RUNTIMES: [&str; 20] = [
    "beam.smp",
    "dotnet",
    "java",
    "libclrjit",
    "libcoreclr",
    "libjvm",
    "libmono",
    "libnode",
    "libperl",
    "libpython",
    "libruby",
    "libv8",
    "lua",
    "mono",
    "node",
    "perl",
    "php",
    "python",
    "qjs",
    "ruby",
];

impl CodeKind {
    /// All kinds, in display order.
    pub(crate) const ALL: [Self; 5] = [
        Self::Kernel,
        Self::Program,
        Self::Library,
        Self::Runtime,
        Self::Unknown,
    ];

    /// The kind of each frame, by its index.
    pub(crate) fn of_all(table: &FrameTable) -> Vec<Self> {
        let all = (0..).map(FrameIx).take(table.len());
        all.map(|ix| Self::of(table.get(ix))).collect()
    }

    /// The kind of a frame.
    pub(crate) fn of(frame: &Frame) -> Self {
        match frame.kind {
            FrameKind::Root | FrameKind::Unresolved => return Self::Unknown,
            FrameKind::Guest | FrameKind::Function | FrameKind::Inlined => {}
        }
        if frame.mode == CpuMode::Kernel {
            return Self::Kernel;
        }
        let name = &*frame.dso;
        if is_made_by_runtime(name) || RUNTIMES.iter().any(|start| name.starts_with(start)) {
            Self::Runtime
        } else if name.contains(".so") || name == "[vdso]" {
            Self::Library
        } else {
            Self::Program
        }
    }

    /// Its name in the document.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Program => "program",
            Self::Library => "library",
            Self::Runtime => "runtime",
            Self::Unknown => "unknown",
        }
    }

    /// What legends call it.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Program => "programs",
            Self::Library => "libraries",
            Self::Runtime => "runtimes",
            Self::Unknown => "without a name",
        }
    }

    /// What it is, in full.
    pub(crate) const fn explained(self) -> &'static str {
        match self {
            Self::Kernel => "the host's kernel and its modules",
            Self::Program => "programs themselves",
            Self::Library => "shared libraries",
            Self::Runtime => "interpreters, virtual machines of languages, and code that they made",
            Self::Unknown => "code that has no name",
        }
    }
}

/// Code in memory that no file holds: what perf calls it.
fn is_made_by_runtime(dso: &str) -> bool {
    let is_map = dso.starts_with("perf-") && dso.ends_with(".map")
        || dso.starts_with("jit-") && dso.ends_with(".dump");
    is_map || dso.starts_with("jitted-") || matches!(dso, "[anon]" | "//anon" | "[heap]")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As they are in captures of these programs.
    #[test]
    fn the_object_and_the_mode_tell_what_code_it_is() {
        for (dso, mode, kind) in [
            ("[kernel]", CpuMode::Kernel, CodeKind::Kernel),
            ("[kvm_intel]", CpuMode::Kernel, CodeKind::Kernel),
            ("qemu-system-x86_64", CpuMode::User, CodeKind::Program),
            ("libc.so.6", CpuMode::User, CodeKind::Library),
            ("[vdso]", CpuMode::User, CodeKind::Library),
            ("libjvm.so", CpuMode::User, CodeKind::Runtime),
            ("python3.11", CpuMode::User, CodeKind::Runtime),
            ("perf-4711.map", CpuMode::User, CodeKind::Runtime),
            ("jit-4711.dump", CpuMode::User, CodeKind::Runtime),
            ("jitted-4711-3.so", CpuMode::User, CodeKind::Runtime),
        ] {
            let mut frame = Frame {
                name: "f".into(),
                dso: dso.into(),
                mode,
                kind: FrameKind::Function,
                line: None,
            };
            assert_eq!(CodeKind::of(&frame), kind, "{dso}");
            frame.kind = FrameKind::Unresolved;
            assert_eq!(CodeKind::of(&frame), CodeKind::Unknown, "{dso}");
        }
    }
}
