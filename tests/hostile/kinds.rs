//! Small captures of each kind, and a large one.

use std::io::{Cursor as Memory, Write as _};

use vmflame::bytes::{Big, ByteOrder, Little};
use vmflame::perf::abi::{
    KNOWN_SAMPLE_BITS, PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER, PERF_CONTEXT_USER_DEFERRED,
    PERF_RECORD_CALLCHAIN_DEFERRED, PERF_RECORD_COMPRESSED, PERF_RECORD_COMPRESSED2,
    PERF_SAMPLE_IDENTIFIER,
};
use vmflame::perf::writer::{
    Description, Encoder, FeatureSection, FileIdentity, FileWriter, Load, PipeWriter, RecordWriter,
    SampleValues, WrittenEvent, WrittenRecord,
};
use vmflame::perf::{CpuCounts, Feature, RecordedBuildId};
use vmflame::units::{Avma, BuildId, Cpu, FileOffset, Pid, Tid, Timestamp};

use crate::common::made_up::{Made, Random};

/// A small capture of each kind, by name.
pub(crate) fn kinds() -> Vec<(&'static str, Vec<u8>)> {
    let plain = file::<Little>(&records::<Little>(14), true);
    let pipe = pipe::<Little>(&records::<Little>(14));
    vec![
        ("file", plain.clone()),
        ("big-endian file", file::<Big>(&records::<Big>(14), true)),
        ("pipe", pipe.clone()),
        ("big-endian pipe", self::pipe::<Big>(&records::<Big>(14))),
        (
            "compressed file",
            file::<Little>(&compressed(PERF_RECORD_COMPRESSED), false),
        ),
        (
            "compressed pipe",
            self::pipe::<Little>(&compressed(PERF_RECORD_COMPRESSED2)),
        ),
        ("zstd", zstd::encode_all(plain.as_slice(), 3).unwrap()),
        ("gzip", gzip(&pipe)),
    ]
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// The files of a directory of `perf record --threads`, by name.
pub(crate) fn directory() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("data", file::<Little>(&records::<Little>(4), true)),
        ("data.0", records::<Little>(12)),
        ("data.1", compressed(PERF_RECORD_COMPRESSED)),
        ("data.2", records::<Little>(8)),
    ]
}

/// Some megabytes, for several threads.
pub(crate) fn large() -> Vec<u8> {
    let load = Load {
        size: 9 << 20,
        tracepoints: 20,
        stacks: 200,
        ..Load::default()
    };
    let (out, _) = load.write::<Little, _>(Memory::new(Vec::new())).unwrap();
    out.into_inner()
}

/// One event with chains only, one with every field there is.
fn events() -> Vec<WrittenEvent> {
    let mut clock = WrittenEvent::cpu_clock();
    clock.ids = vec![1, 2];
    let mut all = WrittenEvent::tracepoint("kvm:kvm_exit", 77);
    all.ids = vec![3, 4];
    all.attr.sample_type = KNOWN_SAMPLE_BITS | PERF_SAMPLE_IDENTIFIER;
    all.attr.read_format = 31;
    all.attr.regs_user = 0x1ff;
    all.attr.regs_intr = 0x3;
    vec![clock, all]
}

fn records<O: ByteOrder>(rounds: u64) -> Vec<u8> {
    let mut random = Random(7);
    let events = events();
    let (clock, all) = (&events[0].attr, &events[1].attr);
    let mut out = RecordWriter::<O>::new();
    let names: [&[u8]; 3] = [b"qemu", b"CPU 0/KVM", b"a;b c"];
    for round in 0..rounds {
        let number = i32::try_from(round % 3).unwrap();
        let (pid, tid) = (Pid::new(100), Tid::new(100 + number));
        let chain = [
            PERF_CONTEXT_KERNEL,
            0xffff_ffff_8100_1000 + round % 2 * 64,
            0xffff_ffff_8100_2000,
            PERF_CONTEXT_USER,
            0x40_1000,
            0x40_2000 + round,
        ];
        let with_promise = [&chain[..3], &[PERF_CONTEXT_USER_DEFERRED, 9]].concat();
        let values = SampleValues {
            id: 1 + round % 2,
            ip: chain[1],
            pid,
            tid,
            time: Timestamp::from_nanos(1_000 + round * 10),
            cpu: Cpu(1),
            period: 3,
            chain: if round == 5 { &with_promise } else { &chain },
            ..SampleValues::default()
        };
        for entry in sideband(round, pid, tid, names[usize::try_from(number).unwrap()]) {
            out.entry(2, &entry, Some((clock, &values)));
        }
        out.sample(clock, if round % 4 == 3 { 4 } else { 1 }, &values);
        if round % 5 == 0 {
            let made = Made::new(&mut random);
            out.sample(all, 2, &made.values(3, 1_005 + round * 10));
        }
    }
    out.record(PERF_RECORD_CALLCHAIN_DEFERRED, 2, |out| {
        out.u64s(&[9, 2, 0x40_1000, 0x40_3000]);
        out.sample_id(clock, &SampleValues::default());
    });
    out.finished_round();
    out.bytes().to_vec()
}

/// Each kind of record that tells what samples mean, in turns.
fn sideband(round: u64, pid: Pid, tid: Tid, name: &'static [u8]) -> Vec<WrittenRecord<'static>> {
    let start = Avma::new(0x40_0000 + round / 6 * 0x800);
    match round {
        0 => vec![WrittenRecord::Mmap {
            pid: Pid::KERNEL,
            tid: Tid::new(0),
            start: Avma::new(0xffff_ffff_8100_0000),
            len: 0x10_0000,
            file_offset: FileOffset::new(0xffff_ffff_8100_0000),
            name: b"[kernel.kallsyms]_text",
        }],
        1 | 7 => vec![WrittenRecord::Mmap2 {
            pid,
            tid,
            start,
            len: 0x8000,
            file_offset: FileOffset::new(0),
            identity: FileIdentity::BuildId(BuildId::new(&[7; 20]).unwrap()),
            prot: 5,
            flags: 2,
            name: b"/usr/bin/qemu",
        }],
        2 | 8 => vec![WrittenRecord::Comm { pid, tid, name }],
        3 => vec![WrittenRecord::Fork {
            pid: Pid::new(101),
            parent_pid: pid,
            tid: Tid::new(101),
            parent_tid: tid,
            time: Timestamp::from_nanos(1_030),
        }],
        4 => vec![
            WrittenRecord::Lost { id: 1, lost: 5 },
            WrittenRecord::LostSamples { lost: 6 },
        ],
        6 => vec![WrittenRecord::Ksymbol {
            start: Avma::new(0xffff_ffff_c000_0000),
            len: 64,
            kind: 1,
            flags: 0,
            name: b"bpf_prog_1",
        }],
        _ => vec![],
    }
}

fn features(with_names: bool) -> Vec<FeatureSection> {
    let build_ids = vec![RecordedBuildId {
        path: "[kernel.kallsyms]".to_owned(),
        build_id: BuildId::new(&[1; 20]).unwrap(),
        machine: Pid::new(-1),
    }];
    let cpus = CpuCounts {
        available: 2,
        online: 2,
    };
    let mut features = vec![
        FeatureSection::text(Feature::ARCH, "x86_64"),
        FeatureSection::text(Feature::OSRELEASE, "6.1.0"),
        FeatureSection::cpus(cpus),
        FeatureSection::command_line(&["perf", "record", "-g"]),
    ];
    if with_names {
        features.push(FeatureSection::build_ids(build_ids));
        features.push(FeatureSection::event_names(&events()));
    }
    features
}

fn file<O: ByteOrder>(records: &[u8], with_names: bool) -> Vec<u8> {
    let mut description = Description {
        events: events(),
        features: features(with_names),
    };
    if !with_names {
        // Version, type, level, ratio, length of the recorder's buffers.
        let words = [1_u32, 1, 1, 4, 528_384].map(u32::to_le_bytes);
        let section = FeatureSection::bytes_of(Feature::COMPRESSED, words.concat());
        description.features.push(section);
    }
    let mut out = FileWriter::<O, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records).unwrap();
    out.finish().unwrap().into_inner()
}

fn pipe<O: ByteOrder>(records: &[u8]) -> Vec<u8> {
    let description = Description {
        events: events(),
        features: features(true),
    };
    let mut out = PipeWriter::<O, _>::new(Vec::new(), &description).unwrap();
    out.write(&formats::<O>()).unwrap();
    out.write(records).unwrap();
    out.finish().unwrap()
}

/// A `TRACING_DATA` record with the format of one tracepoint behind it.
fn formats<O: ByteOrder>() -> Vec<u8> {
    let section = tracing_data::<O>();
    let mut out = RecordWriter::<O>::new();
    out.record(66, 0, |out| out.len_u32(section.len()));
    let mut bytes = out.bytes().to_vec();
    // The record's header counts itself and the length only.
    let own_len: u16 = 12;
    let own_len = if O::IS_BIG {
        own_len.to_be_bytes()
    } else {
        own_len.to_le_bytes()
    };
    bytes[6..8].copy_from_slice(&own_len);
    bytes.truncate(12);
    bytes.extend_from_slice(&section);
    bytes
}

/// The formats as perf copies them; see the sources in `src/perf/file/tracing_data.rs`.
pub(crate) fn tracing_data<O: ByteOrder>() -> Vec<u8> {
    let mut out = Encoder::<O>::new();
    out.raw(b"\x17\x08\x44tracing0.6\0");
    out.raw(&[u8::from(O::IS_BIG), 8]);
    out.u32(4096);
    out.raw(b"header_page\0");
    out.u64(0);
    out.raw(b"header_event\0");
    out.u64(0);
    out.u32(0);
    out.u32(1);
    out.raw(b"kvm\0");
    out.u32(1);
    let text = b"name: kvm_exit\nID: 77\nformat:\n\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n";
    out.u64(text.len() as u64);
    out.raw(text);
    // kallsyms, printk formats, saved command lines.
    out.u32(0);
    out.u32(0);
    out.u64(0);
    let mut bytes = out.into_bytes();
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    bytes
}

/// Records as a stream of zstd pieces, as `perf record -z` writes them: one frame, flushed often.
fn compressed(kind: u32) -> Vec<u8> {
    let records = records::<Little>(14);
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    let mut out: Vec<u8> = Vec::new();
    let mut done = 0;
    for piece in records.chunks(records.len().div_ceil(3)) {
        encoder.write_all(piece).unwrap();
        encoder.flush().unwrap();
        let packed = encoder.get_ref()[done..].to_vec();
        done += packed.len();
        // The newer kind states how much of it is used; the older one is as long as its bytes.
        let (own, padding) = if kind == PERF_RECORD_COMPRESSED2 {
            (8, packed.len().next_multiple_of(8) - packed.len())
        } else {
            (0, 0)
        };
        let len = u16::try_from(8 + own + packed.len() + padding).unwrap();
        out.extend(kind.to_le_bytes());
        out.extend([0, 0]);
        out.extend(len.to_le_bytes());
        if own > 0 {
            out.extend((packed.len() as u64).to_le_bytes());
        }
        out.extend(&packed);
        out.resize(out.len() + padding, 0);
    }
    let mut last = RecordWriter::<Little>::new();
    last.finished_round();
    out.extend(last.bytes());
    out
}

/// Records behind the layouts of their two events, as the fuzz target `records` reads them.
pub(crate) fn layouts_and_records() -> Vec<(&'static str, Vec<u8>)> {
    let events = events();
    let mut out = Encoder::<Little>::new();
    for event in &events {
        let attr = &event.attr;
        out.u32(u32::try_from(attr.sample_type).unwrap());
        out.u32(u32::try_from(attr.read_format).unwrap());
        out.u64s(&[attr.branch_sample_type, attr.regs_user, attr.regs_intr]);
    }
    let layouts = out.into_bytes();
    let with = |records: &[u8]| [&layouts, records].concat();
    vec![
        ("plain", with(&records::<Little>(14))),
        ("compressed", with(&compressed(PERF_RECORD_COMPRESSED2))),
    ]
}
