//! `TRACING_DATA`: the tracepoint formats that the recorder copied from its kernel, as texts.
//!
//! Source: `tracing_data_get()`, tools/perf/util/trace-event-info.c, and trace.dat(5), Linux 6.12.

use crate::bytes::{Big, ByteOrder, Cursor, Little, c_string, position};

/// The first bytes of the section.
const MAGIC: &[u8] = b"\x17\x08\x44tracing";

/// A tracepoint, as its format text names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tracepoint {
    /// The id by which attributes refer to it.
    pub id: u64,
    /// `system:name`, as in `kvm:kvm_exit`.
    pub name: String,
}

/// A tracepoint's format as the kernel writes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TracepointText {
    /// Its subsystem, as in `kvm`.
    pub system: String,
    /// The text of its file `format` in tracefs.
    pub text: String,
}

/// The tracepoints that a section describes; formats that make no sense are left out, and what
/// follows a damaged place is not read.
pub fn tracepoints(section: &[u8]) -> Vec<Tracepoint> {
    let texts = tracepoint_texts(section);
    texts.iter().filter_map(name_of).collect()
}

/// The texts of the formats in a section; what follows a damaged place is not read.
pub(crate) fn tracepoint_texts(section: &[u8]) -> Vec<TracepointText> {
    let mut found = Vec::new();
    let Some(rest) = section.strip_prefix(MAGIC) else {
        return found;
    };
    // The version, "0.5" or "0.6", then one byte for the byte order of what follows.
    let version = c_string(rest);
    let rest = rest.get(version.len() + 1..).unwrap_or_default();
    match rest.split_first() {
        Some((0, rest)) => read::<Little>(rest, &mut found),
        Some((_, rest)) => read::<Big>(rest, &mut found),
        None => None,
    };
    found
}

fn read<O: ByteOrder>(bytes: &[u8], found: &mut Vec<TracepointText>) -> Option<()> {
    // Size of a long, size of a page.
    let mut at = Cursor::<O>::new(bytes.get(5..)?);
    for _ in ["header_page", "header_event"] {
        take_name(&mut at)?;
        let len = at.u64()?;
        at.take(position(len))?;
    }
    for _ in 0..at.u32()? {
        let len = at.u64()?;
        at.take(position(len))?;
    }
    for _ in 0..at.u32()? {
        let system = String::from_utf8_lossy(take_name(&mut at)?).into_owned();
        for _ in 0..at.u32()? {
            let len = at.u64()?;
            let text = at.take(position(len))?;
            found.push(TracepointText {
                system: system.clone(),
                text: String::from_utf8_lossy(text).into_owned(),
            });
        }
    }
    Some(())
}

fn take_name<'a, O: ByteOrder>(at: &mut Cursor<'a, O>) -> Option<&'a [u8]> {
    let name = c_string(at.rest());
    at.take(name.len() + 1)?;
    Some(name)
}

/// Reads the head of a format text: `name: kvm_exit`, `ID: 1234`.
fn name_of(format: &TracepointText) -> Option<Tracepoint> {
    let TracepointText { system, text } = format;
    let value = |label: &str| text.lines().find_map(|line| line.strip_prefix(label));
    let name = value("name:")?.trim();
    let id = value("ID:")?.trim().parse().ok()?;
    Some(Tracepoint {
        id,
        name: format!("{system}:{name}"),
    })
}
