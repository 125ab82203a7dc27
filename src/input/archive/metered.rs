//! What comes out of an archive, counted while it is read.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

use crate::bytes::{Compression, UnpackLimit};
use crate::error::{Error, Result};

/// Opens an archive, compressed or not.
pub(crate) fn open(path: &Path, limit: UnpackLimit) -> Result<Metered<Box<dyn Read>>> {
    let failed = |source| Error::io("unpack", path, source);
    let mut file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let packed_len = file.metadata().map_err(failed)?.len();
    let mut start = [0; 16];
    let len = file.read(&mut start).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let file = BufReader::new(file);
    let inner: Box<dyn Read> = match Compression::of(start.get(..len).unwrap_or_default()) {
        Some(compression) => compression.unwrap(file).map_err(failed)?,
        None => Box::new(file),
    };
    let meter = Rc::new(Meter {
        read: Cell::new(0),
        may_read: Cell::new(u64::MAX),
        limit: limit.of_packed(packed_len),
        is_over: Cell::new(false),
    });
    Ok(Metered { inner, meter })
}

/// Counts what comes out of an archive while it is read.
pub(crate) struct Meter {
    pub(crate) read: Cell<u64>,
    /// Where reading must stop, since a header cannot be so long.
    pub(crate) may_read: Cell<u64>,
    /// Most bytes in all.
    pub(crate) limit: u64,
    pub(crate) is_over: Cell<bool>,
}

/// A reader that counts, and stops at the limit.
pub(crate) struct Metered<R> {
    inner: R,
    pub(crate) meter: Rc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let meter = &self.meter;
        let len = self.inner.read(buffer)?;
        meter.read.set(meter.read.get().saturating_add(len as u64));
        if meter.read.get() > meter.limit {
            meter.is_over.set(true);
            return Err(io::Error::other("it unpacks to too much"));
        }
        if meter.read.get() > meter.may_read.get() {
            return Err(io::Error::other("a header of it is too long"));
        }
        Ok(len)
    }
}
