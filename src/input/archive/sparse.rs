//! Sparse files as POSIX archives hold them.
//!
//! ```text
//! "COUNT\n" ("OFFSET\n" "LENGTH\n")*   decimal, filled up to 512 bytes; then the bytes themselves
//! ```
//!
//! Source: "PAX Format, Version 1.0", manual of GNU tar 1.34.

use std::io::{self, Read};
use std::path::PathBuf;

use super::members::bytes_as_path;

/// Longest map that is read.
const LONGEST_MAP: usize = 1 << 20;

/// What the extended header says of a sparse file.
#[derive(PartialEq, Eq, Debug, Default)]
pub(crate) struct SparseHeader {
    /// Its name; that of the member is made up.
    pub(crate) name: PathBuf,
    /// Its length.
    pub(crate) len: u64,
    major: Option<u64>,
}

impl SparseHeader {
    /// Reads the extended header of a member; `None` when it is no sparse file.
    pub(crate) fn of<R: Read>(entry: &mut tar::Entry<'_, R>) -> Option<Self> {
        let mut found = None;
        for extension in entry.pax_extensions().ok()??.flatten() {
            let Some(key) = extension.key_bytes().strip_prefix(b"GNU.sparse.") else {
                continue;
            };
            let header: &mut Self = found.get_or_insert_default();
            let number = || extension.value().ok()?.parse().ok();
            match key {
                b"name" => header.name = bytes_as_path(extension.value_bytes()).to_owned(),
                b"realsize" => header.len = number().unwrap_or(0),
                b"major" => header.major = number(),
                _ => {}
            }
        }
        found
    }

    /// Whether it is of the version that is read.
    pub(crate) fn is_known(&self) -> bool {
        self.major == Some(1) && !self.name.as_os_str().is_empty()
    }
}

/// Where a part of a sparse file stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SparsePart {
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

/// Reads the map of a sparse file: the parts that follow, in order.
///
/// # Errors
/// When it is cut off, too long or not made of numbers.
pub(crate) fn read_map(mut member: impl Read) -> io::Result<Vec<SparsePart>> {
    let wrong = || io::Error::other("the map of a sparse file makes no sense");
    let mut numbers = Vec::new();
    let mut digits = String::new();
    let mut block = [0; 512];
    let mut read = 0;
    while numbers
        .first()
        .is_none_or(|&count: &u64| (numbers.len() as u64 - 1) / 2 < count)
    {
        read += block.len();
        if read > LONGEST_MAP {
            return Err(wrong());
        }
        member.read_exact(&mut block)?;
        for &byte in block.iter().take_while(|&&byte| byte != 0) {
            if byte == b'\n' {
                numbers.push(digits.parse().map_err(|_| wrong())?);
                digits.clear();
            } else {
                digits.push(char::from(byte));
            }
        }
    }
    let pairs = numbers.get(1..).unwrap_or_default().chunks_exact(2);
    let parts = pairs.filter_map(|pair| {
        let (offset, len) = (*pair.first()?, *pair.last()?);
        Some(SparsePart { offset, len })
    });
    Ok(parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cut and made-up maps are errors, not endless.
    #[test]
    fn maps_are_whole_or_an_error() {
        let map = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            bytes.resize(bytes.len().next_multiple_of(512), 0);
            read_map(&*bytes).ok()
        };
        let part = |offset, len| SparsePart { offset, len };
        assert_eq!(
            map("2\n0\n5\n1024\n7\n"),
            Some(vec![part(0, 5), part(1024, 7)])
        );
        assert_eq!(map("0\n"), Some(Vec::new()));
        for text in [
            "",
            "2\n0\n5\n",
            "x\n",
            "-1\n",
            "1\n99999999999999999999\n1\n",
        ] {
            assert_eq!(map(text), None, "{text:?}");
        }
        assert!(read_map(io::repeat(b'1')).is_err());
        assert!(read_map(io::repeat(0)).is_err());
    }
}
