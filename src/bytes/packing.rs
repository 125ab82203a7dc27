//! Compression of what is written; the way back from [`super::Compression`].

use std::io::{self, Write};

/// How an output is compressed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packing {
    /// gzip, without a time and a name: the same bytes for the same content.
    Gzip,
    /// Zstandard
    Zstd,
}

impl Packing {
    /// Compresses what `write` writes, to its end.
    ///
    /// # Errors
    /// When `write` fails, or `out` does.
    pub fn pack(
        self,
        out: &mut dyn Write,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        match self {
            Self::Gzip => {
                let mut packer = flate2::write::GzEncoder::new(out, flate2::Compression::default());
                write(&mut packer)?;
                packer.finish()?;
            }
            Self::Zstd => {
                let mut packer = zstd::stream::write::Encoder::new(out, 0)?;
                write(&mut packer)?;
                packer.finish()?;
            }
        }
        Ok(())
    }
}
