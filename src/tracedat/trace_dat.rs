//! A trace.dat that is open.

use std::ops::Range;
use std::path::{Path, PathBuf};

use super::clock::ClockUnit;
use super::contents::{FoundBuffer, TraceContents};
use super::damage::TraceDamage;
use super::head::{FileHead, FileLayout};
use super::merge::{CpuBytes, Merge, TimedEvent};
use super::options::{CpuPages, CpuStatistics};
use super::page::Missed;
use super::unpacked::PageUnpacker;
use crate::bytes::with_order;
use crate::bytes::{ByteOrder, Compression, Storage, UnpackLimit, position, u16_at, u32_at};
use crate::error::{BadFile, Error, Result};
use crate::tracepoint::{Formats, Occurrence, Values};
use crate::units::{Cpu, Index, Tid};

/// A file of trace-cmd's.
#[derive(Debug)]
pub struct TraceDat {
    path: PathBuf,
    /// The file, unpacked when it was packed as a whole.
    storage: Storage,
    head: FileHead,
    contents: TraceContents,
    formats: Formats,
    /// Where `common_pid` lies, by format.
    tid_places: Vec<usize>,
    /// Pages that were compressed.
    unpacked: Storage,
    streams: Vec<Stream>,
}

/// The pages of one CPU of one buffer.
#[derive(Clone, Debug)]
struct Stream {
    cpu: Cpu,
    /// Position of its buffer in the file's list.
    buffer: usize,
    is_unpacked: bool,
    /// Where its pages lie, in the file or among what was unpacked.
    range: Range<usize>,
}

/// A buffer of events: the kernel's own, or that of an instance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Buffer<'a> {
    /// Empty for the kernel's own.
    pub name: &'a str,
    /// Its clock, as the kernel calls it; empty when the file does not say.
    pub clock: &'a str,
    /// Bytes of its pages.
    pub page_bytes: u64,
    /// CPUs with pages.
    pub cpus: usize,
}

/// What a walk over all events met.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TraceWalk {
    /// Events handed out.
    pub events: u64,
    /// What pages say is missing before them.
    pub missed: Missed,
    /// What could not be read, that of the file's other parts included.
    pub damage: TraceDamage,
}

impl TraceDat {
    /// Opens the bytes of a file, packed as a whole or not; `path` is what errors call it.
    ///
    /// # Errors
    /// When it cannot be unpacked, its head or ring buffer is of a kind that is not read, or it holds
    /// no buffer.
    pub fn from_storage(path: &Path, storage: Storage, limit: UnpackLimit) -> Result<Self> {
        let (storage, problem) = match Compression::of(storage.bytes()) {
            None => (storage, None),
            Some(compression) => {
                let most = limit.of_packed(storage.bytes().len() as u64);
                let unpacked = compression.unpack(storage.bytes(), most);
                unpacked.map_err(|source| Error::io("decompress", path, source))?
            }
        };
        let wrong = |fault| Error::file(path, BadFile::TraceDat(fault));
        let head = FileHead::parse(storage.bytes()).map_err(wrong)?;
        with_order!(head.endian, O => {
            let contents = TraceContents::read::<O>(storage.bytes(), &head, limit).map_err(wrong)?;
            let mut opened = Self::new(path, storage, head, contents);
            opened.contents.damage.outer = problem;
            let spooled = opened.find_streams::<O>(limit);
            spooled.map_err(|source| Error::io("spool", path, source))?;
            Ok(opened)
        })
    }

    fn new(path: &Path, storage: Storage, head: FileHead, mut contents: TraceContents) -> Self {
        let formats = std::mem::take(&mut contents.formats);
        let formats = Formats::new(formats, head.endian);
        let places = formats.iter().map(|(_, format)| {
            let field = format.field("common_pid").filter(|field| field.len == 4);
            field.map_or(COMMON_PID, |field| position(u64::from(field.offset)))
        });
        Self {
            path: path.to_owned(),
            tid_places: places.collect(),
            storage,
            head,
            contents,
            formats,
            unpacked: Storage::Memory(Vec::new()),
            streams: Vec::new(),
        }
    }

    /// Finds the pages of all CPUs, and unpacks what is compressed.
    fn find_streams<O: ByteOrder>(&mut self, limit: UnpackLimit) -> std::io::Result<()> {
        let file = self.storage.bytes();
        let compression = match self.head.layout {
            FileLayout::Sequence { .. } => None,
            FileLayout::Sections { compression, .. } => compression,
        };
        let most = limit.of_packed(file.len() as u64);
        let mut unpacker = PageUnpacker::new(compression, most);
        let TraceContents {
            buffers, damage, ..
        } = &mut self.contents;
        for (buffer, found) in buffers.iter().enumerate() {
            for &CpuPages { cpu, place, len } in &found.cpus {
                // The number of chunks in front of them is no part of what trace-cmd counts.
                let len = match found.is_compressed && len > 0 {
                    true => len.saturating_add(CHUNK_COUNT_LEN),
                    false => len,
                };
                let begin = position(place).min(file.len());
                let end = begin.saturating_add(position(len)).min(file.len());
                let present = end - begin;
                let missing = len.saturating_sub(present as u64);
                damage.missing_bytes = damage.missing_bytes.saturating_add(missing);
                let range = if found.is_compressed && present > 0 {
                    let chunks = file.get(begin..end).unwrap_or_default();
                    unpacker.unpack::<O>(chunks, damage)?
                } else {
                    begin..end
                };
                self.streams.push(Stream {
                    cpu,
                    buffer,
                    is_unpacked: found.is_compressed,
                    range,
                });
            }
        }
        self.unpacked = unpacker.finish()?;
        Ok(())
    }

    /// The file, as it is called towards the user.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same, called otherwise towards the user.
    #[must_use]
    pub(crate) fn shown_as(self, path: PathBuf) -> Self {
        Self { path, ..self }
    }

    /// The bytes of the file, unpacked when it was packed as a whole.
    pub fn contents(&self) -> &[u8] {
        self.storage.bytes()
    }

    /// Bytes of the file, unpacked when it was packed as a whole.
    pub fn file_len(&self) -> u64 {
        self.storage.bytes().len() as u64
    }

    /// The version of the file's form, 6 or 7.
    pub fn version(&self) -> u8 {
        match self.head.layout {
            FileLayout::Sequence { .. } => 6,
            FileLayout::Sections { .. } => 7,
        }
    }

    /// The version of trace-cmd; `None` when it is not recorded.
    pub fn recorder(&self) -> Option<&str> {
        self.contents.options.recorder.as_deref()
    }

    /// System, host name, release and machine, as `uname` gives them; `None` when not recorded.
    pub fn uname(&self) -> Option<&str> {
        self.contents.options.uname.as_deref()
    }

    /// Number of CPUs of the recorded machine; `None` when not recorded.
    pub fn cpu_count(&self) -> Option<u32> {
        self.contents.options.cpu_count
    }

    /// The formats of its events.
    pub fn formats(&self) -> &Formats {
        &self.formats
    }

    /// The name that a thread had when the recording ended; `None` when the kernel had forgotten it.
    pub fn task_name(&self, tid: Tid) -> Option<&str> {
        self.contents.names.of(tid)
    }

    /// Its buffers, in the order of the file.
    pub fn buffers(&self) -> impl Iterator<Item = Buffer<'_>> {
        let buffers = self.contents.buffers.iter().enumerate();
        buffers.map(|(at, found)| {
            let pages = self.streams.iter().filter(move |s| s.buffer == at);
            let lens = pages
                .map(|stream| stream.range.len())
                .filter(|&len| len > 0);
            Buffer {
                name: &found.name,
                clock: &found.clock,
                page_bytes: lens.clone().sum::<usize>() as u64,
                cpus: lens.count(),
            }
        })
    }

    /// What its times count. Those of buffers with other clocks than the first are taken as they are.
    pub fn clock_unit(&self) -> ClockUnit {
        let options = &self.contents.options;
        if options.clock.has_tsc_rate() {
            return ClockUnit::Nanoseconds;
        }
        let names = self
            .contents
            .buffers
            .iter()
            .map(|found| found.clock.as_str());
        let own = names.clone().chain(options.clock_name.as_deref());
        let named = own.into_iter().find(|name| !name.is_empty());
        ClockUnit::of_clock(named.unwrap_or_default())
    }

    /// What the kernel says it did not record, of all CPUs and buffers, from when the recorder emptied
    /// the buffers to when it read these numbers.
    pub fn statistics(&self) -> CpuStatistics {
        self.contents.options.statistics
    }

    /// Hands all events to `visit` in the order of their times. Events without a format are left out
    /// and counted.
    pub fn walk<'a>(&'a self, mut visit: impl FnMut(Occurrence<'a>)) -> TraceWalk {
        let mut walk = TraceWalk {
            damage: self.contents.damage.clone(),
            ..TraceWalk::default()
        };
        let mut pages = TraceDamage::default();
        let bytes = self.streams.iter().filter_map(|stream| self.pages(stream));
        with_order!(self.head.endian, O => {
            let contents = &self.contents;
            let merge = Merge::<O>::new(bytes, contents.page_layout, &contents.options.clock);
            walk.missed = merge.run(&mut walk.damage, |event| {
                match self.occurrence::<O>(event) {
                    Decoded::Occurrence(occurrence) => {
                        walk.events += 1;
                        visit(occurrence);
                    }
                    Decoded::Unknown => pages.unknown_events += 1,
                    Decoded::Short => pages.short_events += 1,
                }
            });
        });
        walk.damage.add_pages(&pages);
        walk
    }

    fn pages(&self, stream: &Stream) -> Option<CpuBytes<'_>> {
        let storage = if stream.is_unpacked {
            &self.unpacked
        } else {
            &self.storage
        };
        let FoundBuffer { page_len, .. } = self.contents.buffers.get(stream.buffer)?;
        Some(CpuBytes {
            cpu: stream.cpu,
            pages: storage.bytes().get(stream.range.clone())?,
            page_len: position(u64::from(*page_len)),
        })
    }

    #[inline]
    fn occurrence<'a, O: ByteOrder>(&self, event: TimedEvent<'a>) -> Decoded<'a> {
        let TimedEvent { time, cpu, payload } = event;
        let Some(number) = u16_at::<O>(payload, 0) else {
            return Decoded::Short;
        };
        let Some(format) = self.formats.by_id(u64::from(number)) else {
            return Decoded::Unknown;
        };
        let place = self.tid_places.get(format.position());
        let tid = u32_at::<O>(payload, place.copied().unwrap_or(COMMON_PID));
        tid.map_or(Decoded::Short, |tid| {
            Decoded::Occurrence(Occurrence {
                time,
                cpu: Some(cpu),
                pid: None,
                tid: Tid::new(tid.cast_signed()),
                event: format,
                values: Values::Payload(payload),
            })
        })
    }
}

/// Bytes of the number of chunks.
const CHUNK_COUNT_LEN: u64 = 4;

/// What an event's bytes are.
enum Decoded<'a> {
    Occurrence(Occurrence<'a>),
    /// The file has no format of its number.
    Unknown,
    /// They end before the thread.
    Short,
}

/// Where `common_pid` lies in a payload whose format does not say.
///
/// Source: `struct trace_entry`, `include/linux/trace_events.h`, Linux 6.12.
const COMMON_PID: usize = 4;
