//! What is written is read back, by this program and by perf.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::Cursor as Memory;
use std::path::{Path, PathBuf};
use std::process::Command;

use linux_perf_data::Feature;
use linux_perf_data::linux_perf_event_reader::AttrFlags;
use proptest::prelude::*;
use vmflame::perf::abi::{
    KNOWN_SAMPLE_BITS, PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER, PERF_FORMAT_GROUP, PERF_RECORD_COMM,
    PERF_RECORD_LOST, PERF_RECORD_SAMPLE, PERF_SAMPLE_BRANCH_COUNTERS, PERF_SAMPLE_BRANCH_HW_INDEX,
    PERF_SAMPLE_CALLCHAIN, PERF_SAMPLE_TIME,
};
use vmflame::perf::bytes::{Big, ByteOrder, Little, u64_at};
use vmflame::perf::writer::{
    Description, Encoder, Entry, FeatureSection, FileWriter, Identity, Load, ReadMember,
    ReadValues, RecordWriter, RegisterValues, SampleValues, Written, WrittenEvent,
};
use vmflame::perf::{
    Attr, Capture, CpuCounts, RECORD_HEADER_LEN, RecordHeader, RecordedBuildId, SampleLayout,
    SampleTail, Sideband, scan,
};
use vmflame::units::{Avma, BuildId, Cpu, FileOffset, Pid, Tid, Timestamp};

/// A file that goes away with its test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let name = format!("vmflame-writer-{}-{name}.data", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

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

fn entries() -> Vec<(u16, Entry<'static>)> {
    let (pid, tid) = (Pid::new(7), Tid::new(8));
    let (parent_pid, parent_tid) = (Pid::new(5), Tid::new(6));
    let time = Timestamp::from_nanos(9);
    let (start, len) = (Avma::new(0x7000), 0x3000);
    let mmap2 = |identity| Entry::Mmap2 {
        pid,
        tid,
        start,
        len,
        file_offset: FileOffset::new(0x1000),
        identity,
        prot: 5,
        flags: 2,
        name: b"/usr/bin/qemu",
    };
    let inode = Identity::Inode {
        major: 8,
        minor: 1,
        inode: 4711,
        generation: 1,
    };
    let build_id = Identity::BuildId(BuildId::new(&[0xab; 20]).unwrap());
    vec![
        (2, mmap2(inode)),
        (2, mmap2(build_id)),
        (
            2 | 1 << 13,
            Entry::Comm {
                pid,
                tid,
                name: b"CPU 0/KVM",
            },
        ),
        (
            0,
            Entry::Fork {
                pid,
                parent_pid,
                tid,
                parent_tid,
                time,
            },
        ),
        (
            0,
            Entry::Exit {
                pid,
                parent_pid,
                tid,
                parent_tid,
                time,
            },
        ),
        (
            0,
            Entry::Ksymbol {
                start,
                len: 64,
                kind: 1,
                flags: 1,
                name: b"bpf_prog",
            },
        ),
        (0, Entry::Lost { id: 1, lost: 42 }),
    ]
}

fn entries_come_back<O: ByteOrder>() {
    let attr = WrittenEvent::cpu_clock().attr;
    let values = SampleValues {
        time: Timestamp::from_nanos(77),
        cpu: Cpu(3),
        id: 99,
        ..SampleValues::default()
    };
    let layout = SampleLayout::of(&attr);
    let read = |(misc, entry): (u16, Entry<'_>)| {
        let mut out = RecordWriter::<O>::new();
        out.entry(misc, &entry, Some((&attr, &values)));
        let header = RecordHeader::parse::<O>(out.bytes()).unwrap();
        assert_eq!(usize::from(header.len), out.bytes().len());
        let body = &out.bytes()[RECORD_HEADER_LEN..];
        assert_eq!(layout.trailer().time::<O>(body), Some(values.time));
        assert_eq!(layout.trailer().cpu::<O>(body), Some(values.cpu));
        let used = &body[..body.len() - layout.trailer().len()];
        format!("{:?}", Sideband::parse::<O>(header, used))
    };
    let found: Vec<String> = entries().into_iter().map(read).collect();
    let holds = |ix: usize, parts: &[&str]| {
        for part in parts {
            assert!(found[ix].contains(part), "{} lacks {part}", found[ix]);
        }
    };
    holds(
        0,
        &[
            "start: Avma(28672)",
            "len: 12288",
            "FileOffset(4096)",
            "build_id: None",
        ],
    );
    holds(
        1,
        &["Some(BuildId(abababababababababababababababababababab))"],
    );
    holds(
        2,
        &[
            "is_exec: true",
            "Pid(7)",
            "Tid(8)",
            "name: [67, 80, 85, 32, 48, 47, 75, 86, 77]",
        ],
    );
    holds(
        3,
        &[
            "Fork",
            "pid: Pid(7)",
            "parent_pid: Pid(5)",
            "tid: Tid(8)",
            "parent_tid: Tid(6)",
        ],
    );
    holds(4, &["Exit", "pid: Pid(7)", "tid: Tid(8)"]);
    holds(5, &["start: Avma(28672)", "len: 64", "is_removal: true"]);
    assert_eq!(found[6], "None", "LOST is counted elsewhere");
}

/// perf keeps the trailer at the end of each record: a name that is not padded would move it.
#[test]
fn sideband_comes_back_in_both_byte_orders() {
    entries_come_back::<Little>();
    entries_come_back::<Big>();
}

fn description() -> Description {
    let mut clock = WrittenEvent::cpu_clock();
    clock.ids = vec![101, 102];
    let mut exit = WrittenEvent::tracepoint("kvm:kvm_exit", 1234);
    exit.ids = vec![201, 202];
    let events = vec![clock, exit];
    let build_id = RecordedBuildId {
        path: "/usr/bin/qemu".to_owned(),
        build_id: BuildId::new(&[0xcd; 20]).unwrap(),
        machine: Pid::new(-1),
    };
    let (first, last) = (Timestamp::from_nanos(1_000), Timestamp::from_nanos(5_000));
    let features = vec![
        FeatureSection::text(Feature::HOSTNAME, "host of VMs"),
        FeatureSection::text(Feature::VERSION, "6.1"),
        FeatureSection::text(Feature::ARCH, "x86_64"),
        FeatureSection::command_line(&["perf", "record", "-a"]),
        FeatureSection::cpus(CpuCounts {
            available: 8,
            online: 4,
        }),
        FeatureSection::event_names(&events),
        FeatureSection::build_ids(vec![build_id]),
        FeatureSection::sample_times(first, last),
    ];
    Description { events, features }
}

fn file_comes_back<O: ByteOrder>(name: &str) {
    let description = description();
    let mut file = FileWriter::<O, _>::new(Memory::new(Vec::new()), &description).unwrap();
    let mut records = RecordWriter::<O>::new();
    let values = SampleValues {
        id: 202,
        time: Timestamp::from_nanos(1_000),
        ..SampleValues::default()
    };
    let attr = &description.events[1].attr;
    records.entry(0, &Entry::Lost { id: 101, lost: 3 }, Some((attr, &values)));
    records.sample(attr, 1, &values);
    records.finished_round();
    file.write(records.bytes()).unwrap();
    let scratch = Scratch::new(name, &file.finish().unwrap().into_inner());
    let capture = Capture::open(&scratch.0).unwrap();
    assert_eq!(capture.findings(), []);
    let names: Vec<&str> = capture
        .events()
        .iter()
        .map(|(_, event)| event.name.as_str())
        .collect();
    assert_eq!(names, ["cpu-clock", "kvm:kvm_exit"]);
    let found: Vec<_> = capture
        .events()
        .iter()
        .map(|(_, event)| (&event.attr, &event.ids))
        .collect();
    let given: Vec<_> = description
        .events
        .iter()
        .map(|event| (&event.attr, &event.ids))
        .collect();
    assert_eq!(found, given);
    let features = capture.features();
    assert_eq!(
        features.string::<O>(Feature::HOSTNAME).unwrap(),
        "host of VMs"
    );
    assert_eq!(
        features.command_line::<O>().unwrap(),
        ["perf", "record", "-a"]
    );
    assert_eq!(
        features.cpus::<O>().unwrap(),
        CpuCounts {
            available: 8,
            online: 4
        }
    );
    assert_eq!(
        features.sample_times::<O>().unwrap().end,
        Timestamp::from_nanos(5_000)
    );
    assert_eq!(features.build_ids::<O>()[0].path, "/usr/bin/qemu");
    assert_eq!(
        features.build_ids::<O>()[0].build_id,
        BuildId::new(&[0xcd; 20]).unwrap()
    );
    let scan = scan::<O, _, _, _>(&capture.regions(), 1, || (), |(), _| {});
    assert_eq!(
        (
            scan.counts.of(PERF_RECORD_LOST),
            scan.counts.of(PERF_RECORD_SAMPLE)
        ),
        (1, 1)
    );
}

/// Sections that are misplaced by a byte leave the reader without names, ids or build ids.
#[test]
fn files_come_back_in_both_byte_orders() {
    file_comes_back::<Little>("little");
    file_comes_back::<Big>("big");
}

/// Sums up what a decoder finds, as [`Written`] states it.
fn read_load<O: ByteOrder>(path: &Path) -> Written {
    let capture = Capture::open(path).unwrap();
    let visit = |found: &mut Written, record: vmflame::perf::Record<'_>| {
        found.records += 1;
        found.data_len += u64::from(record.header.len);
        if record.header.record_type != PERF_RECORD_SAMPLE {
            return;
        }
        let ix = capture.events().of_sample::<O>(record.body).unwrap();
        let layout = &capture.events().get(ix).unwrap().layout;
        if ix.0 > 0 {
            found.tracepoint_samples += 1;
            return;
        }
        let chain = words::<O>(layout.head::<O>(record.body).unwrap().chain.unwrap());
        found.samples += 1;
        found.guest_samples += u64::from(record.header.cpu_mode().is_guest());
        found.chain_entries += chain.len() as u64;
        let sum = |sum: u64, entry: u64| sum.wrapping_add(entry);
        found.address_sum = chain.into_iter().fold(found.address_sum, sum);
    };
    let mut scan = scan::<O, _, _, _>(&capture.regions(), 1, Written::default, visit);
    let mut found = scan.visitors.pop().unwrap();
    let times = capture.features().sample_times::<O>().unwrap();
    found.times = (times.start, times.end);
    found
}

fn small_load(spec: &str) -> Load {
    Load::parse(&format!("size=512K,stacks=300,tracepoints=20,{spec}")).unwrap()
}

/// Benchmarks assert against these numbers: they have to be those of the file.
#[test]
fn a_load_holds_what_it_says() {
    for spec in [
        "",
        "late=1,cpus=3",
        "stacks=1,depth=2,guest=0",
        "stacks=5000,depth=40,seed=9",
    ] {
        let load = small_load(spec);
        let (little, written) = load.write::<Little, _>(Memory::new(Vec::new())).unwrap();
        let (big, of_big) = load.write::<Big, _>(Memory::new(Vec::new())).unwrap();
        assert_eq!(written, of_big);
        assert!(written.data_len >= load.size && written.data_len < load.size + (1 << 20));
        let stacks = written.stacks;
        for (name, bytes) in [("load-little", little), ("load-big", big)] {
            let scratch = Scratch::new(name, bytes.get_ref());
            let found = if name == "load-big" {
                read_load::<Big>(&scratch.0)
            } else {
                read_load::<Little>(&scratch.0)
            };
            assert_eq!(Written { stacks, ..found }, written, "{spec}");
        }
    }
}

/// Descriptions come from the command line.
#[test]
fn descriptions_that_make_no_sense_are_refused() {
    for text in [
        "size",
        "size=x",
        "stakcs=3",
        "depth=1",
        "cpus=0",
        "guest=101",
        "size=99999999999G",
    ] {
        assert!(Load::parse(text).is_err(), "{text}");
    }
    assert!(
        Load::parse("stacks=100000,depth=2")
            .unwrap_err()
            .contains("depth=3")
    );
    assert_eq!(Load::parse("size=2K").unwrap().size, 2048);
}

/// perf's answer; `None`, with a line that says so, when it is not installed.
fn perf(arguments: &[&str], path: &Path) -> Option<String> {
    let output = Command::new("perf")
        .args(arguments)
        .arg("-i")
        .arg(path)
        .output();
    match output {
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(
                !text.is_empty(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            Some(text)
        }
        Err(error) => {
            eprintln!("skipped: perf cannot be run: {error}");
            None
        }
    }
}

/// The number behind `name` in what `perf report --stats` prints first.
fn stat(stats: &str, name: &str) -> u64 {
    let line = stats
        .lines()
        .find(|line| line.trim_start().starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in {stats}"));
    let number = line.split(':').nth(1).unwrap().split_whitespace().next();
    number.unwrap().parse().unwrap()
}

fn perf_reads<O: ByteOrder>(name: &str, spec: &str) {
    let load = small_load(spec);
    let (bytes, written) = load.write::<O, _>(Memory::new(Vec::new())).unwrap();
    let scratch = Scratch::new(name, bytes.get_ref());
    let Some(stats) = perf(&["report", "--stats"], &scratch.0) else {
        return;
    };
    let samples = written.samples + written.tracepoint_samples;
    assert_eq!(stat(&stats, "SAMPLE events"), samples);
    assert_eq!(stat(&stats, "COMM events"), 16);
    assert_eq!(stat(&stats, "MMAP2 events"), 4);
    // The total leaves the rounds' ends out or counts them, as the version will have it.
    let total = stat(&stats, "TOTAL events");
    assert!(
        (samples + 21..=written.records).contains(&total),
        "{total} of {}",
        written.records
    );
    // perf prints the addresses of all samples but those of guests, whose chains hold none.
    let script = perf(&["script", "-F", "event,ip"], &scratch.0).unwrap();
    let (mut count, mut sum, mut of_clock) = (0, 0_u64, false);
    for line in script.lines() {
        if let Some(event) = line.trim().strip_suffix(':') {
            of_clock = event == "cpu-clock";
        } else if let Ok(address) = u64::from_str_radix(line.trim(), 16) {
            count += u64::from(of_clock);
            sum = sum.wrapping_add(if of_clock { address } else { 0 });
        }
    }
    assert_eq!(count, written.chain_entries - 2 * written.samples);
    let markers = PERF_CONTEXT_KERNEL.wrapping_add(PERF_CONTEXT_USER);
    let markers = markers.wrapping_mul(written.samples);
    assert_eq!(sum, written.address_sum.wrapping_sub(markers));
}

/// perf is the judge of whether a file is valid.
#[test]
fn perf_finds_the_samples_and_addresses_that_were_written() {
    perf_reads::<Little>("perf-little", "guest=0");
    perf_reads::<Little>("perf-late", "late=1,cpus=3,seed=5,guest=30");
    perf_reads::<Big>("perf-big", "guest=0");
}

/// The trailer and the fold depend on these fields; a load without them would test nothing.
#[test]
fn loads_record_times_and_call_chains() {
    let attr = WrittenEvent::cpu_clock().attr;
    assert!(attr.samples(PERF_SAMPLE_TIME) && attr.samples(PERF_SAMPLE_CALLCHAIN));
    assert_eq!(PERF_RECORD_COMM, 3);
}
