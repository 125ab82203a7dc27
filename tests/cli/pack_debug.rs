//! A case with debug files shows the inlined functions that its source shows, when all else is gone.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Cursor as Memory;
use std::path::Path;

use vmflame::bytes::Little;
use vmflame::object::read_build_id;
use vmflame::perf::writer::{
    Description, FeatureSection, FileIdentity, FileWriter, RecordWriter, SampleValues,
    WrittenEvent, WrittenRecord,
};
use vmflame::units::{Avma, FileOffset, Pid, Tid};

use crate::pack::{folder, output};

/// Where the programs of testdata/inlined lie in memory, from their first byte on.
const START: u64 = 0x40_0000;
/// Where their code lies.
const CODE: std::ops::Range<u64> = 0x40_0150..0x40_0255;

/// A capture with a sample at every byte of a program's code.
fn capture(program: &Path) -> Vec<u8> {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let (pid, tid) = (Pid::new(7), Tid::new(7));
    let build_id = read_build_id(&fs::read(program).unwrap()).unwrap();
    let mapping = WrittenRecord::Mmap2 {
        pid,
        tid,
        start: Avma::new(START),
        len: 0x10000,
        file_offset: FileOffset::new(0),
        identity: FileIdentity::BuildId(build_id),
        prot: 5,
        flags: 2,
        name: program.as_os_str().as_encoded_bytes(),
    };
    let mut records = RecordWriter::<Little>::new();
    records.entry(2, &mapping, Some((&event.attr, &SampleValues::default())));
    for ip in CODE {
        let sample = SampleValues {
            id: 1,
            ip,
            pid,
            tid,
            ..SampleValues::default()
        };
        records.sample(&event.attr, 2, &sample);
    }
    let events = vec![event];
    let features = vec![FeatureSection::event_names(&events)];
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    out.finish().unwrap().into_inner()
}

/// What a program's debug information is divided into goes with it: a `.dwo`, a `.dwp`, and what `dwz`
/// made for several programs.
#[test]
fn parts_of_debug_information_are_packed() {
    for (name, part) in [
        ("split5", "split5.dwo"),
        ("package4", "package4.dwp"),
        ("common", "common.debug"),
        // Of `linked`, all of it, which `.gnu_debuglink` names.
        ("linked", "linked.debug"),
    ] {
        let folder = folder(&format!("parts-{name}"));
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/inlined");
        let bin = folder.join("bin");
        fs::create_dir(&bin).unwrap();
        for file in [name, part] {
            fs::copy(from.join(file), bin.join(file)).unwrap();
        }
        fs::write(folder.join("perf.data"), capture(&bin.join(name))).unwrap();
        let named = |input: &str| output(&folder, &["convert", input, "--format", "folded"]);
        let inlined = named("perf.data");
        let deep = |text: &str| {
            let lines = text.lines();
            lines.filter(|line| line.matches(';').count() > 1).count()
        };
        assert!(deep(&inlined) > 4, "{inlined}");
        output(
            &folder,
            &["pack", "--debug", "perf.data", "-o", "case.tar.zst"],
        );
        fs::remove_file(bin.join(part)).unwrap();
        assert_eq!(deep(&named("perf.data")), 0, "{name}: the part is needed");
        fs::remove_dir_all(&bin).unwrap();
        assert_eq!(named("case.tar.zst"), inlined, "{name}");
    }
}
