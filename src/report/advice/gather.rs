//! What analyses of captures tell, as evidence for the rules.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::Profile;
use crate::analysis::exits::RecordedExits;
use crate::bytes::with_order;
use crate::kvm::advice::{
    Evidence, FunctionWeight, HostFacts, HowTold, Recording, StackEvidence, TagWeight, Vendor,
    VmEvidence, VmmFacts, device_functions, known_functions, vm_of,
};
use crate::perf::{Capture, Feature};
use crate::stack::{FrameIx, Tag};
use crate::units::Pid;

/// What a capture says of its host.
pub fn host_of(capture: &Capture) -> HostFacts {
    with_order!(capture.endian(), O => {
        let features = capture.features();
        let text = |feature| features.string::<O>(feature).filter(|text| !text.is_empty());
        HostFacts {
            name: text(Feature::HOSTNAME),
            machine: text(Feature::ARCH),
            kernel: text(Feature::OSRELEASE),
            cpu: text(Feature::CPUDESC),
            vendor: text(Feature::CPUID).and_then(|id| vendor_of(&id)),
            ..HostFacts::default()
        }
    })
}

/// Who made the CPU, by the vendor in its identification.
fn vendor_of(id: &str) -> Option<Vendor> {
    let vendor = id.split(',').next()?;
    match vendor {
        "GenuineIntel" | "CentaurHauls" | "  Shanghai  " => Some(Vendor::Intel),
        "AuthenticAMD" | "HygonGenuine" => Some(Vendor::Amd),
        _ => None,
    }
}

/// A capture as a source of evidence.
pub fn recording(path: &str, recorded: &RecordedExits) -> Recording {
    let tally = &recorded.tally;
    let lost = tally
        .lost()
        .map_or(0, |lost| lost.records.max(lost.samples));
    let span = recorded.times.map(|(first, last)| {
        let nanos = last.as_nanos().saturating_sub(first.as_nanos());
        nanos as f64 / 1e9
    });
    // perf adds a dummy event that samples nothing.
    let events = recorded.events.iter();
    let events = events.filter(|event| !event.name.starts_with("dummy"));
    Recording {
        path: path.to_owned(),
        seconds: span,
        events: events.map(|event| event.name.clone()).collect(),
        read: tally.read,
        lost,
        unpaired: 0,
        tracing_share: None,
    }
}

/// Leaves the VMs of these names or process ids, all where none is named; whether any is left.
pub fn retain_vms(evidence: &mut Evidence, wanted: &[String]) -> bool {
    if wanted.is_empty() {
        return true;
    }
    evidence.vms.retain(|vm| {
        let pid = vm.pid.map(|pid| pid.to_string());
        wanted
            .iter()
            .any(|wanted| *wanted == vm.name || Some(wanted) == pid.as_ref())
    });
    !evidence.vms.is_empty()
}

/// Adds what a VMM's command line tells: of the VM of a process, or without one of the only VM. Of
/// several it is not known which one it started.
pub fn set_vmm(evidence: &mut Evidence, pid: Option<Pid>, vmm: VmmFacts) {
    let is_only = evidence.vms.len() == 1;
    let is_meant = |vm: &&mut VmEvidence| {
        if pid.is_some() {
            vm.pid == pid
        } else {
            is_only
        }
    };
    let Some(vm) = evidence.vms.iter_mut().find(is_meant) else {
        return;
    };
    if let Some(name) = &vmm.name {
        vm.name.clone_from(name);
    }
    let is_known = vm
        .guest
        .as_ref()
        .is_some_and(|guest| guest.told == HowTold::Known);
    if !is_known {
        let told = vmm.guest();
        vm.guest = told.or_else(|| vm.guest.take());
    }
    vm.vmm = Some(vmm);
}

/// Adds where the samples of vCPU threads lie, VM by VM. The profile is grouped by thread.
pub fn add_stacks(evidence: &mut Evidence, recording: usize, profile: &Profile) {
    let functions: BTreeSet<&'static str> = known_functions().collect();
    let devices: BTreeSet<&'static str> = device_functions().collect();
    let known: BTreeMap<FrameIx, &'static str> = (0..)
        .map(FrameIx)
        .take(profile.frames.len())
        .filter_map(|ix| {
            let name = plain(&profile.frames.get(ix).name);
            functions.get(name).map(|&name| (ix, name))
        })
        .collect();
    let mut vms: BTreeMap<Pid, SampleSums> = BTreeMap::new();
    for stack in profile.stacks.iter() {
        let view = profile.stacks.view(stack, &profile.frames);
        let Some(id) = profile.stacks.thread_id(stack) else {
            continue;
        };
        if !is_of_vcpu(stack.tag, view.is_vcpu_thread) {
            continue;
        }
        let sums = vms.entry(id.pid).or_default();
        if sums.name.is_empty() {
            view.process_name.clone_into(&mut sums.name);
        }
        sums.samples = sums.samples.saturating_add(stack.samples);
        sums.total = sums.total.saturating_add(stack.weight);
        add(&mut sums.tags, stack.tag, stack.weight);
        let frames = profile.stacks.frames(stack).iter();
        let names: BTreeSet<&'static str> = frames
            .filter_map(|frame| known.get(frame).copied())
            .collect();
        if names.iter().any(|name| devices.contains(name)) {
            sums.in_devices = sums.in_devices.saturating_add(stack.weight);
        }
        for name in names {
            add(&mut sums.functions, name, stack.weight);
        }
    }
    let is_unnamed = profile.has_unnamed_kvm();
    for (pid, sums) in vms {
        let vm = vm_of(evidence, Some(pid), &sums.name);
        let mut stacks = sums.evidence(recording);
        stacks.is_unnamed = is_unnamed;
        vm.stacks = Some(stacks);
    }
}

/// What is added up of a VM's samples.
#[derive(Debug, Default)]
struct SampleSums {
    name: String,
    samples: u64,
    total: u64,
    tags: BTreeMap<Tag, u64>,
    functions: BTreeMap<&'static str, u64>,
    in_devices: u64,
}

impl SampleSums {
    fn evidence(self, recording: usize) -> StackEvidence {
        let tags = self.tags.into_iter();
        let functions = self.functions.into_iter();
        StackEvidence {
            recording,
            total: self.total,
            samples: self.samples,
            tags: tags
                .map(|(tag, weight)| TagWeight { tag, weight })
                .collect(),
            functions: functions
                .map(|(name, weight)| FunctionWeight { name, weight })
                .collect(),
            in_devices: self.in_devices,
            is_unnamed: false,
        }
    }
}

fn add<K: Ord>(sums: &mut BTreeMap<K, u64>, key: K, weight: u64) {
    let sum = sums.entry(key).or_default();
    *sum = sum.saturating_add(weight);
}

/// Whether a sample is of a thread that runs a vCPU.
fn is_of_vcpu(tag: Tag, is_vcpu_thread: bool) -> bool {
    let is_its_own = matches!(tag, Tag::Guest | Tag::Entry | Tag::Halt | Tag::Vmm) || tag.is_exit();
    is_vcpu_thread && is_its_own
}

/// A function's name without what compilers append to parts and clones of it.
fn plain(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}
