//! Events as a capture describes them.

use linux_perf_data::linux_perf_event_reader::AttrFlags;

use super::encoder::Encoder;
use crate::bytes::ByteOrder;
use crate::perf::abi::{
    PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_CPU, PERF_SAMPLE_ID, PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_IP,
    PERF_SAMPLE_PERIOD, PERF_SAMPLE_RAW, PERF_SAMPLE_TID, PERF_SAMPLE_TIME,
};
use crate::perf::record::Attr;

/// Length of an attribute structure as perf 6.1 writes it (`PERF_ATTR_SIZE_VER7` with
/// `sig_data`). Lengths from 64 on are valid.
pub(crate) const DEFAULT_ATTR_LEN: usize = 128;

/// An event of a capture to be written.
#[derive(Clone, Debug)]
pub struct WrittenEvent {
    /// Its name, for the `EVENT_DESC` feature.
    pub name: String,
    /// Its attributes.
    pub attr: Attr,
    /// Length of its attribute structure; fields beyond are cut off. In a file all events get the
    /// length of the longest.
    pub attr_len: usize,
    /// The ids of its records.
    pub ids: Vec<u64>,
}

impl WrittenEvent {
    /// The same event, which threads inherit from those that make them.
    #[must_use]
    pub fn inherited(mut self) -> Self {
        self.attr.flags |= AttrFlags::INHERIT;
        self
    }

    /// `cpu-clock` at 997 Hz with call chains, as `perf record -e cpu-clock -a -g` opens it when
    /// there are several events.
    pub fn cpu_clock() -> Self {
        let basics = PERF_SAMPLE_IP
            | PERF_SAMPLE_TID
            | PERF_SAMPLE_TIME
            | PERF_SAMPLE_CALLCHAIN
            | PERF_SAMPLE_CPU
            | PERF_SAMPLE_PERIOD;
        let flags = AttrFlags::SAMPLE_ID_ALL
            | AttrFlags::FREQ
            | AttrFlags::MMAP
            | AttrFlags::MMAP2
            | AttrFlags::COMM
            | AttrFlags::COMM_EXEC
            | AttrFlags::TASK;
        let attr = Attr {
            pmu_type: 1,
            config: 0,
            frequency_or_period: 997,
            sample_type: basics | PERF_SAMPLE_IDENTIFIER,
            read_format: 4,
            flags,
            branch_sample_type: 0,
            regs_user: 0,
            stack_user: 0,
            clockid: 0,
            regs_intr: 0,
            max_stack: 0,
        };
        Self {
            name: "cpu-clock".to_owned(),
            attr,
            attr_len: DEFAULT_ATTR_LEN,
            ids: vec![],
        }
    }

    /// A tracepoint whose samples carry a payload besides what [`Self::cpu_clock`]'s carry.
    pub fn tracepoint(name: &str, id: u16) -> Self {
        let mut event = Self::cpu_clock();
        event.name = name.to_owned();
        event.attr.pmu_type = 2;
        event.attr.config = id.into();
        event.attr.sample_type |= PERF_SAMPLE_RAW;
        event.attr.frequency_or_period = 1;
        event.attr.flags = AttrFlags::SAMPLE_ID_ALL;
        event
    }

    /// Whether its samples tell the event by id.
    pub fn carries_id(&self) -> bool {
        self.attr.samples(PERF_SAMPLE_ID | PERF_SAMPLE_IDENTIFIER)
    }
}

impl<O: ByteOrder> Encoder<O> {
    /// Appends a `struct perf_event_attr` of `len` bytes that states that length.
    ///
    /// Source: `include/uapi/linux/perf_event.h`, Linux 6.18.
    pub fn attr(&mut self, attr: &Attr, len: usize) {
        let mut out = Self::new();
        out.u32(attr.pmu_type);
        out.len_u32(len);
        out.u64(attr.config);
        out.u64(attr.frequency_or_period);
        out.u64(attr.sample_type);
        out.u64(attr.read_format);
        // C bit fields fill a word from its most significant bit on big-endian machines.
        let flags = attr.flags.bits();
        out.u64(if O::IS_BIG {
            flags.reverse_bits()
        } else {
            flags
        });
        // wakeup_events, bp_type, bp_addr.
        out.zeros(16);
        // config2 (bp_len).
        out.zeros(8);
        out.u64(attr.branch_sample_type);
        out.u64(attr.regs_user);
        out.u32(attr.stack_user);
        out.i32(attr.clockid);
        out.u64(attr.regs_intr);
        // aux_watermark.
        out.zeros(4);
        out.u16(attr.max_stack);
        out.resize(len);
        self.raw(out.bytes());
    }
}
