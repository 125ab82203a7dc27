//! Samples to bytes.

use super::encoder::Encoder;
use crate::bytes::ByteOrder;
use crate::perf::abi::{
    PERF_FORMAT_GROUP, PERF_FORMAT_ID, PERF_FORMAT_LOST, PERF_FORMAT_TOTAL_TIME_ENABLED,
    PERF_FORMAT_TOTAL_TIME_RUNNING, PERF_SAMPLE_ADDR, PERF_SAMPLE_AUX, PERF_SAMPLE_BRANCH_COUNTERS,
    PERF_SAMPLE_BRANCH_HW_INDEX, PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_CALLCHAIN,
    PERF_SAMPLE_CGROUP, PERF_SAMPLE_CODE_PAGE_SIZE, PERF_SAMPLE_CPU, PERF_SAMPLE_DATA_PAGE_SIZE,
    PERF_SAMPLE_DATA_SRC, PERF_SAMPLE_ID, PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_IP,
    PERF_SAMPLE_PERIOD, PERF_SAMPLE_PHYS_ADDR, PERF_SAMPLE_RAW, PERF_SAMPLE_READ,
    PERF_SAMPLE_REGS_INTR, PERF_SAMPLE_REGS_USER, PERF_SAMPLE_STACK_USER, PERF_SAMPLE_STREAM_ID,
    PERF_SAMPLE_TID, PERF_SAMPLE_TIME, PERF_SAMPLE_TRANSACTION, PERF_SAMPLE_WEIGHT,
    PERF_SAMPLE_WEIGHT_STRUCT,
};
use crate::perf::record::Attr;
use crate::units::{Cpu, Pid, Tid, Timestamp};

/// The counter values of a sample.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReadValues<'a> {
    /// Nanoseconds that the event was wanted.
    pub time_enabled: u64,
    /// Nanoseconds that it counted.
    pub time_running: u64,
    /// One value for each event of the group; without a group only the first is written, and
    /// zeros when there is none.
    pub members: &'a [ReadMember],
}

/// The counter value of one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ReadMember {
    /// What it counted.
    pub value: u64,
    /// Its id.
    pub id: u64,
    /// Samples it lost.
    pub lost: u64,
}

/// Registers of a sample.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct RegisterValues<'a> {
    /// `PERF_SAMPLE_REGS_ABI_*`; with 0, none, no values are written.
    pub abi: u64,
    /// One value for each bit of the event's mask, lowest first; missing ones are written as 0.
    pub values: &'a [u64],
}

/// The values of a sample. The attributes of its event say which of them are written; the other
/// fields do not matter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[expect(missing_docs, reason = "named as in `include/uapi/linux/perf_event.h`")]
pub struct SampleValues<'a> {
    /// Written as `IDENTIFIER` and as `ID`.
    pub id: u64,
    pub ip: u64,
    pub pid: Pid,
    pub tid: Tid,
    pub time: Timestamp,
    pub data_avma: u64,
    pub stream_id: u64,
    pub cpu: Cpu,
    pub period: u64,
    pub read: ReadValues<'a>,
    /// Leaf first, with context markers.
    pub chain: &'a [u64],
    /// Padded with zeros, as the kernel does, until it ends on eight bytes; the padding counts.
    pub raw: &'a [u8],
    /// `{ from, to, flags }`, newest first.
    pub branches: &'a [[u64; 3]],
    pub hw_index: u64,
    /// One word for each branch; missing ones are written as 0.
    pub branch_counters: &'a [u64],
    pub user_registers: RegisterValues<'a>,
    /// Padded to eight bytes; the padding counts.
    pub user_stack: &'a [u8],
    /// How many bytes of the stack the kernel could read.
    pub user_stack_filled: u64,
    /// Written for `WEIGHT` as for `WEIGHT_STRUCT`.
    pub weight: u64,
    pub data_src: u64,
    pub transaction: u64,
    pub intr_registers: RegisterValues<'a>,
    pub phys_addr: u64,
    pub cgroup: u64,
    pub data_page_size: u64,
    pub code_page_size: u64,
    /// Padded to eight bytes; the padding counts.
    pub aux: &'a [u8],
}

impl<O: ByteOrder> Encoder<O> {
    /// Appends the body of a sample record: the fields that `attr` asks for, in the kernel's order.
    ///
    /// Source: `perf_output_sample()`, kernel/events/core.c, Linux 6.18.
    pub fn sample(&mut self, attr: &Attr, values: &SampleValues<'_>) {
        let task = pair::<O>(
            values.pid.as_i32().cast_unsigned(),
            values.tid.as_i32().cast_unsigned(),
        );
        let fixed = [
            (PERF_SAMPLE_IDENTIFIER, values.id),
            (PERF_SAMPLE_IP, values.ip),
            (PERF_SAMPLE_TID, task),
            (PERF_SAMPLE_TIME, values.time.as_nanos()),
            (PERF_SAMPLE_ADDR, values.data_avma),
            (PERF_SAMPLE_ID, values.id),
            (PERF_SAMPLE_STREAM_ID, values.stream_id),
            (PERF_SAMPLE_CPU, pair::<O>(values.cpu.0, 0)),
            (PERF_SAMPLE_PERIOD, values.period),
        ];
        self.words(attr, &fixed);
        if attr.samples(PERF_SAMPLE_READ) {
            self.read_values(attr.read_format, &values.read);
        }
        if attr.samples(PERF_SAMPLE_CALLCHAIN) {
            self.u64(values.chain.len() as u64);
            self.u64s(values.chain);
        }
        self.sample_tail(attr, values);
    }

    fn sample_tail(&mut self, attr: &Attr, values: &SampleValues<'_>) {
        if attr.samples(PERF_SAMPLE_RAW) {
            let padded = (values.raw.len() + 4).next_multiple_of(8) - 4;
            self.len_u32(padded);
            self.raw(values.raw);
            self.zeros(padded - values.raw.len());
        }
        if attr.samples(PERF_SAMPLE_BRANCH_STACK) {
            self.branches(attr.branch_sample_type, values);
        }
        if attr.samples(PERF_SAMPLE_REGS_USER) {
            self.registers(attr.regs_user, values.user_registers);
        }
        if attr.samples(PERF_SAMPLE_STACK_USER) {
            self.sized_bytes(values.user_stack);
            if !values.user_stack.is_empty() {
                self.u64(values.user_stack_filled);
            }
        }
        let words = [
            (
                PERF_SAMPLE_WEIGHT | PERF_SAMPLE_WEIGHT_STRUCT,
                values.weight,
            ),
            (PERF_SAMPLE_DATA_SRC, values.data_src),
            (PERF_SAMPLE_TRANSACTION, values.transaction),
        ];
        self.words(attr, &words);
        if attr.samples(PERF_SAMPLE_REGS_INTR) {
            self.registers(attr.regs_intr, values.intr_registers);
        }
        let words = [
            (PERF_SAMPLE_PHYS_ADDR, values.phys_addr),
            (PERF_SAMPLE_CGROUP, values.cgroup),
            (PERF_SAMPLE_DATA_PAGE_SIZE, values.data_page_size),
            (PERF_SAMPLE_CODE_PAGE_SIZE, values.code_page_size),
        ];
        self.words(attr, &words);
        if attr.samples(PERF_SAMPLE_AUX) {
            self.sized_bytes(values.aux);
        }
    }

    /// Appends the `struct sample_id` that ends records which are no samples.
    ///
    /// Source: `__perf_event__output_id_sample()`, kernel/events/core.c, Linux 6.18.
    pub fn sample_id(&mut self, attr: &Attr, values: &SampleValues<'_>) {
        let task = pair::<O>(
            values.pid.as_i32().cast_unsigned(),
            values.tid.as_i32().cast_unsigned(),
        );
        let fields = [
            (PERF_SAMPLE_TID, task),
            (PERF_SAMPLE_TIME, values.time.as_nanos()),
            (PERF_SAMPLE_ID, values.id),
            (PERF_SAMPLE_STREAM_ID, values.stream_id),
            (PERF_SAMPLE_CPU, pair::<O>(values.cpu.0, 0)),
            (PERF_SAMPLE_IDENTIFIER, values.id),
        ];
        self.words(attr, &fields);
    }

    fn words(&mut self, attr: &Attr, fields: &[(u64, u64)]) {
        for &(bits, value) in fields {
            if attr.samples(bits) {
                self.u64(value);
            }
        }
    }

    fn read_values(&mut self, format: u64, read: &ReadValues<'_>) {
        let is_group = format & PERF_FORMAT_GROUP != 0;
        let single = [read.members.first().copied().unwrap_or_default()];
        let members = if is_group { read.members } else { &single };
        let mut put = |wanted: bool, value: u64| {
            if wanted {
                self.u64(value);
            }
        };
        let has = |bit: u64| format & bit != 0;
        // A single value comes before the times, the values of a group behind them.
        put(is_group, members.len() as u64);
        put(!is_group, single[0].value);
        put(has(PERF_FORMAT_TOTAL_TIME_ENABLED), read.time_enabled);
        put(has(PERF_FORMAT_TOTAL_TIME_RUNNING), read.time_running);
        for member in members {
            put(is_group, member.value);
            put(has(PERF_FORMAT_ID), member.id);
            put(has(PERF_FORMAT_LOST), member.lost);
        }
    }

    fn branches(&mut self, kind: u64, values: &SampleValues<'_>) {
        self.u64(values.branches.len() as u64);
        if kind & PERF_SAMPLE_BRANCH_HW_INDEX != 0 {
            self.u64(values.hw_index);
        }
        for branch in values.branches {
            self.u64s(branch);
        }
        if kind & PERF_SAMPLE_BRANCH_COUNTERS != 0 {
            let counters = values.branch_counters.iter().copied();
            for (_, counter) in values
                .branches
                .iter()
                .zip(counters.chain(std::iter::repeat(0)))
            {
                self.u64(counter);
            }
        }
    }

    fn registers(&mut self, mask: u64, registers: RegisterValues<'_>) {
        self.u64(registers.abi);
        if registers.abi != 0 {
            let values = registers.values.iter().copied();
            for (_, value) in (0..mask.count_ones()).zip(values.chain(std::iter::repeat(0))) {
                self.u64(value);
            }
        }
    }

    /// Appends a 64-bit length and so many bytes.
    fn sized_bytes(&mut self, bytes: &[u8]) {
        let padded = bytes.len().next_multiple_of(8);
        self.u64(padded as u64);
        self.raw(bytes);
        self.zeros(padded - bytes.len());
    }
}

/// Two 32-bit fields as the 64-bit word that puts them in this order.
fn pair<O: ByteOrder>(first: u32, second: u32) -> u64 {
    let (first, second) = (u64::from(first), u64::from(second));
    if O::IS_BIG {
        first << 32 | second
    } else {
        second << 32 | first
    }
}
