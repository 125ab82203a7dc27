//! A capture: how it is opened, and what is known of it before its records are walked.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use linux_perf_data::Feature;

use super::anomaly::Anomaly;
use super::attributes::name_events;
use super::directory::numbered_parts;
use super::features::{Features, RecordedBuildId};
use super::header::Magic;
use super::recognise::not_perf_data;
use super::sections::{StoredRange, name_tracepoints, read_file, read_pipe};
use super::tracing_data::{TracepointText, tracepoint_texts};
use crate::bytes::{
    Compression, Endian, KeptBytes, MappedFile, Spool, Storage, UnpackLimit, with_order,
};
use crate::error::{BadFile, Error, Result};
use crate::perf::abi::{PERF_RECORD_COMPRESSED, PERF_RECORD_COMPRESSED2};
use crate::perf::record::Events;
use crate::perf::walk::{RecordCounts, Unpacked};

/// What kind of file a capture is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CaptureKind {
    /// A file with sections.
    File,
    /// Pipe-mode data.
    Pipe,
    /// A directory of `perf record --threads`.
    Directory,
}

/// An opened perf.data file.
#[derive(Debug)]
pub struct Capture {
    path: PathBuf,
    pub(super) storages: Vec<Storage>,
    /// Whole records, as ranges of the storages.
    pub(super) regions: Vec<StoredRange>,
    kind: CaptureKind,
    compression: Option<Compression>,
    /// The regions that hold compressed records, by their places in `regions`.
    pub(super) packed: Vec<usize>,
    pub(super) unpacked: Unpacked,
    kept: KeptBytes,
    kept_calls: KeptBytes,
    pub(super) endian: Endian,
    pub(super) events: Events,
    features: Features,
    build_ids: Vec<RecordedBuildId>,
    anomalies: Vec<Anomaly>,
}

impl Capture {
    /// Opens a perf.data file, whatever it is called: with sections or in pipe mode, compressed or
    /// not, or the directory that `perf record --threads` or `--kcore` makes.
    ///
    /// # Errors
    /// When it cannot be read, is no perf.data file, or describes no events.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_within(path, UnpackLimit::default())
    }

    /// The same, with another limit to what is unpacked.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_within(path: &Path, limit: UnpackLimit) -> Result<Self> {
        if path.is_dir() {
            return Self::open_directory(path, limit);
        }
        let is_regular = std::fs::metadata(path).is_ok_and(|found| found.is_file());
        if is_regular {
            return Self::from_storage(
                path,
                Storage::Mapped(MappedFile::open_to_read(path)?),
                limit,
            );
        }
        let mut file =
            std::fs::File::open(path).map_err(|source| Error::io("open", path, source))?;
        let failed = |source| Error::io("read", path, source);
        let mut start = Vec::new();
        let begun = file.by_ref().take(16).read_to_end(&mut start);
        begun.map_err(failed)?;
        // A device may go on for ever.
        if Magic::of(&start).is_none() && Compression::of(&start).is_none() {
            return Err(not_perf_data(path, &start));
        }
        let mut spool = Spool::default();
        io::copy(&mut start.as_slice().chain(file), &mut spool).map_err(failed)?;
        Self::from_spool_within(path, spool, limit)
    }

    /// Opens what a stream brought.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_spool(path: &Path, spool: Spool) -> Result<Self> {
        Self::from_spool_within(path, spool, UnpackLimit::default())
    }

    /// The same, with another limit to what is unpacked.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_spool_within(path: &Path, spool: Spool, limit: UnpackLimit) -> Result<Self> {
        let storage = spool
            .finish()
            .map_err(|source| Error::io("spool", path, source))?;
        Self::from_storage(path, storage, limit)
    }

    fn open_directory(path: &Path, limit: UnpackLimit) -> Result<Self> {
        let first = path.join("data");
        let storage = Storage::Mapped(MappedFile::open_to_read(&first)?);
        let mut capture = Self::from_storage(&first, storage, limit)?;
        capture.kind = CaptureKind::Directory;
        path.clone_into(&mut capture.path);
        let mut expected = 0;
        for (number, part) in numbered_parts(path)? {
            let lost = (expected..number).map(|number| Anomaly::LostPart { number });
            capture.anomalies.extend(lost.take(MAX_LOST_PARTS));
            expected = number + 1;
            let part = MappedFile::open_to_read(&part)?;
            let whole = 0..part.bytes().len();
            capture.regions.push(StoredRange {
                storage: capture.storages.len(),
                range: whole,
            });
            capture.storages.push(Storage::Mapped(part));
        }
        let later = 1..capture.regions.len();
        with_order!(capture.endian, O => capture.find_packed::<O>(later));
        Ok(capture)
    }

    /// Opens what was read already; `path` is what errors call it.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_storage(path: &Path, mut storage: Storage, limit: UnpackLimit) -> Result<Self> {
        let mut anomalies = Vec::new();
        let mut compression = None;
        let most = limit.of_packed(storage.bytes().len() as u64);
        // perf writes none of these itself; two around each other are as far as anyone goes.
        for _ in 0..2 {
            let Some(found) = Compression::of(storage.bytes()) else {
                break;
            };
            refuse_other_content(path, found, storage.bytes())?;
            let unpacked = found.unpack(storage.bytes(), most);
            let (inner, problem) =
                unpacked.map_err(|source| Error::io("decompress", path, source))?;
            anomalies.extend(problem.map(|cause| Anomaly::LostCompression { cause }));
            (storage, compression) = (inner, Some(found));
        }
        let (kind, endian) = match Magic::of(storage.bytes()) {
            Some(Magic::File(endian)) => (CaptureKind::File, endian),
            Some(Magic::Pipe(endian)) => (CaptureKind::Pipe, endian),
            None => return Err(not_perf_data(path, storage.bytes())),
        };
        let opened = with_order!(endian, O => match kind {
            CaptureKind::Pipe => Ok(read_pipe::<O>(storage.bytes())),
            CaptureKind::File | CaptureKind::Directory => read_file::<O>(path, storage.bytes()),
        })?;
        let mut list = opened.events;
        if list.is_empty() {
            return Err(Error::file(path, BadFile::NoEvents));
        }
        with_order!(endian, O => name_events::<O>(&mut list, &opened.features));
        name_tracepoints(&mut list, &opened.features);
        anomalies.extend(opened.anomalies);
        let mut capture = Self {
            path: path.to_owned(),
            storages: vec![storage],
            regions: opened.regions,
            kind,
            compression,
            packed: Vec::new(),
            unpacked: Unpacked::within(limit),
            kept: KeptBytes::default(),
            kept_calls: KeptBytes::for_calls(),
            endian,
            events: Events::new(list),
            features: opened.features,
            build_ids: opened.build_ids,
            anomalies,
        };
        with_order!(endian, O => capture.find_packed::<O>(0..1));
        Ok(capture)
    }

    /// The file, as it is called towards the user.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same capture under another name towards the user: a member of an archive is unpacked to a
    /// path that the user has never seen.
    #[must_use]
    pub fn shown_as(mut self, path: PathBuf) -> Self {
        self.path = path;
        self
    }

    /// What kind of file it is.
    pub fn kind(&self) -> CaptureKind {
        self.kind
    }

    /// The compression around it; `None` when there is none.
    pub fn compression(&self) -> Option<Compression> {
        self.compression
    }

    /// Whether the recorder compressed records.
    pub fn has_compressed_records(&self) -> bool {
        !self.packed.is_empty()
    }

    /// Compressed records among those that a walk counted, where none were unpacked: what they hold is
    /// lost. Where the header tells of none they are looked for up to the first sample.
    pub(crate) fn unread_pieces(&self, counts: &RecordCounts) -> u64 {
        if self.has_compressed_records() {
            return 0;
        }
        counts.of(PERF_RECORD_COMPRESSED) + counts.of(PERF_RECORD_COMPRESSED2)
    }

    /// The byte order of everything in the file.
    pub fn endian(&self) -> Endian {
        self.endian
    }

    /// Copies of what its records hold.
    pub(crate) fn kept(&self) -> &KeptBytes {
        &self.kept
    }

    /// Open calls that were joined from several of its samples.
    pub(crate) fn kept_calls(&self) -> &KeptBytes {
        &self.kept_calls
    }

    /// The events.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// The feature sections.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The formats of tracepoints that the recorder copied from its kernel, as texts; empty when the
    /// capture carries none.
    pub fn tracepoint_texts(&self) -> Vec<TracepointText> {
        let section = self.features.section(Feature::TRACING_DATA);
        tracepoint_texts(section.unwrap_or_default())
    }

    /// The build id table.
    pub fn build_ids(&self) -> &[RecordedBuildId] {
        &self.build_ids
    }

    /// What was odd about the file, its compressed records among it.
    pub fn anomalies(&self) -> Vec<Anomaly> {
        self.unpack();
        let mut anomalies = self.anomalies.clone();
        if let Some(losses) = self.unpacked.losses() {
            let bytes = losses.bytes;
            anomalies.extend((bytes > 0).then_some(Anomaly::LostCompressed { bytes }));
            let cause = losses.cause.clone();
            anomalies.extend(cause.map(|cause| Anomaly::LostUnpacked { cause }));
        }
        anomalies
    }

    /// The bytes of the files it consists of, after compression around them was removed.
    pub fn contents(&self) -> impl Iterator<Item = &[u8]> {
        self.storages.iter().map(Storage::bytes)
    }

    /// Length in bytes of what holds the records, after all compression was removed.
    pub fn file_len(&self) -> u64 {
        let files = self.storages.iter();
        let plain: u64 = files.map(|storage| storage.bytes().len() as u64).sum();
        let unpacked = self.segments();
        plain
            + unpacked
                .map(|segment| segment.storage.bytes().len() as u64)
                .sum::<u64>()
    }
}

/// Looks at the first bytes of what is packed: what is no capture is not unpacked to its end.
fn refuse_other_content(path: &Path, compression: Compression, packed: &[u8]) -> Result<()> {
    let mut start = Vec::new();
    let reader = compression
        .unwrap(packed)
        .map(|reader| reader.take(1 << 12));
    // What cannot be unpacked is dealt with where all of it is.
    let read = reader.and_then(|mut reader| reader.read_to_end(&mut start));
    let is_other = Magic::of(&start).is_none() && Compression::of(&start).is_none();
    if read.is_ok() && is_other && !start.is_empty() {
        return Err(not_perf_data(path, &start));
    }
    Ok(())
}

/// How many missing files of a directory are named one by one.
const MAX_LOST_PARTS: usize = 100;
