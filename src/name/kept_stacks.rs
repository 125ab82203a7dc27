//! Which stacks are kept when others are left out.

/// The positions of stacks some of which are left out: those of the others move up.
#[derive(Debug)]
pub(super) struct KeptStacks {
    /// The position of each behind that, by its position before.
    positions: Vec<Option<u32>>,
}

impl KeptStacks {
    /// `is_kept` tells of each stack whether it is.
    pub(super) fn of(is_kept: &[bool]) -> Self {
        let mut next = 0;
        let positions = is_kept.iter().map(|&is_kept| {
            next += u32::from(is_kept);
            is_kept.then(|| next - 1)
        });
        Self {
            positions: positions.collect(),
        }
    }

    /// The position of the stack that was at `before`; `None` where it is left out.
    pub(super) fn position(&self, before: u32) -> Option<u32> {
        self.positions.get(before as usize).copied().flatten()
    }
}
