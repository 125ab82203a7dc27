//! One short name for an object that is recorded under many.

/// The name of the host kernel itself.
pub(crate) const KERNEL_NAME: &str = "[kernel]";

/// Shortens the recorded name of an object.
///
/// The kernel comes as `[kernel.kallsyms]`, `[kernel.kallsyms]_text`, `[kernel]`, `[kernel.kcore]`
/// or `vmlinux`; a module as `[kvm_intel]` or `/lib/modules/…/kvm-intel.ko.xz`. Both forms of a
/// module give `[kvm_intel]`: the kernel writes `_` where the file may have `-`. A path gives its
/// last component; other bracketed names stay.
pub fn module_short_name(recorded: &str) -> String {
    if let Some(inner) = recorded.strip_prefix('[') {
        return match inner.split_once(']') {
            Some(("kernel.kallsyms" | "kernel" | "kernel.kcore" | "kernel.vmlinux", _)) => {
                KERNEL_NAME.to_owned()
            }
            Some(("guest.kernel.kallsyms", _)) => "[guest.kernel]".to_owned(),
            Some((name, "")) => format!("[{name}]"),
            Some(_) | None => recorded.to_owned(),
        };
    }
    let base = recorded.rsplit('/').next().unwrap_or(recorded);
    if let Some(module) = module_of_file(base) {
        return format!("[{}]", module.replace('-', "_"));
    }
    if base == "vmlinux" || base.starts_with("vmlinux-") {
        return KERNEL_NAME.to_owned();
    }
    if base.is_empty() { recorded } else { base }.to_owned()
}

/// The object of code that the kernel made at run time, as its kallsyms calls it.
///
/// Source: `bpf_get_kallsym()`, `kprobe_get_kallsym()` and `ftrace_get_trampoline_kallsym()`, with
/// `FTRACE_TRAMPOLINE_SYM`, `KPROBE_INSN_PAGE_SYM` and `KPROBE_OPTINSN_PAGE_SYM`, Linux 6.18.
pub(crate) fn dso_of_kernel_code(name: &str) -> &'static str {
    match name {
        "ftrace_trampoline" => "[__builtin__ftrace]",
        "kprobe_insn_page" | "kprobe_optinsn_page" => "[__builtin__kprobes]",
        _ => "[bpf]",
    }
}

/// The stem of a kernel module's file name, compressed or not.
fn module_of_file(base: &str) -> Option<&str> {
    let plain = [".xz", ".gz", ".zst"]
        .iter()
        .find_map(|suffix| base.strip_suffix(suffix))
        .unwrap_or(base);
    plain.strip_suffix(".ko").filter(|stem| !stem.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All names that perf 6.1 and 6.12 gave the same object in real captures come out as one.
    #[test]
    fn one_object_has_one_short_name() {
        let cases = [
            ("[kernel.kallsyms]", "[kernel]"),
            ("[kernel.kallsyms]_text", "[kernel]"),
            ("[kernel.kallsyms]_stext", "[kernel]"),
            ("[kernel]", "[kernel]"),
            ("/usr/lib/debug/boot/vmlinux-6.1.0-56-amd64", "[kernel]"),
            ("[guest.kernel.kallsyms]", "[guest.kernel]"),
            (
                "[guest.kernel.kallsyms.1234]",
                "[guest.kernel.kallsyms.1234]",
            ),
            ("[kvm_intel]", "[kvm_intel]"),
            (
                "/lib/modules/6.1.0/kernel/arch/x86/kvm/kvm-intel.ko",
                "[kvm_intel]",
            ),
            (
                "/lib/modules/6.1.0/kernel/arch/x86/kvm/kvm-intel.ko.xz",
                "[kvm_intel]",
            ),
            ("kvm-amd.ko.zst", "[kvm_amd]"),
            ("[vdso]", "[vdso]"),
            ("/usr/lib/x86_64-linux-gnu/libc.so.6", "libc.so.6"),
            ("//anon", "anon"),
            ("/", "/"),
            ("", ""),
            ("[", "["),
            (".ko", ".ko"),
        ];
        for (recorded, short) in cases {
            assert_eq!(module_short_name(recorded), short, "{recorded}");
        }
    }
}
