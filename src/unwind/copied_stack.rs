//! The copy of a user stack as memory.

use crate::bytes::{Little, u64_at};

/// The part of a process's memory that a sample holds a copy of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CopiedStack<'a> {
    /// Address of the first byte: the stack pointer.
    pub(crate) start: u64,
    /// The bytes.
    pub(crate) memory: &'a [u8],
    /// Whether the copy ends where it does because it was not to be longer: the stack goes on.
    pub(crate) is_cut: bool,
}

/// Why memory cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unread {
    /// It lies in the part of the stack that was not copied.
    Cut,
    /// It is no stack, as far as the copy tells.
    Elsewhere,
}

/// The largest stack that is thought of: an address further up is none of the stack's. The main
/// thread's may grow to 8 MB by default, and few ask for more.
const LARGEST: u64 = 1 << 30;

/// Bytes that a CPU loads at a time.
const CACHE_LINE: usize = 64;

impl CopiedStack<'_> {
    /// Loads the copy up to a distance into the CPU's caches. Of a walk each step waits for the one
    /// before it, while these loads are under way at the same time.
    pub(super) fn load(&self, distance: u64) {
        let len = usize::try_from(distance).unwrap_or(usize::MAX);
        let first = self.memory.get(..len).unwrap_or(self.memory);
        let lines = first.chunks(CACHE_LINE);
        let touched = lines.fold(0, |touched, line| {
            touched ^ line.first().copied().unwrap_or_default()
        });
        std::hint::black_box(touched);
    }

    /// The word at an address.
    pub(super) fn read(&self, at: u64) -> Result<u64, Unread> {
        let distance = at.checked_sub(self.start).ok_or(Unread::Elsewhere)?;
        let place = usize::try_from(distance).map_err(|_| Unread::Elsewhere)?;
        match u64_at::<Little>(self.memory, place) {
            Some(word) => Ok(word),
            None if self.is_cut && distance < LARGEST => Err(Unread::Cut),
            None => Err(Unread::Elsewhere),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_ends_where_the_copy_does() {
        let memory: Vec<u8> = (0..2_u64).flat_map(u64::to_le_bytes).collect();
        let mut stack = CopiedStack {
            start: 0x1000,
            memory: &memory,
            is_cut: true,
        };
        assert_eq!(stack.read(0x1008), Ok(1));
        assert_eq!(stack.read(0x1009), Err(Unread::Cut));
        assert_eq!(stack.read(0xff8), Err(Unread::Elsewhere));
        assert_eq!(stack.read(u64::MAX), Err(Unread::Elsewhere));
        stack.is_cut = false;
        assert_eq!(stack.read(0x1010), Err(Unread::Elsewhere));
    }
}
