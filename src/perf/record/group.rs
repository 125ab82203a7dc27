//! The counters of a group, read when one of its events is sampled.

use super::attr::Attr;
use crate::bytes::{ByteOrder, position, u64_at};
use crate::perf::abi::{
    PERF_FORMAT_GROUP, PERF_FORMAT_ID, PERF_FORMAT_LOST, PERF_FORMAT_TOTAL_TIME_ENABLED,
    PERF_FORMAT_TOTAL_TIME_RUNNING, PERF_SAMPLE_READ, PERF_SAMPLE_TID,
};
use linux_perf_data::linux_perf_event_reader::AttrFlags;

/// What one event of a group had counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupValue {
    /// The id of the event on that CPU or thread.
    pub id: u64,
    /// Its occurrences since it was enabled.
    pub value: u64,
}

impl Attr {
    /// Whether samples hold the counters of the whole group, each with its event's id.
    pub const fn reads_group(&self) -> bool {
        let named = PERF_FORMAT_GROUP | PERF_FORMAT_ID;
        self.samples(PERF_SAMPLE_READ) && self.read_format & named == named
    }

    /// Whether the event is counted and takes no samples of its own: its counter is read when
    /// another event of the group is sampled (`perf record -e '{a,b}:S'`).
    ///
    /// Source: `evsel__config_leader_sampling()`, tools/perf/util/record.c, Linux 6.12, which sets
    /// the period of such an event to 0.
    pub const fn is_counted_with_group(&self) -> bool {
        self.reads_group() && self.frequency_or_period == 0 && !self.is_dummy()
    }

    /// Whether each thread that inherits the event has counters of its own, which all have the first
    /// one's id.
    ///
    /// Source: `perf_evsel__attr_has_per_thread_sample_period()`, tools/lib/perf/evsel.c, Linux 6.13.
    pub const fn counts_by_thread(&self) -> bool {
        self.flags.contains(AttrFlags::INHERIT) && self.samples(PERF_SAMPLE_TID)
    }
}

/// The counters that a sample holds, of an event for which [`Attr::reads_group`].
///
/// ```text
/// nr, [time_enabled], [time_running], { value, id, [lost] }[nr]
/// ```
/// Source: the comment above `struct perf_event_read_format`, `include/uapi/linux/perf_event.h`,
/// Linux 6.18.
pub fn group_values<'a, O: ByteOrder>(
    attr: &Attr,
    read: &'a [u8],
) -> impl Iterator<Item = GroupValue> + use<'a, O> {
    let words = |bits: u64| position(u64::from((attr.read_format & bits).count_ones()));
    let times = words(PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING);
    let each = 8 * (2 + words(PERF_FORMAT_LOST));
    let members = read.get(8 * (1 + times)..).unwrap_or_default();
    members.chunks_exact(each).filter_map(|member| {
        Some(GroupValue {
            value: u64_at::<O>(member, 0)?,
            id: u64_at::<O>(member, 8)?,
        })
    })
}
