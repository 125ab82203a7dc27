//! Call frame information by itself, without a process: for tests and fuzz targets.

use gimli::UnwindContext;

use super::call_frames::{CallFrames, FoundRule};
use super::copied_stack::CopiedStack;
use super::frame_rule::LeftFrame;
use super::register_file::Conventions;
use crate::bytes::Storage;
use crate::object::CodeObject;
use crate::units::Svma;

/// Where the stack pointer is, and the first byte of the stack's copy.
const STACK: u64 = 0x7fff_0000_0000;

/// The callers of a frame that runs at each of these addresses of an object file, where its call frame
/// information tells one: the return address that is found with a stack whose word at each place is the
/// distance from the stack pointer, and all registers `STACK`. Where the link register holds the return
/// address, `STACK` itself is found.
pub fn callers_of(file: Vec<u8>, addresses: &[Svma]) -> Vec<Option<u64>> {
    let Some(object) = CodeObject::of(Storage::Memory(file)) else {
        return Vec::new();
    };
    let conventions = Conventions::of(object.machine());
    let registers = conventions.registers(u64::MAX, std::iter::repeat_n(STACK, 64));
    let words = (0..512_u64).flat_map(|word| (word * 8).to_le_bytes());
    let memory: Vec<u8> = words.collect();
    let stack = CopiedStack {
        start: STACK,
        memory: &memory,
        is_cut: true,
    };
    let frame = LeftFrame {
        conventions,
        registers: &registers,
        stack: &stack,
        is_running: true,
    };
    let code = CallFrames::of(object);
    let mut scratch = UnwindContext::new();
    let callers = addresses.iter().map(|&at| {
        let Some(found) = code.rule(at, &mut scratch) else {
            // What a walk asks next, whatever it is told.
            let _ = code.object.keeps_frame_pointers(at);
            return None;
        };
        let back = match found.rule {
            FoundRule::Plain(rule) => rule.leave(&mut registers.clone(), &stack),
            FoundRule::Any(rule) => rule.caller(&frame).map(|(_, back)| back),
        };
        back.ok()
    });
    callers.collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The first address of a row of `readelf -wF`, and the caller that it leads to in [`callers_of`].
    #[derive(Clone, Copy)]
    struct Row {
        start: u64,
        caller: u64,
    }

    /// Of `rsp+16` and `c-8`: the return address lies 8 above the stack pointer. Of `u` the link register
    /// holds it.
    fn row(start: u64, frame: &str, back: &str) -> Row {
        let number = |text: &str| text.parse::<i64>().unwrap();
        let above = number(frame.split_once('+').unwrap().1);
        let caller = match back.strip_prefix('c') {
            Some(place) => u64::try_from(above + number(place)).unwrap(),
            None => STACK,
        };
        Row { start, caller }
    }

    /// Every address that a text of `readelf -wF` describes, with its caller.
    fn expected(text: &str) -> Vec<(Svma, u64)> {
        let hex = |text: &str| u64::from_str_radix(text, 16).unwrap();
        let (mut all, mut initial) = (Vec::new(), None);
        for block in text.split("\n\n") {
            let mut rows = Vec::new();
            let mut lines = block
                .lines()
                .skip_while(|line| !line.contains("IE ") && !line.contains("FDE "));
            let Some(head) = lines.next() else { continue };
            for line in lines.filter(|line| !line.contains("LOC")) {
                let words: Vec<&str> = line.split_whitespace().collect();
                match words[..] {
                    [start, frame, .., back] => rows.push(row(hex(start), frame, back)),
                    // Nothing is saved, and the link register not mentioned.
                    [start, frame] => rows.push(row(hex(start), frame, "u")),
                    _ => {}
                }
            }
            let Some((_, range)) = head.split_once("pc=") else {
                initial = rows.first().copied();
                continue;
            };
            let (start, end) = range.trim().split_once("..").unwrap();
            if rows.is_empty() {
                let caller = initial.unwrap().caller;
                rows.push(Row {
                    start: hex(start),
                    caller,
                });
            }
            for at in hex(start)..hex(end) {
                let row = rows.iter().rfind(|row| row.start <= at).unwrap();
                all.push((Svma::new(at), row.caller));
            }
        }
        all
    }

    /// Each byte of code of two machines, against readelf.
    #[test]
    fn rules_are_those_that_readelf_tells() {
        for machine in ["x86_64", "arm64"] {
            let text = fs::read_to_string(format!("testdata/frames/{machine}.rows.txt")).unwrap();
            let expected = expected(&text);
            assert!(expected.len() > 150, "{machine}");
            let addresses: Vec<Svma> = expected.iter().map(|&(at, _)| at).collect();
            let file = fs::read(format!("testdata/frames/{machine}")).unwrap();
            for (found, (at, caller)) in callers_of(file, &addresses).into_iter().zip(expected) {
                assert_eq!(found, Some(caller), "{machine} at {at}");
            }
        }
    }

    /// Functions of Go that switch stacks have a rule that is not followed; the same functions in a file
    /// that Go has not linked are as good as others. Each is `nop; ret`: the caller lies at the stack
    /// pointer.
    #[test]
    fn stacks_end_where_go_switches_them() {
        // As `nm -n testdata/frames/go_stacks` tells.
        let functions = [
            (0x40_010c, Some(0)), // _start
            (0x40_010e, None),    // runtime.systemstack.abi0
            (0x40_0110, Some(0)), // runtime.newproc.abi0
            (0x40_0112, None),    // runtime.mcall
            (0x40_0114, None),    // runtime.morestack.abi0
            (0x40_0116, Some(0)), // runtime.systemstack_switch.abi0
            (0x40_0118, None),    // runtime.nanotime1.abi0
            (0x40_011a, None),    // time.now
        ];
        let both = functions.map(|(start, caller)| [(start, caller), (start + 1, caller)]);
        let expected = both.as_flattened().iter().map(|(_, caller)| *caller);
        let addresses: Vec<Svma> = (0x40_010c..0x40_011c).map(Svma::new).collect();
        let mut file = fs::read("testdata/frames/go_stacks").unwrap();
        let found = callers_of(file.clone(), &addresses);
        assert_eq!(found, expected.collect::<Vec<_>>());
        let name = b".go.buildinfo";
        let places = file.windows(name.len());
        let place = places
            .enumerate()
            .find(|(_, bytes)| bytes == name)
            .unwrap()
            .0;
        file[place + 1] = b'n';
        assert_eq!(callers_of(file, &addresses), [Some(0); 16]);
    }

    /// Damaged files give callers or none, and no panic.
    #[test]
    fn damaged_call_frame_information_is_survived() {
        for file in ["x86_64", "arm64", "go_stacks"] {
            let whole = fs::read(format!("testdata/frames/{file}")).unwrap();
            let addresses: Vec<Svma> = (0x2c0..0x10c0).step_by(5).map(Svma::new).collect();
            for seed in 0..400_usize {
                let mut bytes = whole.clone();
                for step in 1..4 {
                    let at = seed.wrapping_mul(2_654_435_761).wrapping_mul(step) % bytes.len();
                    bytes[at] ^= u8::try_from(seed % 255 + 1).unwrap();
                }
                drop(callers_of(bytes, &addresses));
            }
        }
    }
}
