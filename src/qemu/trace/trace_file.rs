//! A file, packed or not, to its steps.

use std::path::{Path, PathBuf};

use super::log_line::{self, LogLine};
use super::simple::{self, SimpleHeader};
use super::step::{TraceCounts, TraceStep, TraceStepTaker};
use crate::bytes::{Big, Compression, Little, Spool, Storage, UnpackLimit};
use crate::error::{BadFile, Error, Result};

/// A trace of QEMU's.
#[derive(Debug)]
pub struct TraceFile {
    path: PathBuf,
    storage: Storage,
}

impl TraceFile {
    /// Opens a trace; one that is compressed is unpacked.
    ///
    /// # Errors
    /// When it cannot be read, or unpacks to more than the limit.
    pub fn open(path: &Path, limit: UnpackLimit) -> Result<Self> {
        Self::of_storage(path, Storage::open(path)?, limit)
    }

    /// The same of what a stream brought; `path` is what errors call it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn of_spool(path: &Path, spool: Spool, limit: UnpackLimit) -> Result<Self> {
        let storage = spool.finish();
        let storage = storage.map_err(|source| Error::io("spool", path, source))?;
        Self::of_storage(path, storage, limit)
    }

    fn of_storage(path: &Path, storage: Storage, limit: UnpackLimit) -> Result<Self> {
        let storage = match Compression::of(storage.bytes()) {
            Some(_) => storage.unpacked(path, limit)?,
            None => storage,
        };
        let path = path.to_owned();
        Ok(Self { path, storage })
    }

    /// Hands out the steps, in the file's order.
    ///
    /// # Errors
    /// When it is no trace of QEMU's that tells of requests to disks.
    pub fn read(&self, mut take: impl FnMut(TraceStep)) -> Result<TraceCounts> {
        let bytes = self.storage.bytes();
        let mut steps = 0_u64;
        let mut count = |step| {
            steps += 1;
            take(step);
        };
        let headers = [
            SimpleHeader::of::<Little>(bytes),
            SimpleHeader::of::<Big>(bytes),
        ];
        let counts = match headers {
            [SimpleHeader::OtherVersion(version), _] | [_, SimpleHeader::OtherVersion(version)] => {
                let what = BadFile::OldSimpleTrace { version };
                return Err(Error::file(&self.path, what));
            }
            [SimpleHeader::Readable, _] => simple::read::<Little>(bytes, &mut count),
            [_, SimpleHeader::Readable] => simple::read::<Big>(bytes, &mut count),
            [SimpleHeader::None, SimpleHeader::None] => read_log(bytes, &mut count),
        };
        if steps == 0 && counts.damaged == 0 {
            return Err(Error::file(&self.path, BadFile::NoDiskRequests));
        }
        Ok(counts)
    }
}

fn read_log(bytes: &[u8], take: &mut TraceStepTaker<'_>) -> TraceCounts {
    let mut counts = TraceCounts::default();
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    for line in bytes.split(|&byte| byte == b'\n') {
        match log_line::parse(line) {
            LogLine::Step(step) => take(step),
            LogLine::Damaged => counts.damaged += 1,
            LogLine::Other => counts.others += 1,
        }
    }
    counts
}
