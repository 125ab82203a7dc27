//! What makes a file an ELF file, and which build it is.

use std::path::Path;

use object::read::Object;
use object::{BinaryFormat, File};

use crate::bytes::Storage;
use crate::error::{BadFile, Error, Result};
use crate::units::BuildId;

/// Parses the headers of an ELF file, 32 or 64 bits, of either byte order; `path` is for the error
/// only.
///
/// # Errors
/// When the bytes are no ELF file.
pub(crate) fn parse_elf_file<'a>(path: &Path, bytes: &'a [u8]) -> Result<File<'a>> {
    let file = File::parse(bytes)
        .map_err(|problem| BadFile::NotObject {
            cause: problem.to_string(),
        })
        .map_err(|wrong| Error::file(path, wrong))?;
    if file.format() != BinaryFormat::Elf {
        return Err(Error::file(path, BadFile::NotElf));
    }
    Ok(file)
}

/// The build id that a parsed file states; `None` when it has none.
pub(crate) fn build_id_of(file: &File<'_>) -> Option<BuildId> {
    BuildId::new(file.build_id().ok()??)
}

/// The build id of an ELF file; `None` when it states none.
///
/// # Errors
/// When it cannot be read or is no ELF file.
pub fn build_id_of_file(path: &Path) -> Result<Option<BuildId>> {
    let storage = Storage::open(path)?;
    Ok(build_id_of(&parse_elf_file(path, storage.bytes())?))
}

/// The build id in the bytes of an ELF file; `None` when it has none or is no ELF file.
pub fn read_build_id(bytes: &[u8]) -> Option<BuildId> {
    build_id_of(&File::parse(bytes).ok()?)
}
