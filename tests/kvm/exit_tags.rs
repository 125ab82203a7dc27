//! Tags of exits by what `kvm_exit` recorded, against the counts of `perf kvm stat report`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::shared::shared;
use vmflame::analysis::{Request, profile};
use vmflame::perf::Capture;
use vmflame::stack::Tag;
use vmflame::symbol::SymbolRequest;

/// What perf's names of reasons are tagged; what a page fault reaches perf does not tell.
const GROUPS: [(&str, &[&str], &[Tag]); 10] = [
    ("port", &["io", "IO_INSTRUCTION"], &[Tag::ExitPio]),
    (
        "memory",
        &[
            "npf",
            "EPT_VIOLATION",
            "EPT_MISCONFIG",
            "DABT_LOW",
            "IABT_LOW",
        ],
        &[Tag::ExitMemory, Tag::ExitMmio, Tag::ExitApic],
    ),
    (
        "memory",
        &[
            "APIC_ACCESS",
            "APIC_WRITE",
            "TPR_BELOW_THRESHOLD",
            "EOI_INDUCED",
        ],
        &[],
    ),
    (
        "interrupt",
        &["interrupt", "EXTERNAL_INTERRUPT", "IRQ", "nmi"],
        &[Tag::ExitIrq],
    ),
    ("msr", &["msr", "MSR_READ", "MSR_WRITE"], &[Tag::ExitMsr]),
    ("cpuid", &["cpuid", "CPUID"], &[Tag::ExitCpuid]),
    ("halt", &["hlt", "HLT", "WFx"], &[Tag::ExitHlt]),
    (
        "window",
        &["vintr", "INTERRUPT_WINDOW"],
        &[Tag::ExitIrqWindow],
    ),
    (
        "call",
        &["HVC64", "SMC64", "hypercall", "VMCALL"],
        &[Tag::ExitHypercall],
    ),
    (
        "other",
        &[
            "read_cr0",
            "read_cr4",
            "write_cr0",
            "write_cr4",
            "write_cr3",
            "CR_ACCESS",
            "SYS64",
            "PREEMPTION_TIMER",
            "write_dr7",
            "read_dr7",
            "DR_ACCESS",
            "pause",
            "PAUSE_INSTRUCTION",
            "XSETBV",
            "xsetbv",
            "wbinvd",
            "WBINVD",
            "DB excp",
            "UD excp",
            "NM excp",
            "AC excp",
            "EXCEPTION_NMI",
            "cr0_sel_write",
            "invlpg",
            "rdpmc",
            "smi",
            "write_cr8",
            "FP_ASIMD",
            "SVE",
            "PAC",
            "LDTR_TR",
            "GDTR_IDTR",
            "read_idtr",
            "iret",
        ],
        &[
            Tag::ExitReg,
            Tag::ExitTimer,
            Tag::ExitPause,
            Tag::ExitException,
            Tag::ExitOther,
        ],
    ),
];

fn group_of_name(name: &str) -> &'static str {
    let found = GROUPS.iter().find(|(_, names, _)| names.contains(&name));
    found.unwrap_or_else(|| panic!("perf says {name}")).0
}

fn group_of_tag(tag: Tag) -> &'static str {
    let found = GROUPS.iter().find(|(_, _, tags)| tags.contains(&tag));
    found.unwrap_or_else(|| panic!("tagged {tag}")).0
}

/// perf counts exits that an entry follows: of each vCPU the last one may be missing, and those before
/// its first entry; and where the entry was lost, the exit before it.
const UNPAIRED: u64 = 4;

#[test]
fn exits_are_tagged_as_perf_counts_them() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let mut compared = 0;
    for report in reports(&captures) {
        let Some(path) = capture_of(&report) else {
            continue;
        };
        compare(&path, &fs::read_to_string(&report).unwrap());
        compared += 1;
    }
    assert!(compared > 25, "{compared} captures were compared");
}

fn compare(path: &Path, report: &str) {
    let mut perfs: BTreeMap<&str, u64> = BTreeMap::new();
    for line in report.lines().filter(|line| line.contains("( +-")) {
        // A name may be of two words: `UD excp`.
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| word.ends_with('%')).unwrap() - 1;
        let count: u64 = words[at].parse().unwrap();
        *perfs
            .entry(group_of_name(&words[..at].join(" ")))
            .or_default() += count;
    }
    let capture = Capture::open(path).unwrap();
    let request = Request {
        event: Some("kvm:kvm_exit".to_owned()),
        threads: 2,
        ..Request::default()
    };
    let made = profile(&capture, &SymbolRequest::default(), &request).unwrap();
    let mut ours: BTreeMap<&str, u64> = BTreeMap::new();
    for &(tag, weight) in &made.totals {
        *ours.entry(group_of_tag(tag)).or_default() += weight;
    }
    let mut unpaired = 0;
    for (group, count) in &ours {
        let perf = perfs.remove(group).unwrap_or(0);
        let more = count.checked_sub(perf);
        unpaired += more.unwrap_or_else(|| panic!("{}: {group}: {count}, {perf}", path.display()));
    }
    assert!(perfs.is_empty(), "{}: {perfs:?}", path.display());
    let samples_of = |wanted: &str| -> u64 {
        let events = capture.events().iter().zip(&made.account.samples);
        let of_name = events.filter(|((_, event), _)| event.name.starts_with(wanted));
        of_name.map(|(_, samples)| samples).sum()
    };
    let exits = samples_of("kvm:kvm_exit");
    let most = UNPAIRED + exits.saturating_sub(samples_of("kvm:kvm_entry"));
    assert!(unpaired <= most, "{}: {unpaired} more", path.display());
    assert_eq!(ours.values().sum::<u64>(), exits);
}

/// The capture that one of perf's tables is of; `None` for a table of a part of one.
pub(super) fn capture_of(report: &Path) -> Option<PathBuf> {
    let name = report.file_name()?.to_str()?;
    let stem = name
        .strip_suffix(".kvmstat-vmexit.txt")
        .or_else(|| name.strip_suffix(".vmexit.txt"))?;
    let mut paths = ["data", "data.zst"]
        .map(|end| report.with_file_name(format!("{stem}.{end}")))
        .into_iter();
    paths.find(|path| path.exists())
}

/// perf's tables of exits of whole captures.
pub(super) fn reports(captures: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for machine in ["svm", "vmx", "arm64"] {
        for boot in fs::read_dir(captures.join(machine)).unwrap() {
            let boot = boot.unwrap().path();
            let files = fs::read_dir(&boot).into_iter().flatten();
            found.extend(files.map(|file| file.unwrap().path()));
        }
    }
    found.retain(|path| path.to_str().unwrap().ends_with("vmexit.txt"));
    found.sort();
    found
}
