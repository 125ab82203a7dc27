//! A checksum of bytes.

/// CRC-32 as gzip, zip and `.gnu_debuglink` have it.
pub(crate) fn checksum(bytes: &[u8]) -> u32 {
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    sum.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check value of the algorithm in the catalogue of parametrised CRC algorithms.
    #[test]
    fn the_check_value_is_that_of_the_catalogue() {
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
    }
}
