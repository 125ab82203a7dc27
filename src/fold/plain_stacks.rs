//! Where samples hold their stack, and nothing else is asked of them.

use crate::perf::{ChainedLayout, Event};

/// Where samples of the wanted event hold what is asked of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlainStacks {
    pub(super) layout: ChainedLayout,
    /// What a sample stands for that does not say it.
    pub(super) fixed_period: u64,
}

impl PlainStacks {
    /// `None` where some of it does not lie at the same place in all samples, or is not there.
    pub(super) fn of(event: &Event) -> Option<Self> {
        Some(Self {
            layout: event.layout.chained()?,
            fixed_period: event.attr.fixed_period(),
        })
    }
}
