//! `record`, with a script in the place of perf that writes down what it is told.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

mod ended;
mod made;
mod refused;

/// A folder of its own for each test, with a perf in it.
struct Place {
    folder: PathBuf,
}

/// What perf does: each line of its arguments goes into `log`. `stat.txt` is what `perf stat` prints;
/// `record.sh` is run by `perf record`, with the output as `$out` and the arguments behind `--`.
const PERF: &str = r#"#!/bin/bash
here=$(dirname "$0")
case "$1" in
--version) echo "perf version 6.1.192"; exit 0 ;;
esac
if [ "$1 $2" = "record -h" ]; then cat "$here/help.txt" >&2; exit 129; fi
echo "$@" >>"$here/log"
if [ "$1" = stat ]; then cat "$here/stat.txt" >&2; exit "$(cat "$here/stat.rc")"; fi
out=; previous=
for word in "$@"; do
    [ "$previous" = -o ] && out=$word
    [ "$previous" = -m ] && size=$word
    previous=$word
done
captured() { cp "$here/capture.data" "$out"; echo "[ perf record: Captured and wrote 0.1 MB ]" >&2; }
. "$here/record.sh"
"#;

const HELP: &str = "    -z, --compression-level[=<n>]\n    -N, --no-buildid-cache  x\n        \
    --max-size <size>\n";

impl Place {
    fn new(test: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("record-{test}"));
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        let place = Self { folder };
        let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
        fs::copy(
            testdata.join("svm-bad/perf.data"),
            place.path("capture.data"),
        )
        .unwrap();
        place.write("perf", PERF);
        place.write("help.txt", HELP);
        place.write("stat.txt", "");
        place.write("stat.rc", "0");
        place.write("record.sh", "captured");
        fs::set_permissions(place.path("perf"), Permissions::from_mode(0o755)).unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// What perf was told, without `--version` and `-h`.
    fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    fn command(&self, words: &[&str]) -> Command {
        // What runs in the background, as these tests may, ignores SIGINT, and so do its children.
        let mut command = Command::new("env");
        command
            .arg("--default-signal=INT,HUP,TERM")
            .arg(env!("CARGO_BIN_EXE_vmflame"))
            .args(["record", "--perf"])
            .arg(self.path("perf"))
            .args(words);
        command.current_dir(&self.folder).env("HOME", &self.folder);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    /// Starts it, and waits until perf records.
    fn start(&self, words: &[&str]) -> Child {
        let child = self.command(words).spawn().unwrap();
        self.wait_for("recording");
        child
    }

    fn wait_for(&self, name: &str) {
        let since = Instant::now();
        while !self.path(name).exists() {
            assert!(
                since.elapsed() < Duration::from_secs(30),
                "{name} does not come"
            );
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// All that is left in the folder of what was not there before.
    fn new_names(&self) -> Vec<String> {
        let known = [
            "capture.data",
            "perf",
            "help.txt",
            "stat.txt",
            "stat.rc",
            "record.sh",
            "log",
        ];
        let entries = fs::read_dir(&self.folder).unwrap().flatten();
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        let mut names: Vec<String> = names
            .filter(|name| !known.contains(&name.as_str()))
            .collect();
        names.sort();
        names
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Ends a process group by a signal, as a terminal or `kill` does.
fn signal(name: &str, child: &Child) {
    let pid = child.id().to_string();
    let killed = Command::new("kill")
        .args(["-s", name, &pid])
        .status()
        .unwrap();
    assert!(killed.success());
}

/// Profile `cpu` of one process, which needs neither root nor tracepoints.
fn cpu<'w>(more: &[&'w str]) -> Vec<&'w str> {
    [&["--profile", "cpu", "--cpu-clock", "--no-host"], more].concat()
}
