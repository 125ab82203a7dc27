//! Functions in which the kernel is entered, those that jump to what lies on the stack, and the one in which
//! a CPU begins to idle.
//!
//! A pattern ends in `*` where names go on.
//!
//! Source of the first: `idtentry` in `arch/x86/entry/entry_64.S` (Linux 6.1; before 5.8 without `asm_`),
//! `kernel_ventry` in `arch/arm64/kernel/entry.S` (Linux 6.1; before 5.14 `el1_irq`, `el1_sync`).

/// Interrupts of the host enter here.
pub(crate) const INTERRUPT_ENTRIES: [&str; 7] = [
    "asm_sysvec_*",
    "asm_common_interrupt",
    "asm_exc_nmi",
    "apic_timer_interrupt",
    "ret_from_intr",
    "el1h_64_irq",
    "el1_irq",
];

/// Exceptions of the kernel's own code enter here; some of these are interrupts too.
const EXCEPTION_ENTRIES: [&str; 5] = [
    "asm_exc_*",
    "page_fault",
    "el1h_64_*",
    "el1t_64_*",
    "el1_sync",
];

/// Thunks for indirect calls, and those that they return by: they put the address of a function on the stack and
/// return to it.
///
/// Source: `RETPOLINE` and the thunks of returns, `arch/x86/lib/retpoline.S`, Linux 6.1 and 6.18.
const JUMPING_THUNKS: [&str; 5] = [
    "__x86_indirect_*",
    "__x86_return_thunk",
    "srso_*",
    "retbleed_*",
    "its_return_thunk",
];

/// Every idle loop runs in it: the boot CPU comes to it by `start_kernel` and `rest_init`, all
/// others by `start_secondary`.
pub(crate) const IDLE_ENTRY: &str = "cpu_startup_entry";

/// Whether an interrupt or exception enters the kernel in a function. What stands above it in a
/// stack was interrupted and has not called it.
pub(crate) fn is_interrupt_entry(name: &str) -> bool {
    let is_listed = is_one_of(&EXCEPTION_ENTRIES, name) || is_one_of(&INTERRUPT_ENTRIES, name);
    // On arm64 the entry calls the function of the same name and this ending.
    is_listed && !name.ends_with("_handler")
}

/// Whether a function may be about to jump to the address that stands above it in a stack.
pub(crate) fn is_jumping_thunk(name: &str) -> bool {
    is_one_of(&JUMPING_THUNKS, name)
}

fn is_one_of(patterns: &[&str], name: &str) -> bool {
    let is_meant = |pattern: &&str| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *pattern,
    };
    patterns.iter().any(is_meant)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries of each architecture and age, and what they call.
    #[test]
    fn entries_are_told_from_what_they_call() {
        for name in [
            "asm_sysvec_apic_timer_interrupt",
            "asm_common_interrupt",
            "asm_exc_page_fault",
            "apic_timer_interrupt",
            "page_fault",
            "el1h_64_irq",
            "el1t_64_sync",
            "el1_irq",
        ] {
            assert!(is_interrupt_entry(name), "{name}");
        }
        for name in [
            "sysvec_apic_timer_interrupt",
            "common_interrupt",
            "exc_page_fault",
            "el1h_64_irq_handler",
            "do_page_fault",
            "el1_interrupt",
            "",
        ] {
            assert!(!is_interrupt_entry(name), "{name}");
        }
    }

    /// Thunks as kallsyms of Linux 6.1 and 6.18 has them, and names of other functions.
    #[test]
    fn thunks_are_told_by_their_names() {
        for name in [
            "__x86_indirect_thunk_rax",
            "__x86_indirect_call_thunk_r11",
            "__x86_return_thunk",
            "srso_alias_return_thunk",
            "retbleed_return_thunk",
            "its_return_thunk",
        ] {
            assert!(is_jumping_thunk(name), "{name}");
        }
        for name in ["x86_return_thunk_init", "do_syscall_64", "srso", ""] {
            assert!(!is_jumping_thunk(name), "{name}");
        }
    }
}
