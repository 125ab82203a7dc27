//! Feature sections to bytes.

use linux_perf_data::Feature;

use super::encoder::Encoder;
use super::event::WrittenEvent;
use super::record::RecordWriter;
use crate::bytes::ByteOrder;
use crate::perf::abi::PERF_RECORD_HEADER_FEATURE;
use crate::perf::file::{CpuCounts, RecordedBuildId};
use crate::units::Timestamp;

/// A feature section of a capture to be written.
#[derive(Clone, Debug)]
pub struct FeatureSection {
    /// Which feature.
    pub feature: Feature,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    Text(String),
    CommandLine(Vec<String>),
    Cpus(CpuCounts),
    Events(Vec<WrittenEvent>),
    BuildIds(Vec<RecordedBuildId>),
    Times(Timestamp, Timestamp),
    Tracing(Vec<TracepointFormat>),
    Bytes(Vec<u8>),
}

/// What the kernel says about a tracepoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TracepointFormat {
    /// Its subsystem, as in `kvm`.
    pub system: String,
    /// The text of its file `format` in tracefs.
    pub text: String,
}

impl<O: ByteOrder> RecordWriter<O> {
    /// Appends a feature section, as pipe-mode data carries it.
    pub fn header_feature(&mut self, section: &FeatureSection) {
        self.record(PERF_RECORD_HEADER_FEATURE, 0, |out| {
            out.u64(u64::from(section.feature.0));
            out.raw(&section.bytes::<O>());
        });
    }
}

impl FeatureSection {
    /// A feature that holds one string: HOSTNAME, OSRELEASE, VERSION, ARCH, CPUDESC, CPUID.
    pub fn text(feature: Feature, text: &str) -> Self {
        Self {
            feature,
            content: Content::Text(text.to_owned()),
        }
    }

    /// The recorder's command line.
    pub fn command_line(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned());
        Self {
            feature: Feature::CMDLINE,
            content: Content::CommandLine(arguments.collect()),
        }
    }

    /// The number of CPUs.
    pub fn cpus(counts: CpuCounts) -> Self {
        Self {
            feature: Feature::NRCPUS,
            content: Content::Cpus(counts),
        }
    }

    /// Names and ids of the events.
    pub fn event_names(events: &[WrittenEvent]) -> Self {
        Self {
            feature: Feature::EVENT_DESC,
            content: Content::Events(events.to_vec()),
        }
    }

    /// Build ids of the objects.
    pub fn build_ids(table: Vec<RecordedBuildId>) -> Self {
        Self {
            feature: Feature::BUILD_ID,
            content: Content::BuildIds(table),
        }
    }

    /// Time of the first and the last sample.
    pub fn sample_times(first: Timestamp, last: Timestamp) -> Self {
        Self {
            feature: Feature::SAMPLE_TIME,
            content: Content::Times(first, last),
        }
    }

    /// The formats of tracepoints. perf refuses a file with tracepoint events that lacks them.
    pub fn tracing_data(formats: Vec<TracepointFormat>) -> Self {
        Self {
            feature: Feature::TRACING_DATA,
            content: Content::Tracing(formats),
        }
    }

    /// Any feature, as bytes in the byte order of the file.
    pub fn bytes_of(feature: Feature, bytes: Vec<u8>) -> Self {
        Self {
            feature,
            content: Content::Bytes(bytes),
        }
    }

    /// The section's bytes.
    ///
    /// Source: `tools/perf/util/header.c`, Linux 6.12.
    pub fn bytes<O: ByteOrder>(&self) -> Vec<u8> {
        let mut out = Encoder::<O>::new();
        match &self.content {
            Content::Text(text) => out.header_string(text),
            Content::CommandLine(arguments) => {
                out.len_u32(arguments.len());
                for argument in arguments {
                    out.header_string(argument);
                }
            }
            Content::Cpus(counts) => {
                out.u32(counts.available);
                out.u32(counts.online);
            }
            Content::Events(events) => {
                let attr_len = events.iter().map(|event| event.attr_len).max().unwrap_or(0);
                out.len_u32(events.len());
                out.len_u32(attr_len);
                for event in events {
                    out.attr(&event.attr, attr_len);
                    out.len_u32(event.ids.len());
                    out.header_string(&event.name);
                    out.u64s(&event.ids);
                }
            }
            Content::BuildIds(table) => {
                let mut records = RecordWriter::<O>::new();
                for entry in table {
                    // In a file the entries have no type.
                    records.build_id(0, entry);
                }
                out.raw(records.bytes());
            }
            Content::Times(first, last) => out.u64s(&[first.as_nanos(), last.as_nanos()]),
            Content::Tracing(formats) => out.tracing_data(formats),
            Content::Bytes(bytes) => out.raw(bytes),
        }
        out.into_bytes()
    }
}

/// Describes the ring buffer's pages, which no perf.data file holds; perf reads it all the same.
const HEADER_PAGE: &str = "\
\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;
\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;
\tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;
\tfield: char data;\toffset:16;\tsize:4080;\tsigned:1;
";

impl<O: ByteOrder> Encoder<O> {
    /// Appends tracing data, version 0.6, of a kernel with 64-bit words and pages of 4096 bytes.
    /// What is of no use without a ring buffer is left empty.
    ///
    /// Source: `read_tracing_data()`, `tools/perf/util/trace-event-info.c`, Linux 6.12.
    fn tracing_data(&mut self, formats: &[TracepointFormat]) {
        self.raw(b"\x17\x08\x44tracing0.6\0");
        self.raw(&[u8::from(O::IS_BIG), 8]);
        self.u32(4096);
        self.raw(b"header_page\0");
        self.u64(HEADER_PAGE.len() as u64);
        self.raw(HEADER_PAGE.as_bytes());
        self.raw(b"header_event\0");
        self.u64(0);
        // The formats of ftrace's own events.
        self.u32(0);
        self.len_u32(formats.len());
        for format in formats {
            self.raw(format.system.as_bytes());
            self.raw(&[0]);
            self.u32(1);
            self.u64(format.text.len() as u64);
            self.raw(format.text.as_bytes());
        }
        // Symbols, formats of trace_printk(), names of tasks.
        self.u32(0);
        self.u32(0);
        self.u64(0);
    }
}
