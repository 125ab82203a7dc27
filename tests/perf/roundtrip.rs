//! What the writer writes the reader reads: whole captures over all sample layouts.
//!
//! The writer follows `perf_output_sample()` of the kernel, field by field; the reader computes
//! layouts. They share nothing but the names of the bits, and perf reads the writer's files too
//! (see `generated_loads.rs`).
#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "a test may stop and be long"
)]

use std::io::Cursor as Memory;

use linux_perf_data::linux_perf_event_reader::AttrFlags;
use vmflame::bytes::{Big, ByteOrder, Little, u64_at};
use vmflame::fold::{FoldRequest, fold};
use vmflame::perf::abi::{
    KNOWN_SAMPLE_BITS, PERF_FORMAT_GROUP, PERF_RECORD_COMM, PERF_RECORD_SAMPLE,
    PERF_SAMPLE_BRANCH_COUNTERS, PERF_SAMPLE_BRANCH_HW_INDEX, PERF_SAMPLE_BRANCH_STACK,
    PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_IDENTIFIER, PERF_SAMPLE_RAW, PERF_SAMPLE_READ,
};
use vmflame::perf::writer::{
    Description, FileWriter, PipeWriter, ReadMember, RecordWriter, RegisterValues, SampleValues,
    WrittenEvent, WrittenRecord,
};
use vmflame::perf::{
    Attr, Capture, CaptureKind, Damage, Event, Events, Record, SampleTail, Visitor,
};
use vmflame::units::{Cpu, EventIx, Timestamp};

use crate::common::made_up::{Made, Random, open};

fn words<O: ByteOrder>(bytes: &[u8]) -> Vec<u64> {
    let words = bytes.chunks_exact(8);
    words.map(|word| u64_at::<O>(word, 0).unwrap()).collect()
}

/// An attribute structure of `len` bytes holds no more than these fields.
fn cut(mut attr: Attr, len: usize) -> Attr {
    if len < 80 {
        attr.branch_sample_type = 0;
    }
    if len < 88 {
        attr.regs_user = 0;
    }
    if len < 92 {
        attr.stack_user = 0;
    }
    if len < 96 {
        attr.clockid = 0;
    }
    if len < 104 {
        attr.regs_intr = 0;
    }
    if len < 110 {
        attr.max_stack = 0;
    }
    attr
}

fn event(ids: Vec<u64>, attr: Attr, attr_len: usize) -> WrittenEvent {
    WrittenEvent {
        name: "made-up".to_owned(),
        attr: cut(attr, attr_len),
        attr_len,
        ids,
    }
}

fn attr_of(sample_type: u64, read_format: u64, random: &mut Random) -> Attr {
    let mut attr = WrittenEvent::cpu_clock().attr;
    attr.sample_type = sample_type;
    attr.read_format = read_format;
    attr.flags = AttrFlags::SAMPLE_ID_ALL | AttrFlags::COMM;
    let branch_bits = [0, PERF_SAMPLE_BRANCH_HW_INDEX, PERF_SAMPLE_BRANCH_COUNTERS];
    for bit in branch_bits {
        attr.branch_sample_type |= bit * random.below(2);
    }
    attr.regs_user = random.next();
    attr.regs_intr = random.next() & random.next();
    attr
}

/// Writes a capture: for each event a thread name and some samples, in turns.
fn write<O: ByteOrder>(events: &[WrittenEvent], made: &[Made], as_pipe: bool) -> Vec<u8> {
    let mut records = RecordWriter::<O>::new();
    for (round, made) in made.iter().enumerate() {
        for event in events {
            let id = event.ids.first().copied().unwrap_or(0);
            let values = made.values(id, 1_000 + round as u64);
            let (pid, tid) = (values.pid, values.tid);
            let name = b"made up";
            let comm = WrittenRecord::Comm { pid, tid, name };
            records.entry(2, &comm, Some((&event.attr, &values)));
            records.sample(&event.attr, 1, &values);
        }
    }
    let description = Description {
        events: events.to_vec(),
        features: vec![],
    };
    if as_pipe {
        let mut out = PipeWriter::<O, _>::new(Vec::new(), &description).unwrap();
        out.write(records.bytes()).unwrap();
        out.finish().unwrap()
    } else {
        let mut out = FileWriter::<O, _>::new(Memory::new(Vec::new()), &description).unwrap();
        out.write(records.bytes()).unwrap();
        out.finish().unwrap().into_inner()
    }
}

/// The visitor that copies what samples, each with its event, and COMM records hold.
struct Bodies<'e> {
    events: &'e Events,
}

impl<'a> Visitor<'a> for Bodies<'_> {
    type Gathered = Vec<(Option<EventIx>, Vec<u8>)>;

    fn begin(&self) -> Self::Gathered {
        Vec::new()
    }

    fn record<O: ByteOrder>(&self, found: &mut Self::Gathered, record: Record<'a>) {
        match record.header.record_type {
            PERF_RECORD_SAMPLE => {
                let ix = self.events.of_sample::<O>(record.body).unwrap();
                found.push((Some(ix), record.body.to_vec()));
            }
            PERF_RECORD_COMM => found.push((None, record.body.to_vec())),
            _ => {}
        }
    }

    fn damage(&self, _: &mut Self::Gathered, damage: Damage) {
        unreachable!("{damage:?}");
    }
}

/// Reads the capture back and compares each field of each record.
fn comes_back<O: ByteOrder>(events: &[WrittenEvent], made: &[Made], as_pipe: bool) {
    let capture = open(&write::<O>(events, made, as_pipe)).unwrap();
    let shown = events.iter().map(|e| format!("{:#x}", e.attr.sample_type));
    let shown = format!("{:?} as_pipe={as_pipe}", shown.collect::<Vec<_>>());
    assert_eq!(capture.kind() == CaptureKind::Pipe, as_pipe, "{shown}");
    assert_eq!(capture.events().len(), events.len(), "{shown}");
    for ((_, read), written) in capture.events().iter().zip(events) {
        assert_eq!(read.attr, written.attr, "{shown}");
        assert_eq!(read.ids, written.ids, "{shown}");
    }
    let mut samples = 0_usize;
    let mut comms = 0_usize;
    let bodies = Bodies {
        events: capture.events(),
    };
    let walked = capture.scan(1, &bodies);
    for (ix, body) in walked.gathered.into_iter().flatten() {
        if let Some(ix) = ix {
            let (round, place) = (samples / events.len(), samples % events.len());
            assert_eq!(ix.as_usize(), place, "{shown}");
            let id = events[place].ids.first().copied().unwrap_or(0);
            let values = made[round].values(id, 1_000 + round as u64);
            sample_is::<O>(capture.events().get(ix).unwrap(), &body, &values, &shown);
            samples += 1;
        } else {
            let (round, place) = (comms / events.len(), comms % events.len());
            trailer_is::<O>(&capture, &body, &events[place], 1_000 + round as u64);
            comms += 1;
        }
    }
    assert_eq!(samples, events.len() * made.len(), "{shown}");
    assert_eq!(comms, samples, "{shown}");
    for (ix, _) in capture.events().iter() {
        let folded = fold(&capture, &FoldRequest::all_of(ix, 1));
        assert_eq!(folded.census.tally.read, samples as u64, "{shown}");
        assert_eq!(folded.census.tally.folded, made.len() as u64, "{shown}");
        assert_eq!(folded.census.tally.skipped_total(), 0, "{shown}");
        assert!(folded.census.tally.adds_up(), "{shown}");
    }
}

fn trailer_is<O: ByteOrder>(capture: &Capture, body: &[u8], event: &WrittenEvent, time: u64) {
    let found = capture.events().of_sideband::<O>(body).unwrap();
    assert_eq!(found.attr, event.attr);
    let trailer = found.layout.trailer();
    let has = |bit: u32| event.attr.samples(1 << bit);
    let expected = has(2).then(|| Timestamp::from_nanos(time));
    assert_eq!(trailer.time::<O>(body), expected);
    assert_eq!(trailer.cpu::<O>(body), has(7).then_some(Cpu(6)));
    assert_eq!(body.len(), 8 + 8 + trailer.len());
}

fn sample_is<O: ByteOrder>(event: &Event, body: &[u8], values: &SampleValues<'_>, shown: &str) {
    let attr = &event.attr;
    let has = |bit: u32| attr.samples(1 << bit);
    let head = event.layout.head::<O>(body).unwrap();
    assert_eq!(head.ip, if has(0) { values.ip } else { 0 }, "{shown}");
    let task = (head.pid.as_i32(), head.tid.as_i32());
    assert_eq!(task, if has(1) { (11, -12) } else { (-1, -1) }, "{shown}");
    assert_eq!(head.time, has(2).then_some(values.time), "{shown}");
    assert_eq!(
        head.data_avma,
        has(3).then_some(values.data_avma),
        "{shown}"
    );
    assert_eq!(head.id, (has(6) || has(16)).then_some(values.id), "{shown}");
    assert_eq!(head.cpu, has(7).then_some(values.cpu), "{shown}");
    assert_eq!(head.period, has(8).then_some(values.period), "{shown}");
    assert_eq!(words::<O>(head.read), read_words(attr, values), "{shown}");
    let chain = head.chain.map(words::<O>);
    assert_eq!(chain, has(5).then(|| values.chain.to_vec()), "{shown}");
    let tail = SampleTail::parse::<O>(attr, head.tail).unwrap();
    assert_eq!(tail.raw, has(10).then_some(values.raw), "{shown}");
    let branches = tail
        .branches
        .map(|b| (words::<O>(b.entries), words::<O>(b.counters)));
    let with_counters = attr.branch_sample_type & PERF_SAMPLE_BRANCH_COUNTERS != 0;
    let counters = if with_counters {
        values.branch_counters
    } else {
        &[]
    };
    let expected = has(11).then(|| (values.branches.concat(), counters.to_vec()));
    assert_eq!(branches, expected, "{shown}");
    let registers = |mask: u64, values: RegisterValues<'_>| {
        let count = if values.abi == 0 {
            0
        } else {
            mask.count_ones() as usize
        };
        (values.abi, values.values[..count].to_vec())
    };
    let user = tail.user_registers.map(|r| (r.abi, words::<O>(r.values)));
    let expected = has(12).then(|| registers(attr.regs_user, values.user_registers));
    assert_eq!(user, expected, "{shown}");
    let intr = tail.intr_registers.map(|r| (r.abi, words::<O>(r.values)));
    let expected = has(18).then(|| registers(attr.regs_intr, values.intr_registers));
    assert_eq!(intr, expected, "{shown}");
    let stack = tail.user_stack.map(|stack| (stack.bytes, stack.filled));
    let filled = if values.user_stack.is_empty() {
        0
    } else {
        values.user_stack_filled
    };
    assert_eq!(
        stack,
        has(13).then_some((values.user_stack, filled)),
        "{shown}"
    );
    assert_eq!(
        tail.weight,
        (has(14) || has(24)).then_some(values.weight),
        "{shown}"
    );
    assert_eq!(tail.data_src, has(15).then_some(values.data_src), "{shown}");
    assert_eq!(
        tail.transaction,
        has(17).then_some(values.transaction),
        "{shown}"
    );
    assert_eq!(
        tail.phys_addr,
        has(19).then_some(values.phys_addr),
        "{shown}"
    );
    assert_eq!(tail.cgroup, has(21).then_some(values.cgroup), "{shown}");
    assert_eq!(
        tail.data_page_size,
        has(22).then_some(values.data_page_size),
        "{shown}"
    );
    assert_eq!(
        tail.code_page_size,
        has(23).then_some(values.code_page_size),
        "{shown}"
    );
    assert_eq!(tail.aux, has(20).then_some(values.aux), "{shown}");
    assert!(tail.unclaimed.is_empty(), "{shown}");
}

/// The counter values as `perf_output_read_one()` and `perf_output_read_group()` order them.
fn read_words(attr: &Attr, values: &SampleValues<'_>) -> Vec<u64> {
    if !attr.samples(PERF_SAMPLE_READ) {
        return vec![];
    }
    let [enabled, running, id, group, lost] =
        [0, 1, 2, 3, 4].map(|bit| attr.read_format >> bit & 1 == 1);
    let read = &values.read;
    let times = [(enabled, read.time_enabled), (running, read.time_running)];
    let times = times
        .iter()
        .filter(|(wanted, _)| *wanted)
        .map(|&(_, time)| time);
    let rest = |member: &ReadMember| {
        let fields = [(id, member.id), (lost, member.lost)];
        fields
            .into_iter()
            .filter(|(wanted, _)| *wanted)
            .map(|(_, field)| field)
            .collect::<Vec<_>>()
    };
    if group {
        let mut out = vec![read.members.len() as u64];
        out.extend(times);
        for member in read.members {
            out.push(member.value);
            out.extend(rest(member));
        }
        return out;
    }
    let first = read.members[0];
    let mut out = vec![first.value];
    out.extend(times);
    out.extend(rest(&first));
    out
}

/// In all four shapes of a file.
fn everywhere(events: &[WrittenEvent], random: &mut Random) {
    let made: Vec<Made> = (0..3).map(|_| Made::new(random)).collect();
    for as_pipe in [false, true] {
        comes_back::<Little>(events, &made, as_pipe);
        comes_back::<Big>(events, &made, as_pipe);
    }
}

/// Each field shifts all that follow it: alone, and before and behind the lists.
#[test]
fn every_sample_bit_comes_back_alone_and_beside_each_list() {
    let mut random = Random(1);
    let beside = [
        0,
        PERF_SAMPLE_CALLCHAIN,
        PERF_SAMPLE_READ,
        PERF_SAMPLE_RAW,
        PERF_SAMPLE_BRANCH_STACK,
    ];
    for bit in 0..KNOWN_SAMPLE_BITS.count_ones() {
        for beside in beside {
            let attr = attr_of(1 << bit | beside, random.below(32), &mut random);
            everywhere(&[event(vec![7], attr, 136)], &mut random);
        }
    }
}

/// The two layouts of counter values are easily swapped.
#[test]
fn every_read_format_comes_back() {
    let mut random = Random(2);
    for read_format in 0..32 {
        for beside in [0, PERF_SAMPLE_CALLCHAIN, KNOWN_SAMPLE_BITS] {
            let attr = attr_of(PERF_SAMPLE_READ | beside, read_format, &mut random);
            assert_eq!(
                attr.read_format & PERF_FORMAT_GROUP != 0,
                read_format & 8 != 0
            );
            everywhere(&[event(vec![7], attr, 128)], &mut random);
        }
    }
}

/// Attribute structures grew over the years; what an old one lacks is zero.
#[test]
fn attributes_of_every_length_come_back() {
    let mut random = Random(3);
    for attr_len in (64..=144).step_by(8) {
        for _ in 0..8 {
            let sample_type = random.next() & KNOWN_SAMPLE_BITS;
            let attr = attr_of(sample_type, random.below(32), &mut random);
            everywhere(&[event(vec![7, 8], attr, attr_len)], &mut random);
        }
    }
}

/// Several events, each with a layout of its own, told apart by the id in front.
#[test]
fn events_with_different_layouts_come_back() {
    let mut random = Random(4);
    for _ in 0..300 {
        let events: Vec<WrittenEvent> = (0..=random.below(4))
            .map(|ix| {
                let sample_type = random.next() & KNOWN_SAMPLE_BITS | PERF_SAMPLE_IDENTIFIER;
                let attr = attr_of(sample_type, random.below(32), &mut random);
                event(vec![100 + ix, 200 + ix], attr, 128)
            })
            .collect();
        everywhere(&events, &mut random);
    }
}

/// The default event of a capture is the first, whatever its layout.
#[test]
fn random_layouts_come_back() {
    let mut random = Random(5);
    for _ in 0..500 {
        let sample_type = random.next() & random.next() & KNOWN_SAMPLE_BITS;
        let attr = attr_of(sample_type, random.below(32), &mut random);
        let events = [event(vec![7], attr, 128)];
        everywhere(&events, &mut random);
        let made = [Made::new(&mut random)];
        let capture = open(&write::<Little>(&events, &made, false)).unwrap();
        assert_eq!(capture.events().iter().next().unwrap().0, EventIx(0));
    }
}
