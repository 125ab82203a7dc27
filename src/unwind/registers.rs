//! User registers of a sample.

use crate::bytes::{ByteOrder, position, u64_at};
use crate::perf::Registers;
use crate::units::Avma;

/// A machine whose register numbers are known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Machine {
    /// 32- and 64-bit x86.
    X86,
    /// 32-bit Arm.
    Arm,
    /// 64-bit Arm.
    Arm64,
    /// RISC-V.
    Riscv,
    /// s390.
    S390,
    /// PowerPC.
    Powerpc,
    /// `LoongArch`.
    Loongarch,
}

impl Machine {
    /// The machine that `uname -m` names so; `None` when its registers are not known.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "x86_64" | "i386" | "i486" | "i586" | "i686" => Self::X86,
            "aarch64" | "arm64" => Self::Arm64,
            name if name.starts_with("arm") => Self::Arm,
            name if name.starts_with("riscv") => Self::Riscv,
            name if name.starts_with("s390") => Self::S390,
            name if name.starts_with("ppc") => Self::Powerpc,
            name if name.starts_with("loongarch") => Self::Loongarch,
            _ => return None,
        })
    }

    /// Number of the instruction pointer among the machine's registers.
    ///
    /// Source: `enum perf_event_*_regs`, `arch/*/include/uapi/asm/perf_regs.h`, Linux 6.12.
    const fn instruction_pointer_number(self) -> u32 {
        match self {
            Self::X86 => 8,
            Self::Arm => 15,
            Self::Arm64 | Self::Powerpc => 32,
            Self::Riscv | Self::Loongarch => 0,
            Self::S390 => 33,
        }
    }

    /// The instruction pointer among a sample's registers, of which `mask` says which there are;
    /// `None` when it is not among them.
    pub(crate) fn instruction_pointer<O: ByteOrder>(
        self,
        registers: Registers<'_>,
        mask: u64,
    ) -> Option<Avma> {
        let bit = 1_u64 << self.instruction_pointer_number();
        if mask & bit == 0 {
            return None;
        }
        let before = position(u64::from((mask & (bit - 1)).count_ones()));
        u64_at::<O>(registers.values, before * 8).map(Avma::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Little;

    /// perf's mask on x86-64 is 0xff0fff: AX BX CX DX SI DI BP SP IP come first, so IP is ninth.
    #[test]
    fn the_instruction_pointer_is_found_by_the_bits_below_it() {
        let values: Vec<u8> = (0..20_u64).flat_map(u64::to_le_bytes).collect();
        let registers = Registers {
            abi: 2,
            values: &values,
        };
        let of = |mask| Machine::X86.instruction_pointer::<Little>(registers, mask);
        assert_eq!(of(0xff_0fff), Some(Avma::new(8)));
        assert_eq!(of(0x180), Some(Avma::new(1)));
        assert_eq!(of(0x0ff), None);
    }
}
