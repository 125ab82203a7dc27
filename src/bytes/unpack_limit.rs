//! How much is unpacked at most.

use std::fmt;

pub(crate) use crate::error::MORE_UNPACKED;

/// What archives and compressed files may unpack to: one made to fill the disk is stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnpackLimit {
    bytes: u64,
    files: u64,
    /// Most bytes from one packed byte: records pack about 10:1 to 50:1.
    ratio: u64,
}

impl Default for UnpackLimit {
    /// 16 GiB and 100 000 files: the build-id cache of a whole host takes some GB.
    fn default() -> Self {
        Self {
            bytes: 16 << 30,
            files: 100_000,
            ratio: 2000,
        }
    }
}

impl UnpackLimit {
    /// Most members of an archive, folders included.
    pub const fn files(self) -> u64 {
        self.files
    }

    /// Most bytes in all.
    pub const fn bytes(self) -> u64 {
        self.bytes
    }

    /// Most bytes from so many packed ones.
    pub const fn of_packed(self, packed_len: u64) -> u64 {
        let grown = packed_len.saturating_mul(self.ratio);
        // Zeros pack a hundred thousand to one; a little of them is no harm.
        let grown = grown.saturating_add(64 << 20);
        if grown < self.bytes {
            grown
        } else {
            self.bytes
        }
    }

    /// Reads `SIZE` or `SIZE,FILES`, as in `64G` or `500M,2000`. Who asks for a size means it:
    /// nothing is inferred from the packed size.
    ///
    /// # Errors
    /// When the text is no such thing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no size such as 64G, nor size and count such as 2G,500");
        let (size, files) = match text.split_once(',') {
            Some((size, files)) => (size, Some(files)),
            None => (text, None),
        };
        let units = [("K", 10), ("M", 20), ("G", 30), ("T", 40)];
        let split = units.iter().find_map(|&(unit, shift)| {
            let number = size.trim().strip_suffix("iB").unwrap_or(size.trim());
            Some((number.strip_suffix(unit)?, shift))
        });
        let (number, shift) = split.unwrap_or((size.trim(), 0));
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let files = files.map(|files| files.trim().parse::<u64>());
        Ok(Self {
            bytes: number.checked_mul(1 << shift).ok_or_else(wrong)?,
            files: match files {
                Some(files) => files.map_err(|_| wrong())?,
                None => Self::default().files,
            },
            ratio: u64::MAX,
        })
    }
}

impl fmt::Display for UnpackLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes and {} files", self.bytes, self.files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sizes are written as other programs take them.
    #[test]
    fn limits_have_a_size_and_perhaps_a_count() {
        let shown = |text| UnpackLimit::parse(text).map(|limit| limit.to_string());
        assert_eq!(shown("2G,5"), Ok("2147483648 bytes and 5 files".to_owned()));
        assert_eq!(shown("1KiB"), Ok("1024 bytes and 100000 files".to_owned()));
        assert_eq!(shown("7"), Ok("7 bytes and 100000 files".to_owned()));
        for text in ["", "G", "-1", "1,x", "1X", "99999999T"] {
            assert!(shown(text).is_err(), "{text}");
        }
    }
}
