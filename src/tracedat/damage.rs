//! What of a file could not be read, counted.

/// A part of a file that tells of the recorded kernel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum TracePart {
    /// Where things lie in a page.
    RingBufferHeaders,
    /// Formats of ftrace's own events.
    FtraceFormats,
    /// Formats of events.
    EventFormats,
    /// Names of tasks.
    TaskNames,
    /// A list of options.
    Options,
    /// An option whose bytes make no sense, by its number.
    Option(u16),
    /// Where the pages of a buffer lie.
    Buffer,
}

/// What of a file could not be read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TraceDamage {
    /// Parts that are cut or cannot be unpacked, each once, sorted.
    pub parts: Vec<TracePart>,
    /// Bytes of pages that the file should have and has not.
    pub missing_bytes: u64,
    /// Compressed bytes of pages that could not be unpacked.
    pub packed_bytes: u64,
    /// Bytes of pages behind a place that makes no sense, up to the end of the page.
    pub page_bytes: u64,
    /// Events of no format that the file has.
    pub unknown_events: u64,
    /// Events that are too short to say what they are.
    pub short_events: u64,
    /// Events whose time lies before that of the event before them on their CPU. They are taken with
    /// that event's time.
    pub times_backwards: u64,
    /// Why what the file is packed in could not be unpacked to its end.
    pub outer: Option<String>,
}

impl TraceDamage {
    /// Whether nothing is damaged.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Notes a part.
    pub(super) fn note(&mut self, part: TracePart) {
        if let Err(at) = self.parts.binary_search(&part) {
            self.parts.insert(at, part);
        }
    }

    /// Adds what was met while pages were read.
    pub(super) fn add_pages(&mut self, pages: &Self) {
        self.page_bytes += pages.page_bytes;
        self.unknown_events += pages.unknown_events;
        self.short_events += pages.short_events;
        self.times_backwards += pages.times_backwards;
    }
}
