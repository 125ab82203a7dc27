//! The file of the simple backend.
//!
//! ```text
//! u64 ~0, u64 magic, u64 version
//! u64 0, u64 id, u32 length, name                                         a name of an event
//! u64 1, u64 id, u64 time in ns, u32 length, u32 process, arguments       an event
//! ```
//!
//! All in the byte order of the host, nothing is padded. The length of an event is that from its id
//! on. Arguments are `u64` each, strings a `u32` and their bytes.
//!
//! Source: `st_write_event_mapping()`, `trace_record_start()` and `writeout_thread()` in
//! trace/simple.c, QEMU 7.2; scripts/simpletrace.py.

use hashbrown::HashMap;

use super::step::{EventKind, TraceCounts, TraceStepTaker};
use crate::bytes::{ByteOrder, u32_at, u64_at};

/// The first eight bytes: the id of no event.
const HEADER_ID: u64 = u64::MAX;
const MAGIC: u64 = 0xf2b1_77cb_0aa4_29b4;
/// The only version whose files name their events: QEMU 2.8 and later.
const VERSION: u64 = 4;
/// The id of a record that tells how many were dropped.
const DROPPED: u64 = 0xffff_ffff_ffff_fffe;
/// Bytes of an event before its arguments.
const EVENT_HEAD: usize = 24;
/// More arguments than any event that matters has.
const MOST_VALUES: usize = 8;

/// What a file's first bytes say of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SimpleHeader {
    /// It is none of the simple backend's.
    None,
    /// It is, and can be read.
    Readable,
    /// It is of another version.
    OtherVersion(u64),
}

impl SimpleHeader {
    /// Looks at the first bytes.
    pub(super) fn of<O: ByteOrder>(bytes: &[u8]) -> Self {
        let number = |at| u64_at::<O>(bytes, at);
        match (number(0), number(8), number(16)) {
            (Some(HEADER_ID), Some(MAGIC), Some(VERSION)) => Self::Readable,
            (Some(HEADER_ID), Some(MAGIC), Some(version)) => Self::OtherVersion(version),
            _ => Self::None,
        }
    }
}

/// Reads the records behind the header.
pub(super) fn read<O: ByteOrder>(bytes: &[u8], take: &mut TraceStepTaker<'_>) -> TraceCounts {
    let mut counts = TraceCounts::default();
    let mut kinds: HashMap<u64, Option<EventKind>> = HashMap::new();
    let mut rest = bytes.get(24..).unwrap_or_default();
    while !rest.is_empty() {
        let Some(behind) = record::<O>(rest, &mut kinds, &mut counts, take) else {
            counts.damaged_bytes = rest.len() as u64;
            break;
        };
        rest = behind;
    }
    counts
}

/// Reads one record; what lies behind it, `None` where it is none.
fn record<'a, O: ByteOrder>(
    bytes: &'a [u8],
    kinds: &mut HashMap<u64, Option<EventKind>>,
    counts: &mut TraceCounts,
    take: &mut TraceStepTaker<'_>,
) -> Option<&'a [u8]> {
    let record = bytes.get(8..)?;
    let id = u64_at::<O>(record, 0)?;
    let length = |at: usize| usize::try_from(u32_at::<O>(record, at)?).ok();
    match u64_at::<O>(bytes, 0)? {
        0 => {
            let len = length(8)?;
            let name = record.get(12..)?.get(..len)?;
            kinds.insert(id, EventKind::of_name(name));
            record.get(12 + len..)
        }
        1 => {
            let len = length(16)?;
            let arguments = record.get(EVENT_HEAD..len)?;
            let values = arguments.chunks_exact(8).take(MOST_VALUES);
            let values: Vec<u64> = values.filter_map(|value| u64_at::<O>(value, 0)).collect();
            let at_ns = u64_at::<O>(record, 8)?;
            if id == DROPPED {
                let dropped = values.first().copied().unwrap_or(1);
                counts.dropped = counts.dropped.saturating_add(dropped);
            } else if let Some(kind) = kinds.get(&id).copied().flatten() {
                match kind.step(Some(at_ns), &values) {
                    Some(step) => take(step),
                    None => counts.damaged += 1,
                }
            } else {
                counts.others += 1;
            }
            record.get(len..)
        }
        _ => None,
    }
}
