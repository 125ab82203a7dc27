//! Functions of Go programs that go on on another stack.

use std::ops::Range;

use object::read::{Object, ObjectSection, ObjectSymbol};
use object::{File, SymbolKind};

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
#[derive(Debug)]
pub(super) struct StackSwitches {
    /// In order.
    ranges: Box<[Range<Svma>]>,
}

impl StackSwitches {
    /// Those of a file; none when it is no Go program or its symbols are stripped.
    pub(super) fn of(file: &File<'_>) -> Self {
        if !is_of_go(file) {
            return Self {
                ranges: Box::default(),
            };
        }
        let functions = file.symbols().filter(|symbol| {
            symbol.kind() == SymbolKind::Text && symbol.name_bytes().is_ok_and(is_switching)
        });
        let ranges = functions.map(|symbol| {
            let (start, len) = (symbol.address(), symbol.size());
            Svma::new(start)..Svma::new(start.saturating_add(len))
        });
        let mut ranges: Box<[_]> = ranges.collect();
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        Self { ranges }
    }

    /// Whether an address lies in one.
    pub(super) fn contain(&self, at: Svma) -> bool {
        let above = self.ranges.partition_point(|range| range.start <= at);
        let below = above
            .checked_sub(1)
            .and_then(|below| self.ranges.get(below));
        below.is_some_and(|range| range.contains(&at))
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
