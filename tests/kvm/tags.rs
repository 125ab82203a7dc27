//! The tagger against perf's own text of real captures: the stack of a kvm tracepoint says what
//! the sampled thread was doing, so its event must agree with its tag.
//!
//! Needs captures that are no part of the repository.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail with the test")]

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::common::shared::shared;
use vmflame::kvm::{StackView, Tagger};
use vmflame::stack::{Frame, FrameIx, FrameKind, FrameTable, Tag};
use vmflame::units::CpuMode;

/// A sample as `perf script` prints it.
struct Sample {
    comm: String,
    tid: i32,
    event: String,
    frames: Vec<FrameIx>,
}

/// All files below `folder` that hold perf's text of samples, sorted.
fn scripts(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.contains(".script") && name.contains(".txt") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn text_of(path: &Path) -> String {
    let program = match path.extension().and_then(|end| end.to_str()) {
        Some("xz") => "xzcat",
        Some("gz") => "zcat",
        _ => "cat",
    };
    let out = Command::new(program).arg(path).output().unwrap();
    assert!(out.status.success(), "{program} {}", path.display());
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// `comm tid [cpu] time: [period] event: …`
fn header(line: &str) -> Option<Sample> {
    let (task, rest) = line.split_once(" [")?;
    let (comm, tid) = task.trim().rsplit_once(' ')?;
    let mut words = rest.split_once("] ")?.1.split_whitespace().skip(1);
    let mut event = words.next()?;
    if event.bytes().all(|byte| byte.is_ascii_digit()) {
        event = words.next()?;
    }
    Some(Sample {
        comm: comm.trim().to_owned(),
        tid: tid.rsplit('/').next()?.parse().ok()?,
        event: event.trim_end_matches(':').to_owned(),
        frames: Vec::new(),
    })
}

/// `address symbol+0xoffset (object file)`
fn frame(line: &str) -> Option<Frame> {
    let (address, rest) = line.trim().split_once(' ')?;
    let address = u64::from_str_radix(address, 16).ok()?;
    let (symbol, dso) = rest.rsplit_once(" (")?;
    let name = symbol.rsplit_once("+0x").map_or(symbol, |(name, _)| name);
    let dso = dso.trim_end_matches(')').rsplit('/').next()?;
    let is_kernel = address >= 0xffff_8000_0000_0000;
    let named = name != "[unknown]";
    Some(Frame {
        name: name.into(),
        dso: dso.into(),
        mode: if is_kernel {
            CpuMode::Kernel
        } else {
            CpuMode::User
        },
        kind: if named {
            FrameKind::Function
        } else {
            FrameKind::Unresolved
        },
        line: None,
    })
}

fn samples(text: &str, table: &mut FrameTable) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    for line in text.lines() {
        if !line.starts_with('\t') {
            samples.extend(header(line));
        } else if let (Some(frame), Some(sample)) = (frame(line), samples.last_mut()) {
            sample.frames.push(table.intern(frame));
        }
    }
    for sample in &mut samples {
        sample.frames.reverse();
    }
    samples
}

fn view<'a>(table: &'a FrameTable, sample: &'a Sample, vcpus: &HashSet<i32>) -> StackView<'a> {
    let leaf = sample.frames.last().map(|&ix| table.get(ix).mode);
    StackView {
        table,
        frames: &sample.frames,
        thread_name: &sample.comm,
        process_name: "",
        is_idle_task: sample.tid == 0,
        is_vcpu_thread: vcpus.contains(&sample.tid),
        leaf_mode: leaf.unwrap_or(CpuMode::Unknown),
        // perf prints no chain for a sample that has none: such stacks are absent here.
        chain_is_empty: false,
        payload_tag: None,
    }
}

/// Whether the stack of a tracepoint is tagged as its event says; `None` for other events.
fn agrees(event: &str, tag: Tag) -> Option<bool> {
    Some(match event {
        "kvm:kvm_pio" => tag == Tag::ExitPio,
        "kvm:kvm_apic" => tag == Tag::ExitApic,
        "kvm:kvm_msr" => tag == Tag::ExitMsr,
        "kvm:kvm_cpuid" => tag == Tag::ExitCpuid,
        "kvm:kvm_mmio" => matches!(tag, Tag::ExitMmio | Tag::ExitApic),
        "kvm:kvm_fast_mmio" => matches!(tag, Tag::ExitMmio | Tag::ExitDoorbell),
        _ => return None,
    })
}

/// A tagger that loses a handler, a callee of one that is tail-called away, or the precedence of
/// device over mechanism contradicts what the kernel itself says at that very place.
#[test]
fn tags_agree_with_kvm_tracepoints() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let (mut checked, mut wrong) = (0_u64, Vec::new());
    for path in scripts(&captures) {
        let text = text_of(&path);
        if !text.contains(" cpu-clock") && !text.contains(" kvm:") {
            continue;
        }
        let machine = if path.starts_with(captures.join("arm64")) {
            "aarch64"
        } else {
            "x86_64"
        };
        let mut table = FrameTable::default();
        let all = samples(&text, &mut table);
        let mut tagger = Tagger::for_arch(Some(machine));
        let mut vcpus = HashSet::new();
        for sample in &all {
            if tagger.marks_vcpu_thread(&view(&table, sample, &vcpus)) {
                vcpus.insert(sample.tid);
            }
        }
        let mut shares: BTreeMap<Tag, u64> = BTreeMap::new();
        for sample in all.iter().filter(|sample| !sample.frames.is_empty()) {
            let tag = tagger.tag(&view(&table, sample, &vcpus)).tag;
            if let Some(right) = agrees(&sample.event, tag) {
                checked += 1;
                if !right {
                    wrong.push(format!("{}: {} is {tag}", path.display(), sample.event));
                }
            } else if sample.event.starts_with("cpu-clock") {
                *shares.entry(tag).or_default() += 1;
            }
        }
        let total: u64 = shares.values().sum();
        let line: Vec<_> = shares.iter().map(|(tag, n)| format!("{tag} {n}")).collect();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        println!("{name}: {total} cpu-clock: {}", line.join(", "));
    }
    println!("{checked} tracepoint stacks checked");
    assert!(checked > 0);
    assert!(
        wrong.is_empty(),
        "{} of {checked}: {}",
        wrong.len(),
        wrong[0]
    );
}
