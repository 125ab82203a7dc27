//! Samples and attributes that are written are read back.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "a test may stop and be long"
)]

use linux_perf_data::linux_perf_event_reader::AttrFlags;
use proptest::prelude::*;
use vmflame::bytes::{Big, ByteOrder, Little, u64_at};
use vmflame::perf::abi::{
    KNOWN_SAMPLE_BITS, PERF_FORMAT_GROUP, PERF_SAMPLE_BRANCH_COUNTERS, PERF_SAMPLE_BRANCH_HW_INDEX,
};
use vmflame::perf::writer::{
    Encoder, ReadMember, ReadValues, RegisterValues, SampleValues, WrittenEvent,
};
use vmflame::perf::{Attr, SampleLayout, SampleTail};
use vmflame::units::{Cpu, Pid, Tid, Timestamp};

fn attr_with(sample_type: u64, read_format: u64, branch_bits: u64, regs: (u64, u64)) -> Attr {
    let mut attr = WrittenEvent::cpu_clock().attr;
    attr.sample_type = sample_type;
    attr.read_format = read_format;
    attr.branch_sample_type = branch_bits;
    (attr.regs_user, attr.regs_intr) = regs;
    attr
}

fn words<O: ByteOrder>(bytes: &[u8]) -> Vec<u64> {
    let words = bytes.chunks_exact(8);
    words.map(|word| u64_at::<O>(word, 0).unwrap()).collect()
}

/// Lists of a sample, as long as the strategy wants them.
#[derive(Clone, Debug)]
struct Lists {
    chain: Vec<u64>,
    raw: Vec<u8>,
    stack: Vec<u8>,
    registers: Vec<u64>,
    branches: Vec<[u64; 3]>,
    members: Vec<(u64, u64, u64)>,
}

fn lists() -> impl Strategy<Value = Lists> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    let branches = prop::collection::vec(any::<[u64; 3]>(), 0..5);
    let words = || prop::collection::vec(any::<u64>(), 0..20);
    let members = prop::collection::vec(any::<(u64, u64, u64)>(), 0..4);
    (words(), bytes(), bytes(), words(), branches, members).prop_map(
        |(chain, raw, stack, registers, branches, members)| Lists {
            chain,
            raw,
            stack,
            registers,
            branches,
            members,
        },
    )
}

/// Writes one sample and checks each field of what comes back.
fn sample_comes_back<O: ByteOrder>(attr: &Attr, lists: &Lists, seed: u64, abi: u64) {
    let members: Vec<ReadMember> = lists
        .members
        .iter()
        .map(|&(value, id, lost)| ReadMember { value, id, lost })
        .collect();
    let registers = RegisterValues {
        abi,
        values: &lists.registers,
    };
    let values = SampleValues {
        id: seed ^ 1,
        ip: seed ^ 2,
        pid: Pid::new(11),
        tid: Tid::new(-12),
        time: Timestamp::from_nanos(seed ^ 3),
        data_avma: seed ^ 4,
        stream_id: seed ^ 5,
        cpu: Cpu(6),
        period: seed ^ 7,
        read: ReadValues {
            time_enabled: 8,
            time_running: 9,
            members: &members,
        },
        chain: &lists.chain,
        raw: &lists.raw,
        branches: &lists.branches,
        hw_index: seed ^ 10,
        branch_counters: &lists.chain,
        user_registers: registers,
        user_stack: &lists.stack,
        user_stack_filled: 13,
        weight: seed ^ 14,
        data_src: seed ^ 15,
        transaction: seed ^ 16,
        intr_registers: registers,
        phys_addr: seed ^ 17,
        cgroup: seed ^ 18,
        data_page_size: seed ^ 19,
        code_page_size: seed ^ 20,
        aux: &lists.raw,
    };
    let mut out = Encoder::<O>::new();
    out.sample(attr, &values);
    let head = SampleLayout::of(attr).head::<O>(out.bytes()).unwrap();
    let has = |bit: u32| attr.samples(1 << bit);
    assert_eq!(head.ip, if has(0) { values.ip } else { 0 });
    let task = if has(1) {
        (values.pid, values.tid)
    } else {
        (Pid::new(-1), Tid::new(-1))
    };
    assert_eq!((head.pid, head.tid), task);
    assert_eq!(head.time, has(2).then_some(values.time));
    assert_eq!(head.data_avma, has(3).then_some(values.data_avma));
    assert_eq!(head.id, (has(6) || has(16)).then_some(values.id));
    assert_eq!(head.cpu, has(7).then_some(values.cpu));
    assert_eq!(head.period, has(8).then_some(values.period));
    assert_eq!(
        head.chain.map(words::<O>),
        has(5).then(|| lists.chain.clone())
    );
    let groups = attr.read_format & PERF_FORMAT_GROUP != 0;
    let each = 1 + (attr.read_format & 0b1_0100).count_ones() as usize;
    let times = (attr.read_format & 3).count_ones() as usize;
    let read_words = match (has(4), groups) {
        (false, _) => 0,
        (true, false) => each + times,
        (true, true) => 1 + times + each * members.len(),
    };
    assert_eq!(head.read.len(), 8 * read_words);
    tail_comes_back::<O>(attr, head.tail, &values);
}

fn tail_comes_back<O: ByteOrder>(attr: &Attr, tail: &[u8], values: &SampleValues<'_>) {
    let has = |bit: u32| attr.samples(1 << bit);
    let tail = SampleTail::parse::<O>(attr, tail).unwrap();
    assert_eq!(tail.unclaimed, b"");
    assert_eq!(tail.raw.is_some(), has(10));
    let padded = |bytes: &[u8], len| [bytes, &vec![0; len - bytes.len()]].concat();
    if let Some(raw) = tail.raw {
        assert_eq!(raw.len() % 8, 4);
        assert_eq!(raw, padded(values.raw, raw.len()));
    }
    let entries = values.branches.concat();
    let branches = tail.branches.map(|branches| words::<O>(branches.entries));
    assert_eq!(branches, has(11).then_some(entries));
    let registers = |mask: u64| {
        let count = if values.user_registers.abi == 0 {
            0
        } else {
            mask.count_ones() as usize
        };
        let mut all = values.user_registers.values.to_vec();
        all.resize(count, 0);
        (values.user_registers.abi, all)
    };
    let read = |found: vmflame::perf::Registers<'_>| (found.abi, words::<O>(found.values));
    assert_eq!(
        tail.user_registers.map(read),
        has(12).then(|| registers(attr.regs_user))
    );
    assert_eq!(
        tail.intr_registers.map(read),
        has(18).then(|| registers(attr.regs_intr))
    );
    if let Some(stack) = tail.user_stack {
        assert_eq!(stack.bytes, padded(values.user_stack, stack.bytes.len()));
        assert_eq!(stack.filled, if stack.bytes.is_empty() { 0 } else { 13 });
    }
    assert_eq!(tail.user_stack.is_some(), has(13));
    assert_eq!(tail.weight, (has(14) || has(24)).then_some(values.weight));
    assert_eq!(tail.data_src, has(15).then_some(values.data_src));
    assert_eq!(tail.transaction, has(17).then_some(values.transaction));
    assert_eq!(tail.phys_addr, has(19).then_some(values.phys_addr));
    assert_eq!(tail.cgroup, has(21).then_some(values.cgroup));
    assert_eq!(
        tail.data_page_size,
        has(22).then_some(values.data_page_size)
    );
    assert_eq!(
        tail.code_page_size,
        has(23).then_some(values.code_page_size)
    );
    let aux = tail.aux.map(<[u8]>::to_vec);
    let len = values.aux.len().next_multiple_of(8);
    assert_eq!(aux, has(20).then(|| padded(values.aux, len)));
}

proptest! {
    /// Fields in the wrong order, or of the wrong length, would shift all that follow.
    #[test]
    fn every_field_of_a_sample_comes_back(
        (sample_type, read_format) in (0..=KNOWN_SAMPLE_BITS, 0_u64..32),
        (hw_index, counters) in any::<(bool, bool)>(),
        regs in any::<(u64, u64)>(),
        lists in lists(),
        (seed, abi) in (any::<u64>(), 0_u64..3),
    ) {
        let bits = [(hw_index, PERF_SAMPLE_BRANCH_HW_INDEX), (counters, PERF_SAMPLE_BRANCH_COUNTERS)];
        let bits = bits.into_iter().filter(|(wanted, _)| *wanted).map(|(_, bit)| bit).sum();
        let attr = attr_with(sample_type, read_format, bits, regs);
        sample_comes_back::<Little>(&attr, &lists, seed, abi);
        sample_comes_back::<Big>(&attr, &lists, seed, abi);
    }

    /// The layout of all samples depends on it.
    #[test]
    fn attributes_come_back(numbers in any::<[u64; 7]>(), small in any::<(u32, u32, i32, u16)>()) {
        let attr = Attr {
            pmu_type: small.0,
            config: numbers[0],
            frequency_or_period: numbers[1],
            sample_type: numbers[2],
            read_format: numbers[3],
            flags: AttrFlags::from_bits_truncate(numbers[4]),
            branch_sample_type: numbers[5],
            regs_user: numbers[6],
            stack_user: small.1,
            clockid: small.2,
            regs_intr: !numbers[6],
            max_stack: small.3,
        };
        for len in [112, 128, 136, 200] {
            let (mut little, mut big) = (Encoder::<Little>::new(), Encoder::<Big>::new());
            little.attr(&attr, len);
            big.attr(&attr, len);
            prop_assert_eq!(little.len(), len);
            prop_assert_eq!(Attr::parse::<Little>(little.bytes()), Some(attr.clone()));
            prop_assert_eq!(Attr::parse::<Big>(big.bytes()), Some(attr.clone()));
        }
    }
}
