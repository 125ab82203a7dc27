//! Sections that are compressed.

use addr2line::gimli::SectionId;
use object::read::{Object, ObjectSection};
use object::{CompressedData, CompressionFormat};

use crate::bytes::{Compression, Storage, UnpackLimit};
use crate::object::{ObjectFile, parse_elf_file};

/// What a packed section holds; `None` when it cannot be unpacked, or unpacks to more than it may.
pub(super) fn unpack(held: CompressedData<'_>, limit: UnpackLimit) -> Option<Storage> {
    let compression = match held.format {
        CompressionFormat::Zlib => Compression::Zlib,
        CompressionFormat::Zstandard => Compression::Zstd,
        CompressionFormat::None | CompressionFormat::Unknown | _ => return None,
    };
    let stated = held.uncompressed_size;
    let is_within = stated <= limit.of_packed(held.data.len() as u64);
    let len = usize::try_from(stated).ok().filter(|_| is_within)?;
    compression.unpack_exactly(held.data, len)
}

/// What the file holds of its entries (`.debug_info`); `None` where they are not packed, or there are none.
pub(super) fn packed_entries(file: &ObjectFile) -> Option<CompressedData<'_>> {
    let parsed = parse_elf_file(&file.path, file.storage.bytes()).ok()?;
    let section = parsed.section_by_name(SectionId::DebugInfo.name())?;
    let held = section.compressed_data().ok()?;
    (held.format != CompressionFormat::None).then_some(held)
}
