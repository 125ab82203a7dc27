//! Where the bytes of an object file are meant to lie.

use object::File;
use object::read::{Object, ObjectSegment};

use crate::units::{FileOffset, Svma};

/// A part of the file that is mapped (`PT_LOAD`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ElfSegment {
    /// First byte in the file.
    pub file_offset: FileOffset,
    /// Its address as the file states it.
    pub svma: Svma,
    /// Bytes in the file.
    pub bytes: u64,
    /// Whether it is code.
    pub executable: bool,
}

/// The parts of a file that are mapped.
#[derive(Clone, Debug, Default)]
pub(crate) struct ElfSegments(Box<[ElfSegment]>);

impl From<Vec<ElfSegment>> for ElfSegments {
    fn from(segments: Vec<ElfSegment>) -> Self {
        Self(segments.into())
    }
}

impl ElfSegments {
    /// Those of a file.
    pub(crate) fn of(file: &File<'_>) -> Self {
        let segments = file.segments().map(|segment| {
            let (offset, bytes) = segment.file_range();
            ElfSegment {
                file_offset: FileOffset::new(offset),
                svma: Svma::new(segment.address()),
                bytes,
                executable: segment.permissions().executable(),
            }
        });
        Self(segments.collect())
    }

    /// The one of memory whose offsets are addresses.
    pub(crate) fn of_addresses() -> Self {
        Self::from(vec![ElfSegment {
            file_offset: FileOffset::default(),
            svma: Svma::default(),
            bytes: u64::MAX,
            executable: true,
        }])
    }

    /// All of them, in the file's order.
    pub(crate) fn as_slice(&self) -> &[ElfSegment] {
        &self.0
    }

    /// The address that the file states for one of its bytes; `None` when it is never mapped.
    #[inline]
    pub(crate) fn svma_of(&self, offset: FileOffset) -> Option<Svma> {
        let holds = |segment: &ElfSegment| {
            let distance = offset.checked_since(segment.file_offset);
            distance.is_some_and(|distance| distance < segment.bytes)
        };
        let mut all = self.0.iter();
        let code = all.find(|segment| segment.executable && holds(segment));
        let segment = code.or_else(|| self.0.iter().find(|segment| holds(segment)))?;
        let distance = offset.checked_since(segment.file_offset)?;
        segment.svma.checked_add(distance)
    }
}
