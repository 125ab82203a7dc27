//! Names from a capture are text, whatever they are.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use vmflame::perf::writer::{
    Description, FileWriter, Little, RecordWriter, SampleValues, WrittenEvent, WrittenRecord,
};
use vmflame::units::{Avma, Cpu, FileOffset, Pid, Tid, Timestamp};

use super::reading::{page, read};

const THREAD: (i32, i32) = (4711, 4711);
/// 15 bytes are all that a name of a thread may have.
const COMM: &[u8] = b"</script><b>\xff\xfe";
/// Where the code lies that a runtime made.
const CODE: u64 = 0x7000_0000;
const FUNCTIONS: [&str; 4] = [
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(1)>",
    "a\u{202e}b\u{2066}c",
    "\"onload='x'&lt;<!--",
];

/// A capture with such names: of its thread, and of the functions in the map that a runtime wrote.
fn write_case(folder: &Path) {
    let event = WrittenEvent {
        ids: vec![1],
        ..WrittenEvent::cpu_clock()
    };
    let attr = event.attr.clone();
    let description = Description {
        events: vec![event],
        features: vec![],
    };
    let mut records = RecordWriter::<Little>::new();
    let (pid, tid) = (Pid::new(THREAD.0), Tid::new(THREAD.1));
    let begin = SampleValues {
        id: 1,
        pid,
        tid,
        time: Timestamp::from_nanos(1_000_000_000),
        ..SampleValues::default()
    };
    let comm = WrittenRecord::Comm {
        pid,
        tid,
        name: COMM,
    };
    let map = WrittenRecord::Mmap {
        pid,
        tid,
        start: Avma::new(CODE),
        len: 0x1000,
        file_offset: FileOffset::new(0),
        name: b"//anon",
    };
    for entry in [comm, map] {
        records.entry(2, &entry, Some((&attr, &begin)));
    }
    for number in 0..FUNCTIONS.len() as u64 {
        let ip = CODE + number * 0x100 + 0x10;
        let values = SampleValues {
            id: 1,
            ip,
            pid,
            tid,
            time: Timestamp::from_nanos(1_000_000_001 + number * 1_000_000),
            cpu: Cpu(0),
            period: 1_000_000,
            // PERF_CONTEXT_USER, include/uapi/linux/perf_event.h.
            chain: &[0xffff_ffff_ffff_fe00, ip],
            ..SampleValues::default()
        };
        records.sample(&attr, 2, &values);
    }
    let mut file = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
    file.write(records.bytes()).unwrap();
    let bytes = file.finish().unwrap().into_inner();
    fs::write(folder.join("perf.data"), bytes).unwrap();
    let lines = (0..)
        .zip(FUNCTIONS)
        .map(|(number, name): (u64, _)| format!("{:x} 100 {name}\n", CODE + number * 0x100));
    let map: String = lines.collect();
    fs::write(folder.join(format!("perf-{}.map", THREAD.0)), map).unwrap();
}

/// Such a page is opened by whoever it is sent to.
#[test]
fn hostile_names_are_text() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report-hostile");
    drop(fs::remove_dir_all(&folder));
    fs::create_dir_all(&folder).unwrap();
    write_case(&folder);
    let title = "</title><script>alert(2)</script>";
    let page = page(&[folder.to_str().unwrap(), "--title", title]);
    // The reader stops where markup is not closed in its turn: names close and open nothing.
    let found = read(&page);
    for element in ["script", "img", "b"] {
        assert!(!found.elements.contains(element), "{element}");
    }
    let text = found.texts.concat();
    for name in FUNCTIONS.iter().filter(|name| name.is_ascii()) {
        assert!(text.contains(name), "{name}");
    }
    assert!(text.contains("a\\u{202e}b\\u{2066}c"), "{text}");
    assert!(
        text.contains(title) && text.contains("</script><b>\u{fffd}"),
        "{text}"
    );
    for reordering in ['\u{202e}', '\u{2066}'] {
        assert!(!page.contains(reordering));
    }
    // The one script of the page, the block of data, and nothing that a name began.
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("</script").count(), 2);
}
