//! `struct perf_event_attr`: what an event counts and what its samples hold.

use linux_perf_data::linux_perf_event_reader::AttrFlags;

use crate::bytes::{ByteOrder, u16_at, u32_at, u64_at};
use crate::perf::abi::{
    PERF_SAMPLE_BRANCH_CALL_STACK, PERF_SAMPLE_BRANCH_HW_INDEX, PERF_SAMPLE_BRANCH_STACK,
    PERF_SAMPLE_CALLCHAIN,
};

/// Smallest attribute structure that was ever written (`PERF_ATTR_SIZE_VER0`).
pub(crate) const MIN_ATTR_SIZE: usize = 64;

/// An event's attributes. Fields that an older, shorter structure lacks are 0, as the kernel
/// defines it.
///
/// Source: `struct perf_event_attr`, `include/uapi/linux/perf_event.h`, Linux 6.18.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attr {
    /// `PERF_TYPE_*`, or the number of a dynamic PMU.
    pub pmu_type: u32,
    /// What is counted, in the PMU's own coding; a tracepoint's id.
    pub config: u64,
    /// Samples per second with [`AttrFlags::FREQ`], else events per sample.
    pub frequency_or_period: u64,
    /// `PERF_SAMPLE_*` bits.
    pub sample_type: u64,
    /// `PERF_FORMAT_*` bits.
    pub read_format: u64,
    /// The flag bits.
    pub flags: AttrFlags,
    /// `PERF_SAMPLE_BRANCH_*` bits.
    pub branch_sample_type: u64,
    /// Which user registers a sample holds, one bit each.
    pub regs_user: u64,
    /// How many bytes of user stack a sample may hold.
    pub stack_user: u32,
    /// The clock of the timestamps when [`AttrFlags::USE_CLOCKID`] is set.
    pub clockid: i32,
    /// Which registers at the interrupt a sample holds, one bit each.
    pub regs_intr: u64,
    /// Longest call chain, 0 for the system's default of 127.
    pub max_stack: u16,
}

impl Attr {
    /// Whether its times are those of `CLOCK_MONOTONIC`.
    ///
    /// Source: `CLOCK_MONOTONIC`, include/uapi/linux/time.h, Linux 6.18.
    pub fn is_monotonic(&self) -> bool {
        self.flags.contains(AttrFlags::USE_CLOCKID) && self.clockid == 1
    }

    /// Whether its times are those of a clock that the recorder asked for.
    pub fn has_own_clock(&self) -> bool {
        self.flags.contains(AttrFlags::USE_CLOCKID)
    }

    /// Decodes an attribute structure; `bytes` may be longer or shorter than the known fields.
    ///
    /// `None` when fewer than `MIN_ATTR_SIZE` bytes are there.
    pub fn parse<O: ByteOrder>(bytes: &[u8]) -> Option<Self> {
        let raw_flags = u64_at::<O>(bytes, 40)?;
        // C bit fields fill a word from its most significant bit on big-endian machines.
        let flags = if O::IS_BIG {
            raw_flags.reverse_bits()
        } else {
            raw_flags
        };
        u64_at::<O>(bytes, MIN_ATTR_SIZE - 8)?;
        Some(Self {
            pmu_type: u32_at::<O>(bytes, 0)?,
            config: u64_at::<O>(bytes, 8)?,
            frequency_or_period: u64_at::<O>(bytes, 16)?,
            sample_type: u64_at::<O>(bytes, 24)?,
            read_format: u64_at::<O>(bytes, 32)?,
            flags: AttrFlags::from_bits_truncate(flags),
            branch_sample_type: u64_at::<O>(bytes, 72).unwrap_or(0),
            regs_user: u64_at::<O>(bytes, 80).unwrap_or(0),
            stack_user: u32_at::<O>(bytes, 88).unwrap_or(0),
            clockid: u32_at::<O>(bytes, 92).unwrap_or(0).cast_signed(),
            regs_intr: u64_at::<O>(bytes, 96).unwrap_or(0),
            max_stack: u16_at::<O>(bytes, 108).unwrap_or(0),
        })
    }

    /// Whether samples hold what `bit` of `PERF_SAMPLE_*` stands for.
    pub const fn samples(&self, bit: u64) -> bool {
        self.sample_type & bit != 0
    }

    /// Whether the call chains of samples hold the callers of user code.
    pub const fn has_user_chain(&self) -> bool {
        let left_out = AttrFlags::EXCLUDE_CALLCHAIN_USER;
        self.samples(PERF_SAMPLE_CALLCHAIN) && !self.flags.contains(left_out)
    }

    /// Whether samples hold the calls that were open: last branches in call-stack mode.
    pub const fn has_open_calls(&self) -> bool {
        self.samples(PERF_SAMPLE_BRANCH_STACK)
            && self.branch_sample_type & PERF_SAMPLE_BRANCH_CALL_STACK != 0
    }

    /// Whether last branches come with the place that the CPU keeps the newest one in.
    pub const fn tells_branch_places(&self) -> bool {
        self.branch_sample_type & PERF_SAMPLE_BRANCH_HW_INDEX != 0
    }

    /// How many occurrences a sample stands for that does not say so itself: the fixed period, or 1
    /// with a frequency, of which the period follows from nothing.
    ///
    /// Source: `evsel__parse_sample()`, `tools/perf/util/evsel.c`, Linux 6.12.
    pub fn fixed_period(&self) -> u64 {
        if self.flags.contains(AttrFlags::FREQ) {
            1
        } else {
            self.frequency_or_period.max(1)
        }
    }

    /// Names of the fields that samples hold, in the order of their bits, as perf spells them.
    pub fn sample_fields(&self) -> Vec<&'static str> {
        const NAMES: [&str; 25] = [
            "ip",
            "tid",
            "time",
            "addr",
            "read",
            "callchain",
            "id",
            "cpu",
            "period",
            "stream_id",
            "raw",
            "branch_stack",
            "regs_user",
            "stack_user",
            "weight",
            "data_src",
            "identifier",
            "transaction",
            "regs_intr",
            "phys_addr",
            "aux",
            "cgroup",
            "data_page_size",
            "code_page_size",
            "weight_struct",
        ];
        let bits = NAMES.into_iter().enumerate();
        bits.filter(|&(bit, _)| self.samples(1 << bit))
            .map(|(_, name)| name)
            .collect()
    }

    /// Samples per second that were asked for; `None` when a fixed period was.
    pub fn frequency(&self) -> Option<u64> {
        self.flags
            .contains(AttrFlags::FREQ)
            .then_some(self.frequency_or_period)
    }

    /// A name made from the attributes alone, for files that name no events.
    ///
    /// `None` for PMUs and tracepoints that the file would have to describe.
    ///
    /// Source: `evsel__hw_names`, `evsel__sw_names`, `tools/perf/util/evsel.c`, Linux 6.12.
    pub fn generic_name(&self) -> Option<&'static str> {
        const HARDWARE: [&str; 10] = [
            "cycles",
            "instructions",
            "cache-references",
            "cache-misses",
            "branches",
            "branch-misses",
            "bus-cycles",
            "stalled-cycles-frontend",
            "stalled-cycles-backend",
            "ref-cycles",
        ];
        const SOFTWARE: [&str; 12] = [
            "cpu-clock",
            "task-clock",
            "page-faults",
            "context-switches",
            "cpu-migrations",
            "minor-faults",
            "major-faults",
            "alignment-faults",
            "emulation-faults",
            "dummy",
            "bpf-output",
            "cgroup-switches",
        ];
        // The upper half of a hardware event's config names the PMU of a hybrid CPU.
        match self.pmu_type {
            0 => HARDWARE
                .get(usize::try_from(self.config & 0xffff_ffff).ok()?)
                .copied(),
            1 => SOFTWARE.get(usize::try_from(self.config).ok()?).copied(),
            _ => None,
        }
    }

    /// Whether the event counts nanoseconds (`PERF_COUNT_SW_CPU_CLOCK`, `PERF_COUNT_SW_TASK_CLOCK`).
    pub const fn is_clock(&self) -> bool {
        self.pmu_type == 1 && matches!(self.config, 0 | 1)
    }

    /// Whether the event is a kernel tracepoint (`PERF_TYPE_TRACEPOINT`).
    pub const fn is_tracepoint(&self) -> bool {
        self.pmu_type == 2
    }

    /// Whether a counter of the hardware counts the event: any PMU but the kernel's own counts,
    /// tracepoints and breakpoints.
    pub const fn is_hardware(&self) -> bool {
        !matches!(self.pmu_type, 1 | 2 | 5)
    }

    /// Whether what guests do is not counted.
    pub const fn excludes_guest(&self) -> bool {
        self.flags.contains(AttrFlags::EXCLUDE_GUEST)
    }

    /// Whether the event counts nothing and exists to carry sideband (`PERF_COUNT_SW_DUMMY`).
    pub const fn is_dummy(&self) -> bool {
        self.pmu_type == 1 && self.config == 9
    }
}
