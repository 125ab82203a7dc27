//! Captures to bytes: header, events, records, features.

use std::io::{self, Seek, SeekFrom, Write};
use std::marker::PhantomData;

use super::encoder::Encoder;
use super::event::WrittenEvent;
use super::record::RecordWriter;
use super::sections::FeatureSection;
use crate::bytes::ByteOrder;
use crate::perf::file::{FileSection, HEADER_LEN, PIPE_HEADER_LEN};

/// What a capture says about itself.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// The events.
    pub events: Vec<WrittenEvent>,
    /// The feature sections; of several of one feature the last counts.
    pub features: Vec<FeatureSection>,
}

/// Writes a perf.data file while its records are made: memory does not grow with them.
///
/// ```text
/// header | ids of each event | attributes | records | feature table | feature sections
/// ```
/// Source: `struct perf_file_header`, `tools/perf/util/header.h`, Linux 6.12.
#[derive(Debug)]
pub struct FileWriter<O, W> {
    out: W,
    attrs: FileSection,
    attr_entry_len: u64,
    data: FileSection,
    features: Vec<FeatureSection>,
    order: PhantomData<O>,
}

impl<O: ByteOrder, W: Write + Seek> FileWriter<O, W> {
    /// Writes everything up to the first record. `out` must stand at its first byte.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn new(mut out: W, description: &Description) -> io::Result<Self> {
        let events = &description.events;
        let attr_len = events.iter().map(|event| event.attr_len).max().unwrap_or(0);
        let mut start = Encoder::<O>::new();
        start.zeros(usize::try_from(HEADER_LEN).unwrap_or(0));
        let mut ids = Vec::new();
        for event in events {
            let section = FileSection {
                offset: start.len() as u64,
                len: 8 * event.ids.len() as u64,
            };
            ids.push(section);
            start.u64s(&event.ids);
        }
        let attrs_offset = start.len() as u64;
        for (event, ids) in events.iter().zip(ids) {
            start.attr(&event.attr, attr_len);
            start.u64s(&[ids.offset, ids.len]);
        }
        let data_offset = start.len() as u64;
        out.write_all(start.bytes())?;
        Ok(Self {
            out,
            attrs: FileSection {
                offset: attrs_offset,
                len: data_offset - attrs_offset,
            },
            attr_entry_len: attr_len as u64 + 16,
            data: FileSection {
                offset: data_offset,
                len: 0,
            },
            features: description.features.clone(),
            order: PhantomData,
        })
    }

    /// Appends records.
    ///
    /// # Errors
    /// When the output fails.
    pub fn write(&mut self, records: &[u8]) -> io::Result<()> {
        self.data.len += records.len() as u64;
        self.out.write_all(records)
    }

    /// Bytes of records written.
    pub fn data_len(&self) -> u64 {
        self.data.len
    }

    /// Adds a feature section that is known only now; it replaces one of the same feature.
    pub fn add_feature(&mut self, section: FeatureSection) {
        self.features.push(section);
    }

    /// Writes the feature sections and completes the header.
    ///
    /// # Errors
    /// When the output fails.
    pub fn finish(mut self) -> io::Result<W> {
        let mut features: Vec<&FeatureSection> = Vec::new();
        for section in &self.features {
            features.retain(|other| other.feature != section.feature);
            features.push(section);
        }
        features.sort_by_key(|section| section.feature.0);
        let table = self.data.offset + self.data.len;
        let mut offset = table + 16 * features.len() as u64;
        let mut descriptors = Encoder::<O>::new();
        let mut sections = Vec::new();
        let mut words = [0_u64; 4];
        for section in features {
            let bytes = section.bytes::<O>();
            descriptors.u64s(&[offset, bytes.len() as u64]);
            offset += bytes.len() as u64;
            sections.extend(bytes);
            let (word, bit) = (section.feature.0 / 64, section.feature.0 % 64);
            if let Some(word) = words.get_mut(usize::try_from(word).unwrap_or(usize::MAX)) {
                *word |= 1 << bit;
            }
        }
        self.out.write_all(descriptors.bytes())?;
        self.out.write_all(&sections)?;
        let mut header = Encoder::<O>::new();
        header.magic();
        header.u64s(&[HEADER_LEN, self.attr_entry_len]);
        header.u64s(&[self.attrs.offset, self.attrs.len]);
        header.u64s(&[self.data.offset, self.data.len]);
        // The obsolete event types.
        header.u64s(&[0, 0]);
        header.u64s(&words);
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(header.bytes())?;
        self.out.seek(SeekFrom::End(0))?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// Writes pipe-mode data: a short header, then records only, which carry events and features too.
#[derive(Debug)]
pub struct PipeWriter<O, W> {
    out: W,
    order: PhantomData<O>,
}

impl<O: ByteOrder, W: Write> PipeWriter<O, W> {
    /// Writes the header, the features and the events, in perf's order.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn new(mut out: W, description: &Description) -> io::Result<Self> {
        let mut header = Encoder::<O>::new();
        header.magic();
        header.u64(PIPE_HEADER_LEN);
        out.write_all(header.bytes())?;
        let mut records = RecordWriter::<O>::new();
        for event in &description.events {
            records.header_attr(event);
        }
        for section in &description.features {
            records.header_feature(section);
        }
        out.write_all(records.bytes())?;
        let order = PhantomData;
        Ok(Self { out, order })
    }

    /// Appends records.
    ///
    /// # Errors
    /// When the output fails.
    pub fn write(&mut self, records: &[u8]) -> io::Result<()> {
        self.out.write_all(records)
    }

    /// Completes the stream.
    ///
    /// # Errors
    /// When the output fails.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }
}

impl<O: ByteOrder> Encoder<O> {
    /// The eight letters by which readers know perf.data and its byte order.
    fn magic(&mut self) {
        self.raw(if O::IS_BIG { b"2ELIFREP" } else { b"PERFILE2" });
    }
}
