//! What there is to say of the kernel's symbols.

use super::remark::Remark;
use crate::analysis::Profile;
use crate::name::Stack;
use crate::stack::Tag;
use crate::symbol::{KernelSource, SymbolRequest};

/// What is wrong with the kernel's symbols, where a stack would show them.
pub(super) fn kernel_remarks(profile: &Profile, symbols: &SymbolRequest) -> Vec<Remark> {
    if !profile.has_kernel_frames() {
        return vec![];
    }
    match &profile.account.kernel_source {
        KernelSource::SameBoot(_) => vec![],
        KernelSource::OtherBoot(path) => vec![Remark::Warning(format!(
            "{} is of another boot: the kernel was relocated, modules have no names",
            path.display()
        ))],
        KernelSource::Unchecked(path) => vec![Remark::Warning(format!(
            "the capture does not say where its kernel lay, so {} is taken as it is",
            path.display()
        ))],
        KernelSource::Hidden(path) => vec![
            Remark::Warning(format!("{}: all addresses are zero", path.display())),
            Remark::Hint("read it as root, with sysctl kernel.kptr_restrict=0 or 1"),
        ],
        KernelSource::Missing => vec![
            Remark::Warning(without_kernel_names(profile)),
            Remark::Hint(if symbols.search.capture_dir.is_none() {
                "copy /proc/kallsyms on the recorded machine, then --kallsyms FILE"
            } else {
                "put a copy of the recorded machine's /proc/kallsyms beside it"
            }),
        ],
    }
}

fn without_kernel_names(profile: &Profile) -> String {
    let is_on_vcpu = |stack: &Stack| {
        stack.tag != Tag::Guest && profile.stacks.view(stack, &profile.frames).is_vcpu_thread
    };
    let are_tags_lost = !profile.totals.is_empty() && profile.stacks.iter().any(is_on_vcpu);
    let tags = if are_tags_lost && !profile.is_tagged_by_event {
        "; exits cannot be told apart and are tagged entry"
    } else {
        ""
    };
    format!("no kernel symbols: kernel frames have no names{tags}")
}
