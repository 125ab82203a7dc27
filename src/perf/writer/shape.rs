//! What the samples of a generated capture look like: tasks, call chains, kernel symbols.

use super::load::{FAN_BITS, Load, levels_for};
use crate::perf::abi::{PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER};
use crate::units::{Pid, Tid};

/// Start of the kernel's code, as without relocation on x86-64.
pub(super) const KERNEL_START: u64 = 0xffff_ffff_8100_0000;
/// Start of the program's code, as without relocation.
pub(super) const PROGRAM_START: u64 = 0x40_0000;
/// Bytes of a function.
const FUNCTION_LEN: u64 = 256;
/// Different functions on one level of the stacks; a power of two.
const FAN: u64 = 1 << FAN_BITS;

/// The way from a system call to what a VM exit does, root first: names for the kernel's functions
/// where stacks agree.
const EXIT_PATH: [&str; 8] = [
    "entry_SYSCALL_64_after_hwframe",
    "do_syscall_64",
    "__x64_sys_ioctl",
    "kvm_vcpu_ioctl",
    "kvm_arch_vcpu_ioctl_run",
    "vmx_handle_exit",
    "handle_io",
    "kvm_fast_pio",
];

/// The generator splitmix64: numbers that look random, the same ones for the same seed.
///
/// Source: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014.
#[derive(Clone, Debug)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number from 0 to `below` - 1; 0 when that is 0.
    pub(crate) fn below(&mut self, below: u64) -> u64 {
        let product = u128::from(self.next()) * u128::from(below);
        u64::try_from(product >> 64).unwrap_or(0)
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The thread that a stack belongs to.
pub(super) fn task_of(load: &Load, stack: u32) -> (Pid, Tid) {
    let threads = load.threads.max(1);
    let task = stack % (u32::from(load.processes.max(1)) * u32::from(threads));
    task_at(task / u32::from(threads), task % u32::from(threads))
}

pub(super) fn task_at(process: u32, thread: u32) -> (Pid, Tid) {
    // 16-bit counts of processes and threads stay below 2^31 with room to spare.
    let pid = 1_000 + i32::try_from(process).unwrap_or(0) * 10_000;
    let tid = pid + i32::try_from(thread).unwrap_or(0);
    (Pid::new(pid), Tid::new(tid))
}

/// Writes the call chain of a stack into `chain`, leaf first, with context markers.
///
/// The functions of the levels next to the leaf are the digits of the stack's number, so that
/// stacks differ exactly when their numbers do; further up all stacks agree. The number of frames
/// varies by a quarter.
pub(super) fn chain_of(load: &Load, stack: u32, chain: &mut Vec<u64>) {
    chain.clear();
    let digits = levels_for(load.stacks);
    let kernel = load.depth / 2;
    let spare = (load.depth / 4).min(kernel.saturating_sub(digits));
    let left_out = mix(load.seed ^ u64::from(stack)) % (u64::from(spare) + 1);
    let mut rest = u64::from(stack);
    chain.push(PERF_CONTEXT_KERNEL);
    for level in 0..load.depth {
        if level == kernel {
            chain.push(PERF_CONTEXT_USER);
        }
        let digit = rest % FAN;
        rest /= FAN;
        let start = if level < kernel {
            KERNEL_START
        } else {
            PROGRAM_START
        };
        let is_left_out = level >= digits && level < kernel && u64::from(level - digits) < left_out;
        if !is_left_out {
            chain.push(start + function(level, digit) * FUNCTION_LEN + 0x10);
        }
    }
}

fn function(level: u16, digit: u64) -> u64 {
    u64::from(level) * FAN + digit
}

/// Bytes of code that the stacks of a load can hit.
pub(super) fn code_len(load: &Load) -> u64 {
    (u64::from(load.depth) * FAN * FUNCTION_LEN).next_multiple_of(4096)
}

/// The kernel's symbols as `/proc/kallsyms` would tell them.
pub(super) fn kallsyms(load: &Load) -> String {
    let mut text = String::new();
    let kernel = load.depth / 2;
    for level in 0..load.depth.max(1) {
        for digit in 0..FAN {
            let avma = KERNEL_START + function(level, digit) * FUNCTION_LEN;
            let from_root = usize::from(kernel.saturating_sub(level + 1));
            let known = EXIT_PATH
                .get(from_root)
                .filter(|_| digit == 0 && level < kernel);
            text.push_str(&match known {
                Some(name) => format!("{avma:016x} t {name}\n"),
                None => format!("{avma:016x} t load_{level}_{digit}\n"),
            });
        }
    }
    let end = KERNEL_START + code_len(load);
    format!(
        "{KERNEL_START:016x} T _text\n{KERNEL_START:016x} T _stext\n{text}{end:016x} T _etext\n"
    )
}
