//! Makes `testdata/` anew from the captures beside the repository (`VMFLAME_SHARED`):
//!
//! ```text
//! cargo test --test make_testdata -- --ignored --nocapture
//! ```
//!
//! Needs perf 6.1, `xz`, `zstd` and `tar`. Each case is cut to its first seconds, its kallsyms to
//! the functions that occur, its object files to text tables of the functions that occur. What is
//! expected of it comes from perf, never from vmflame.
#![allow(clippy::unwrap_used, reason = "a maker may stop")]
#![allow(clippy::panic, reason = "a maker may stop")]
#![allow(clippy::print_stderr, reason = "tells what it makes")]

mod perf_text;
mod testdata_cut;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use perf_text::Scope;
use testdata_cut::{cut_capture, cut_kallsyms, numbers_in};
use vmflame::analysis::{Grouping, Profile, Request, SymbolRequest, profile};
use vmflame::perf::Capture;
use vmflame::stack::FrameKind;
use vmflame::symbol::{Places, demangle, module_short_name, write_table};
use vmflame::units::CpuMode;

/// A case: a capture, and how much of it is kept.
struct Case {
    name: &'static str,
    /// What it shows, for HOW.md.
    shows: &'static str,
    /// The capture, without `.data`, below the captures' folder.
    from: &'static str,
    /// Microseconds that are kept, from the first sample on.
    keep: u64,
    /// What perf printed on the recorded machine; `None` where perf is to be asked here.
    script: Option<&'static str>,
    /// Licence of the guest and VMM side, for HOW.md.
    machine: &'static str,
}

const SVM: &str = "Debian 12 (kernel 6.1.0-56-amd64, perf 6.1.192) with kvm_amd, in QEMU's TCG \
    (`-cpu EPYC,+svm,+npt`, 2 vCPUs); the VM runs under a QEMU 7.2 built with frame pointers";
const VMX: &str = "Debian 12 (kernel 6.1.0-56-amd64, perf 6.1.192) with kvm_intel \
    `enable_apicv=0`, in the Bochs emulator (`corei7_skylake_x`, 1 CPU); the VM runs under a \
    small VMM of our own (`mini-vmm`)";
const HERE: &str = "kernel 6.18.44 with kvm_pvm, perf 6.1.192";

const CASES: [Case; 9] = [
    Case {
        name: "svm-bad",
        shows: "the case study: a guest on AMD that spends its time in VM exits (ACPI PM timer, \
            local APIC, RTC)",
        from: "captures/svm/badst-fp/badst-fp.cpu",
        keep: 2_000_000,
        script: Some("script.txt.xz"),
        machine: SVM,
    },
    Case {
        name: "svm-good",
        shows: "the same host and devices with a guest that computes: the other half of a pair",
        from: "captures/svm/goodst-fp/goodst-fp.cpu",
        keep: 2_000_000,
        script: Some("script.txt.xz"),
        machine: SVM,
    },
    Case {
        name: "svm-bad-tracepoints",
        shows: "the bad guest with the kvm tracepoints recorded beside cpu-clock",
        from: "captures/svm/badst-fp/badst-fp.both",
        keep: 70_000,
        script: Some("script.txt.xz"),
        machine: SVM,
    },
    Case {
        name: "vmx-bad",
        shows: "a guest on Intel that spends its time in VM exits; local APIC accesses arrive as \
            EPT violations",
        from: "captures/vmx/apicv0/apicv0-bad.cpu",
        keep: 4_000_000,
        script: Some("script.txt.gz"),
        machine: VMX,
    },
    Case {
        name: "vmx-good",
        shows: "the same host with a guest that computes: 98 % of the samples are in guest mode \
            and carry no stack",
        from: "captures/vmx/apicv0/apicv0-good.cpu",
        keep: 4_000_000,
        script: Some("script.txt.gz"),
        machine: VMX,
    },
    Case {
        name: "vmx-bad-tracepoints",
        shows: "the bad guest with the kvm tracepoints recorded beside cpu-clock",
        from: "captures/vmx/apicv0/apicv0-bad.both",
        keep: 60_000,
        script: Some("script-host.txt.gz"),
        machine: VMX,
    },
    Case {
        name: "arm64",
        shows: "a Linux guest on arm64",
        from: "captures/arm64/linuxarm/linuxarm.cpu",
        keep: 800_000,
        script: Some("script.txt.xz"),
        machine: "Debian 12 (kernel 6.1.0-56-arm64, perf 6.1.192) with KVM in VHE mode, in \
            QEMU's TCG (`-M virt,virtualization=on,gic-version=3 -cpu max`)",
    },
    Case {
        name: "pvm",
        shows: "QEMU under kvm_pvm, whose guest samples have an empty call chain and a host \
            address",
        from: "domain/samples/kvm-pvm-native-cpuclock.perf",
        keep: 1_500_000,
        script: None,
        machine: HERE,
    },
    Case {
        name: "plain",
        shows: "a Linux profile without any KVM in it: a shell pipeline",
        from: "",
        keep: u64::MAX,
        script: None,
        machine: HERE,
    },
];

const RECORD_PLAIN: &str = "record -o perf.data -e cpu-clock -F 499 -g -- sh -c";
const PIPELINE: &str = "seq 200000 | sort -R | gzip | wc -c";

fn run(program: &str, arguments: &[&str], folder: &Path) -> Vec<u8> {
    let out = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    assert!(out.status.success(), "{program} {arguments:?}");
    out.stdout
}

fn unpacked(path: &Path) -> Vec<u8> {
    let text = path.to_str().unwrap();
    match path.extension().and_then(|end| end.to_str()) {
        Some("xz") => run("xz", &["-dc", text], Path::new("/")),
        Some("gz") => run("gzip", &["-dc", text], Path::new("/")),
        Some("zst") => run("zstd", &["-dc", text], Path::new("/")),
        Some(_) | None => fs::read(path).unwrap(),
    }
}

/// The folder of inputs that are no part of the repository.
fn shared() -> PathBuf {
    let given = std::env::var_os("VMFLAME_SHARED").map(PathBuf::from);
    given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"))
}

/// Where perf had the object files of a case's machine from, unpacked once.
fn caches(case: &Case, shared: &Path) -> Vec<PathBuf> {
    let machine = case.from.split('/').nth(1).unwrap_or_default();
    let archive = match machine {
        "svm" => "captures/svm/buildid-cache.6.1.tar.zst",
        "vmx" => "captures/vmx/debug-cache-elfs.tar.xz",
        "samples" | "" => {
            return vec![PathBuf::from(std::env::var_os("HOME").unwrap()).join(".debug")];
        }
        _ => return Vec::new(),
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("object-files-{machine}"));
    if !folder.exists() {
        fs::create_dir_all(&folder).unwrap();
        let archive = shared.join(archive);
        run("tar", &["-xf", archive.to_str().unwrap()], &folder);
    }
    vec![folder.join(".debug"), folder]
}

/// The kallsyms of a case's boot.
fn kallsyms(source: &Path) -> Vec<u8> {
    let folder = source.parent().unwrap();
    let boot = folder.file_name().unwrap().to_str().unwrap();
    for name in ["kallsyms.gz".to_owned(), format!("{boot}.kallsyms.xz")] {
        let path = folder.join(name);
        match fs::metadata(&path) {
            // A link that has become a small file.
            Ok(found) if found.len() < 200 => {
                let target = fs::read_to_string(&path).unwrap();
                return unpacked(&folder.join(target.trim()));
            }
            Ok(_) => return unpacked(&path),
            Err(_) => {}
        }
    }
    fs::read("/proc/kallsyms").unwrap()
}

/// One profile for each event with samples.
fn profiles(capture: &Capture, symbols: &SymbolRequest) -> Vec<Profile> {
    let events = capture.events().iter();
    let profile_of = |event: &str| {
        let request = Request {
            event: Some(event.to_owned()),
            grouping: Grouping::Comm,
            threads: 1,
            ..Request::default()
        };
        profile(capture, symbols, &request).ok()
    };
    events
        .filter_map(|(_, event)| profile_of(&event.name))
        .collect()
}

/// Stacks in words, to compare profiles by.
fn stacks_of(profiles: &[Profile]) -> BTreeMap<String, u64> {
    let mut all = BTreeMap::new();
    for profile in profiles {
        for stack in profile.stacks.iter() {
            let frames = profile.stacks.frames(stack).iter();
            let names: Vec<&str> = frames.map(|&ix| &*profile.frames.get(ix).name).collect();
            *all.entry(names.join(";")).or_default() += stack.samples;
        }
    }
    all
}

/// Writes `symbols/BUILD_ID.txt` for each object that `profile` names functions of.
fn write_tables(profiles: &[Profile], places: &Places, out: &Path) -> BTreeSet<String> {
    let mut names: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for profile in profiles {
        let all = profile.stacks.iter();
        for &ix in all.flat_map(|stack| profile.stacks.frames(stack)) {
            let frame = profile.frames.get(ix);
            if frame.kind == FrameKind::Function && frame.mode == CpuMode::User {
                let of_object = names.entry(frame.dso.to_string()).or_default();
                of_object.insert(frame.name.to_string());
            }
        }
    }
    fs::create_dir_all(out.join("symbols")).unwrap();
    let mut made = BTreeSet::new();
    for report in profiles.iter().flat_map(|profile| &profile.objects) {
        let Some(build_id) = &report.build_id else {
            continue;
        };
        let file = out.join(format!("symbols/{build_id}.txt"));
        let found = places.find_object(&report.path, Some(build_id));
        let (Ok(object), false) = (found.object, file.exists()) else {
            continue;
        };
        let short = module_short_name(&report.path);
        let none = BTreeSet::new();
        let kept = names.get(&short).unwrap_or(&none);
        let table = write_table(&object, |name| kept.contains(&*demangle(name)));
        fs::write(file, table).unwrap();
        made.insert(format!("- `{build_id}.txt`: {}", report.path));
    }
    made
}

/// Objects that have no table: no file of theirs is at hand, or the capture has no build id for
/// them, which perf records only for objects that a sample's own address hits.
fn unknown_objects(profiles: &[Profile]) -> BTreeSet<String> {
    let reports = profiles.iter().flat_map(|profile| &profile.objects);
    let unknown = reports.filter(|report| report.outcome.is_err());
    unknown.map(|report| report.path.clone()).collect()
}

/// perf's own counts of a capture: records by type, and samples by CPU mode.
fn perf_counts(out: &Path) -> String {
    let stats = run("perf", &["report", "--stats", "-i", "perf.data"], out);
    let mut text = String::from("# perf report --stats -i perf.data (perf 6.1.192)\n");
    text.push_str(String::from_utf8(stats).unwrap().trim_start());
    let dump = run("perf", &["report", "-D", "-i", "perf.data"], out);
    let mut modes: BTreeMap<&str, u64> = BTreeMap::new();
    let dump = String::from_utf8_lossy(&dump);
    for line in dump.lines() {
        if let Some((_, rest)) = line.split_once("PERF_RECORD_SAMPLE(IP, ") {
            *modes.entry(rest.split_once(')').unwrap().0).or_default() += 1;
        }
    }
    text.push_str("# perf report -D -i perf.data: samples by misc & 7 (1 kernel, 2 user, ");
    text.push_str("4 guest kernel, 5 guest user; 0x4000 marks an exact address)\n");
    for (mode, count) in modes {
        writeln!(text, "PERF_RECORD_SAMPLE(IP, {mode}): {count}").unwrap();
    }
    text
}

/// perf's text of the samples that are kept, folded by event.
fn write_expected(
    case: &Case,
    source: &Path,
    until: u64,
    (out, unknown): (&Path, &BTreeSet<String>),
) -> String {
    let (text, how) = match case.script {
        Some(ending) => {
            let path = source.with_file_name(format!(
                "{}.{ending}",
                source.file_name().unwrap().to_str().unwrap()
            ));
            let how = "`perf script` of the whole capture, cut to the samples that are kept";
            (unpacked(&path), how)
        }
        None => (
            run("perf", &["script", "-i", "perf.data"], out),
            "`perf script -i perf.data` (perf 6.1.192) with the kernel and object files at hand",
        ),
    };
    let samples = perf_text::parse(&String::from_utf8_lossy(&text));
    let kept = samples.iter().filter(|sample| sample.micros < until);
    let mut by_event: BTreeMap<&str, Vec<&perf_text::Sample>> = BTreeMap::new();
    for sample in kept {
        by_event.entry(&sample.event).or_default().push(sample);
    }
    // On arm64 perf inserts a caller from the link register into the user part of a stack, a guess
    // that the recorded call chain does not hold.
    let scope = if case.name == "arm64" {
        Scope::Kernel
    } else {
        Scope::All
    };
    for (event, samples) in by_event {
        let name = match event.strip_prefix("kvm:") {
            None if scope == Scope::Kernel => "script-kernel.folded".to_owned(),
            None => "script.folded".to_owned(),
            Some(tracepoint) => format!("script.{tracepoint}.folded"),
        };
        let folded = perf_text::fold(samples, unknown, scope);
        fs::write(out.join("expected").join(name), folded).unwrap();
    }
    how.to_owned()
}

fn command_line(out: &Path) -> String {
    let header = run("perf", &["script", "--header-only", "-i", "perf.data"], out);
    let header = String::from_utf8_lossy(&header);
    let line = header
        .lines()
        .find_map(|line| line.strip_prefix("# cmdline : "));
    line.unwrap().trim().replace("../samples/", "")
}

/// Copies what was taken of the recorded machine beside the capture.
fn copy_beside(source: &Path, out: &Path) {
    let folder = source.parent().unwrap_or(source);
    let boot = folder.file_name().unwrap_or_default().to_string_lossy();
    for name in ["modules", "mtree.txt"] {
        let places = [folder.join(name), folder.join(format!("{boot}.{name}"))];
        if let Some(found) = places.iter().find(|path| path.is_file()) {
            fs::write(out.join(name), fs::read(found).unwrap()).unwrap();
        }
    }
}

fn make(case: &Case, shared: &Path) {
    let out = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("testdata")
        .join(case.name);
    let source = shared.join(case.from);
    let data = if case.from.is_empty() {
        if out.exists() {
            eprintln!("{}: kept as it is", case.name);
            return;
        }
        let work = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let arguments = RECORD_PLAIN.split(' ').chain([PIPELINE]);
        run("perf", &arguments.collect::<Vec<_>>(), work);
        fs::read(work.join("perf.data")).unwrap()
    } else {
        let plain = PathBuf::from(format!("{}.data", source.display()));
        let packed = PathBuf::from(format!("{}.data.zst", source.display()));
        unpacked(if plain.exists() { &plain } else { &packed })
    };
    drop(fs::remove_dir_all(&out));
    fs::create_dir_all(out.join("expected")).unwrap();
    let path = out.join("perf.data");
    fs::write(&path, &data).unwrap();
    let (cut, until) = cut_capture(&Capture::open(&path).unwrap(), &data, case.keep);
    fs::write(&path, &cut).unwrap();

    let full = kallsyms(&source);
    fs::write(out.join("kallsyms"), &full).unwrap();
    let capture = Capture::open(&path).unwrap();
    let mut symbols = SymbolRequest {
        places: Places {
            capture_dir: Some(out.clone()),
            buildid_dirs: caches(case, shared),
            recorded_paths: case.from.is_empty(),
        },
        ..SymbolRequest::default()
    };
    let whole = profiles(&capture, &symbols);
    let tables = write_tables(&whole, &symbols.places, &out);
    fs::write(out.join("kallsyms"), cut_kallsyms(&full, &numbers_in(&cut))).unwrap();
    copy_beside(&source, &out);
    symbols.places = Places {
        capture_dir: Some(out.clone()),
        ..Places::default()
    };
    let small = profiles(&capture, &symbols);
    assert_eq!(
        stacks_of(&whole),
        stacks_of(&small),
        "{}: names were lost",
        case.name
    );

    fs::write(out.join("expected/stats.txt"), perf_counts(&out)).unwrap();
    let unknown = unknown_objects(&small);
    let how = write_expected(case, &source, until, (&out, &unknown));
    let mut text = format!("# {}\n\nShows {}.\n\n", case.name, case.shows);
    writeln!(
        text,
        "Recorded on {}, with\n\n    {}\n",
        case.machine,
        command_line(&out)
    )
    .unwrap();
    if case.from.is_empty() {
        text.push_str("Whole, nothing was cut off.\n\n");
    } else {
        writeln!(
            text,
            "It is `{}.data` of the captures that were recorded for this project, cut to its \
             first {} ms: all samples from there on are left out, every other record and header \
             section is kept (the time of the last sample in the header is that of the last one \
             kept).\n",
            case.from,
            case.keep / 1000
        )
        .unwrap();
    }
    text.push_str(
        "`kallsyms` is cut to the functions that occur, each with the symbols up to \
        the next function, which state where it ends. ",
    );
    writeln!(
        text,
        "`symbols/` holds, in place of the object files, the functions that occur:\n"
    )
    .unwrap();
    for table in tables {
        writeln!(text, "{table}").unwrap();
    }
    if !unknown.is_empty() {
        text.push_str("\nWithout a table are, for want of a file or of a recorded build id:\n\n");
    }
    for object in &unknown {
        writeln!(text, "- {object}").unwrap();
    }
    if case.name == "arm64" {
        text.push_str(
            "\n`expected/script-kernel.folded` holds kernel frames only: perf 6.1 inserts a caller \
             from the link register into the user part of stacks on arm64.\n",
        );
    }
    write!(
        text,
        "\n`expected/script*.folded` is from {how}: comm, then the frames root first, then the \
         number of samples. perf prints no sample that was taken in guest mode. Frames of objects without \
         a table, and entries of linkage tables (`@plt`), which perf names only in part, are \
         written as `[object]`. \
         `expected/stats.txt` names its commands.\n\nMade by `cargo test --test make_testdata -- \
         --ignored`. The capture and these texts are under this project's own licence; no object \
         file of the recorded machine is part of it.\n"
    )
    .unwrap();
    fs::write(out.join("HOW.md"), text).unwrap();
    eprintln!(
        "{}: {} bytes of perf.data, {} samples",
        case.name,
        cut.len(),
        small[0].tally.read
    );
}

#[test]
#[ignore = "rewrites testdata/ with the help of perf and of captures that are no part of it"]
fn make_testdata() {
    let shared = shared();
    let only = std::env::var("VMFLAME_CASE").ok();
    for case in &CASES {
        if only.as_deref().is_none_or(|only| only == case.name) {
            make(case, &shared);
        }
    }
}
