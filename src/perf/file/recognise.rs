//! What a file is that is no perf.data of the version that is read.

use std::path::Path;

use crate::error::{BadFile, Error, FoundInstead};
use crate::folded_text::is_folded;

/// Bytes of an unknown file that its error shows.
const SHOWN: usize = 8;

/// Says what a file is, by its first bytes.
pub(crate) fn not_perf_data(path: &Path, bytes: &[u8]) -> Error {
    let found = match bytes {
        [] => FoundInstead::Nothing,
        [b'P', b'E', b'R', b'F', b'F', b'I', b'L', b'E', ..]
        | [b'E', b'L', b'I', b'F', b'F', b'R', b'E', b'P', ..] => FoundInstead::Version1,
        [
            0x17,
            0x08,
            0x44,
            b't',
            b'r',
            b'a',
            b'c',
            b'i',
            b'n',
            b'g',
            ..,
        ] => FoundInstead::TraceDat,
        [b'P', b'E', b'R', b'F', b'I', b'L', b'E', b'2', ..]
        | [b'2', b'E', b'L', b'I', b'F', b'R', b'E', b'P', ..] => FoundInstead::DamagedHeader,
        [0x7f, b'E', b'L', b'F', ..] => FoundInstead::Elf,
        _ if is_folded(bytes) => FoundInstead::Folded,
        _ => FoundInstead::Unknown(bytes.get(..SHOWN).unwrap_or(bytes).into()),
    };
    Error::file(path, BadFile::NotPerfData(found))
}
