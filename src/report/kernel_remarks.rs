//! What a run says of the kernel's symbols.

use super::remark::Remark;
use crate::analysis::Profile;
use crate::name::Stack;
use crate::stack::Tag;
use crate::symbol::{KernelSource, SymbolRequest, Unresolved};

/// What is wrong with the kernel's symbols, where a stack would show them.
pub(super) fn kernel_remarks(profile: &Profile, symbols: &SymbolRequest) -> Vec<Remark> {
    if !profile.has_kernel_frames() && !are_exits_unnamed(profile) {
        return vec![];
    }
    match &profile.account.kernel_source {
        KernelSource::SameBoot(_) => vec![],
        KernelSource::OtherBoot(path) => vec![Remark::Warning(format!(
            "{} does not say where the recorded boot's kernel lay: it was moved there{}{}",
            path.display(),
            if has_unnamed_modules(profile) {
                ", modules without a file of theirs have no names"
            } else {
                ""
            },
            what_tags_lose(profile)
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
            Remark::Warning(format!(
                "no kernel symbols: kernel frames have no names{}",
                what_tags_lose(profile)
            )),
            Remark::Hint(if symbols.search.capture_dir.is_none() {
                "copy /proc/kallsyms on the recorded machine, then --kallsyms FILE"
            } else {
                "put a copy of the recorded machine's /proc/kallsyms beside it"
            }),
        ],
    }
}

/// Whether frames have no name because kallsyms is of another boot.
fn has_unnamed_modules(profile: &Profile) -> bool {
    let causes = profile.account.unnamed.iter();
    let mut causes = causes.flat_map(|unnamed| &unnamed.causes);
    causes.any(|(cause, _)| *cause == Unresolved::OtherBoot)
}

/// What the want of names means for tags, behind the want itself.
fn what_tags_lose(profile: &Profile) -> &'static str {
    if are_exits_unnamed(profile) {
        "; exits cannot be told apart and are tagged entry"
    } else {
        ""
    }
}

/// Whether tags of vCPU threads are worth less for want of names, even of frames that are hidden.
fn are_exits_unnamed(profile: &Profile) -> bool {
    let is_on_vcpu = |stack: &Stack| {
        stack.tag != Tag::Guest && profile.stacks.view(stack, &profile.frames).is_vcpu_thread
    };
    !profile.totals.is_empty()
        && !profile.is_tagged_by_event
        && profile.has_unnamed_kvm()
        && profile.stacks.iter().any(is_on_vcpu)
}
