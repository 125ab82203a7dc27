//! The header of a perf.data file: where its sections lie.

use linux_perf_data::FeatureSet;

use crate::bytes::{ByteOrder, Cursor, Endian, position, slice_at, with_order};

/// Length of the header that every perf since Linux 2.6.32 writes.
pub(crate) const HEADER_LEN: u64 = 104;
/// Length of the header of pipe-mode data: magic and size only.
pub(crate) const PIPE_HEADER_LEN: u64 = 16;
const MAGIC_LITTLE: &[u8; 8] = b"PERFILE2";
const MAGIC_BIG: &[u8; 8] = b"2ELIFREP";

/// A byte range of the file, as its header states it. It may reach past the file's end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct FileSection {
    /// First byte.
    pub offset: u64,
    /// Length in bytes.
    pub len: u64,
}

impl FileSection {
    /// Length of a section descriptor in the file.
    pub(crate) const ENCODED_LEN: usize = 16;

    /// Reads a section descriptor.
    pub(crate) fn read<O: ByteOrder>(at: &mut Cursor<'_, O>) -> Option<Self> {
        Some(Self {
            offset: at.u64()?,
            len: at.u64()?,
        })
    }

    /// The section's bytes; `None` when they do not all lie in the file.
    pub(crate) fn of<'a>(&self, file: &'a [u8]) -> Option<&'a [u8]> {
        slice_at(file, position(self.offset), position(self.len))
    }
}

/// What a file is, by its first bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Magic {
    /// perf.data, version 2, with sections.
    File(Endian),
    /// perf.data, version 2, as a stream of records.
    Pipe(Endian),
}

impl Magic {
    /// Tells what `file` is; `None` when its magic or header size is none of perf's.
    pub(crate) fn of(file: &[u8]) -> Option<Self> {
        let endian = match file.first_chunk()? {
            MAGIC_LITTLE => Endian::Little,
            MAGIC_BIG => Endian::Big,
            _ => return None,
        };
        let len = with_order!(endian, O => Cursor::<O>::new(file.get(8..)?).u64())?;
        match len {
            PIPE_HEADER_LEN => Some(Self::Pipe(endian)),
            HEADER_LEN.. => Some(Self::File(endian)),
            _ => None,
        }
    }
}

/// The header of a perf.data file.
///
/// Source: `struct perf_file_header`, `tools/perf/util/header.h`, Linux 6.12.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// Length of an attribute structure with the id section's descriptor behind it.
    pub attr_entry_len: u64,
    /// The attribute entries.
    pub attrs: FileSection,
    /// The records.
    pub data: FileSection,
    /// Which features the file has; their descriptors follow the records in order.
    pub features: FeatureSet,
}

impl Header {
    /// Decodes the header at the start of `file`; `None` when the file is too short for one.
    pub(crate) fn parse<O: ByteOrder>(file: &[u8]) -> Option<Self> {
        let mut at = Cursor::<O>::new(file.get(16..position(HEADER_LEN))?);
        let attr_entry_len = at.u64()?;
        let attrs = FileSection::read(&mut at)?;
        let data = FileSection::read(&mut at)?;
        let _event_types = FileSection::read(&mut at)?;
        let mut words = [0; 4];
        for word in &mut words {
            *word = at.u64()?;
        }
        // The set is an array of the recorder's `unsigned long`. A 32-bit big-endian recorder
        // leaves the first 32 features in the upper half of the first word; HOSTNAME (3) to
        // `EVENT_DESC` (12), which every perf writes, tell the two apart.
        const ALWAYS_THERE: u64 = 1 << 3;
        if O::IS_BIG && words[0] & ALWAYS_THERE == 0 && words[0].rotate_left(32) & ALWAYS_THERE != 0
        {
            words = words.map(|word| word.rotate_left(32));
        }
        Some(Self {
            attr_entry_len,
            attrs,
            data,
            features: FeatureSet(words),
        })
    }

    /// Where the feature sections' descriptors begin; `None` when that lies outside any file.
    pub(crate) fn feature_table(&self) -> Option<u64> {
        self.data.offset.checked_add(self.data.len)
    }
}
