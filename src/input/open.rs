//! Opening: a file, a directory of perf's or a stream, by what it is.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::recognise::{FileKind, LOOKED_AT};
use super::resolve::Input;
use crate::bytes::{Compression, Spool, Storage, UnpackLimit};
use crate::error::{BadFile, Error, FoundInstead, Result};
use crate::perf::Capture;
use crate::tracedat::TraceDat;
use crate::tracepoint::text::TraceText;

/// What was opened.
#[derive(Debug)]
pub enum Opened {
    /// A capture.
    Capture(Box<Capture>),
    /// A file of trace-cmd's: events, and no samples.
    TraceDat(Box<TraceDat>),
    /// A text of events.
    TraceText(Box<TraceText>),
    /// Text, which is folded text unless a line of it is wrong.
    Text(TextFile),
}

/// Text that is not read yet.
#[derive(Debug)]
pub struct TextFile {
    path: PathBuf,
    /// The text, packed or not.
    storage: Storage,
    /// What errors call it where a capture is needed.
    found: FoundInstead,
}

impl Opened {
    /// The capture.
    ///
    /// # Errors
    /// When it is none.
    pub fn capture(self) -> Result<Capture> {
        match self {
            Self::Capture(capture) => Ok(*capture),
            Self::TraceDat(trace) => Err(not_perf_data(trace.path(), FoundInstead::TraceDat)),
            Self::TraceText(text) => Err(not_perf_data(text.path(), FoundInstead::TraceText)),
            Self::Text(text) => Err(not_perf_data(&text.path, text.found)),
        }
    }
}

impl TextFile {
    /// The file, as it is called towards the user.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The text, in whatever encoding.
    ///
    /// # Errors
    /// When it is packed and cannot be unpacked to its end, or to more than the limit.
    pub fn unpacked(self, limit: UnpackLimit) -> Result<Storage> {
        match Compression::of(self.storage.bytes()) {
            Some(_) => self.storage.unpacked(&self.path, limit),
            None => Ok(self.storage),
        }
    }
}

impl Input {
    /// Opens what the user points at.
    ///
    /// # Errors
    /// When it cannot be read, is neither a capture nor a trace.dat nor text, or is a capture that
    /// describes no events.
    pub fn open(&self, limit: UnpackLimit) -> Result<Opened> {
        let opened = open(&self.data, limit);
        let opened = opened.map_err(|error| self.shown.error(error))?;
        let path = self.shown.path(&self.data);
        Ok(match opened {
            Opened::Capture(capture) => Opened::Capture(Box::new(capture.shown_as(path))),
            Opened::TraceDat(trace) => Opened::TraceDat(Box::new(trace.shown_as(path))),
            Opened::TraceText(text) => Opened::TraceText(Box::new(text.shown_as(path))),
            Opened::Text(text) => Opened::Text(TextFile { path, ..text }),
        })
    }
}

fn open(path: &Path, limit: UnpackLimit) -> Result<Opened> {
    if path.is_dir() {
        let first = path.join("data");
        let kind = FileKind::of(Storage::open(&first)?.bytes());
        return match kind.instead_of_capture() {
            None => Capture::open_within(path, limit)
                .map(Box::new)
                .map(Opened::Capture),
            Some(found) => Err(not_perf_data(&first, found)),
        };
    }
    if std::fs::metadata(path).is_ok_and(|found| found.is_file()) {
        return open_storage(path, Storage::open_to_read(path)?, limit);
    }
    let mut stream = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let failed = |source| Error::io("read", path, source);
    let mut start = Vec::new();
    let begun = stream.by_ref().take(LOOKED_AT).read_to_end(&mut start);
    begun.map_err(failed)?;
    // A device may go on for ever: what is no input is not read to its end.
    let kind = FileKind::of(&start);
    if let Some(found) = kind.instead_of_capture().filter(|_| !kind.is_opened()) {
        return Err(not_perf_data(path, found));
    }
    let mut spool = Spool::default();
    io::copy(&mut start.as_slice().chain(stream), &mut spool).map_err(failed)?;
    open_spool(path, spool, limit)
}

/// Opens what a stream brought; `path` is what errors call it.
///
/// # Errors
/// As [`Input::open`].
pub fn open_spool(path: &Path, spool: Spool, limit: UnpackLimit) -> Result<Opened> {
    let storage = spool.finish();
    let storage = storage.map_err(|source| Error::io("spool", path, source))?;
    open_storage(path, storage, limit)
}

fn open_storage(path: &Path, storage: Storage, limit: UnpackLimit) -> Result<Opened> {
    let kind = FileKind::of(storage.bytes());
    match kind.instead_of_capture() {
        None => {
            let capture = Capture::from_storage(path, storage, limit)?;
            Ok(Opened::Capture(Box::new(capture)))
        }
        Some(FoundInstead::TraceDat) => {
            let trace = TraceDat::from_storage(path, storage, limit)?;
            Ok(Opened::TraceDat(Box::new(trace)))
        }
        Some(found) if kind.is_text() => {
            let text = TextFile {
                path: path.to_owned(),
                storage,
                found,
            };
            if kind == FileKind::TraceText {
                open_trace_text(text, limit)
            } else {
                Ok(Opened::Text(text))
            }
        }
        Some(found) => Err(not_perf_data(path, found)),
    }
}

fn open_trace_text(text: TextFile, limit: UnpackLimit) -> Result<Opened> {
    let path = text.path.clone();
    let found = text.found.clone();
    let read = TraceText::of(&path, text.unpacked(limit)?);
    let opened = read.map(|text| Opened::TraceText(Box::new(text)));
    opened.ok_or_else(|| not_perf_data(&path, found))
}

fn not_perf_data(path: &Path, found: FoundInstead) -> Error {
    Error::file(path, BadFile::NotPerfData(found))
}
