//! Functions that are returned to, though they have called nothing.
//!
//! A return address lies behind the call that it belongs to, which may be the last instruction of
//! its function; so the byte before it is looked up. The kernel and the C library also write
//! addresses of functions into stacks where a return address belongs: to leave a signal handler, to
//! end a context, or to be told when a function returns. Such an address is exact. It cannot be told
//! from that of a call at a function's very end, as `_start` does to `_dl_start_user` behind it, so
//! the functions are listed.

/// In processes.
const USER: [&str; 23] = [
    // Signal handlers return here. glibc: sysdeps/unix/sysv/linux/x86_64/libc_sigaction.c and its
    // like for i386 and arm; musl: src/signal/*/restore.s; bionic: libc/arch-*/bionic/*restore*.S.
    "__restore_rt",
    "__restore",
    "__default_sa_restorer",
    "__default_rt_sa_restorer",
    "__default_sa_restorer_v1",
    "__default_sa_restorer_v2",
    "__default_rt_sa_restorer_v1",
    "__default_rt_sa_restorer_v2",
    // The same in the vdso. Linux: arch/*/kernel/vdso/, arch/x86/entry/vdso/vdso32/sigreturn.S.
    "__kernel_sigreturn",
    "__kernel_rt_sigreturn",
    "__vdso_sigreturn",
    "__vdso_rt_sigreturn",
    "__kernel_sigtramp32",
    "__kernel_sigtramp_rt32",
    "__kernel_sigtramp_rt64",
    // The same in Go: src/runtime/sys_linux_*.s, until Go 1.20 without the second part; of files that
    // the linker of C put together the names end with the calling convention.
    "runtime.sigreturn__sigaction",
    "runtime.sigreturn__sigaction.abi0",
    "runtime.sigreturn",
    "runtime.sigreturn.abi0",
    // The function of makecontext() returns here. glibc: sysdeps/unix/sysv/linux/x86_64/
    // __start_context.S (also riscv, loongarch, sparc), aarch64/setcontext.S (also arm, alpha,
    // m68k), s390/s390-64/__makecontext_ret.S; libucontext: arch/*/trampoline.c.
    "__start_context",
    "__startcontext",
    "__makecontext_ret",
    "libucontext_trampoline",
];

/// In the kernel: where functions with a return probe, and those that the function graph tracer
/// follows, return to.
const KERNEL: [&str; 6] = [
    // arch/*/kernel/rethook.c, since Linux 5.18.
    "arch_rethook_trampoline",
    // arch/*/kernel/kprobes*, up to 5.17 and up to 5.14.
    "__kretprobe_trampoline",
    "kretprobe_trampoline",
    "kretprobe_trampoline_holder",
    // arch/*/kernel/ftrace*, mcount*, entry-ftrace.S.
    "return_to_handler",
    "mod_return_to_handler",
];

/// Whether a function is known to be returned to at its first instruction.
pub(crate) fn is_trampoline(name: &str) -> bool {
    USER.contains(&name) || KERNEL.contains(&name)
}
