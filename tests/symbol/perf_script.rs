//! Names against perf's own script text of the shared captures.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may stop and speak"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::oracle::captures::unpack;
use crate::common::shared::shared;
use vmflame::object::ObjectSearch;
use vmflame::symbol::{
    FoundSymbols, KernelSymbols, ObjectSymbols, Places, demangle, module_short_name,
};
use vmflame::units::{Avma, BuildId, FileOffset};

/// A frame line of a script: `ADDRESS NAME+OFFSET (DSO)`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Line {
    address: u64,
    name: String,
    offset: u64,
    dso: String,
}

/// The boots: directories with script texts.
fn boots(captures: &Path) -> Vec<PathBuf> {
    let mut boots = Vec::new();
    for machine in ["svm", "vmx", "arm64"] {
        for entry in fs::read_dir(captures.join(machine)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("kallsyms") {
                boots.push(path);
            }
        }
    }
    boots.sort();
    boots
}

/// The kallsyms of a boot; a link may have become a small file that holds its target.
fn kallsyms(boot: &Path) -> KernelSymbols {
    let tag = boot.file_name().unwrap().to_str().unwrap();
    let mut path = boot.join("kallsyms.gz");
    if !path.exists() {
        path = boot.join(format!("{tag}.kallsyms.xz"));
    }
    if fs::metadata(&path).unwrap().len() < 200 {
        let target = fs::read_to_string(&path).unwrap();
        path = boot.join(target.trim());
    }
    KernelSymbols::parse(&path, &unpack(&path)).unwrap()
}

/// All frame lines of a boot; those of large texts only when `VMFLAME_ALL` is set.
fn lines(boot: &Path) -> BTreeSet<Line> {
    let all = std::env::var_os("VMFLAME_ALL").is_some();
    let mut lines = BTreeSet::new();
    for entry in fs::read_dir(boot).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let wanted = name.contains(".script") && name.contains(".txt");
        if wanted && (all || fs::metadata(&path).unwrap().len() < 120_000) {
            let text = String::from_utf8_lossy(&unpack(&path)).into_owned();
            lines.extend(text.lines().filter_map(parse_line));
        }
    }
    lines
}

fn parse_line(line: &str) -> Option<Line> {
    let line = line.strip_prefix([' ', '\t'])?.trim_start();
    let (address, rest) = line.split_once(' ')?;
    let (symbol, dso) = rest.strip_suffix(')')?.rsplit_once(" (")?;
    let (name, offset) = symbol.rsplit_once("+0x")?;
    Some(Line {
        address: u64::from_str_radix(address, 16).ok()?,
        name: name.to_owned(),
        offset: u64::from_str_radix(offset, 16).ok()?,
        dso: dso.to_owned(),
    })
}

/// Every kernel line of every script must come out as perf printed it.
#[test]
fn kernel_names_are_those_of_perf() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let (mut same, mut different) = (0, Vec::new());
    for boot in boots(&captures) {
        let symbols = kallsyms(&boot);
        for line in lines(&boot) {
            let kernel = line.dso.starts_with("[kernel") || line.dso.starts_with("/lib/modules/");
            let module = line.dso.starts_with('[') && line.dso != "[vdso]" && !kernel;
            if !kernel && !module {
                continue;
            }
            let ours = symbols.look_up(Avma::new(line.address));
            let agrees = ours.as_ref().is_ok_and(|symbol| {
                let dso = module_short_name(&line.dso);
                let named_so = line.dso == "[kernel.kallsyms]" || symbol.dso() == dso;
                let offset = line.address - symbol.range.start.as_u64();
                symbol.name == line.name && offset == line.offset && named_so
            });
            if agrees {
                same += 1;
            } else {
                different.push(format!("{}: {line:x?} ours {ours:x?}", boot.display()));
            }
        }
    }
    eprintln!(
        "{same} kernel places as perf has them, {} not",
        different.len()
    );
    assert!(same > 5_000, "only {same} lines compared");
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// Unpacks an archive of object files once per run.
fn unpack_cache(archive: &Path, name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("vmflame-{}-{name}", std::process::id()));
    fs::create_dir_all(&dir).unwrap();
    let status = Command::new("tar")
        .arg("-C")
        .arg(&dir)
        .arg("-xf")
        .arg(archive)
        .status();
    assert!(status.unwrap().success());
    dir
}

/// All builds of an object in a cache: `DIR/PATH/BUILD_ID/`.
fn builds(cache: &Path, dso: &str, search: &ObjectSearch) -> Vec<ObjectSymbols> {
    let inside = dso.strip_prefix('/').unwrap_or(dso);
    let Ok(entries) = fs::read_dir(cache.join(inside)) else {
        return Vec::new();
    };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    let ids = names.iter().filter_map(|name| {
        let hex = name.to_str()?;
        let digits = (0..hex.len()).step_by(2);
        let bytes: Option<Vec<u8>> = digits
            .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
            .collect();
        BuildId::new(&bytes?)
    });
    // perf used debug files of the machine it ran on, which may be installed here too.
    let with_debug_files = ObjectSearch {
        recorded_paths: true,
        ..search.clone()
    };
    ids.flat_map(|id| {
        [search, &with_debug_files]
            .map(|search| FoundSymbols::find(search, dso, Some(&id), Places::Everywhere))
    })
    .filter_map(|found| found.symbols.ok())
    .collect()
}

/// User lines of perf 6.1, which prints file offsets, against the object files of its cache.
#[test]
fn user_names_are_those_of_perf() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let caches = [
        ("svm", "svm/buildid-cache.6.1.tar.zst", ".debug"),
        ("vmx", "vmx/debug-cache-elfs.tar.xz", ""),
    ];
    let (mut same, mut different) = (0, BTreeMap::new());
    for (machine, archive, inside) in caches {
        let dir = unpack_cache(&captures.join(archive), machine);
        let cache = dir.join(inside);
        let search = ObjectSearch {
            buildid_dirs: vec![cache.clone()],
            ..ObjectSearch::default()
        };
        let mut objects: BTreeMap<String, Vec<ObjectSymbols>> = BTreeMap::new();
        for boot in boots(&captures)
            .iter()
            .filter(|boot| boot.starts_with(captures.join(machine)))
        {
            for line in lines(boot) {
                let user = line.dso.starts_with('/') && !line.dso.starts_with("/lib/modules/");
                if !user && line.dso != "[vdso]" {
                    continue;
                }
                let builds = objects
                    .entry(line.dso.clone())
                    .or_insert_with(|| builds(&cache, &line.dso, &search));
                if builds.is_empty() {
                    continue;
                }
                let ours: Vec<String> = builds
                    .iter()
                    .map(|object| place(object, line.address))
                    .collect();
                let theirs = format!("{}+{:x}", line.name, line.offset);
                if ours.contains(&theirs) {
                    same += 1;
                } else {
                    let key = (line.dso.clone(), line.name.clone());
                    let text = format!("{:x} {theirs} ours {ours:?}", line.address);
                    different.entry(key).or_insert((text, 0)).1 += 1;
                }
            }
        }
        fs::remove_dir_all(&dir).unwrap();
    }
    eprintln!(
        "{same} user places as perf has them, {} names not",
        different.len()
    );
    for ((dso, name), (text, count)) in &different {
        eprintln!("  {dso} {count}x {text}");
        assert!(is_explained(dso, name), "{dso} {text}");
    }
    assert!(same > 1_000, "only {same} lines compared");
}

/// Where these texts of perf are no measure for the object files in the archives.
fn is_explained(dso: &str, name: &str) -> bool {
    // Written offline, on a machine with the debug file of libc, which no archive has: local
    // names such as `__GI___ioctl`.
    dso == "/lib/x86_64-linux-gnu/libc.so.6"
        // perf 6.1 takes the entries of .plt to be in the order of the relocations, which libc's
        // are not (objdump agrees with us), and has no name for indirect functions.
        || (dso.ends_with("/libc.so.6") && name.ends_with("@plt"))
        // One line, written offline: its function starts where those of the archive do not, so
        // perf had another vdso, most likely that of the machine it ran on.
        || dso == "[vdso]"
}

fn place(object: &ObjectSymbols, offset: u64) -> String {
    let Some(svma) = object.svma_of(FileOffset::new(offset)) else {
        return "unmapped".to_owned();
    };
    match object.look_up(svma) {
        Ok(symbol) => {
            let distance = svma.checked_since(symbol.start).unwrap();
            format!("{}+{distance:x}", demangle(symbol.name))
        }
        Err(cause) => format!("{cause:?}"),
    }
}
