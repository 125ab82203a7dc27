//! An opened capture: events, features and record regions of a perf.data file.

use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use linux_perf_data::Feature;

use super::bytes::{ByteOrder, Endian, with_order};
use super::decompress::decompress;
use super::events::Events;
use super::features::{Features, RecordedBuildId};
use super::header::Magic;
use super::mapping::MappedFile;
use super::recognise::not_perf_data;
use super::scan::Region;
use super::sections::{name_tracepoints, read_file, read_pipe};
use super::storage::{Spool, Storage, Wrapping, most_unpacked};
use super::stream::describe;
use crate::error::{Error, Result};

/// Something about a capture that its user should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// The header states no records: the recorder was stopped before it could finish the file.
    Unfinished,
    /// The records end before the place that the header states.
    CutOff {
        /// Bytes that are missing.
        missing: u64,
    },
    /// The header says that the records lie where they cannot; they were looked for.
    LostPlace,
    /// The header says that an event's entry is so long, which cannot be.
    OddAttrLen {
        /// The length.
        stated: u64,
    },
    /// Events, or ids of events, that do not lie in the file.
    LostAttrs,
    /// Feature sections that do not lie in the file.
    LostFeatures(Vec<Feature>),
    /// Compressed records that could not be read.
    LostCompressed {
        /// Compressed bytes.
        bytes: u64,
    },
    /// A file of a directory is not there.
    LostPart {
        /// Its number, as in `data.3`.
        number: u32,
    },
    /// The compression around the file ends in the middle, or is damaged.
    LostWrapping {
        /// What the decoder said.
        cause: String,
    },
}

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
    storages: Vec<Storage>,
    /// Whole records, as ranges of the storages.
    regions: Vec<(usize, Range<usize>)>,
    kind: CaptureKind,
    wrapping: Option<Wrapping>,
    has_compressed: bool,
    endian: Endian,
    events: Events,
    features: Features,
    build_ids: Vec<RecordedBuildId>,
    findings: Vec<Finding>,
}

impl Capture {
    /// Opens a perf.data file, whatever it is called: with sections or in pipe mode, compressed or
    /// not, or the directory that `perf record --threads` or `--kcore` makes.
    ///
    /// # Errors
    /// When it cannot be read, is no perf.data file, or describes no events.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            return Self::open_directory(path);
        }
        let is_regular = std::fs::metadata(path).is_ok_and(|found| found.is_file());
        if is_regular {
            return Self::from_storage(path, Storage::Mapped(MappedFile::open(path)?));
        }
        let mut file =
            std::fs::File::open(path).map_err(|source| Error::io("open", path, source))?;
        let mut spool = Spool::default();
        io::copy(&mut file, &mut spool).map_err(|source| Error::io("read", path, source))?;
        Self::from_spool(path, spool)
    }

    /// Opens what a stream brought.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn from_spool(path: &Path, spool: Spool) -> Result<Self> {
        let storage = spool
            .finish()
            .map_err(|source| Error::io("spool", path, source))?;
        Self::from_storage(path, storage)
    }

    fn open_directory(path: &Path) -> Result<Self> {
        let first = path.join("data");
        let mut capture = Self::from_storage(&first, Storage::Mapped(MappedFile::open(&first)?))?;
        capture.kind = CaptureKind::Directory;
        path.clone_into(&mut capture.path);
        let mut expected = 0;
        for (number, part) in numbered_parts(path)? {
            let lost = (expected..number).map(|number| Finding::LostPart { number });
            capture.findings.extend(lost.take(MAX_LOST_PARTS));
            expected = number + 1;
            let part = MappedFile::open(&part)?;
            let whole = 0..part.bytes().len();
            capture.storages.push(Storage::Mapped(part));
            capture.regions.push((capture.storages.len() - 1, whole));
        }
        let later: Vec<usize> = (1..capture.regions.len()).collect();
        with_order!(capture.endian, O => capture.decompress::<O>(&later))?;
        Ok(capture)
    }

    fn from_storage(path: &Path, mut storage: Storage) -> Result<Self> {
        let mut findings = Vec::new();
        let mut wrapping = None;
        let limit = most_unpacked(storage.bytes().len() as u64);
        // perf writes none of these itself; two around each other are as far as anyone goes.
        for _ in 0..2 {
            let Some(found) = Wrapping::of(storage.bytes()) else {
                break;
            };
            let unpacked = found.unpack(storage.bytes(), limit);
            let (inner, problem) =
                unpacked.map_err(|source| Error::io("decompress", path, source))?;
            findings.extend(problem.map(|cause| Finding::LostWrapping { cause }));
            (storage, wrapping) = (inner, Some(found));
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
            return Err(Error::format(path, "the file describes no events")
                .with_hint("its header is damaged, or the recorder was stopped at once"));
        }
        with_order!(endian, O => Events::describe::<O>(&mut list, &opened.features));
        name_tracepoints(&mut list, &opened.features);
        findings.extend(opened.findings);
        let mut capture = Self {
            path: path.to_owned(),
            storages: vec![storage],
            regions: opened.regions,
            kind,
            wrapping,
            has_compressed: false,
            endian,
            events: Events::new(list),
            features: opened.features,
            build_ids: opened.build_ids,
            findings,
        };
        with_order!(endian, O => capture.decompress::<O>(&[0]))?;
        Ok(capture)
    }

    /// Adds what the compressed records of some regions hold as regions of their own.
    fn decompress<O: ByteOrder>(&mut self, regions: &[usize]) -> Result<()> {
        let may_have_some = self.kind != CaptureKind::File
            || self.features.section(Feature::COMPRESSED).is_some()
            || !self.findings.is_empty();
        if !may_have_some {
            return Ok(());
        }
        for &ix in regions {
            let Some(&region) = self.regions().get(ix) else {
                continue;
            };
            let pieces = describe::<O>(region).compressed;
            if pieces.is_empty() {
                continue;
            }
            let made = decompress(&pieces);
            let made = made.map_err(|source| Error::io("spool", &self.path, source))?;
            if made.lost > 0 {
                self.findings
                    .push(Finding::LostCompressed { bytes: made.lost });
            }
            let whole = 0..made.storage.bytes().len();
            self.has_compressed = true;
            self.storages.push(made.storage);
            self.regions.push((self.storages.len() - 1, whole));
        }
        Ok(())
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What kind of file it is.
    pub fn kind(&self) -> CaptureKind {
        self.kind
    }

    /// The compression around it; `None` when there is none.
    pub fn wrapping(&self) -> Option<Wrapping> {
        self.wrapping
    }

    /// Whether the recorder compressed records.
    pub fn has_compressed_records(&self) -> bool {
        self.has_compressed
    }

    /// The byte order of everything in the file.
    pub fn endian(&self) -> Endian {
        self.endian
    }

    /// The events.
    pub fn events(&self) -> &Events {
        &self.events
    }

    /// The feature sections.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The build id table.
    pub fn build_ids(&self) -> &[RecordedBuildId] {
        &self.build_ids
    }

    /// What was odd about the file.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Length in bytes of what holds the records, after compression around the file was removed.
    pub fn file_len(&self) -> u64 {
        self.storages
            .iter()
            .map(|storage| storage.bytes().len() as u64)
            .sum()
    }

    /// The records.
    pub fn regions(&self) -> Vec<Region<'_>> {
        let mut position = 0;
        let region = |&(ix, ref range): &(usize, Range<usize>)| {
            let storage = self.storages.get(ix)?;
            let bytes = storage.bytes().get(range.clone())?;
            let mapping = storage.mapping().map(|mapping| (mapping, range.start));
            let start = position + range.start as u64;
            position = start + bytes.len() as u64;
            Some(Region {
                bytes,
                position: start,
                mapping,
            })
        };
        self.regions.iter().filter_map(region).collect()
    }
}

/// How many missing files of a directory are named one by one.
const MAX_LOST_PARTS: usize = 100;

/// The files `data.0`, `data.1`, ... of a directory, in order of their numbers.
fn numbered_parts(directory: &Path) -> Result<Vec<(u32, PathBuf)>> {
    let failed = |source| Error::io("read", directory, source);
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(failed)? {
        let part = entry.map_err(failed)?.path();
        let name = part.file_name().and_then(|name| name.to_str());
        let number = name.and_then(|name| name.strip_prefix("data.")?.parse::<u32>().ok());
        if let Some(number) = number.filter(|&number| number < u32::MAX && part.is_file()) {
            parts.push((number, part));
        }
    }
    parts.sort();
    Ok(parts)
}
