//! An opened capture: events, features and record regions of a perf.data file.

use std::path::{Path, PathBuf};

use linux_perf_data::Feature;

use super::bytes::{ByteOrder, Endian, position, with_order};
use super::events::Events;
use super::features::Features;
use super::header::{Header, Magic};
use super::mapping::MappedFile;
use super::scan::Region;
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
    /// A feature section does not lie in the file.
    LostFeature(Feature),
}

/// An opened perf.data file.
#[derive(Debug)]
pub struct Capture {
    path: PathBuf,
    file: MappedFile,
    endian: Endian,
    events: Events,
    features: Features,
    data_start: usize,
    data_end: usize,
    findings: Vec<Finding>,
}

impl Capture {
    /// Opens the perf.data file at `path`.
    ///
    /// # Errors
    /// When it cannot be read, is no perf.data file, or describes no events.
    pub fn open(path: &Path) -> Result<Self> {
        let file = MappedFile::open(path)?;
        match Magic::of(file.bytes()) {
            Some(Magic::File(endian)) => {
                with_order!(endian, O => Self::read::<O>(path, file, endian))
            }
            Some(Magic::Pipe(_)) => Err(Error::format(path, "pipe-mode data cannot be read yet")
                .with_hint("record into a file: perf record -o perf.data")),
            None => Err(not_perf_data(path, file.bytes())),
        }
    }

    fn read<O: ByteOrder>(path: &Path, file: MappedFile, endian: Endian) -> Result<Self> {
        let bytes = file.bytes();
        let header = Header::parse::<O>(bytes)
            .ok_or_else(|| Error::format(path, "the file ends inside its header"))?;
        let mut findings = Vec::new();
        let data_start = position(header.data.offset).min(bytes.len());
        let (data_end, features) = if header.data.len == 0 {
            findings.push(Finding::Unfinished);
            (bytes.len(), Features::default())
        } else {
            let stated = data_start.saturating_add(position(header.data.len));
            if stated > bytes.len() {
                findings.push(Finding::CutOff {
                    missing: (stated - bytes.len()) as u64,
                });
            }
            let table = header.feature_table().unwrap_or(u64::MAX);
            let (features, lost) = Features::read::<O>(bytes, table, header.features);
            findings.extend(lost.into_iter().map(Finding::LostFeature));
            (stated.min(bytes.len()), features)
        };
        let mut list = Events::read::<O>(bytes, &header);
        if list.is_empty() {
            return Err(Error::format(path, "the file describes no events"));
        }
        Events::describe::<O>(&mut list, &features);
        let events = Events::new(list);
        let path = path.to_owned();
        Ok(Self {
            path,
            endian,
            events,
            features,
            data_start,
            data_end,
            findings,
            file,
        })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
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

    /// What was odd about the file.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Length of the file in bytes.
    pub fn file_len(&self) -> u64 {
        self.file.bytes().len() as u64
    }

    /// The records.
    pub fn regions(&self) -> Vec<Region<'_>> {
        let bytes = self
            .file
            .bytes()
            .get(self.data_start..self.data_end)
            .unwrap_or_default();
        let position = self.data_start as u64;
        vec![Region {
            bytes,
            position,
            mapping: Some((&self.file, self.data_start)),
        }]
    }
}

/// Says what a file is that is no perf.data.
fn not_perf_data(path: &Path, bytes: &[u8]) -> Error {
    let start = bytes.get(..8.min(bytes.len())).unwrap_or_default();
    let what = if bytes.is_empty() {
        "the file is empty".to_owned()
    } else {
        format!(
            "not a perf.data file: it begins with {:?}",
            String::from_utf8_lossy(start)
        )
    };
    Error::format(path, what).with_hint("record one: perf record -a -g -- sleep 10")
}
