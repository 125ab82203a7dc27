//! What a file tells of the recorded kernel: formats of its pages and events, names of tasks.
//!
//! Each function reads one part from where a cursor stands, as both versions and the `TRACING_DATA` of
//! a perf.data lay it out; `None` when it is cut.

use hashbrown::HashMap;

use super::head::take_string;
use crate::bytes::{ByteOrder, Cursor, position};
use crate::text::one_line;
use crate::tracepoint::EventFormat;
use crate::units::Tid;

/// Where things lie in a page of the kernel's ring buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct PageLayout {
    /// Where the number of the page's bytes is.
    pub(super) commit: usize,
    /// How long that number is: 8, or 4 on a kernel of 32 bits.
    pub(super) commit_len: usize,
    /// Where the events begin.
    pub(super) events: usize,
}

impl PageLayout {
    /// The layout for kernels with so many bytes in a `long`.
    pub(super) fn of_long(len: u8) -> Self {
        let commit_len = if len == 4 { 4 } else { 8 };
        Self {
            commit: 8,
            commit_len,
            events: 8 + commit_len,
        }
    }

    /// Reads the text of `events/header_page`; `None` when it does not say where things lie.
    ///
    /// Source: `ring_buffer_print_page_header`, `kernel/trace/ring_buffer.c`, Linux 6.12.
    fn parse(text: &str) -> Option<Self> {
        let number = |name: &str, label: &str| -> Option<usize> {
            let ends_so = |line: &&str| line.split(';').next().is_some_and(|d| d.ends_with(name));
            let line = text.lines().find(ends_so)?;
            let value = line.split(';').find_map(|p| p.trim().strip_prefix(label))?;
            value.parse().ok()
        };
        Some(Self {
            commit: number(" commit", "offset:")?,
            commit_len: number(" commit", "size:").filter(|len| matches!(len, 4 | 8))?,
            events: number(" data", "offset:")?,
        })
    }
}

/// What a file says of the kernel's ring buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RingBufferHeaders {
    /// `None` when the file does not say.
    pub(super) page: Option<PageLayout>,
    /// Whether events are laid out as in Linux 2.6.30 and before.
    pub(super) is_old: bool,
}

/// Reads the texts of `events/header_page` and `events/header_event`.
pub(super) fn ring_buffer_headers<O: ByteOrder>(
    at: &mut Cursor<'_, O>,
) -> Option<RingBufferHeaders> {
    take_string(at).filter(|name| *name == b"header_page")?;
    let page = String::from_utf8_lossy(take_long(at)?);
    take_string(at).filter(|name| *name == b"header_event")?;
    let event = String::from_utf8_lossy(take_long(at)?);
    // Until 2.6.30 events told their type in 2 bits and their length in 3.
    let mut lines = event.lines().map(str::trim_start);
    let is_old = lines.any(|line| line.starts_with("type ") && line.ends_with("2 bits"));
    Some(RingBufferHeaders {
        page: PageLayout::parse(&page),
        is_old,
    })
}

/// Reads formats of ftrace's own events.
pub(super) fn ftrace_formats<O: ByteOrder>(
    at: &mut Cursor<'_, O>,
    formats: &mut Vec<EventFormat>,
) -> Option<()> {
    take_formats(at, "ftrace", formats)
}

/// Reads the formats of all systems.
pub(super) fn event_formats<O: ByteOrder>(
    at: &mut Cursor<'_, O>,
    formats: &mut Vec<EventFormat>,
) -> Option<()> {
    for _ in 0..at.u32()? {
        let system = String::from_utf8_lossy(take_string(at)?).into_owned();
        take_formats(at, &system, formats)?;
    }
    Some(())
}

fn take_formats<O: ByteOrder>(
    at: &mut Cursor<'_, O>,
    system: &str,
    formats: &mut Vec<EventFormat>,
) -> Option<()> {
    for _ in 0..at.u32()? {
        let text = String::from_utf8_lossy(take_long(at)?);
        formats.extend(EventFormat::parse(system, &text));
    }
    Some(())
}

/// The names of tasks, by thread.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct SavedNames {
    names: HashMap<Tid, String>,
}

impl SavedNames {
    /// Reads the content of `saved_cmdlines`: a thread's id and its name on each line. Lines of
    /// another form are left out.
    fn parse(text: &str) -> Self {
        let mut names = HashMap::new();
        for line in text.lines() {
            if let Some((tid, name)) = line.split_once(' ')
                && let Ok(tid) = tid.parse()
            {
                names.insert(Tid::new(tid), one_line(name).into_owned());
            }
        }
        Self { names }
    }

    /// The name that a thread had when the recording ended.
    pub(super) fn of(&self, tid: Tid) -> Option<&str> {
        self.names.get(&tid).map(String::as_str)
    }
}

/// Reads the names of tasks.
pub(super) fn task_names<O: ByteOrder>(at: &mut Cursor<'_, O>) -> Option<SavedNames> {
    let text = take_long(at)?;
    Some(SavedNames::parse(&String::from_utf8_lossy(text)))
}

/// The next bytes, behind a `u64` that says how many.
fn take_long<'a, O: ByteOrder>(at: &mut Cursor<'a, O>) -> Option<&'a [u8]> {
    let len = at.u64()?;
    at.take(position(len))
}

/// The next bytes, behind a `u32` that says how many.
pub(super) fn take_short<'a, O: ByteOrder>(at: &mut Cursor<'a, O>) -> Option<&'a [u8]> {
    let len = at.u32()?;
    at.take(position(u64::from(len)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `events/header_page` of Linux 6.18 on x86-64, and of 4.9 on arm with 32 bits.
    #[test]
    fn page_headers_say_where_events_begin() {
        let x86 = "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n\
                   \tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;\n\
                   \tfield: int overwrite;\toffset:8;\tsize:1;\tsigned:1;\n\
                   \tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;\n";
        assert_eq!(PageLayout::parse(x86), Some(PageLayout::of_long(8)));
        let arm = x86.replace("offset:8;\tsize:8", "offset:8;\tsize:4");
        let arm = arm.replace("offset:16;\tsize:4080", "offset:12;\tsize:4084");
        assert_eq!(PageLayout::parse(&arm), Some(PageLayout::of_long(4)));
        assert_eq!(PageLayout::parse("field: u64 timestamp"), None);
    }

    /// As the kernel writes it; names hold spaces.
    #[test]
    fn names_of_tasks_are_found_by_thread() {
        let names = SavedNames::parse("753 CPU 0/KVM\n754 kvm-pit/746\nodd\n0 <idle>\n");
        assert_eq!(names.of(Tid::new(753)), Some("CPU 0/KVM"));
        assert_eq!(names.of(Tid::new(1)), None);
    }
}
