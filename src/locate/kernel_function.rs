//! The kernel's functions around an address.

use crate::fold::ChainFrame;
use crate::symbol::{KernelSymbol, KernelSymbols, is_trampoline};

/// The function that an address of the kernel's lies in: that of the call before a return address,
/// but for a trampoline, which is returned to without having called.
pub(super) fn kernel_symbol<'k>(
    kernel: &'k KernelSymbols,
    at: &ChainFrame,
) -> Option<KernelSymbol<'k>> {
    let called = kernel.look_up(at.lookup).ok();
    let is_inside = |symbol: &KernelSymbol<'_>| symbol.range.contains(&at.recorded);
    if !at.is_return() || called.as_ref().is_some_and(is_inside) {
        return called;
    }
    let next = kernel.look_up(at.recorded).ok();
    let trampoline =
        next.filter(|next| next.range.start == at.recorded && is_trampoline(next.name));
    trampoline.or(called)
}
