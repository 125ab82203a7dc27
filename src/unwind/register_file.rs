//! The registers of a frame, as far as they are known.

use crate::object::CodeMachine;

/// How many registers there are, by the numbers that DWARF gives them: x86-64 has 0 to 15 and the
/// return address as 16, arm64 has 0 to 30, the stack pointer as 31 and the program counter as 32.
///
/// Source: System V ABI for x86-64, figure 3.36; DWARF for the Arm 64-bit Architecture, 2023Q3.
const REGISTERS: usize = 33;

/// The registers of a frame, as far as they are known.
#[derive(Clone, Copy, Debug)]
pub(super) struct RegisterFile {
    values: [u64; REGISTERS],
    /// A bit for each that is known.
    known: u64,
}

impl RegisterFile {
    pub(super) const fn new() -> Self {
        Self {
            values: [0; REGISTERS],
            known: 0,
        }
    }

    /// The value of a register; `None` when it is not known.
    pub(super) fn get(&self, number: u16) -> Option<u64> {
        let value = self.values.get(usize::from(number))?;
        (self.known & 1 << number != 0).then_some(*value)
    }

    /// Sets a register; one that does not exist is passed over. `None` forgets its value.
    pub(super) fn set(&mut self, number: u16, value: Option<u64>) {
        let Some(place) = self.values.get_mut(usize::from(number)) else {
            return;
        };
        match value {
            Some(value) => {
                *place = value;
                self.known |= 1 << number;
            }
            None => self.known &= !(1 << number),
        }
    }

    /// Leaves what a caller finds in the registers that its callee says nothing of: those that
    /// functions must leave as they were.
    pub(super) fn keep_preserved(&mut self, conventions: &Conventions) {
        self.known &= conventions.preserved;
    }
}

/// What is fixed about the registers of a machine, by DWARF's numbers.
#[derive(Debug)]
pub(super) struct Conventions {
    /// The stack pointer.
    pub(super) stack_pointer: u16,
    /// The frame pointer.
    pub(super) frame_pointer: u16,
    /// The instruction pointer, where it has a number.
    pub(super) instruction_pointer: u16,
    /// The register that holds the return address when a function begins; `None` when the call
    /// puts it on the stack.
    pub(super) link: Option<u16>,
    /// A bit for each register that functions must leave as it was.
    preserved: u64,
    /// DWARF's number of each of perf's registers, in the order of perf's bits; 255 for none.
    from_perf: &'static [u8],
}

/// Source: `enum perf_event_x86_regs`, `arch/x86/include/uapi/asm/perf_regs.h`, Linux 6.12.
const X86_FROM_PERF: [u8; 24] = [
    0, 3, 2, 1, 4, 5, 6, 7, 16, 255, 255, 255, 255, 255, 255, 255, 8, 9, 10, 11, 12, 13, 14, 15,
];

/// Source: `enum perf_event_arm_regs`, `arch/arm64/include/uapi/asm/perf_regs.h`, Linux 6.12.
const ARM64_FROM_PERF: [u8; 33] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, 30, 31, 32,
];

/// Those of x86-64.
pub(super) const X86_64: Conventions = Conventions {
    stack_pointer: 7,
    frame_pointer: 6,
    instruction_pointer: 16,
    link: None,
    // rbx, rbp, r12 to r15.
    preserved: 1 << 3 | 1 << 6 | 0xf << 12,
    from_perf: &X86_FROM_PERF,
};

const ARM64: Conventions = Conventions {
    stack_pointer: 31,
    frame_pointer: 29,
    instruction_pointer: 32,
    link: Some(30),
    // x19 to x29.
    preserved: 0x7ff << 19,
    from_perf: &ARM64_FROM_PERF,
};

impl Conventions {
    pub(super) const fn of(machine: CodeMachine) -> &'static Self {
        match machine {
            CodeMachine::X86_64 => &X86_64,
            CodeMachine::Arm64 => &ARM64,
        }
    }

    /// The registers of a sample: `values` holds one for each bit of `mask`, lowest first.
    pub(super) fn registers(&self, mask: u64, values: impl Iterator<Item = u64>) -> RegisterFile {
        let mut registers = RegisterFile::new();
        let bits = (0..u64::BITS).filter(|bit| mask & 1 << bit != 0);
        for (bit, value) in bits.zip(values) {
            let number = self.from_perf.get(bit as usize).copied();
            if let Some(number) = number.filter(|&number| number != u8::MAX) {
                registers.set(number.into(), Some(value));
            }
        }
        registers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// perf asks for 0xff0fff on x86-64: AX BX CX DX SI DI BP SP IP FLAGS CS SS R8 to R15.
    #[test]
    fn registers_of_a_sample_get_the_numbers_of_dwarf() {
        let registers = X86_64.registers(0xff_0fff, 100..120);
        let expected = [(0, 100), (3, 101), (2, 102), (1, 103), (6, 106), (7, 107)];
        let expected = expected.into_iter().chain([(16, 108), (8, 112), (15, 119)]);
        for (number, value) in expected {
            assert_eq!(registers.get(number), Some(value), "{number}");
        }
        let registers = ARM64.registers(1 << 29 | 1 << 31 | 1 << 32, 1..4);
        let found = [29, 30, 31, 32].map(|number| registers.get(number));
        assert_eq!(found, [Some(1), None, Some(2), Some(3)]);
    }

    #[test]
    fn a_caller_keeps_what_functions_preserve() {
        let mut registers = RegisterFile::new();
        (0..=u16::MAX).for_each(|number| registers.set(number, Some(number.into())));
        registers.keep_preserved(&X86_64);
        let kept = (0..100).filter(|&number| registers.get(number).is_some());
        assert_eq!(kept.collect::<Vec<u16>>(), [3, 6, 12, 13, 14, 15]);
    }
}
