//! Functions of Go programs that go on on another stack.

use object::read::{Object, ObjectSection, ObjectSymbol};
use object::{File, SymbolKind};

use super::code_ranges::{CodeRanges, range_of};
use crate::units::Svma;

/// Functions that set the stack pointer to that of the thread's scheduler, `g0.sched.sp`, before they
/// call. Their call frame information does not tell: above their frame it leads to what others left on
/// that stack, and the caller is on the stack of the goroutine. Before their call and behind it they
/// are on the goroutine's, and the address does not always say which it is.
///
/// `cgocallback` switches too, but puts the caller's address onto the stack that it switches to.
///
/// Source: `src/runtime/{asm,sys_linux}_{amd64,arm64}.s` and `time_linux_amd64.s`, Go 1.19.
const SWITCHING: [&[u8]; 7] = [
    b"runtime.systemstack",
    b"runtime.mcall",
    b"runtime.morestack",
    b"runtime.asmcgocall",
    b"runtime.nanotime1",
    b"runtime.walltime",
    b"time.now",
];

/// Sections that Go's linker writes.
///
/// Source: `doelf()`, src/cmd/link/internal/ld/elf.go, Go 1.19.
const OF_GO: [&str; 3] = [".go.buildinfo", ".gopclntab", ".data.rel.ro.gopclntab"];

/// Where the functions of a Go program lie that switch stacks.
#[derive(Debug, Default)]
pub(super) struct StackSwitches {
    ranges: CodeRanges,
}

impl StackSwitches {
    /// Those of a file; none when it is no Go program or its symbols are stripped.
    pub(super) fn of(file: &File<'_>) -> Self {
        if !is_of_go(file) {
            return Self::default();
        }
        let functions = file.symbols().filter(|symbol| {
            symbol.kind() == SymbolKind::Text && symbol.name_bytes().is_ok_and(is_switching)
        });
        Self {
            ranges: functions.map(|symbol| range_of(&symbol)).collect(),
        }
    }

    /// Whether an address lies in one.
    pub(super) fn contain(&self, at: Svma) -> bool {
        self.ranges.contains(at)
    }
}

/// Whether a file is a Go program.
pub(super) fn is_of_go(file: &File<'_>) -> bool {
    let is_go = |name: &str| OF_GO.contains(&name);
    let mut sections = file.sections();
    sections.any(|section| section.name().is_ok_and(is_go))
}

/// Whether a function is one of them; code in assembler has a suffix since Go 1.17.
fn is_switching(name: &[u8]) -> bool {
    SWITCHING.contains(&name.strip_suffix(b".abi0").unwrap_or(name))
}
