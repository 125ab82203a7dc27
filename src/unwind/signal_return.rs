//! The code that leaves a signal handler, and what lies above it on the stack.

use super::frame_rule::FrameRule;
use super::register_file::Conventions;
use crate::object::CodeMachine;

/// `mov $15, %rax; syscall`: what glibc, musl and Go end a signal handler with.
///
/// Source: `__NR_rt_sigreturn`, `arch/x86/entry/syscalls/syscall_64.tbl`, Linux 6.12; `RESTORE`,
/// `sysdeps/unix/sysv/linux/x86_64/libc_sigaction.c`, glibc 2.36.
const X86_64: [u8; 9] = [0x48, 0xc7, 0xc0, 0x0f, 0, 0, 0, 0x0f, 0x05];

/// `mov x8, #139; svc #0`, of `__kernel_rt_sigreturn` in the vdso.
///
/// Source: `arch/arm64/kernel/vdso/sigreturn.S`, Linux 6.12.
const ARM64: [u8; 8] = [0x68, 0x11, 0x80, 0xd2, 0x01, 0, 0, 0xd4];

/// Whether code is what a signal handler returns to.
pub(crate) fn is_signal_return(machine: CodeMachine, code: &[u8]) -> bool {
    match machine {
        CodeMachine::X86_64 => code.starts_with(&X86_64),
        CodeMachine::Arm64 => code.starts_with(&ARM64),
    }
}

/// How the registers of what was interrupted are found when that code is returned to: the kernel put
/// them on the stack.
pub(super) fn signal_rule(machine: CodeMachine) -> FrameRule {
    let conventions = Conventions::of(machine);
    match machine {
        CodeMachine::X86_64 => {
            // `struct sigcontext_64` begins 40 bytes into `struct ucontext`, to which the stack
            // pointer points: r8 to r15, di, si, bp, bx, dx, ax, cx, sp, ip. Source:
            // arch/x86/include/uapi/asm/{sigcontext,ucontext}.h, Linux 6.12.
            const ORDER: [u16; 17] = [8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6, 3, 1, 0, 2, 7, 16];
            let places = ORDER.into_iter().zip((40..).step_by(8));
            FrameRule::of_saved_registers(conventions, places)
        }
        CodeMachine::Arm64 => {
            // `struct siginfo` of 128 bytes, then `struct ucontext`, in which `struct sigcontext`
            // begins after 176 bytes: the fault's address, x0 to x30, sp, pc. Source:
            // arch/arm64/include/uapi/asm/{sigcontext,ucontext}.h, Linux 6.12.
            let places = (0..=32).zip((128 + 176 + 8..).step_by(8));
            FrameRule::of_saved_registers(conventions, places)
        }
    }
}
