//! The shared captures: where they are, and what lies beside each.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use vmflame::object::ObjectSearch;
use vmflame::symbol::SymbolRequest;

/// A capture with perf's text of it.
#[derive(Debug)]
pub struct Recording {
    /// `badst-debian.cpu`.
    pub name: String,
    /// `svm`, `vmx` or `arm64`.
    pub machine: &'static str,
    /// The capture, compressed or not.
    pub data: PathBuf,
    /// perf's text.
    pub script: PathBuf,
    /// Whether the text was written on another machine than the recording one.
    pub is_offline: bool,
    /// perf's count of records.
    pub counts: Option<PathBuf>,
    /// Folder of the boot.
    pub boot: PathBuf,
}

/// All captures of a machine that have perf's text beside them, by name.
pub fn recordings(captures: &Path, machine: &'static str) -> Vec<Recording> {
    let mut found = Vec::new();
    for entry in fs::read_dir(captures.join(machine)).unwrap() {
        let boot = entry.unwrap().path();
        if !boot.is_dir() {
            continue;
        }
        for entry in fs::read_dir(&boot).unwrap() {
            found.extend(recording(&boot, &entry.unwrap().path(), machine));
        }
    }
    found.sort_by(|a, b| (&a.name, a.is_offline).cmp(&(&b.name, b.is_offline)));
    found
}

fn recording(boot: &Path, script: &Path, machine: &'static str) -> Option<Recording> {
    let file = script.file_name()?.to_str()?;
    let (name, rest) = file.split_once(".script")?;
    let is_offline = rest.starts_with("-host.txt");
    if !is_offline && !rest.starts_with(".txt") {
        return None;
    }
    let endings = [".data", ".data.zst", ".data.dir.tar", ".data.dir.tar.zst"];
    let mut data = endings.iter().map(|end| boot.join(format!("{name}{end}")));
    let counts = [".stats.txt", ".records.txt"];
    let mut counts = counts.iter().map(|end| boot.join(format!("{name}{end}")));
    Some(Recording {
        name: name.to_owned(),
        machine,
        data: data.find(|path| path.exists())?,
        script: script.to_owned(),
        is_offline,
        counts: counts.find(|path| path.exists()),
        boot: boot.to_owned(),
    })
}

impl Recording {
    /// Size of perf's text as it is stored.
    pub fn script_bytes(&self) -> u64 {
        fs::metadata(&self.script).unwrap().len()
    }

    /// The text, unpacked.
    pub fn script_text(&self) -> String {
        String::from_utf8_lossy(&unpack(&self.script)).into_owned()
    }

    /// Number of SAMPLE records and of samples of each event, as perf counts them.
    pub fn sample_counts(&self) -> Option<(u64, Vec<(String, u64)>)> {
        let text = fs::read_to_string(self.counts.as_ref()?).unwrap();
        let (mut all, mut events, mut event) = (0, Vec::new(), None);
        for line in text.lines() {
            if let Some(name) = line.strip_suffix(" stats:") {
                event = Some(name.to_owned()).filter(|name| name != "Aggregated");
            } else if let Some((_, rest)) = line.split_once("SAMPLE events:") {
                let count = rest.split_whitespace().next().unwrap().parse().unwrap();
                match &event {
                    None => all += count,
                    Some(name) => events.push((name.clone(), count)),
                }
            } else if let Some((count, _)) = line.split_once(" PERF_RECORD_SAMPLE(") {
                all += count.trim().parse::<u64>().unwrap();
            }
        }
        Some((all, events))
    }

    /// A capture directory without the capture: the boot's kallsyms and the machine's object
    /// files. Made once, and kept between runs.
    pub fn directory(&self, captures: &Path) -> PathBuf {
        let tag = self.boot.file_name().unwrap().to_str().unwrap();
        let dir = scratch().join(format!("{}-{tag}", self.machine));
        once(&dir, |dir| {
            fs::write(dir.join("kallsyms"), unpack(&self.kallsyms())).unwrap();
            if let Some(cache) = object_cache(captures, self.machine) {
                std::os::unix::fs::symlink(cache, dir.join("buildid")).unwrap();
            }
        });
        dir
    }

    /// The boot's kallsyms; a link may have become a small file that holds its target.
    fn kallsyms(&self) -> PathBuf {
        let path = self.boot.join("kallsyms.gz");
        if path.exists() {
            return path;
        }
        let tag = self.boot.file_name().unwrap().to_str().unwrap();
        let path = self.boot.join(format!("{tag}.kallsyms.xz"));
        if fs::metadata(&path).unwrap().len() > 200 {
            return path;
        }
        self.boot.join(fs::read_to_string(&path).unwrap().trim())
    }

    /// Symbols from the capture directory only: what this machine has is no part of the capture.
    pub fn symbols(&self, captures: &Path) -> SymbolRequest {
        let search = ObjectSearch {
            capture_dir: Some(self.directory(captures)),
            ..ObjectSearch::default()
        };
        SymbolRequest {
            search,
            ..SymbolRequest::default()
        }
    }

    /// Where the capture can be opened: a directory that was packed is unpacked.
    pub fn opened(&self) -> PathBuf {
        let file = self.data.file_name().unwrap().to_str().unwrap();
        let Some((name, _)) = file.split_once(".dir.tar") else {
            return self.data.clone();
        };
        let dir = scratch().join(name);
        once(&dir, |dir| untar(&self.data, dir));
        let inside = fs::read_dir(&dir).unwrap().next().unwrap();
        inside.unwrap().path()
    }
}

/// Object files of a machine, in perf's cache layout; `None` when none were kept.
fn object_cache(captures: &Path, machine: &str) -> Option<PathBuf> {
    let archive = match machine {
        "svm" => "svm/buildid-cache.6.1.tar.zst",
        "vmx" => "vmx/debug-cache-elfs.tar.xz",
        _ => return None,
    };
    let dir = scratch().join(format!("objects-{machine}"));
    once(&dir, |dir| untar(&captures.join(archive), dir));
    let inner = dir.join(".debug");
    Some(if inner.is_dir() { inner } else { dir })
}

fn scratch() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("oracle")
}

/// Fills a directory unless it is there; it appears whole, because tests run side by side.
fn once(dir: &Path, fill: impl FnOnce(&Path)) {
    static TURN: std::sync::Mutex<()> = std::sync::Mutex::new(());
    if dir.is_dir() {
        return;
    }
    // Filling one directory may take filling another.
    let part = dir.with_extension(format!(
        "part-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    fs::create_dir_all(&part).unwrap();
    fill(&part);
    let _turn = TURN.lock().unwrap();
    if dir.is_dir() || fs::rename(&part, dir).is_err() {
        fs::remove_dir_all(&part).unwrap();
    }
}

fn untar(archive: &Path, dir: &Path) {
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(dir).arg("-xf").arg(archive);
    assert!(tar.status().unwrap().success(), "{}", archive.display());
}

/// The bytes of a file, unpacked by the program that its ending names.
pub fn unpack(path: &Path) -> Vec<u8> {
    let program = match path.extension().and_then(|extension| extension.to_str()) {
        Some("xz") => "xz",
        Some("gz") => "gzip",
        _ => return fs::read(path).unwrap(),
    };
    let output = Command::new(program).arg("-dc").arg(path).output().unwrap();
    assert!(output.status.success(), "{}", path.display());
    output.stdout
}
