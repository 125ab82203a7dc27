//! Tags of real samples through the whole program, where something else than a stack tells what
//! the sample was: the event of a tracepoint, or what was counted by hand from perf's text.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop and speak"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::common::oracle::captures::recordings;
use crate::common::shared::{shared, skipped};
use vmflame::analysis::{Grouping, Profile, Request, profile};
use vmflame::kvm::{StackView, Tagger};
use vmflame::object::{ObjectSearch, read_kernel_notes};
use vmflame::perf::Capture;
use vmflame::perf::abi::PERF_SAMPLE_CALLCHAIN;
use vmflame::stack::Tag;
use vmflame::symbol::{KernelSource, LiveKernel, SymbolRequest};

/// Captures up to this size are looked at by default; all with `VMFLAME_ALL_CAPTURES=1`.
const SMALL_CAPTURE: u64 = 2_500_000;

/// What the stack of a tracepoint must be tagged.
const LAWS: [(&str, Tag); 4] = [
    ("kvm:kvm_pio", Tag::ExitPio),
    ("kvm:kvm_apic", Tag::ExitApic),
    ("kvm:kvm_msr", Tag::ExitMsr),
    ("kvm:kvm_cpuid", Tag::ExitCpuid),
];

fn tagged(capture: &Capture, symbols: &SymbolRequest, event: &str) -> Option<Profile> {
    let request = Request {
        event: Some(event.to_owned()),
        grouping: Grouping::Comm,
        threads: 2,
        ..Request::default()
    };
    profile(capture, symbols, &request).ok()
}

/// Checks all laws on a capture; returns the number of samples checked, and what differs.
fn check(name: &str, capture: &Capture, symbols: &SymbolRequest) -> (u64, Vec<String>) {
    let (mut checked, mut failures) = (0, Vec::new());
    let events = capture.events().iter();
    let with_chains: Vec<&str> = events
        .filter(|(_, event)| event.attr.samples(PERF_SAMPLE_CALLCHAIN))
        .map(|(_, event)| event.name.as_str())
        .collect();
    for (event, law) in LAWS {
        if !with_chains.contains(&event) {
            continue;
        }
        let Some(profile) = tagged(capture, symbols, event) else {
            continue;
        };
        println!("{name} {event}: {:?}", profile.totals);
        checked += profile.total;
        // Some MSRs are registers of the local APIC.
        let fits = |tag: Tag| tag == law || (tag, law) == (Tag::ExitApic, Tag::ExitMsr);
        if !profile.totals.iter().all(|&(tag, _)| fits(tag)) {
            failures.push(format!("{name} {event}: {:?}", profile.totals));
        }
        let by_stacks = tags_of_stacks(&profile);
        if by_stacks != BTreeMap::from([(law, profile.total)]) {
            failures.push(format!("{name} {event} by its stacks: {by_stacks:?}"));
        }
    }
    // With and without call chains.
    if let Some(profile) = tagged(capture, symbols, "kvm:kvm_exit") {
        checked += profile.total;
        if !profile.totals.iter().all(|(tag, _)| tag.is_exit()) {
            failures.push(format!("{name} kvm:kvm_exit: {:?}", profile.totals));
        }
    }
    (checked, failures)
}

/// The tags that the stacks have for someone who does not know the event.
fn tags_of_stacks(profile: &Profile) -> BTreeMap<Tag, u64> {
    let mut tagger = Tagger::for_arch(Some("x86_64"));
    let mut found = BTreeMap::new();
    for stack in profile.stacks.iter() {
        let view = StackView {
            payload_tag: None,
            ..profile.stacks.view(stack, &profile.frames)
        };
        let tagged = tagger.tag(&view);
        *found.entry(tagged.tag).or_insert(0) += stack.weight;
    }
    found
}

/// A loss anywhere on the way (names, modules, chains, tags) contradicts the kernel's own word.
#[test]
fn stacks_of_tracepoints_are_tagged_as_their_events_say() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let all = std::env::var_os("VMFLAME_ALL_CAPTURES").is_some();
    let (mut checked, mut failures) = (0, Vec::new());
    for recording in ["svm", "vmx", "arm64"]
        .into_iter()
        .flat_map(|m| recordings(&captures, m))
    {
        let size = std::fs::metadata(&recording.data).unwrap().len();
        let is_large = size > SMALL_CAPTURE || recording.script_bytes() > 400_000;
        if is_large && !all {
            continue;
        }
        let capture = Capture::open(&recording.opened()).unwrap();
        let symbols = recording.symbols(&captures);
        let (samples, differences) = check(&recording.name, &capture, &symbols);
        checked += samples;
        failures.extend(differences);
    }
    println!("{checked} samples of tracepoints are tagged as their events say");
    assert!(checked > 1_000);
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// The captures of `kvm_pvm` were made with the kernel of the machine that developed this program:
/// its symbols lie in perf's cache there, or it still runs.
fn pvm_symbols() -> SymbolRequest {
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let search = ObjectSearch {
        buildid_dirs: home.map(|home| home.join(".debug")).into_iter().collect(),
        ..ObjectSearch::default()
    };
    let notes = std::fs::read("/sys/kernel/notes").ok();
    let live = notes.and_then(|notes| {
        Some(LiveKernel {
            build_id: read_kernel_notes(&notes)?,
            kallsyms: PathBuf::from("/proc/kallsyms"),
            host_name: String::new(),
            release: String::new(),
            input_written: None,
            input_changed: None,
            input_begun: None,
            clocks: None,
            vdso: Box::default(),
        })
    });
    SymbolRequest {
        search,
        live,
        ..SymbolRequest::default()
    }
}

fn pvm(samples: &Path, name: &str) -> Capture {
    let path = samples.join(name);
    Capture::open(&path).unwrap()
}

/// Whether the profile has kernel names; says so when not.
fn has_kernel_names(profile: &Profile) -> bool {
    let has = matches!(
        profile.account.kernel_source,
        KernelSource::SameBoot(_) | KernelSource::OtherBoot(_)
    );
    if !has {
        skipped(&format!(
            "no symbols of the kernel ({:?})",
            profile.account.kernel_source
        ));
    }
    has
}

/// Samples taken while the guest ran may carry the host's mode and address with an empty chain:
/// 3 905 of 5 928 do here. By address, counted from perf's text: 2 831 `pvm_do_event_irqoff`, 1 072
/// `kvm_arch_vcpu_ioctl_run`, and 2 `handle_softirqs`, which an interrupt of the guest went on to.
#[test]
fn empty_chains_at_the_world_switch_are_guest_time() {
    let Some(samples) = shared("domain/samples") else {
        return;
    };
    let capture = pvm(&samples, "kvm-pvm-native-cpuclock.perf.data");
    let profile = tagged(&capture, &pvm_symbols(), "cpu-clock").unwrap();
    if !has_kernel_names(&profile) {
        return;
    }
    assert_eq!(profile.total, 5_928);
    let mut leaves = BTreeMap::new();
    for stack in profile
        .stacks
        .iter()
        .filter(|stack| stack.tag == Tag::Guest)
    {
        assert!(stack.chain_is_empty);
        let leaf = profile.stacks.frames(stack).last().unwrap();
        *leaves.entry(&*profile.frames.get(*leaf).name).or_insert(0) += stack.samples;
    }
    let expected = [
        ("handle_softirqs", 2),
        ("kvm_arch_vcpu_ioctl_run", 1_072),
        ("pvm_do_event_irqoff", 2_831),
    ];
    assert_eq!(leaves, BTreeMap::from(expected));
}

/// What user space served is completed when the vCPU is run again, outside any exit handler; every
/// `kvm_pio` of a read is there. perf counts 1 800 and 1 436 of them, and 2 100 of `kvm_mmio`.
#[test]
fn completions_outside_any_handler_keep_their_exit() {
    let Some(samples) = shared("domain/samples") else {
        return;
    };
    let captures = [
        ("kvm-pvm-emul-tp.perf.data", 1_800),
        ("kvm-pvm-native-tp.perf.data", 1_436),
    ];
    for (name, ports) in captures {
        let capture = pvm(&samples, name);
        let symbols = pvm_symbols();
        let pio = tagged(&capture, &symbols, "kvm:kvm_pio").unwrap();
        if !has_kernel_names(&pio) {
            return;
        }
        assert_eq!(pio.totals, [(Tag::ExitPio, ports)], "{name}");
        let is_inside = |stack| {
            let mut frames = pio.stacks.frames(stack).iter();
            frames.any(|&ix| pio.frames.get(ix).name.contains("handle_exit"))
        };
        let outside = pio.stacks.iter().filter(|&stack| !is_inside(stack));
        let outside: u64 = outside.map(|stack| stack.samples).sum();
        assert!(outside > 0, "{name}: no completion outside a handler");
        println!("{name}: {outside} of {ports} port accesses complete outside a handler");
        let mmio = tagged(&capture, &symbols, "kvm:kvm_mmio").unwrap();
        // Of perf's addresses, 900 lie in the local APIC's page.
        let expected = [(Tag::ExitMmio, 1_200), (Tag::ExitApic, 900)];
        assert_eq!(mmio.totals, expected, "{name}");
        let (_, failures) = check(name, &capture, &symbols);
        assert!(failures.is_empty(), "{failures:?}");
    }
}

/// Without call chains the kernel's work for a vCPU must not count as the VMM's. The law: one host
/// under one load has the same share of VMM, whichever way it is recorded, so two recordings of
/// `misc2` within a minute, with chains and without, differ by less than five points.
#[test]
fn recordings_without_call_chains_have_no_more_vmm() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let mut shares = Vec::new();
    for recording in recordings(&captures, "svm") {
        let name = recording.name.rsplit('/').next().unwrap_or_default();
        if !["misc2.nobuildid", "misc2.kchains"]
            .iter()
            .any(|wanted| name.contains(wanted))
        {
            continue;
        }
        let capture = Capture::open(&recording.opened()).unwrap();
        let symbols = recording.symbols(&captures);
        let profile = tagged(&capture, &symbols, "cpu-clock").unwrap();
        let (mut vmm, mut all) = (0, 0);
        for stack in profile.stacks.iter() {
            if profile.stacks.view(stack, &profile.frames).is_vcpu_thread {
                all += stack.samples;
                vmm += if stack.tag == Tag::Vmm {
                    stack.samples
                } else {
                    0
                };
            }
        }
        println!("{name}: {vmm} of {all}");
        shares.push(vmm * 1000 / all);
    }
    let [first, second] = shares[..] else {
        panic!("{shares:?}")
    };
    assert!(
        first.abs_diff(second) < 50,
        "{first} and {second} of a thousand"
    );
}
