//! What a file holds, whatever its version.

use super::damage::{TraceDamage, TracePart};
use super::head::{FileHead, FileLayout};
use super::options::{BufferOption, BufferPages, CpuPages, FileOptions, ListEnd, number};
use super::options::{SectionPlace, selected_clock};
use super::preamble::{
    PageLayout, RingBufferHeaders, SavedNames, event_formats, ftrace_formats, ring_buffer_headers,
    take_short, task_names,
};
use super::section::TraceSections;
use crate::bytes::{ByteOrder, Cursor, UnpackLimit, position};
use crate::error::TraceDatFault;
use crate::tracepoint::EventFormat;
use crate::units::Cpu;

/// What a file holds.
#[derive(Debug)]
pub(super) struct TraceContents {
    pub(super) page_layout: PageLayout,
    pub(super) formats: Vec<EventFormat>,
    pub(super) names: SavedNames,
    pub(super) options: FileOptions,
    pub(super) buffers: Vec<FoundBuffer>,
    pub(super) damage: TraceDamage,
}

/// A buffer, and where its pages lie.
#[derive(Debug)]
pub(super) struct FoundBuffer {
    /// Empty for the kernel's own.
    pub(super) name: String,
    pub(super) clock: String,
    pub(super) page_len: u32,
    pub(super) is_compressed: bool,
    pub(super) cpus: Vec<CpuPages>,
}

impl TraceContents {
    /// Reads all but the pages.
    ///
    /// # Errors
    /// When the file tells of what cannot be read, or holds no buffer.
    pub(super) fn read<O: ByteOrder>(
        file: &[u8],
        head: &FileHead,
        limit: UnpackLimit,
    ) -> Result<Self, TraceDatFault> {
        let mut contents = Self {
            page_layout: PageLayout::of_long(head.long_len),
            formats: Vec::new(),
            names: SavedNames::default(),
            options: FileOptions::default(),
            buffers: Vec::new(),
            damage: TraceDamage::default(),
        };
        match head.layout {
            FileLayout::Sequence { begin } => {
                contents.read_sequence::<O>(file, begin, head.page_len)?
            }
            FileLayout::Sections {
                options,
                compression,
            } => {
                let sections = TraceSections {
                    file,
                    compression,
                    limit,
                };
                contents.read_options::<O>(&sections, options);
                contents.read_sections::<O>(&sections)?;
                contents.find_buffers::<O>(&sections, head.page_len);
            }
        }
        if contents.buffers.is_empty() {
            return Err(if contents.options.has_text {
                TraceDatFault::LatencyText
            } else {
                TraceDatFault::NoBuffers
            });
        }
        Ok(contents)
    }

    fn take_headers(&mut self, found: Option<RingBufferHeaders>) -> Result<(), TraceDatFault> {
        match found {
            Some(RingBufferHeaders { is_old: true, .. }) => Err(TraceDatFault::OldRingBuffer),
            Some(RingBufferHeaders {
                page: Some(page), ..
            }) => {
                self.page_layout = page;
                Ok(())
            }
            // As the byte order and the length of a long have it.
            Some(RingBufferHeaders { page: None, .. }) | None => {
                self.damage.note(TracePart::RingBufferHeaders);
                Ok(())
            }
        }
    }

    /// Version 6: one part after the other. What follows a part that is cut cannot be found.
    fn read_sequence<O: ByteOrder>(
        &mut self,
        file: &[u8],
        begin: usize,
        page_len: u32,
    ) -> Result<(), TraceDatFault> {
        let mut at = Cursor::<O>::new(file.get(begin..).unwrap_or_default());
        let headers = ring_buffer_headers(&mut at);
        let is_cut = headers.is_none();
        self.take_headers(headers)?;
        if is_cut {
            return Ok(());
        }
        let Some(cpu_count) = self.take_parts(&mut at) else {
            return Ok(());
        };
        self.options.cpu_count = Some(cpu_count);
        let mut tag = at.take(TAG_LEN);
        if tag == Some(b"options  \0") {
            match self.options.read(&mut at, false, &mut self.damage) {
                ListEnd::Done(_) => tag = at.take(TAG_LEN),
                ListEnd::Cut => {
                    self.damage.note(TracePart::Options);
                    return Ok(());
                }
            }
        }
        match tag {
            Some(b"latency  \0") => self.options.has_text = true,
            Some(b"flyrecord\0") => {
                self.take_buffer(&mut at, "", page_len);
                let instances = std::mem::take(&mut self.options.buffers);
                for BufferOption { name, place, .. } in instances {
                    let bytes = file.get(position(place)..).unwrap_or_default();
                    let mut at = Cursor::<O>::new(bytes);
                    if at.take(TAG_LEN) == Some(b"flyrecord\0") {
                        self.take_buffer(&mut at, &name, page_len);
                    } else {
                        self.damage.note(TracePart::Buffer);
                    }
                }
            }
            _ => self.damage.note(TracePart::Buffer),
        }
        Ok(())
    }

    /// Version 6: the parts up to the number of CPUs; `None` when one is cut.
    fn take_parts<O: ByteOrder>(&mut self, at: &mut Cursor<'_, O>) -> Option<u32> {
        let cut = |damage: &mut TraceDamage, part| {
            damage.note(part);
            None
        };
        if ftrace_formats(at, &mut self.formats).is_none() {
            return cut(&mut self.damage, TracePart::FtraceFormats);
        }
        if event_formats(at, &mut self.formats).is_none() {
            return cut(&mut self.damage, TracePart::EventFormats);
        }
        // The kernel's symbols, and the formats of trace_printk.
        let passed = take_short(at).and_then(|_| take_short(at));
        let names = passed.and_then(|_| task_names(at));
        let Some(names) = names else {
            return cut(&mut self.damage, TracePart::TaskNames);
        };
        self.names = names;
        at.u32()
            .or_else(|| cut(&mut self.damage, TracePart::Buffer))
    }

    /// Version 6: where the pages of each CPU lie, and the clock.
    fn take_buffer<O: ByteOrder>(&mut self, at: &mut Cursor<'_, O>, name: &str, page_len: u32) {
        let mut cpus = Vec::new();
        for cpu in 0..self.options.cpu_count.unwrap_or(0) {
            let Some((place, len)) = at.u64().zip(at.u64()) else {
                self.damage.note(TracePart::Buffer);
                break;
            };
            let cpu = Cpu(cpu);
            cpus.push(CpuPages { cpu, place, len });
        }
        let clock = if self.options.has_clock {
            let text = at.u64().and_then(|len| at.take(position(len)));
            text.and_then(|text| selected_clock(&String::from_utf8_lossy(text)))
        } else {
            None
        };
        self.buffers.push(FoundBuffer {
            name: name.to_owned(),
            clock: clock.unwrap_or_default(),
            page_len,
            is_compressed: false,
            cpus,
        });
    }

    /// Version 7: the lists of options, one of which tells where the next lies.
    fn read_options<O: ByteOrder>(&mut self, sections: &TraceSections<'_>, first: u64) {
        let mut seen = Vec::new();
        let mut place = first;
        while place != 0 {
            let body = sections.body::<O>(number::DONE, place);
            let next = body.map(|body| {
                let mut at = Cursor::<O>::new(&body);
                self.options.read(&mut at, true, &mut self.damage)
            });
            seen.push(place);
            match next {
                // A list that was read would be read for ever.
                Some(ListEnd::Done(next)) if !seen.contains(&next) && seen.len() < MOST_LISTS => {
                    place = next;
                }
                Some(ListEnd::Done(_) | ListEnd::Cut) | None => {
                    self.damage.note(TracePart::Options);
                    break;
                }
            }
        }
    }

    /// Version 7: the sections that options name.
    fn read_sections<O: ByteOrder>(
        &mut self,
        sections: &TraceSections<'_>,
    ) -> Result<(), TraceDatFault> {
        for SectionPlace { number, place } in std::mem::take(&mut self.options.sections) {
            let body = sections.body::<O>(number, place);
            let body = body.as_deref().unwrap_or_default();
            let mut at = Cursor::<O>::new(body);
            let (found, part) = match number {
                number::HEADER_INFO => {
                    self.take_headers(ring_buffer_headers(&mut at))?;
                    continue;
                }
                number::FTRACE_EVENTS => (
                    ftrace_formats(&mut at, &mut self.formats),
                    TracePart::FtraceFormats,
                ),
                number::EVENT_FORMATS => (
                    event_formats(&mut at, &mut self.formats),
                    TracePart::EventFormats,
                ),
                _ => {
                    let names = task_names(&mut at);
                    (names.map(|names| self.names = names), TracePart::TaskNames)
                }
            };
            if found.is_none() {
                self.damage.note(part);
            }
        }
        Ok(())
    }

    /// Version 7: where the pages of buffers lie.
    fn find_buffers<O: ByteOrder>(&mut self, sections: &TraceSections<'_>, page_len: u32) {
        for BufferOption { name, place, pages } in std::mem::take(&mut self.options.buffers) {
            let Some(BufferPages {
                clock,
                page_len: own_len,
                cpus,
            }) = pages
            else {
                continue;
            };
            let section = sections.raw::<O>(place);
            let section = section.filter(|found| found.number == number::BUFFER);
            if section.is_none() {
                self.damage.note(TracePart::Buffer);
            }
            let is_packed_file = sections.compression.is_some();
            self.buffers.push(FoundBuffer {
                name,
                clock,
                page_len: own_len.unwrap_or(page_len),
                is_compressed: section.map_or(is_packed_file, |found| found.is_compressed),
                cpus,
            });
        }
    }
}

/// Bytes of the words that separate the parts of version 6.
const TAG_LEN: usize = 10;

/// Most lists of options: trace-cmd writes one for each buffer, and the kernel allows some dozens of
/// instances.
const MOST_LISTS: usize = 10_000;
