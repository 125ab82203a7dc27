//! Which file it was that a process mapped. The truth is in each case what the test did to the files.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::Cursor as Memory;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use vmflame::analysis::{Request, profile};
use vmflame::bytes::Little;
use vmflame::object::ObjectSearch;
use vmflame::perf::abi::PERF_CONTEXT_USER;
use vmflame::perf::writer::{
    Description, FeatureSection, FileIdentity, FileWriter, RecordWriter, SampleValues,
    WrittenEvent, WrittenRecord,
};
use vmflame::perf::{Capture, Feature, RecordedBuildId};
use vmflame::symbol::{LiveKernel, SymbolRequest};
use vmflame::units::{Avma, BuildId, FileOffset, Pid, Tid, Timestamp};

use crate::common::made_elf::{FIRST, FUNCTION_BYTES, made_elf_of_build, shown};
use crate::common::namespaces::mount_namespaces;

/// Where the file's first byte lies in memory.
const START: u64 = 0x5555_0000_0000;
/// When the file was mapped and the one sample taken: the machine had been up for a day.
const TAKEN: u64 = 86_400_000_000_000;
/// The builds of two files.
pub(crate) const BUILDS: [[u8; 20]; 2] = [[0xaa; 20], [0xbb; 20]];

/// A folder of files and the capture of a process that mapped one of them.
pub(crate) struct Case {
    pub(crate) folder: PathBuf,
    /// Takes the folder away.
    _scratch: Option<tempfile::TempDir>,
    /// What the program is called.
    name: String,
    /// Mapping records, each of a process of its own.
    pub(crate) mapped: Vec<FileIdentity>,
    /// What the build id table says of the path.
    pub(crate) table: Option<BuildId>,
    /// The mount namespaces of the first process and of those that map it, where records tell them: 0 of
    /// one that perf may not see.
    mounts: Option<[u64; 2]>,
    /// When the capture was written; `None` on another machine.
    pub(crate) written: Option<SystemTime>,
    /// When the recorder had made its file.
    pub(crate) begun: Option<SystemTime>,
    /// Copies of the recorded machine's file system.
    pub(crate) roots: Vec<PathBuf>,
    /// The cache of debuginfod's client.
    downloads: Option<PathBuf>,
    /// perf's caches.
    pub(crate) caches: Vec<PathBuf>,
    /// How long after it was mapped the last sample was taken.
    pub(crate) lasting: Duration,
}

impl Case {
    /// A program is at the path, and was mapped; the capture is written a minute from now.
    pub(crate) fn new() -> Self {
        let scratch = tempfile::tempdir().unwrap();
        let mut case = Self::of(scratch.path().to_owned(), "program");
        case._scratch = Some(scratch);
        fs::write(case.path(), made_elf_of_build(4, &BUILDS[0])).unwrap();
        case.mapped = vec![case.identity()];
        case.begun = Some(SystemTime::now());
        case
    }

    /// The same of a file in a folder, which nothing maps yet.
    pub(crate) fn of(folder: PathBuf, name: &str) -> Self {
        Self {
            folder,
            _scratch: None,
            name: name.to_owned(),
            mapped: Vec::new(),
            table: BuildId::new(&BUILDS[0]),
            mounts: None,
            written: Some(SystemTime::now() + Duration::from_secs(60)),
            begun: None,
            roots: Vec::new(),
            downloads: None,
            caches: Vec::new(),
            lasting: Duration::ZERO,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// What the kernel would tell of the file at the path.
    pub(crate) fn identity(&self) -> FileIdentity {
        let found = fs::metadata(self.path()).unwrap();
        let (dev, inode) = (found.dev(), found.ino());
        let number = |value: u64| u32::try_from(value).unwrap();
        FileIdentity::Inode {
            major: number(dev >> 8 & 0xfff),
            minor: number((dev & 0xff) | (dev >> 12 & 0xfff00)),
            inode,
            generation: 0,
        }
    }

    /// Puts another file at the path, of one of the builds.
    pub(crate) fn replace(&self, build: usize) {
        let new = self.folder.join("new");
        fs::write(&new, made_elf_of_build(4, &BUILDS[build])).unwrap();
        fs::rename(new, self.path()).unwrap();
    }

    fn write(&self, place: &Path) {
        let mut event = WrittenEvent::cpu_clock();
        event.ids = vec![1];
        let mut records = RecordWriter::<Little>::new();
        let at = SampleValues {
            time: Timestamp::from_nanos(TAKEN),
            ..SampleValues::default()
        };
        let path = self.path();
        let pids = (7..).zip(&self.mapped);
        for (pid, identity) in pids.clone() {
            if let Some([of_first, own]) = self.mounts {
                mount_namespaces(&mut records, &event, &[(1, of_first), (pid, own)]);
            }
            let mapping = WrittenRecord::Mmap2 {
                pid: Pid::new(pid),
                tid: Tid::new(pid),
                start: Avma::new(START),
                len: 0x20000,
                file_offset: FileOffset::new(0),
                identity: identity.clone(),
                prot: 5,
                flags: 2,
                name: path.as_os_str().as_encoded_bytes(),
            };
            records.entry(2, &mapping, Some((&event.attr, &at)));
        }
        for (pid, _) in pids {
            let ip = START + FIRST + FUNCTION_BYTES + 4;
            let mut values = SampleValues {
                id: 1,
                ip,
                pid: Pid::new(pid),
                tid: Tid::new(pid),
                chain: &[PERF_CONTEXT_USER, ip],
                time: at.time,
                ..SampleValues::default()
            };
            records.sample(&event.attr, 2, &values);
            let last = TAKEN + u64::try_from(self.lasting.as_nanos()).unwrap();
            values.time = Timestamp::from_nanos(last);
            records.sample(&event.attr, 2, &values);
        }
        let events = vec![event];
        let table = self.table.iter().map(|build_id| RecordedBuildId {
            path: path.to_str().unwrap().to_owned(),
            build_id: build_id.clone(),
            machine: Pid::new(-1),
        });
        let features = vec![
            FeatureSection::text(Feature::HOSTNAME, "lab"),
            FeatureSection::text(Feature::OSRELEASE, "6.1.0-lab"),
            FeatureSection::event_names(&events),
            FeatureSection::build_ids(table.collect()),
        ];
        let description = Description { events, features };
        let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
        out.write(records.bytes()).unwrap();
        fs::write(place, out.finish().unwrap().into_inner()).unwrap();
    }

    /// Whether the sample of each process got the name of the program's function; the name is that
    /// of no other function.
    pub(crate) fn named(&self) -> Vec<bool> {
        let data = self.folder.join("perf.data");
        self.write(&data);
        let live = self.written.map(|written| LiveKernel {
            build_id: BuildId::new(&[1; 20]).unwrap(),
            kallsyms: "/dev/null".into(),
            host_name: "lab".to_owned(),
            release: "6.1.0-lab".to_owned(),
            input_written: Some(Timestamp::from_nanos(TAKEN + 1_000_000_000)),
            input_changed: Some(written),
            input_begun: self.begun,
            clocks: None,
            vdso: Box::default(),
        });
        let search = ObjectSearch {
            recorded_paths: true,
            symfs: self.roots.clone(),
            debuginfod_cache: self.downloads.clone(),
            buildid_dirs: self.caches.clone(),
            ..ObjectSearch::default()
        };
        let symbols = SymbolRequest {
            live,
            search,
            ..SymbolRequest::default()
        };
        let request = Request {
            grouping: vmflame::analysis::Grouping::Thread,
            ..Request::default()
        };
        let capture = Capture::open(&data).unwrap();
        let profile = profile(&capture, &symbols, &request).unwrap();
        let leaf = |stack| {
            let leaf = profile.stacks.frames(stack).last().copied().unwrap();
            profile.frames.get(leaf).name.to_string()
        };
        let mut leaves: Vec<(String, bool)> = Vec::new();
        for stack in profile.stacks.iter() {
            let name = leaf(stack);
            let is_named = name == shown(1);
            assert!(is_named || name == format!("[{}]", self.name), "{name}");
            let process = profile.stacks.frames(stack)[0];
            let process = profile.frames.get(process).name.to_string();
            leaves.push((process, is_named));
        }
        leaves.sort();
        leaves.into_iter().map(|(_, is_named)| is_named).collect()
    }
}

/// Whatever the file is now, the one that ran is told from others.
#[test]
fn only_the_file_that_ran_gives_names() {
    let case = Case::new();
    assert_eq!(case.named(), [true], "nothing happened");

    let mut case = Case::new();
    case.table = None;
    assert_eq!(case.named(), [true], "no build id was recorded");
    case.replace(0);
    assert_eq!(case.named(), [false], "replaced, no build id was recorded");

    let mut case = Case::new();
    case.replace(1);
    case.table = BuildId::new(&BUILDS[1]);
    assert_eq!(case.named(), [false], "replaced while it ran");

    let case = Case::new();
    case.replace(0);
    assert_eq!(
        case.named(),
        [false],
        "replaced by the same build while it ran"
    );

    let mut case = Case::new();
    case.written = Some(SystemTime::now() - Duration::from_secs(60));
    case.replace(0);
    assert_eq!(case.named(), [true], "linked again after the recording");
    case.replace(1);
    assert_eq!(case.named(), [false], "replaced after the recording");

    let mut case = Case::new();
    case.written = Some(SystemTime::now() - Duration::from_secs(60));
    assert_eq!(
        case.named(),
        [true],
        "given another owner after the recording"
    );
    case.table = None;
    assert_eq!(
        case.named(),
        [false],
        "changed since, no build id was recorded"
    );

    let mut case = Case::new();
    case.written = Some(SystemTime::now() - Duration::from_secs(60));
    fs::write(case.path(), made_elf_of_build(4, &BUILDS[1])).unwrap();
    assert_eq!(case.named(), [false], "written to after the recording");
}

/// perf gives files another name when it stops, in its cache, which changes the time of change. What
/// a file holds is as it was.
#[test]
fn a_file_that_got_another_name_or_owner_is_the_same() {
    let pause = || std::thread::sleep(Duration::from_millis(60));
    let mut case = Case::new();
    pause();
    case.written = Some(SystemTime::now());
    pause();
    fs::set_permissions(case.path(), fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(case.named(), [true], "the build id says so");
    let known = case.table.take();
    assert_eq!(case.named(), [false], "nothing says so");
    fs::hard_link(case.path(), case.folder.join("cached")).unwrap();
    assert_eq!(case.named(), [true], "it has two names");
    fs::write(case.path(), made_elf_of_build(4, &BUILDS[0])).unwrap();
    assert_eq!(case.named(), [false], "it was written to");
    case.table = known;
    assert_eq!(
        case.named(),
        [true],
        "written to after the recording, of the same build"
    );
}

/// What debuginfod's client downloaded is used by build id, wherever the program was.
#[test]
fn the_cache_of_debuginfod_is_asked() {
    let mut case = Case::new();
    case.written = None;
    let cache = case.folder.join("cache");
    let of_build = cache.join("aa".repeat(20));
    fs::create_dir_all(&of_build).unwrap();
    fs::rename(case.path(), of_build.join("executable")).unwrap();
    assert_eq!(case.named(), [false], "not given");
    case.downloads = Some(cache.clone());
    assert_eq!(case.named(), [true], "the recorded build");
    // A planted one, and the empty file by which the client remembers that servers have none.
    fs::write(
        of_build.join("executable"),
        made_elf_of_build(4, &BUILDS[1]),
    )
    .unwrap();
    assert_eq!(case.named(), [false], "planted");
    fs::write(of_build.join("executable"), []).unwrap();
    assert_eq!(case.named(), [false], "empty");
}

/// Two programs under one path, and one build id for both.
#[test]
fn of_two_files_under_one_path_the_one_that_is_there_is_named() {
    let mut case = Case::new();
    // It still exists: an inode that is free is given to the next file.
    fs::rename(case.path(), case.folder.join("kept")).unwrap();
    case.replace(1);
    case.mapped.push(case.identity());
    case.table = BuildId::new(&BUILDS[1]);
    assert_eq!(case.named(), [false, true]);
    // Elsewhere neither can be told.
    case.written = None;
    assert_eq!(case.named(), [false, false]);
}

/// In another mount namespace a path may lead to another file.
#[test]
fn the_path_of_another_mount_namespace_is_not_believed() {
    let mut case = Case::new();
    case.written = None;
    assert_eq!(
        case.named(),
        [true],
        "of another machine, namespaces not recorded"
    );
    case.mounts = Some([100, 200]);
    assert_eq!(case.named(), [false], "of another machine");
    case.mounts = Some([100, 100]);
    assert_eq!(case.named(), [true], "the namespace of the first process");
    case.mounts = Some([0, 200]);
    assert_eq!(
        case.named(),
        [true],
        "perf may not see the namespace of the first process"
    );
    case.mounts = Some([100, 0]);
    assert_eq!(
        case.named(),
        [true],
        "perf may not see the namespace of the process"
    );
    case.mounts = Some([100, 200]);
    case.mapped = vec![FileIdentity::BuildId(BuildId::new(&BUILDS[0]).unwrap())];
    assert_eq!(
        case.named(),
        [true],
        "the mapping's own build id is believed"
    );
    case.mapped = vec![FileIdentity::BuildId(BuildId::new(&BUILDS[1]).unwrap())];
    assert_eq!(
        case.named(),
        [false],
        "the mapping's own build id is another one"
    );
    let mut case = Case::new();
    case.mounts = Some([100, 200]);
    assert_eq!(case.named(), [true], "the same file, seen from both");
}
