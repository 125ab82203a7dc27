//! A packed case knows when its capture was written: on the machine that made it, that tells which
//! files are still the ones that ran. The truth is in each case what the test did to the files.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::fs::{self, File};
use std::io::Cursor as Memory;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use vmflame::bytes::Little;
use vmflame::perf::abi::PERF_CONTEXT_USER;
use vmflame::perf::writer::{
    Description, FeatureSection, FileIdentity, FileWriter, RecordWriter, SampleValues,
    WrittenEvent, WrittenRecord,
};
use vmflame::perf::{Feature, RecordedBuildId};
use vmflame::units::{Avma, BuildId, FileOffset, Pid, Tid, Timestamp};

use crate::common::made_elf::{FIRST, FUNCTION_BYTES, made_elf_of_build, shown};
use crate::common::namespaces::mount_namespaces;

/// Where the program's first byte lies in memory.
const START: u64 = 0x5555_0000_0000;
/// The builds of two programs.
const BUILDS: [[u8; 20]; 2] = [[0xaa; 20], [0xbb; 20]];

/// A program, and a capture of this machine in which it ran.
struct Recorded {
    folder: PathBuf,
}

impl Recorded {
    /// Records a program in an empty folder. It is of the first build, and so says the capture.
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("pack-times-{test}"));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(folder.join("source")).unwrap();
        let recorded = Self { folder };
        recorded.install(0);
        sleep(APART);
        recorded.write(&[]);
        sleep(APART);
        recorded
    }

    fn program(&self) -> PathBuf {
        self.folder.join("program")
    }

    /// Puts a program of a build at the path, as packages do: a new file with the old name.
    fn install(&self, build: usize) {
        let new = self.folder.join("new");
        fs::write(&new, made_elf_of_build(4, &BUILDS[build])).unwrap();
        fs::rename(new, self.program()).unwrap();
    }

    /// Writes the capture: one sample in the second function, of an instant ago. Processes are in these
    /// mount namespaces.
    fn write(&self, mounts: &[(i32, u64)]) {
        self.write_hits(mounts, &[(self.program(), 1)]);
    }

    /// The same with a process for each of these programs, and a sample in that function of it.
    fn write_hits(&self, mounts: &[(i32, u64)], hits: &[(PathBuf, u64)]) {
        let mut event = WrittenEvent::cpu_clock();
        event.ids = vec![1];
        let mut records = RecordWriter::<Little>::new();
        mount_namespaces(&mut records, &event, mounts);
        let mut table = Vec::new();
        for (process, (path, function)) in (7..).zip(hits) {
            let path = path.to_str().unwrap();
            let ip = START + FIRST + function * FUNCTION_BYTES + 4;
            let (pid, tid) = (Pid::new(process), Tid::new(process));
            let sample = SampleValues {
                id: 1,
                ip,
                pid,
                tid,
                chain: &[PERF_CONTEXT_USER, ip],
                time: up(),
                ..SampleValues::default()
            };
            let mapping = WrittenRecord::Mmap2 {
                pid,
                tid,
                start: Avma::new(START),
                len: 0x20000,
                file_offset: FileOffset::new(0),
                identity: inode(Path::new(path)),
                prot: 5,
                flags: 2,
                name: path.as_bytes(),
            };
            records.entry(2, &mapping, Some((&event.attr, &sample)));
            records.sample(&event.attr, 2, &sample);
            table.push(RecordedBuildId {
                path: path.to_owned(),
                build_id: BuildId::new(&BUILDS[0]).unwrap(),
                machine: Pid::new(-1),
            });
        }
        let events = vec![event];
        let features = vec![
            FeatureSection::text(Feature::HOSTNAME, &own("hostname")),
            FeatureSection::text(Feature::OSRELEASE, &own("osrelease")),
            FeatureSection::event_names(&events),
            FeatureSection::build_ids(table),
        ];
        let description = Description { events, features };
        let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
        out.write(records.bytes()).unwrap();
        let bytes = out.finish().unwrap().into_inner();
        fs::write(self.folder.join("source/perf.data"), bytes).unwrap();
    }

    fn output(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
        command.args(arguments).stdin(Stdio::null());
        command.env("HOME", &self.folder).current_dir(&self.folder);
        let done = command.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(0), "{arguments:?}: {said}");
        String::from_utf8(done.stdout).unwrap()
    }

    fn pack(&self, source: &str, case: &str) {
        self.output(&["pack", source, "--no-host", "--force", "-o", case]);
    }

    /// What the one sample's function is called.
    fn name(&self, input: &str) -> String {
        let folded = self.output(&["convert", input, "--format", "folded"]);
        let stack = folded.trim_end().strip_suffix(" 1").unwrap();
        stack.rsplit(';').next().unwrap().to_owned()
    }
}

/// More than the times of files are inexact by.
const APART: Duration = Duration::from_millis(60);

fn own(setting: &str) -> String {
    let text = fs::read_to_string(Path::new("/proc/sys/kernel").join(setting)).unwrap();
    text.trim_end().to_owned()
}

/// For how long this machine has been up, which is what the CPU's clock tells recorders.
fn up() -> Timestamp {
    let text = fs::read_to_string("/proc/uptime").unwrap();
    let seconds: f64 = text.split(' ').next().unwrap().parse().unwrap();
    let since = Duration::from_secs_f64(seconds).as_nanos();
    Timestamp::from_nanos(u64::try_from(since).unwrap())
}

fn inode(path: &Path) -> FileIdentity {
    let found = fs::metadata(path).unwrap();
    let number = |value: u64| u32::try_from(value).unwrap();
    FileIdentity::Inode {
        major: number(found.dev() >> 8 & 0xfff),
        minor: number((found.dev() & 0xff) | (found.dev() >> 12 & 0xfff00)),
        inode: found.ino(),
        generation: 0,
    }
}

/// The same build installed again since is another file, which still has the names that were
/// recorded; a case that counted as written when it was packed took it for one that the recorder
/// had met, and lost the names.
#[test]
fn a_case_packed_later_names_what_its_source_names() {
    let recorded = Recorded::new("later");
    recorded.install(0);
    sleep(APART);
    assert_eq!(recorded.name("source"), shown(1));
    recorded.pack("source", "case.tar.zst");
    recorded.pack("case.tar.zst", "again.tar.gz");
    assert_eq!(recorded.name("case.tar.zst"), shown(1));
    assert_eq!(recorded.name("again.tar.gz"), shown(1));
    // Whoever unpacks it by hand has the time too.
    let tar = Command::new("tar")
        .args(["-xzf", "again.tar.gz"])
        .current_dir(&recorded.folder)
        .status();
    assert!(tar.unwrap().success());
    let written = |path: &str| {
        let found = fs::metadata(recorded.folder.join(path)).unwrap();
        found.modified().unwrap()
    };
    assert_eq!(written("case/perf.data"), written("source/perf.data"));
    assert_eq!(recorded.name("case"), shown(1));
}

/// The opposite: another build that was put at the path after recording, and a file that is not the
/// mapped one but lay at the path when the recorder read builds, have no say.
#[test]
fn a_file_that_took_the_place_of_the_recorded_one_is_refused() {
    let recorded = Recorded::new("replaced");
    recorded.install(1);
    sleep(APART);
    recorded.pack("source", "case.tar.zst");
    assert_eq!(recorded.name("source"), "[program]");
    assert_eq!(recorded.name("case.tar.zst"), "[program]");

    // The capture is written to once more, so that the second file was there by then.
    recorded.install(0);
    sleep(APART);
    let data = recorded.folder.join("source/perf.data");
    let data = File::options().write(true).open(data).unwrap();
    data.set_modified(SystemTime::now()).unwrap();
    recorded.pack("source", "case.tar.zst");
    assert_eq!(recorded.name("source"), "[program]");
    assert_eq!(recorded.name("case.tar.zst"), "[program]");
}

/// Cases of old have no times, and tar gives their files that of 1970: when the capture was written
/// is then not known, so that it is named as on any other machine, by builds alone.
#[test]
fn a_case_without_a_time_is_named_by_builds() {
    let recorded = Recorded::new("untold");
    let data = recorded.folder.join("source/perf.data");
    let data = File::options().write(true).open(data).unwrap();
    data.set_modified(SystemTime::UNIX_EPOCH).unwrap();
    recorded.pack("source", "case.tar.zst");
    for input in ["source", "case.tar.zst"] {
        assert_eq!(recorded.name(input), shown(1), "{input}");
    }
    recorded.install(1);
    recorded.pack("source", "case.tar.zst");
    for input in ["source", "case.tar.zst"] {
        assert_eq!(recorded.name(input), "[program]", "{input}");
    }
}

/// A program of another mount namespace, as of a container, is what its inode tells here; its case tells
/// the same where there is no such file, also when that is packed again, and of names alone. The table
/// of the capture, which has the build that lay at the path, is not believed.
#[test]
fn a_case_tells_what_ran_in_another_mount_namespace() {
    let recorded = Recorded::new("namespaces");
    recorded.write(&[(1, 100), (7, 200)]);
    sleep(APART);
    assert_eq!(recorded.name("source"), shown(1));
    recorded.pack("source", "case.tar.zst");
    recorded.pack("case.tar.zst", "again.tar.gz");
    recorded.output(&[
        "pack",
        "source",
        "--no-host",
        "--names-only",
        "-o",
        "names.tar",
    ]);
    recorded.pack("names.tar", "names-again.tar");
    let cases = [
        "case.tar.zst",
        "again.tar.gz",
        "names.tar",
        "names-again.tar",
    ];
    for case in cases {
        assert_eq!(recorded.name(case), shown(1), "{case}");
    }
    // The file is gone, and another one is at its path: then the case alone tells, and the capture no
    // more.
    recorded.install(1);
    for case in cases {
        assert_eq!(recorded.name(case), shown(1), "{case}, the file gone");
    }
    assert_eq!(recorded.name("source"), "[program]");
    // What the case says of another inode is not of this file.
    let unpack = Command::new("tar")
        .args(["-xf", "again.tar.gz"])
        .current_dir(&recorded.folder)
        .status();
    assert!(unpack.unwrap().success());
    let told = recorded.folder.join("case/mapped-builds.txt");
    let text = fs::read_to_string(&told).unwrap();
    assert!(text.starts_with("aaaa"), "{text}");
    assert_eq!(recorded.name("case"), shown(1));
    let words: Vec<&str> = text.splitn(4, ' ').collect();
    let [build, device, number, rest] = *words else {
        panic!("{text}");
    };
    let other: u64 = number.parse::<u64>().unwrap() + 1;
    fs::write(told, format!("{build} {device} {other} {rest}")).unwrap();
    assert_eq!(recorded.name("case"), "[program]");
}

/// One build that lies at two paths is one table of names, which has the functions that were hit under
/// either.
#[test]
fn a_build_at_two_paths_keeps_all_its_names() {
    let recorded = Recorded::new("two-paths");
    let copy = recorded.folder.join("copy");
    fs::copy(recorded.program(), &copy).unwrap();
    sleep(APART);
    recorded.write_hits(&[], &[(recorded.program(), 1), (copy, 2)]);
    sleep(APART);
    recorded.output(&[
        "pack",
        "source",
        "--no-host",
        "--names-only",
        "-o",
        "names.tar",
    ]);
    let folded = recorded.output(&["convert", "names.tar", "--format", "folded"]);
    for function in [1, 2] {
        let name = shown(function);
        assert!(folded.contains(&*name), "{name} in {folded}");
    }
    let members = Command::new("tar")
        .args(["-tf", "names.tar"])
        .current_dir(&recorded.folder)
        .output();
    let members = String::from_utf8(members.unwrap().stdout).unwrap();
    let tables = members.lines().filter(|name| name.ends_with(".txt"));
    assert_eq!(tables.count(), 1, "{members}");
}
