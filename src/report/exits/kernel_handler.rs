//! What the kernel did for an exit, of a call stack taken meanwhile.

use crate::units::Index as _;

/// The functions of the loop around the guest, where compilers leave them: the innermost counts.
///
/// Source: `arch/x86/kvm/x86.c`, `arch/arm64/kvm/arm.c`, `virt/kvm/kvm_main.c`, Linux 4.4 to 6.18.
const LOOPS: [&str; 4] = [
    "kvm_vcpu_ioctl",
    "kvm_arch_vcpu_ioctl_run",
    "vcpu_run",
    "vcpu_enter_guest",
];

/// The frames of a stack below the loop around the guest, which all have in common; none without a
/// stack.
pub(super) fn handler_of(stacks: &[Vec<String>], stack: Option<u32>) -> &[String] {
    let names = stack.and_then(|number| stacks.get(number.position()));
    let names = names.map(Vec::as_slice).unwrap_or_default();
    let is_loop = |name: &String| LOOPS.contains(&name.as_str());
    let behind = names.iter().rposition(is_loop).map_or(0, |at| at + 1);
    names.get(behind..).unwrap_or_default()
}
