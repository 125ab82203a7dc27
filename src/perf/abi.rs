//! The numbers of the perf ABI.
//!
//! What linux-perf-data and linux-perf-event-reader name comes from there; what they lack is added
//! from `include/uapi/linux/perf_event.h` (Linux 6.18) and `tools/lib/perf/include/perf/event.h`.

pub use linux_perf_data::linux_perf_event_reader::constants::{
    PERF_FORMAT_GROUP, PERF_FORMAT_ID, PERF_FORMAT_TOTAL_TIME_ENABLED,
    PERF_FORMAT_TOTAL_TIME_RUNNING, PERF_RECORD_AUX, PERF_RECORD_AUX_OUTPUT_HW_ID,
    PERF_RECORD_BPF_EVENT, PERF_RECORD_CGROUP, PERF_RECORD_COMM, PERF_RECORD_EXIT,
    PERF_RECORD_FORK, PERF_RECORD_ITRACE_START, PERF_RECORD_KSYMBOL, PERF_RECORD_LOST,
    PERF_RECORD_LOST_SAMPLES, PERF_RECORD_MISC_COMM_EXEC, PERF_RECORD_MMAP, PERF_RECORD_MMAP2,
    PERF_RECORD_NAMESPACES, PERF_RECORD_READ, PERF_RECORD_SAMPLE, PERF_RECORD_SWITCH,
    PERF_RECORD_SWITCH_CPU_WIDE, PERF_RECORD_TEXT_POKE, PERF_RECORD_THROTTLE,
    PERF_RECORD_UNTHROTTLE, PERF_SAMPLE_ADDR, PERF_SAMPLE_AUX, PERF_SAMPLE_BRANCH_CALL_STACK,
    PERF_SAMPLE_BRANCH_HW_INDEX, PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_CALLCHAIN,
    PERF_SAMPLE_CGROUP, PERF_SAMPLE_CODE_PAGE_SIZE, PERF_SAMPLE_CPU, PERF_SAMPLE_DATA_PAGE_SIZE,
    PERF_SAMPLE_DATA_SRC, PERF_SAMPLE_ID, PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_IP,
    PERF_SAMPLE_PERIOD, PERF_SAMPLE_PHYS_ADDR, PERF_SAMPLE_RAW, PERF_SAMPLE_READ,
    PERF_SAMPLE_REGS_INTR, PERF_SAMPLE_REGS_USER, PERF_SAMPLE_STACK_USER, PERF_SAMPLE_STREAM_ID,
    PERF_SAMPLE_TID, PERF_SAMPLE_TIME, PERF_SAMPLE_TRANSACTION, PERF_SAMPLE_WEIGHT,
    PERF_SAMPLE_WEIGHT_STRUCT,
};

/// `PERF_FORMAT_LOST`: the number of lost samples follows each value (Linux 6.0).
pub const PERF_FORMAT_LOST: u64 = 1 << 4;
/// `PERF_SAMPLE_BRANCH_COUNTERS`: a counters word follows for each branch (Linux 6.8).
pub const PERF_SAMPLE_BRANCH_COUNTERS: u64 = 1 << 19;
/// All `PERF_SAMPLE_*` bits that this program can decode.
pub const KNOWN_SAMPLE_BITS: u64 = (1 << 25) - 1;
/// All `PERF_FORMAT_*` bits that this program can decode.
pub const KNOWN_READ_BITS: u64 = (1 << 5) - 1;

/// `PERF_RECORD_CALLCHAIN_DEFERRED`: the user part of earlier call chains (Linux 6.19).
pub const PERF_RECORD_CALLCHAIN_DEFERRED: u32 = 22;
/// First type that perf itself writes, not the kernel.
pub const PERF_RECORD_USER_TYPE_START: u32 = 64;
/// `PERF_RECORD_HEADER_ATTR`, in pipe mode: an event's attributes and ids.
pub const PERF_RECORD_HEADER_ATTR: u32 = 64;
/// `PERF_RECORD_HEADER_EVENT_TYPE`, obsolete.
pub const PERF_RECORD_HEADER_EVENT_TYPE: u32 = 65;
/// `PERF_RECORD_HEADER_TRACING_DATA`, in pipe mode: tracepoint formats follow the record.
pub const PERF_RECORD_HEADER_TRACING_DATA: u32 = 66;
/// `PERF_RECORD_HEADER_BUILD_ID`, in pipe mode: one entry of the build id table.
pub const PERF_RECORD_HEADER_BUILD_ID: u32 = 67;
/// `PERF_RECORD_FINISHED_ROUND`: all earlier records are older than all later ones, nearly.
pub const PERF_RECORD_FINISHED_ROUND: u32 = 68;
/// `PERF_RECORD_ID_INDEX`.
pub const PERF_RECORD_ID_INDEX: u32 = 69;
/// `PERF_RECORD_AUXTRACE_INFO`.
pub const PERF_RECORD_AUXTRACE_INFO: u32 = 70;
/// `PERF_RECORD_AUXTRACE`: raw trace bytes follow the record.
pub const PERF_RECORD_AUXTRACE: u32 = 71;
/// `PERF_RECORD_STAT`: what a counter counted, by `perf stat record`.
pub const PERF_RECORD_STAT: u32 = 76;
/// `PERF_RECORD_EVENT_UPDATE`: unit, scale, name or CPUs of an event.
pub const PERF_RECORD_EVENT_UPDATE: u32 = 78;
/// `PERF_RECORD_HEADER_FEATURE`, in pipe mode: one feature section.
pub const PERF_RECORD_HEADER_FEATURE: u32 = 80;
/// `PERF_RECORD_COMPRESSED`: a piece of a zstd stream of records.
pub const PERF_RECORD_COMPRESSED: u32 = 81;
/// `PERF_RECORD_FINISHED_INIT`.
pub const PERF_RECORD_FINISHED_INIT: u32 = 82;
/// `PERF_RECORD_COMPRESSED2`: as COMPRESSED, with its exact length and padding (perf 6.16).
pub const PERF_RECORD_COMPRESSED2: u32 = 83;
/// First type that no known perf writes.
pub const USER_TYPE_END: u32 = 86;
/// First type that no known kernel writes.
pub const KERNEL_TYPE_END: u32 = 23;

/// `PERF_RECORD_MISC_MMAP_BUILD_ID`: a MMAP2 record holds a build id instead of an inode.
pub const PERF_RECORD_MISC_MMAP_BUILD_ID: u16 = 1 << 14;
/// `PERF_RECORD_MISC_BUILD_ID_SIZE`: a build id table entry states its length.
pub const PERF_RECORD_MISC_BUILD_ID_SIZE: u16 = 1 << 15;

/// Names of the record types, as `perf report --stats` prints them.
pub fn record_name(record_type: u32) -> Option<&'static str> {
    const KERNEL: [&str; 23] = [
        "",
        "MMAP",
        "LOST",
        "COMM",
        "EXIT",
        "THROTTLE",
        "UNTHROTTLE",
        "FORK",
        "READ",
        "SAMPLE",
        "MMAP2",
        "AUX",
        "ITRACE_START",
        "LOST_SAMPLES",
        "SWITCH",
        "SWITCH_CPU_WIDE",
        "NAMESPACES",
        "KSYMBOL",
        "BPF_EVENT",
        "CGROUP",
        "TEXT_POKE",
        "AUX_OUTPUT_HW_ID",
        "CALLCHAIN_DEFERRED",
    ];
    const USER: [&str; 22] = [
        "ATTR",
        "EVENT_TYPE",
        "TRACING_DATA",
        "BUILD_ID",
        "FINISHED_ROUND",
        "ID_INDEX",
        "AUXTRACE_INFO",
        "AUXTRACE",
        "AUXTRACE_ERROR",
        "THREAD_MAP",
        "CPU_MAP",
        "STAT_CONFIG",
        "STAT",
        "STAT_ROUND",
        "EVENT_UPDATE",
        "TIME_CONV",
        "FEATURE",
        "COMPRESSED",
        "FINISHED_INIT",
        "COMPRESSED2",
        "BPF_METADATA",
        "SCHEDSTAT_CPU",
    ];
    let position = usize::try_from(record_type).ok()?;
    match record_type {
        1..KERNEL_TYPE_END => KERNEL.get(position).copied(),
        PERF_RECORD_USER_TYPE_START..USER_TYPE_END => USER.get(position - 64).copied(),
        _ => None,
    }
}

/// Whether a value of a call chain is a context marker (`enum perf_callchain_context`).
///
/// Markers are the values from `PERF_CONTEXT_MAX`, (u64)-4095, up.
pub const fn is_context_marker(value: u64) -> bool {
    value >= PERF_CONTEXT_MAX
}

/// `PERF_CONTEXT_HV`.
pub const PERF_CONTEXT_HV: u64 = (-32_i64).cast_unsigned();
/// `PERF_CONTEXT_KERNEL`.
pub const PERF_CONTEXT_KERNEL: u64 = (-128_i64).cast_unsigned();
/// `PERF_CONTEXT_USER`.
pub const PERF_CONTEXT_USER: u64 = (-512_i64).cast_unsigned();
/// `PERF_CONTEXT_USER_DEFERRED`: a cookie follows; the user part comes in a later record.
pub const PERF_CONTEXT_USER_DEFERRED: u64 = (-640_i64).cast_unsigned();
/// `PERF_CONTEXT_GUEST`.
pub const PERF_CONTEXT_GUEST: u64 = (-2048_i64).cast_unsigned();
/// `PERF_CONTEXT_GUEST_KERNEL`.
pub const PERF_CONTEXT_GUEST_KERNEL: u64 = (-2176_i64).cast_unsigned();
/// `PERF_CONTEXT_GUEST_USER`.
pub const PERF_CONTEXT_GUEST_USER: u64 = (-2560_i64).cast_unsigned();
/// `PERF_CONTEXT_MAX`.
pub const PERF_CONTEXT_MAX: u64 = (-4095_i64).cast_unsigned();
