//! The walk that keeps all rows until its end: for captures that are in no order at all.

use hashbrown::HashMap;

use super::basics::{Basics, Row, ThreadRow};
use super::sources::Sources;
use crate::bytes::ByteOrder;
use crate::kvm::exit::HostEvent;
use crate::perf::abi::PERF_RECORD_SAMPLE;
use crate::perf::{Damage, Record, Visitor};
use crate::units::{ThreadId, Tid};

/// What one part of the walk found.
#[derive(Debug)]
pub(super) struct RowPart<'a> {
    pub(super) rows: HashMap<ThreadId, Vec<Row<'a>>>,
    /// Switches to threads, which other threads recorded.
    pub(super) switches: HashMap<Tid, Vec<Row<'a>>>,
    pub(super) basics: Basics<'a>,
}

/// The visitor that gathers rows.
pub(super) struct Gathering<'s> {
    pub(super) sources: &'s Sources<'s>,
}

impl<'a> Visitor<'a> for Gathering<'_> {
    type Gathered = RowPart<'a>;

    fn begin(&self) -> RowPart<'a> {
        RowPart::of(self.sources)
    }

    #[inline]
    fn record<O: ByteOrder>(&self, part: &mut RowPart<'a>, record: Record<'a>) {
        if record.header.record_type != PERF_RECORD_SAMPLE {
            part.basics.other::<O>(self.sources, &record);
            return;
        }
        if let Some(found) = part.basics.sample::<O>(self.sources, &record) {
            part.add::<O>(&found);
        }
    }

    fn damage(&self, part: &mut RowPart<'a>, damage: Damage) {
        part.basics.tally.damaged_bytes += damage.len;
    }
}

impl<'a> RowPart<'a> {
    /// Nothing yet.
    pub(super) fn of(sources: &Sources<'_>) -> Self {
        Self {
            rows: HashMap::new(),
            switches: HashMap::new(),
            basics: Basics::of(sources),
        }
    }

    fn add<O: ByteOrder>(&mut self, found: &ThreadRow<'_, 'a>) {
        let decoder = &found.source.decoder;
        if decoder.is_of_exits() {
            self.rows.entry(found.thread).or_default().push(found.row);
        }
        if decoder.is_switch()
            && let Some(HostEvent::SchedSwitch { next_tid, .. }) =
                decoder.payload::<O>(found.row.payload)
        {
            self.switches.entry(next_tid).or_default().push(found.row);
        }
    }

    /// Adds what the following part found.
    pub(super) fn append(&mut self, later: Self) {
        for (thread, rows) in later.rows {
            append_to(self.rows.entry(thread).or_default(), rows);
        }
        for (tid, rows) in later.switches {
            append_to(self.switches.entry(tid).or_default(), rows);
        }
        self.basics.append(later.basics);
    }
}

/// Appends without a copy where nothing is there yet.
fn append_to<'a>(own: &mut Vec<Row<'a>>, later: Vec<Row<'a>>) {
    if own.is_empty() {
        *own = later;
    } else {
        own.extend(later);
    }
}
