//! Names that no file must break on, in a capture of three samples whose files are known by hand.

use std::io::Cursor;

use serde_json::{Value, json};
use vmflame::bytes::Little;
use vmflame::perf::abi::PERF_CONTEXT_USER;
use vmflame::perf::writer::{
    Description, FileWriter, RecordWriter, SampleValues, WrittenEvent, WrittenRecord,
};
use vmflame::units::{Avma, FileOffset, Pid, Tid, Timestamp};

use super::convert_file;
use super::wire::Message;

const USER: u16 = 2;
const IP: u64 = 0x40_1010;

fn at(nanos: u64, period: u64) -> SampleValues<'static> {
    SampleValues {
        id: 1,
        ip: IP,
        pid: Pid::new(7),
        tid: Tid::new(8),
        time: Timestamp::from_nanos(nanos),
        period,
        chain: &[PERF_CONTEXT_USER, IP],
        ..SampleValues::default()
    }
}

/// Three samples of a thread and a program with these names.
fn capture(thread: &[u8], program: &[u8]) -> Vec<u8> {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let mut records = RecordWriter::<Little>::new();
    let (pid, tid) = (Pid::new(7), Tid::new(8));
    let named = WrittenRecord::Comm {
        pid,
        tid,
        name: thread,
    };
    let mapped = WrittenRecord::Mmap {
        pid,
        tid: Tid::new(7),
        start: Avma::new(0x40_1000),
        len: 0x1000,
        file_offset: FileOffset::new(0),
        name: program,
    };
    records.entry(USER, &named, Some((&event.attr, &at(500, 1))));
    records.entry(USER, &mapped, Some((&event.attr, &at(500, 1))));
    for (nanos, period) in [(1_000, 10), (2_000, 20), (3_500, 30)] {
        records.sample(&event.attr, USER, &at(nanos, period));
    }
    let description = Description {
        events: vec![event],
        features: Vec::new(),
    };
    let mut file = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
    file.write(records.bytes()).unwrap();
    file.finish().unwrap().into_inner()
}

/// What `convert` makes of it in a format.
fn converted(thread: &[u8], program: &[u8], format: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("perf.data");
    std::fs::write(&path, capture(thread, program)).unwrap();
    convert_file(&path, &["--format", format])
}

fn json(thread: &[u8], program: &[u8], format: &str) -> Value {
    serde_json::from_slice(&converted(thread, program, format)).unwrap()
}

/// By hand: one stack, `:7`, `worker`, `[prog]`, three times, at 1000, 2000 and 3500 ns, which stand
/// for 10, 20 and 30 ns.
#[test]
fn three_samples_are_in_all_texts() {
    let of = |format: &str| json(b"worker", b"/bin/prog", format);
    let file = of("speedscope");
    let names: Vec<&Value> = file["shared"]["frames"]
        .as_array()
        .unwrap()
        .iter()
        .map(|frame| &frame["name"])
        .collect();
    assert_eq!(names, [":7", "worker", "[prog]"]);
    let profile = &file["profiles"][0];
    assert_eq!(profile["name"], "worker 8");
    assert_eq!(profile["samples"], json!([[0, 1, 2]]));
    assert_eq!(profile["weights"], json!([3]));
    assert_eq!(
        (&profile["unit"], &profile["endValue"]),
        (&json!("none"), &json!(3))
    );

    let thread = &of("firefox")["threads"][0];
    assert_eq!((&thread["pid"], &thread["tid"]), (&json!("7"), &json!("8")));
    assert_eq!(thread["samples"]["time"], json!([0.0, 0.001, 0.0025]));
    assert_eq!(thread["samples"]["stack"], json!([2, 2, 2]));
    assert_eq!(thread["samples"]["weight"], json!([1, 1, 1]));
    assert_eq!(thread["stackTable"]["prefix"], json!([null, 0, 1]));

    let file = of("chrome");
    let times: Vec<&Value> = file["samples"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sample| &sample["ts"])
        .collect();
    assert_eq!(times, [&json!(1.0), &json!(2.0), &json!(3.5)]);
    let events = file["traceEvents"].as_array().unwrap();
    let chunk = events.iter().find(|event| event["name"] == "ProfileChunk");
    let data = &chunk.unwrap()["args"]["data"];
    assert_eq!(data["timeDeltas"], json!([0.0, 1.0, 1.5]));
    assert_eq!(data["cpuProfile"]["samples"], json!([4, 4, 4]));
}

/// The same capture in messages of bytes, and as a table.
#[test]
fn three_samples_are_in_all_messages() {
    let bytes = converted(b"worker", b"/bin/prog", "pprof");
    let profile = Message::read(&bytes);
    let samples = profile.messages(2);
    assert_eq!(samples.len(), 1);
    assert_eq!(samples[0].numbers(2), [3, 60]);
    assert_eq!(samples[0].numbers(1), [3, 2, 1]);
    assert_eq!(profile.number(10), 2_500);

    let bytes = converted(b"worker", b"/bin/prog", "perfetto");
    let packets = Message::read(&bytes).messages(1);
    let samples = packets.iter().filter(|packet| !packet.bytes(66).is_empty());
    let told: Vec<[u64; 3]> = samples
        .map(|packet| {
            let sample = &packet.messages(66)[0];
            [packet.number(8), sample.number(3), sample.number(6)]
        })
        .collect();
    assert_eq!(told, [[1_000, 8, 10], [2_000, 8, 30], [3_500, 8, 60]]);

    let bytes = converted(b"worker", b"/bin/prog", "otlp");
    let of_scope = &Message::read(&bytes).messages(1)[0].messages(2)[0];
    let profiles = of_scope.messages(2);
    let values: Vec<Vec<u64>> = profiles
        .iter()
        .map(|profile| profile.messages(2)[0].numbers(4))
        .collect();
    assert_eq!(values, [[3], [60]]);

    let rows = converted(b"worker", b"/bin/prog", "csv");
    let expected = "id,parent,depth,name,object,kind,mode,tag,line,self,total\n\
                    1,,0,:7,,group,unknown,,,0,3\n\
                    2,1,1,worker,,group,unknown,,,0,3\n\
                    3,2,2,[prog],prog,unnamed,user,,,3,3\n";
    assert_eq!(String::from_utf8(rows).unwrap(), expected);
}

/// Names come from whoever runs a program on the host. All files stay valid, and hold the names as far
/// as they are text.
#[test]
fn no_name_breaks_a_file() {
    let huge = [b'x'; 20_000];
    let names: [&[u8]; 6] = [
        b"</script><script>alert(1)</script>",
        b"a\"b\\c;d,e\tf\x01\x1b[31m",
        b"\xff\xfe\xc3(",
        b"=cmd|' /C calc'!A0",
        "\u{202e}\u{2028}\u{1f4a5}".as_bytes(),
        &huge[..3_000],
    ];
    for name in names {
        let shown = String::from_utf8_lossy(name);
        let program = [b"/", name].concat();
        for format in ["speedscope", "firefox", "chrome", "json"] {
            let file = json(name, &program, format);
            assert!(
                file.to_string().contains(&json!(shown).to_string()),
                "{format} {shown}"
            );
        }
        let rows = converted(name, &program, "csv");
        let mut reader = csv::Reader::from_reader(&*rows);
        let names: Vec<String> = reader
            .records()
            .map(|row| row.unwrap()[3].to_owned())
            .collect();
        assert_eq!(names[1], shown);
        for format in ["pprof", "perfetto", "otlp"] {
            let bytes = converted(name, &program, format);
            let text = shown.as_bytes();
            assert!(
                bytes.windows(text.len()).any(|part| part == text),
                "{format} {shown}"
            );
            let whole = Message::read(&bytes);
            if format == "pprof" {
                assert!(whole.texts(6).contains(&&*shown));
            }
        }
    }
}
