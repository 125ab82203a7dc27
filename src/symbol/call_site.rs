//! Return addresses that no call stands before.
//!
//! The kernel follows frame pointers whatever lies where they lead: in code without them, the caller
//! that it finds may be any word of the stack that looks like an address. What was called returns
//! behind a call instruction; an address in a file's code behind anything else is no caller's.

use std::ops::Range;
use std::path::Path;

use hashbrown::HashSet;
use object::read::{Object, ObjectSection, ObjectSegment};
use object::{Architecture, Endianness, File, SectionKind};

use crate::bytes::Storage;
use crate::object::{CodeMachine, parse_elf_file};
use crate::parallel::{Shares, in_shares};
use crate::units::FileOffset;
use crate::unwind::is_signal_return;

/// Whether a return address without a call before it is one all the same, as the instructions at it
/// tell where no symbol does: `code` lies before it and `behind` at it.
///
/// Besides the code that leaves a signal handler, that is where a context of glibc ends
/// (`__start_context`), and the root of every goroutine: Go lets it return to the second instruction of
/// a function that begins with a NOP and then calls.
///
/// Source: `sysdeps/unix/sysv/linux/x86_64/__start_context.S`, `…/aarch64/setcontext.S`, glibc 2.36;
/// `newproc1()`, src/runtime/proc.go, and `goexit`, src/runtime/asm_{amd64,arm64}.s, Go 1.19.
fn is_returned_to(machine: CodeMachine, code: &[u8], behind: &[u8]) -> bool {
    let is_root = match machine {
        CodeMachine::X86_64 => {
            let is_goexit =
                code.last() == Some(&0x90) && matches!(behind, [0xe8, _, _, _, _, 0x90, ..]);
            // mov %rbx, %rsp; mov (%rsp), %rdi
            is_goexit || behind.starts_with(&[0x48, 0x89, 0xdc, 0x48, 0x8b, 0x3c, 0x24])
        }
        CodeMachine::Arm64 => {
            let word = |bytes: Option<&[u8; 4]>| bytes.map(|word| u32::from_le_bytes(*word));
            // `mov x0, x0` is how Go's assembler writes it.
            let is_nop = matches!(word(code.last_chunk()), Some(0xd503_201f | 0xaa00_03e0));
            let next = behind.get(..4).unwrap_or_default();
            // mov x0, x19; cbnz x0
            let is_context = word(behind.first_chunk()) == Some(0xaa13_03e0)
                && word(behind.get(4..).unwrap_or_default().first_chunk())
                    .is_some_and(|word| word & 0xff00_001f == 0xb500_0000);
            is_context || is_nop && ends_with_call(machine, next)
        }
    };
    is_root || is_signal_return(machine, behind)
}

/// Functions whose caller has not called them: the runtime makes a signal look like a call by the
/// interrupted instruction.
///
/// Go: `sigctxt.pushCall()` and `preparePanic()`, src/runtime/signal_*.go.
const CALLED_BY_SIGNALS: [&str; 6] = [
    "runtime.asyncPreempt",
    "runtime.asyncPreempt.abi0",
    "runtime.sigpanic",
    "runtime.sigpanic.abi0",
    "runtime.sigpanic0",
    "runtime.sigpanic0.abi0",
];

/// Whether what "called" a function was interrupted by a signal instead.
pub(crate) fn is_called_by_signals(name: &str) -> bool {
    CALLED_BY_SIGNALS.contains(&name)
}

/// Whether a call is the last instruction of `code`, as a return address behind it demands.
///
/// On x86-64 that is `call rel32` (`e8`), or `call r/m64` (`ff /2`) in any of its lengths; prefixes
/// stand before and change nothing. On arm64 `bl` or `blr`, which may authenticate its target.
///
/// Source: Intel SDM, volume 2, CALL and table 2-2; Arm ARM DDI 0487, C6.2: BL, BLR, BLRAA.
fn ends_with_call(machine: CodeMachine, code: &[u8]) -> bool {
    match machine {
        CodeMachine::X86_64 => {
            let relative = code.len().checked_sub(5).and_then(|at| code.get(at));
            relative == Some(&0xe8)
                || [2, 3, 4, 6, 7].into_iter().any(|len: usize| {
                    let at = code.len().checked_sub(len);
                    let instruction = at.and_then(|at| code.get(at..)).unwrap_or_default();
                    is_indirect_call(instruction)
                })
        }
        CodeMachine::Arm64 => {
            let word = code.last_chunk().map(|word| u32::from_le_bytes(*word));
            word.is_some_and(|word| {
                let is_bl = word & 0xfc00_0000 == 0x9400_0000;
                let is_blr = word & 0xffff_fc1f == 0xd63f_0000;
                // blraaz and blrabz, then blraa and blrab.
                let is_authenticated =
                    word & 0xffff_f81f == 0xd63f_081f || word & 0xffff_f800 == 0xd73f_0800;
                is_bl || is_blr || is_authenticated
            })
        }
    }
}

/// Whether some bytes are one `call r/m64`, whole.
fn is_indirect_call(instruction: &[u8]) -> bool {
    let &[0xff, operand, ref rest @ ..] = instruction else {
        return false;
    };
    if operand >> 3 & 7 != 2 {
        return false;
    }
    let (mode, register) = (operand >> 6, operand & 7);
    let has_sib = mode != 3 && register == 4;
    let is_baseless = has_sib && rest.first().is_some_and(|sib| sib & 7 == 5);
    let displacement = match mode {
        0 if register == 5 || is_baseless => 4,
        1 => 1,
        2 => 4,
        _ => 0,
    };
    rest.len() == usize::from(has_sib) + displacement
}

/// How many bytes are looked at around a return address: the longest call and the longest sequence
/// that is returned to without one.
const BEFORE: usize = 8;
const BEHIND: usize = 16;

/// Bytes that are read at a time: as many addresses as lie that close together.
const WINDOW: usize = 8 << 10;

/// Fewer places are not worth a thread.
const PLACES_A_THREAD: usize = 512;

/// The places among `before_returns`, each the byte before a return address, that no call ends at.
/// Only code that the file holds is judged: nothing of a file of another machine, nor of one that
/// keeps debug information alone.
///
/// They lie scattered over the whole code of large programs, of which hardly a page need be mapped
/// for anything else: so what is around them is copied.
pub fn places_without_call(
    file: &Storage,
    before_returns: &[FileOffset],
    threads: usize,
) -> HashSet<FileOffset> {
    let Some(judge) = CallJudge::of(file) else {
        return HashSet::new();
    };
    let places = before_returns.iter().copied();
    let mut places: Vec<usize> = places.filter_map(|place| judge.place(place)).collect();
    places.sort_unstable();
    places.dedup();
    let shares = Shares {
        threads,
        least: PLACES_A_THREAD,
    };
    let wrong = in_shares(&places, shares, |share| judge.without_call(share));
    let wrong = wrong.into_iter().flatten();
    wrong.map(|at| FileOffset::new(at as u64)).collect()
}

/// Judges the code of a file.
struct CallJudge<'f> {
    file: &'f Storage,
    machine: CodeMachine,
    /// Where it holds code.
    code: Vec<Range<u64>>,
}

impl<'f> CallJudge<'f> {
    /// `None` for a file whose code cannot be judged.
    fn of(file: &'f Storage) -> Option<Self> {
        let parsed = parse_elf_file(Path::new(""), file.bytes()).ok()?;
        let machine = match (parsed.architecture(), parsed.endianness()) {
            (Architecture::X86_64, Endianness::Little) => CodeMachine::X86_64,
            (Architecture::Aarch64, Endianness::Little) => CodeMachine::Arm64,
            _ => return None,
        };
        let code = code_ranges(&parsed);
        Some(Self {
            file,
            machine,
            code,
        })
    }

    /// Where a place lies among the file's bytes; `None` when it lies in no code that the file holds.
    fn place(&self, place: FileOffset) -> Option<usize> {
        let at = place.as_u64();
        let is_code = self.code.iter().any(|range| range.contains(&at));
        let at = usize::try_from(at).ok().filter(|_| is_code)?;
        (at < self.file.bytes().len()).then_some(at)
    }

    /// Of places in order, those that no call ends at.
    fn without_call(&self, places: &[usize]) -> Vec<usize> {
        let file_len = self.file.bytes().len();
        let (mut buffer, mut wrong) = ([0; WINDOW], Vec::new());
        let mut rest = places;
        while let Some(first) = rest.first() {
            let start = (first + 1).saturating_sub(BEFORE);
            let end_of = |place: usize| place.saturating_add(1 + BEHIND).min(file_len);
            let near = rest.partition_point(|&place| end_of(place) <= start + WINDOW);
            let (near, next) = rest.split_at(near.max(1));
            rest = next;
            let end = near.last().map_or(start, |&last| end_of(last));
            let window = buffer.get_mut(..end - start);
            let window = window
                .and_then(|window| self.file.copy_to(window, start).map(|()| &*window))
                .unwrap_or_default();
            let is_wrong = |place: &usize| {
                let around = window.split_at_checked(place + 1 - start);
                around.is_some_and(|(code, behind)| {
                    let code = code.get(code.len().saturating_sub(BEFORE)..);
                    self.is_wrong(code.unwrap_or_default(), behind)
                })
            };
            wrong.extend(near.iter().copied().filter(is_wrong));
        }
        wrong
    }

    /// Whether what lies before and behind a return address makes it none.
    fn is_wrong(&self, code: &[u8], behind: &[u8]) -> bool {
        !ends_with_call(self.machine, code) && !is_returned_to(self.machine, code, behind)
    }
}

/// Where a file holds code: its sections of code, or without any its segments of code.
fn code_ranges(file: &File<'_>) -> Vec<Range<u64>> {
    let range = |(start, len): (u64, u64)| start..start.saturating_add(len);
    if file.sections().next().is_some() {
        let sections = file.sections();
        let code = sections.filter(|section| section.kind() == SectionKind::Text);
        return code
            .filter_map(|section| section.file_range())
            .map(range)
            .collect();
    }
    let segments = file.segments();
    let code = segments.filter(|segment| segment.permissions().executable());
    code.map(|segment| range(segment.file_range())).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bytes::MappedFile;
    use proptest::prelude::*;

    /// Encodings as GNU as 2.40 writes them; the comments are what it was given.
    #[test]
    fn calls_of_every_length_are_known() {
        let calls: [&[u8]; 16] = [
            &[0xe8, 0, 0, 0, 0],                      // call next
            &[0x67, 0xe8, 1, 2, 3, 4],                // addr32 call f
            &[0x66, 0x66, 0x48, 0xe8, 1, 2, 3, 4],    // data16 data16 rex.W call f
            &[0xff, 0xd0],                            // call *%rax
            &[0x41, 0xff, 0xd4],                      // call *%r12
            &[0x3e, 0xff, 0xd2],                      // notrack call *%rdx
            &[0xff, 0x10],                            // call *(%rax)
            &[0xff, 0x14, 0x24],                      // call *(%rsp)
            &[0x41, 0xff, 0x14, 0xc7],                // call *(%r15,%rax,8)
            &[0xff, 0x55, 0xf8],                      // call *-8(%rbp)
            &[0xff, 0x54, 0x24, 0x10],                // call *0x10(%rsp)
            &[0xff, 0x15, 1, 2, 3, 4],                // call *f@GOTPCREL(%rip)
            &[0xff, 0x90, 0, 1, 0, 0],                // call *0x100(%rax)
            &[0x41, 0xff, 0x94, 0x24, 0, 1, 0, 0],    // call *0x100(%r12)
            &[0xff, 0x14, 0xc5, 0, 1, 0, 0],          // call *0x100(,%rax,8)
            &[0x64, 0xff, 0x14, 0x25, 0x10, 0, 0, 0], // call *%fs:0x10
        ];
        for call in calls {
            assert!(ends_with_call(CodeMachine::X86_64, call), "{call:x?}");
        }
        let others: [&[u8]; 6] = [
            &[0x90],                   // nop
            &[0xff, 0xe0],             // jmp *%rax
            &[0xe9, 0, 0, 0, 0],       // jmp next
            &[0xff, 0x25, 1, 2, 3, 4], // jmp *f@GOTPCREL(%rip)
            &[0x48, 0x89, 0xe5],       // mov %rsp,%rbp
            &[0x0f, 0x1f, 0x44, 0, 0], // nopl 0(%rax,%rax,1)
        ];
        for other in others {
            assert!(!ends_with_call(CodeMachine::X86_64, other), "{other:x?}");
        }
    }

    /// Encodings as GNU as 2.40 for aarch64 writes them.
    #[test]
    fn calls_of_arm64_are_known() {
        let is_call = |word: u32| ends_with_call(CodeMachine::Arm64, &word.to_le_bytes());
        // bl, bl backwards, blr x1, blr x30, blraaz x1, blrabz x1, blraa x1, x2, blrab x1, sp
        let calls = [
            0x9400_0000,
            0x97ff_ffff,
            0xd63f_0020,
            0xd63f_03c0,
            0xd63f_083f,
            0xd63f_0c3f,
            0xd73f_0822,
            0xd73f_0c3f,
        ];
        assert!(calls.into_iter().all(is_call));
        // b, br x1, ret, nop, braa x1, x2
        let others = [
            0x1400_0000,
            0xd61f_0020,
            0xd65f_03c0,
            0xd503_201f,
            0xd71f_0822,
        ];
        assert!(!others.into_iter().any(is_call));
    }

    /// `runtime.goexit` of Go 1.19: nop; call runtime.goexit1; nop, and the same on arm64.
    #[test]
    fn goroutines_begin_behind_a_nop() {
        let goexit = [0x90, 0xe8, 0xdb, 0x1f, 0, 0, 0x90];
        let (code, behind) = goexit.split_at(1);
        assert!(is_returned_to(CodeMachine::X86_64, code, behind));
        assert!(!is_returned_to(CodeMachine::X86_64, code, &behind[1..]));
        assert!(!is_returned_to(CodeMachine::X86_64, &[0xcc], behind));
        // __start_context of glibc 2.36.
        let context = [0x48, 0x89, 0xdc, 0x48, 0x8b, 0x3c, 0x24, 0x48, 0x85, 0xff];
        assert!(is_returned_to(CodeMachine::X86_64, &[0xf4], &context));
        let [nop, call, other] = [0xd503_201f_u32, 0x9400_0007, 0xd65f_03c0].map(u32::to_le_bytes);
        assert!(is_returned_to(CodeMachine::Arm64, &nop, &call));
        assert!(!is_returned_to(CodeMachine::Arm64, &nop, &other));
        assert!(!is_returned_to(CodeMachine::Arm64, &other, &call));
    }

    proptest! {
        /// No bytes stop it.
        #[test]
        fn any_bytes_can_be_judged(bytes in prop::collection::vec(any::<u8>(), 0..16)) {
            ends_with_call(CodeMachine::X86_64, &bytes);
            ends_with_call(CodeMachine::Arm64, &bytes);
            is_returned_to(CodeMachine::X86_64, &bytes, &bytes);
            is_returned_to(CodeMachine::Arm64, &bytes, &bytes);
            let file = Storage::Memory(bytes);
            prop_assert!(places_without_call(&file, &[FileOffset::new(3)], 2).is_empty());
        }

        /// What is read of a file around many places tells what the whole file does.
        #[test]
        fn places_are_judged_as_in_the_whole_file(
            stretch in prop::collection::vec(prop::sample::select(&[0xe8, 0xff, 0xd0, 0x41, 0x90][..]), 1..300),
            times in 1..200_usize,
            places in prop::collection::btree_set(0..40_000_usize, 0..80),
        ) {
            let bytes = stretch.repeat(times);
            let ends = [0, 1, 2, bytes.len() - 1];
            let places: BTreeSet<usize> = places.into_iter().chain(ends).collect();
            let places: Vec<usize> = places.into_iter().filter(|&place| place < bytes.len()).collect();
            let file = Storage::Mapped(MappedFile::holding(&bytes));
            let judge = CallJudge { file: &file, machine: CodeMachine::X86_64, code: Vec::new() };
            let plain = places.iter().copied().filter(|&place| {
                let (code, behind) = bytes.split_at(place + 1);
                judge.is_wrong(code, behind)
            });
            prop_assert_eq!(judge.without_call(&places), plain.collect::<Vec<_>>());
        }
    }
}
