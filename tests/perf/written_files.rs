//! Files and records that are written are read back.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "a test may stop"
)]

use std::io::Cursor as Memory;

use crate::common::scratch::Scratch;
use linux_perf_data::Feature;
use vmflame::bytes::{Big, ByteOrder, Little};
use vmflame::perf::abi::{PERF_RECORD_LOST, PERF_RECORD_SAMPLE};
use vmflame::perf::writer::{
    Description, FeatureSection, FileIdentity, FileWriter, RecordWriter, SampleValues,
    WrittenEvent, WrittenRecord,
};
use vmflame::perf::{
    Capture, CpuCounts, RECORD_HEADER_LEN, RecordHeader, RecordedBuildId, SampleLayout, Sideband,
    feature_name,
};
use vmflame::units::{Avma, BuildId, Cpu, FileOffset, Pid, Tid, Timestamp};

fn entries() -> Vec<(u16, WrittenRecord<'static>)> {
    let (pid, tid) = (Pid::new(7), Tid::new(8));
    let (parent_pid, parent_tid) = (Pid::new(5), Tid::new(6));
    let time = Timestamp::from_nanos(9);
    let (start, len) = (Avma::new(0x7000), 0x3000);
    let mmap2 = |identity| WrittenRecord::Mmap2 {
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
    let inode = FileIdentity::Inode {
        major: 8,
        minor: 1,
        inode: 4711,
        generation: 1,
    };
    let build_id = FileIdentity::BuildId(BuildId::new(&[0xab; 20]).unwrap());
    vec![
        (2, mmap2(inode)),
        (2, mmap2(build_id)),
        (
            2 | 1 << 13,
            WrittenRecord::Comm {
                pid,
                tid,
                name: b"CPU 0/KVM",
            },
        ),
        (
            0,
            WrittenRecord::Fork {
                pid,
                parent_pid,
                tid,
                parent_tid,
                time,
            },
        ),
        (
            0,
            WrittenRecord::Exit {
                pid,
                parent_pid,
                tid,
                parent_tid,
                time,
            },
        ),
        (
            0,
            WrittenRecord::Ksymbol {
                start,
                len: 64,
                kind: 1,
                flags: 1,
                name: b"bpf_prog",
            },
        ),
        (0, WrittenRecord::Lost { id: 1, lost: 42 }),
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
    let read = |(misc, entry): (u16, WrittenRecord<'_>)| {
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
    records.entry(
        0,
        &WrittenRecord::Lost { id: 101, lost: 3 },
        Some((attr, &values)),
    );
    records.sample(attr, 1, &values);
    records.finished_round();
    file.write(records.bytes()).unwrap();
    let scratch = Scratch::new(name, &file.finish().unwrap().into_inner());
    let capture = Capture::open(&scratch.0).unwrap();
    assert_eq!(capture.anomalies(), []);
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
    let scan = capture.scan(1, &());
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

/// perf writes more sections about itself with each version; a reader that knows none of them reads
/// all the others.
#[test]
fn sections_of_newer_recorders_are_passed_over() {
    let newer = [Feature(32), Feature(33), Feature(34), Feature(200)];
    let mut description = description();
    for (feature, bytes) in newer.into_iter().zip([0xff_u8, 1, 2, 3]) {
        let section = FeatureSection::bytes_of(feature, vec![bytes; 9]);
        description.features.push(section);
    }
    let mut file = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    let mut records = RecordWriter::<Little>::new();
    records.finished_round();
    file.write(records.bytes()).unwrap();
    let scratch = Scratch::new("newer-features", &file.finish().unwrap().into_inner());
    let capture = Capture::open(&scratch.0).unwrap();
    assert_eq!(capture.anomalies(), []);
    let features = capture.features();
    assert_eq!(features.section(Feature(33)), Some([1; 9].as_slice()));
    let host = features.string::<Little>(Feature::HOSTNAME);
    assert_eq!(host.as_deref(), Some("host of VMs"));
    assert_eq!(feature_name(Feature(34)), "CLN_SIZE");
    assert_eq!(feature_name(Feature(200)), "200");
}
