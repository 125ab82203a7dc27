//! What is wrong with the first bytes of what should be a perf.data of the version that is read.

use std::path::Path;

use crate::error::{BadFile, Error, FoundInstead};

/// Bytes of an unknown file that its error shows.
const SHOWN: usize = 8;

/// Says what a file is, as far as perf's own formats go.
pub(crate) fn not_perf_data(path: &Path, bytes: &[u8]) -> Error {
    let found = match bytes {
        [] => FoundInstead::Nothing,
        [b'P', b'E', b'R', b'F', b'F', b'I', b'L', b'E', ..]
        | [b'E', b'L', b'I', b'F', b'F', b'R', b'E', b'P', ..] => FoundInstead::Version1,
        [b'P', b'E', b'R', b'F', b'I', b'L', b'E', b'2', ..]
        | [b'2', b'E', b'L', b'I', b'F', b'R', b'E', b'P', ..] => FoundInstead::DamagedHeader,
        _ => FoundInstead::Unknown(bytes.get(..SHOWN).unwrap_or(bytes).into()),
    };
    Error::file(path, BadFile::NotPerfData(found))
}
