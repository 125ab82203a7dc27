//! The user part of stacks whose call chain does not tell it.

use crate::fold::{ChainFrame, ChainFrames, UserPart};
use crate::perf::bytes::ByteOrder;
use crate::units::{Avma, CpuMode};
use crate::unwind::BranchFrames;

/// The frames that a stack has besides those of its call chain, leaf first.
pub(super) fn frames_behind_chain<O: ByteOrder>(
    user: UserPart<'_>,
    mode: CpuMode,
) -> Vec<ChainFrame> {
    let exact = |mode: CpuMode| move |at: Avma| ChainFrame::exact(mode, at);
    match user {
        UserPart::InChain => Vec::new(),
        UserPart::OpenCalls(entries) => BranchFrames::<O>::new(entries, true)
            .map(exact(CpuMode::User))
            .collect(),
        UserPart::LastBranches(entries) => BranchFrames::<O>::new(entries, false)
            .map(exact(mode))
            .collect(),
        UserPart::Deferred(chain) => ChainFrames::<O>::new(chain, CpuMode::User).collect(),
        UserPart::CopiedStack(ip) => vec![ChainFrame::exact(CpuMode::User, Avma::new(ip))],
    }
}
