//! What is read is never lost, what strangers packed stays where it belongs, and nothing is left
//! behind.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use vmflame::bytes::{Storage, UnpackLimit};
use vmflame::input::{ArchiveFault, Input, Refusal};
use vmflame::object::ObjectSearch;
use vmflame::symbol::{FoundSymbols, Places, Unresolved};
use vmflame::units::BuildId;

/// A capture of its own in a folder of its own, where the programs run.
struct Place(PathBuf);

impl Place {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kept-{test}"));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(folder.join("tmp")).unwrap();
        fs::copy(case().join("perf.data"), folder.join("x.data")).unwrap();
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("sh");
        let program = env!("CARGO_BIN_EXE_vmflame");
        command.args(["-c", &line.replace("vmflame ", &format!("{program} "))]);
        command.current_dir(&self.0).stdin(Stdio::null());
        command
            .env("HOME", &self.0)
            .env("TMPDIR", self.0.join("tmp"));
        command
    }

    /// Status and standard error of a line in the shell.
    fn run(&self, line: &str) -> (Option<i32>, String) {
        let Output { status, stderr, .. } = self.shell(line).output().unwrap();
        (status.code(), String::from_utf8(stderr).unwrap())
    }

    /// Standard output of a line that must go well.
    fn output(&self, line: &str) -> String {
        let done = self.shell(line).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(0), "{line}: {said}");
        String::from_utf8(done.stdout).unwrap()
    }

    fn is_clean(&self) -> bool {
        let count = |folder: &Path| fs::read_dir(folder).unwrap().count();
        let left = |name: &str| name.starts_with(".vmflame");
        let mut entries = fs::read_dir(&self.0).unwrap().map(|entry| entry.unwrap());
        count(&self.path("tmp")) == 0
            && !entries.any(|entry| left(&entry.file_name().to_string_lossy()))
    }
}

fn case() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/plain")
}

/// Law: no run changes a file that it reads, whatever the output is called.
#[test]
fn an_output_is_never_an_input() {
    let place = Place::new("inputs");
    let prepare = "mkdir -p dir/buildid/a dir/in
        cp x.data dir/perf.data; echo table > dir/buildid/a/elf; ln dir/buildid/a/elf elf.svg
        cp x.data dir/in/mine.folded; echo 'ffffffff81000000 T _text' > kallsyms.txt
        echo 'x_*\tguest' > rules.txt; tar cf x.data.tar kallsyms.txt
        ln -s x.data link.svg; ln x.data hard.svg; echo 'a;b 5' > a.folded; echo 'a;b 5' > b.folded";
    assert_eq!(place.run(prepare).0, Some(0));
    let inputs = "cat x.data dir/perf.data dir/buildid/a/elf kallsyms.txt rules.txt x.data.tar a.folded b.folded | cksum";
    let before = place.output(inputs);
    let lines = "vmflame convert x.data -o x.data
        vmflame convert x.data --format svg -o ./tmp/../x.data
        vmflame convert x.data -o link.svg
        vmflame convert link.svg -o hard.svg
        vmflame convert hard.svg --format folded -o x.data
        vmflame convert - --format folded -o x.data < x.data
        vmflame convert x.data --format folded -o /dev/stdin < x.data
        vmflame convert x.data --format folded >> x.data
        vmflame convert x.data --format folded -o /dev/stdout >> x.data
        vmflame convert x.data --format folded -o /dev/fd/7 7>> x.data
        vmflame info x.data >> x.data
        vmflame bench x.data >> x.data
        vmflame convert x.data --format svg -o x.data.tar
        vmflame convert x.data --kallsyms kallsyms.txt --format svg -o kallsyms.txt
        vmflame convert x.data --rules rules.txt --format svg -o rules.txt
        vmflame convert dir -o dir/perf.data
        vmflame convert dir -o elf.svg
        vmflame convert x.data --buildid-dir dir/buildid -o elf.svg
        vmflame diff a.folded b.folded -o b.folded
        vmflame diff a.folded b.folded -o a.folded
        vmflame diff a.folded - -o b.folded < b.folded
        vmflame diff x.data dir --format json -o dir/perf.data
        vmflame diff a.folded b.folded >> a.folded
        vmflame diff a.folded b.folded -o new.svg >> a.folded";
    for line in lines.lines().map(str::trim) {
        let (code, said) = place.run(line);
        assert_eq!(code, Some(2), "{line}: {said}");
        assert!(said.contains("is an input"), "{line}: {said}");
        assert_eq!(place.output(inputs), before, "{line}");
    }
    assert!(!place.path("new.svg").exists(), "the work was begun");
    // Another capture, packed or not, and a program are as much a loss.
    place.run("cp x.data other.svg; cp /bin/true true.svg");
    place.run("gzip -c x.data > keep.svg.gz; xz -c x.data > keep.svg; bzip2 -c x.data > b.svg");
    place.run("printf '\\027\\010Dtracing6' > t.svg");
    let others = [
        "other.svg",
        "true.svg",
        "keep.svg.gz",
        "keep.svg",
        "b.svg",
        "t.svg",
    ];
    for output in others {
        let (code, said) = place.run(&format!("vmflame convert x.data -o {output}"));
        assert_eq!((code, said.contains("lost")), (Some(2), true), "{said}");
    }
    // What an earlier run put beside a capture is no input.
    for _ in 0..2 {
        place.output("vmflame convert dir -o dir/out.svg");
    }
    assert!(place.is_clean());
}

/// A made-up capture is written where the user says, and over nothing unless the user says so.
#[test]
fn a_made_up_capture_replaces_a_file_only_by_force() {
    let place = Place::new("generate");
    let make = "vmflame bench --generate size=100K";
    place.run("cp x.data perf.data");
    for (line, word) in [
        (make.to_owned(), "required"),
        (format!("{make} perf.data"), "--force"),
        (format!("{make} -"), "to a file"),
        (format!("{make} new.data.gz"), "uncompressed"),
    ] {
        let (code, said) = place.run(&line);
        assert_eq!((code, said.contains(word)), (Some(2), true), "{said}");
    }
    place.output("cmp x.data perf.data");
    place.output(&format!("{make} new.data"));
    place.output(&format!(
        "{make} --force perf.data && cmp new.data perf.data"
    ));
    place.output(&format!("{make} /dev/null && test -c /dev/null"));
}

/// An output is written as the shell's `>` would write it: through links, with the file's mode, and
/// not where the file is read-only. Pipes and devices stay what they are.
#[test]
fn links_modes_and_pipes_are_kept() {
    let place = Place::new("links");
    fs::write(place.path("target.svg"), "old").unwrap();
    let mode = |mode| fs::Permissions::from_mode(mode);
    fs::set_permissions(place.path("target.svg"), mode(0o640)).unwrap();
    symlink("target.svg", place.path("one.svg")).unwrap();
    symlink("one.svg", place.path("two.svg")).unwrap();
    symlink("later.svg", place.path("dangling.svg")).unwrap();
    place.output("vmflame convert x.data -o plain.svg");
    for output in ["two.svg", "dangling.svg"] {
        place.output(&format!("vmflame convert x.data -o {output}"));
        place.output(&format!("test -L {output} && cmp {output} plain.svg"));
    }
    let kept = fs::metadata(place.path("target.svg")).unwrap();
    assert_eq!(kept.permissions().mode() & 0o777, 0o640);
    fs::set_permissions(place.path("target.svg"), mode(0o444)).unwrap();
    for output in ["two.svg", "target.svg"] {
        let (code, said) = place.run(&format!("vmflame convert x.data --no-tag -o {output}"));
        assert_eq!(
            (code, said.contains("read-only")),
            (Some(2), true),
            "{said}"
        );
    }
    place.output("cmp target.svg plain.svg");
    place.output("mkfifo pipe; cat pipe > got.svg & vmflame convert x.data -o pipe; wait; cmp got.svg plain.svg");
    place.output("vmflame convert x.data -o /dev/null && test -c /dev/null");
    let log = "echo first > log; vmflame convert x.data -o /dev/stdout >> log; echo last >> log";
    place.output(log);
    let log = fs::read_to_string(place.path("log")).unwrap();
    assert!(log.starts_with("first\n<?xml") && log.ends_with("</svg>\nlast\n"));
    let line = "ulimit -f 1; vmflame convert x.data -o large.svg";
    assert_eq!(place.run(line).0, Some(2), "a file can be too large");
    assert_eq!(place.run("vmflame convert x.data -o /dev/full").0, Some(2));
    assert!(!place.path("large.svg").exists());
    for option in ["--help", "--version"] {
        let line = format!("vmflame {option} >/dev/full");
        assert_eq!(place.run(&line).0, Some(2), "{line}");
    }
    assert!(place.is_clean());
}

/// An ending says what is in the file (`gzip` and `zstd` read it), or is an error.
#[test]
fn endings_say_what_is_in_the_file() {
    let place = Place::new("endings");
    for output in ["x.svg", "x.svgz", "y.svg.gz", "x.SVG.ZST", "x", "z.gz"] {
        place.output(&format!("vmflame convert x.data -o {output}"));
    }
    place.output("zcat < x.svgz | cmp - x.svg && zcat < y.svg.gz | cmp - x.svg && cmp x x.svg");
    place.output("zstd -qdc < x.SVG.ZST | cmp - x.svg && zcat < z.gz | cmp - x.svg");
    place.output("vmflame convert x.data -o x.folded; vmflame convert x.data -o x.folded.gz");
    place.output("zcat < x.folded.gz | cmp - x.folded");
    place.output("vmflame diff x.folded x.folded.gz --json -o d.json.zst; zstd -qt d.json.zst");
    for (verb, ending) in [
        ("convert x.data", "png"),
        ("convert x.data", "html"),
        ("convert x.data", "txt"),
        ("convert x.data", "svg.bz2"),
        ("diff x.folded x.data", "png"),
        ("diff x.folded x.data", "svgz.gz"),
    ] {
        let (code, said) = place.run(&format!("vmflame {verb} -o new.{ending}"));
        let is_listed = said.contains(".svg, .folded");
        assert_eq!(
            (code, is_listed),
            (Some(2), true),
            "{verb} {ending}: {said}"
        );
        assert!(!place.path(&format!("new.{ending}")).exists());
    }
    place.output("vmflame convert x.data --format folded -o x.png && cmp x.png x.folded");
}

/// The files that are reached below a folder, links followed.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut pending = vec![PathBuf::new()];
    while let Some(inside) = pending.pop() {
        for entry in fs::read_dir(folder.join(&inside)).unwrap() {
            let inside = inside.join(entry.unwrap().file_name());
            let path = folder.join(&inside);
            if path.is_dir() {
                pending.push(inside);
            } else {
                found.insert(inside, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// GNU tar is the oracle: what it unpacks is what is found. The list of names is that of `perf
/// archive`, which names a build id twice that occurs under two paths: the second time tar packs
/// hard links to the members themselves.
#[test]
fn archives_are_unpacked_as_gnu_tar_does() {
    let place = Place::new("tar");
    place.output(
        "mkdir -p .debug/.build-id/ab .debug/opt/d1/abcd gnu; cd .debug; echo 1 > opt/d1/abcd/elf
         ln -s ../../opt/d1/abcd .build-id/ab/cd; printf '%s\\n' .build-id/ab/cd opt/d1/abcd > list
         long=$(printf 'n%.0s' $(seq 200)); mkdir $long; echo long > $long/$long
         truncate -s 3M sparse; echo end >> sparse; ln opt/d1/abcd/elf second
         cat list list > twice; echo v1 > later
         tar cf ../x.data.tar -T twice $long sparse second later
         echo v2 > later; tar rf ../x.data.tar -S sparse later
         tar xf ../x.data.tar -C ../gnu; bzip2 < ../x.data.tar > ../x.data.tar.bz2
         tar cSf ../x.data.tar.xz --format=posix -J -T twice $long sparse second later",
    );
    let input = Input::resolve(&place.path("x.data")).unwrap();
    assert_eq!(input.faults, []);
    let right = files(&place.path("gnu"));
    assert_eq!(right[Path::new(".build-id/ab/cd/elf")], b"1\n");
    assert_eq!(right[Path::new("later")], b"v2\n");
    let folders: Vec<&PathBuf> = input.buildid_dirs.iter().step_by(2).collect();
    let [bzip2, posix, plain] = folders[..] else {
        unreachable!("three archives lie beside the capture")
    };
    assert!(files(bzip2) == right && files(plain) == right);
    assert!(files(posix) == right);
    drop(input);
}

/// A header of a tarball, as `struct posix_header` of GNU tar 1.34 lays it out.
fn header(name: &str, kind: u8, target: &str, len: usize) -> Vec<u8> {
    let mut header = vec![0; 512];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(124, format!("{len:011o}\0").as_bytes());
    put(148, b"        ");
    put(156, &[kind]);
    put(157, target.as_bytes());
    put(257, b"ustar  \0");
    put(329, b"0000001\x000000005\0");
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn tarball(members: &[Member]) -> Vec<u8> {
    let mut out = Vec::new();
    for &(name, kind, text) in members {
        let content = if kind == b'0' { text.as_bytes() } else { b"" };
        let target = if kind == b'0' { "" } else { text };
        out.extend(header(name, kind, target, content.len()));
        out.extend(content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// Name, kind, and target or content.
type Member = (&'static str, u8, &'static str);

/// A member that is left out, and why.
type LeftOut = (&'static str, Refusal);

/// Archives, and what of them is left out.
const HOSTILE: [(&[Member], &[LeftOut]); 9] = [
    (
        &[("perf.data", b'2', "/dev/zero")],
        &[("perf.data", Refusal::LinkOutside)],
    ),
    (
        &[("a/perf.data", b'2', "../../x")],
        &[("a/perf.data", Refusal::LinkOutside)],
    ),
    (
        &[("perf.data", b'6', "")],
        &[("perf.data", Refusal::NoFile)],
    ),
    (
        &[("perf.data", b'3', "")],
        &[("perf.data", Refusal::NoFile)],
    ),
    (
        &[("perf.data", b'1', "/etc/passwd")],
        &[("perf.data", Refusal::LinkToNothing)],
    ),
    (
        &[("perf.data", b'1', "../x")],
        &[("perf.data", Refusal::LinkOutside)],
    ),
    (
        &[("../evil", b'0', "x"), ("perf.data", b'2', "perf.data")],
        &[
            ("../evil", Refusal::Outside),
            ("perf.data", Refusal::LinkOutside),
        ],
    ),
    // Each link alone stays inside by its text.
    (
        &[
            ("a/b/up", b'2', "../.."),
            ("a/b/out", b'2', "up/../tmp"),
            ("a/b/out/evil", b'0', "x"),
        ],
        &[
            ("a/b/out/evil", Refusal::Outside),
            ("a/b/out", Refusal::LinkOutside),
        ],
    ),
    (
        &[("f", b'0', "x"), ("f/perf.data", b'0', "x")],
        &[("f/perf.data", Refusal::NoPlace)],
    ),
];

/// Law: whatever an archive holds, nothing outside of it is read or written, and who packed a link
/// out, a device or a pipe is told so by name.
#[test]
fn members_that_lead_out_are_refused_by_name() {
    let place = Place::new("hostile");
    let path = place.path("x.tar");
    for (members, refused) in HOSTILE {
        fs::write(&path, tarball(members)).unwrap();
        let error = Input::resolve(&path).unwrap_err();
        let (first, why) = refused[0];
        let hint = error.hint().unwrap_or_default();
        assert!(
            hint.contains(first) && hint.contains(why.as_str()),
            "{members:?}: {hint}"
        );
        fs::write(
            &path,
            tarball(&[members, &[("c/perf.data", b'0', "x")]].concat()),
        )
        .unwrap();
        let input = Input::resolve(&path).unwrap();
        let faults = input.faults.iter().map(|(archive, fault)| {
            assert_eq!(*archive, path);
            fault.clone()
        });
        let refused = refused.iter().map(|&(name, why)| ArchiveFault::Refused {
            member: name.into(),
            why,
        });
        assert!(faults.eq(refused), "{members:?}: {:?}", input.faults);
    }
    assert!(!place.path("evil").exists() && !place.path("tmp/evil").exists());
}

/// Links that stay inside are followed, and a file may come after the link to it.
#[test]
fn links_inside_an_archive_are_followed() {
    let place = Place::new("inside");
    let path = place.path("x.tar");
    for members in [
        &[("perf.data", b'1', "real"), ("real", b'0', "right")][..],
        &[
            ("perf.data", b'2', "a/../real"),
            ("a", b'5', ""),
            ("/real", b'0', "right"),
        ],
        &[
            ("c", b'2', "real"),
            ("real", b'5', ""),
            ("c/perf.data", b'0', "right"),
        ],
        &[
            ("perf.data", b'2', "/dev/zero"),
            ("perf.data", b'0', "right"),
        ],
        &[
            ("real", b'0', "right"),
            ("perf.data", b'1', "real"),
            ("real", b'0', "wrong"),
        ],
    ] {
        fs::write(&path, tarball(members)).unwrap();
        let input = Input::resolve(&path).unwrap();
        assert_eq!(fs::read(&input.data).unwrap(), b"right", "{members:?}");
    }
}

/// Size and count are bounded before the disk is full, and the user can ask for more.
#[test]
fn what_is_unpacked_is_bounded() {
    let place = Place::new("bounded");
    place.output(
        "truncate -s 40M zeros; cat x.data zeros | gzip -1 > x.gz; cat x.data zeros > perf.data
         tar cf - perf.data | zstd -q > size.tar; mkdir many; cd many; touch $(seq 100); cd ..
         tar cf count.tar many x.data; tar cSf holes.tar zeros; head -c 30000 count.tar > cut.tar",
    );
    let limit = |text| UnpackLimit::parse(text).unwrap();
    for (name, small, large) in [
        ("size.tar", "1M", "100M"),
        ("count.tar", "1G,50", "1G,5000"),
        ("holes.tar", "1M", "100M"),
    ] {
        let path = place.path(name);
        let error = Input::resolve_within(&path, limit(small)).unwrap_err();
        assert!(error.to_string().contains("more than"), "{name}: {error}");
        let enough = Input::resolve_within(&path, limit(large));
        let said = enough.map_or_else(|error| error.to_string(), |_| String::new());
        assert!(!said.contains("more than"), "{name}: {said}");
    }
    let (code, said) = place.run("vmflame convert x.gz --max-unpacked 1M -o x.svg");
    assert_eq!(
        (code, said.contains("--max-unpacked")),
        (Some(2), true),
        "{said}"
    );
    // A long name of 2 GiB is not read into memory.
    let mut long = header("././@LongLink", b'L', "", 2 << 30);
    long.resize(4 << 20, b'n');
    fs::write(place.path("long.tar"), long).unwrap();
    let error = Input::resolve(&place.path("long.tar")).unwrap_err();
    assert!(error.hint().unwrap().contains("too long"), "{error}");
    assert!(place.is_clean());
}

/// A good capture is drawn whatever lies beside it, and the user learns what was not used.
#[test]
fn a_broken_archive_beside_a_capture_is_a_warning() {
    let place = Place::new("beside");
    place.output("echo x > f; tar cf whole.tar f; tar cf none.tar -T /dev/null");
    let right = place.output("vmflame convert x.data --format folded");
    for (prepare, word) in [
        ("head -c 700 /dev/urandom > x.data.tar.gz", "no tar archive"),
        (
            "bzip2 < whole.tar | head -c 60 > x.data.tar.bz2",
            "cannot be unpacked",
        ),
        ("head -c 513 whole.tar > x.data.tar", "within a member"),
        (": > x.data.tar.xz", "cannot be unpacked"),
        ("mkfifo x.data.tar.zst", "no regular file"),
        ("ln -s nowhere x.data.tar", "no regular file"),
    ] {
        place.output(&format!("rm -f x.data.*; {prepare}"));
        let done = place
            .shell("vmflame convert x.data --format folded")
            .output()
            .unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(0), "{said}");
        assert!(
            said.contains("x.data.tar") && said.contains(word),
            "{prepare}: {said}"
        );
        assert_eq!(String::from_utf8(done.stdout).unwrap(), right, "{prepare}");
    }
    // An empty list makes a good archive of nothing.
    let (code, said) = place.run("rm -f x.data.*; cp none.tar x.data.tar; vmflame info x.data");
    assert_eq!((code, said.contains("warning")), (Some(0), false), "{said}");
}

/// Waits for what another process does.
fn until(mut what: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !what() {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "it does not happen"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn end(mut child: Child, signal: &str) -> Option<i32> {
    use std::os::unix::process::ExitStatusExt;
    let pid = child.id().to_string();
    Command::new("kill").args([signal, &pid]).status().unwrap();
    let mut status = None;
    until(|| {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap().signal()
}

/// A process that is ended sweeps up, and its parent sees what ended it.
#[test]
fn signals_leave_nothing_behind() {
    let place = Place::new("signals");
    // Nobody reads the pipe: the run waits there, with its archive unpacked.
    place.output("cp x.data perf.data; tar cf x.tar perf.data; mkfifo pipe");
    for (signal, number) in [("-INT", 2), ("-TERM", 15), ("-HUP", 1)] {
        // Who starts the tests may have told them to ignore signals, and children do as well.
        let line = "exec env --default-signal vmflame convert x.tar --format folded -o pipe";
        let child = place.shell(line).spawn().unwrap();
        let folder = place.path("tmp");
        let holds = |path: PathBuf| path.join("perf.data").exists();
        let entries = || fs::read_dir(&folder).unwrap();
        until(|| entries().any(|entry| holds(entry.unwrap().path())));
        assert_eq!(end(child, signal), Some(number));
        assert!(place.is_clean(), "{signal}");
    }
}

/// What a capture names may be anything on this machine: only regular files are opened.
#[test]
fn symbol_files_that_are_no_files_are_not_opened() {
    let place = Place::new("symbols");
    let id = BuildId::from_hex("abcd000000000000000000000000000000000000").unwrap();
    place.output("mkdir -p .build-id/ab/cd000000000000000000000000000000000000");
    let cached = place.path(".build-id/ab/cd000000000000000000000000000000000000/elf");
    let search = ObjectSearch {
        buildid_dirs: vec![place.0.clone()],
        recorded_paths: true,
        ..ObjectSearch::default()
    };
    for target in ["/dev/zero", "/dev/tty", "/proc/kmsg", "pipe", "/", "elf"] {
        place.output("mkfifo -m 600 $(dirname .build-id/ab/*/x)/pipe 2> /dev/null; true");
        drop(fs::remove_file(&cached));
        symlink(target, &cached).unwrap();
        let found = FoundSymbols::find(
            &search,
            cached.to_str().unwrap(),
            Some(&id),
            Places::Everywhere,
        );
        assert_eq!(found.symbols.unwrap_err(), Unresolved::NoFile, "{target}");
        assert!(Storage::open_regular(&cached).is_ok_and(|found| found.is_none()));
    }
    // The capture directory of a stranger, with pipes for files.
    let prepare = "mkdir dir other; mkfifo dir/perf.data; cp x.data other/perf.data
        mkfifo other/kallsyms other/modules other/perf.data.tar; ln -s /dev/zero other/kallsyms.gz";
    place.output(prepare);
    let (code, said) = place.run("vmflame convert dir -o x.svg");
    assert_eq!(
        (code, said.contains("no regular file")),
        (Some(2), true),
        "{said}"
    );
    place.output("vmflame convert other -o x.svg");
    assert_eq!(place.run("vmflame convert /dev/zero -o x.svg").0, Some(2));
    // A pipe that the user names is read.
    let mut line = place.shell("vmflame convert /dev/fd/0 --format folded");
    let mut child = line
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let bytes = fs::read(place.path("x.data")).unwrap();
    child.stdin.take().unwrap().write_all(&bytes).unwrap();
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
}
