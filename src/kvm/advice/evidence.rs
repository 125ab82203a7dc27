//! What the rules read: facts and numbers, each with where it came from.

use super::exit_kind::ExitKind;
use super::guest_system::GuestTold;
use super::host_facts::HostFacts;
use super::vmm_facts::VmmFacts;
use crate::kvm::exit::Direction;
use crate::stack::Tag;
use crate::units::Pid;

/// All that is known, of one host and its VMs.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Evidence {
    /// The host.
    pub host: HostFacts,
    /// The captures that were looked at.
    pub recordings: Vec<Recording>,
    /// The VMs, each once whatever captures show it.
    pub vms: Vec<VmEvidence>,
    /// What of the captures was looked at.
    pub chosen_by: ChosenBy,
}

/// What of captures is looked at, as options choose it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ChosenBy {
    /// Whether VMs were chosen, by name or by process.
    pub has_vms: bool,
    /// Options that `exits`, `convert` and `diff` have in common, each with a blank in front.
    pub options: String,
    /// The option that chooses cgroups, with a blank in front; `exits` has none. Empty for all.
    pub cgroups: String,
    /// Ranges of times as `--time` takes them; empty for all.
    pub times: String,
}

/// A capture as a source of evidence, and what it lacks.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Recording {
    /// Its path as the user gave it.
    pub path: String,
    /// From the first to the last event, in seconds; `None` without times.
    pub seconds: Option<f64>,
    /// Names of the tracepoints and other events in it.
    pub events: Vec<String>,
    /// Events that were read.
    pub read: u64,
    /// Events that the kernel says it lost.
    pub lost: u64,
    /// Exits that found no entry, and entries that found no exit.
    pub unpaired: u64,
    /// What recording may have cost on the vCPUs, as a share of the time in exits; `None` where no
    /// exits were timed.
    pub tracing_share: Option<f64>,
}

/// What is known of a VM. Texts come from files and are not yet safe.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct VmEvidence {
    /// The VMM's process.
    pub pid: Option<Pid>,
    /// Its name, or that of its process.
    pub name: String,
    /// Its operating system; `None`: not known.
    pub guest: Option<GuestTold>,
    /// What the VMM was started with.
    pub vmm: Option<VmmFacts>,
    /// Its exits, where tracepoints tell them.
    pub exits: Option<ExitEvidence>,
    /// Where the samples of its vCPU threads lie.
    pub stacks: Option<StackEvidence>,
    /// How long its vCPUs waited for a CPU.
    pub ready: Option<ReadyEvidence>,
    /// How its vCPUs halted.
    pub halts: Option<HaltEvidence>,
}

/// The exits of a VM.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ExitEvidence {
    /// Index of the recording.
    pub recording: usize,
    /// How long was recorded, in seconds.
    pub seconds: f64,
    /// How many vCPUs had exits.
    pub vcpus: u32,
    /// Exits by what they are about.
    pub rows: Vec<ExitRow>,
    /// Whether it is known how long exits took.
    pub is_timed: bool,
    /// Whether returns to the VMM were recorded.
    pub knows_user_space: bool,
    /// How long vCPUs were halted, in nanoseconds.
    pub halted_nanos: u64,
}

/// Exits that are about the same.
#[derive(Clone, PartialEq, Debug)]
pub struct ExitRow {
    /// What they are about.
    pub kind: ExitKind,
    /// The reason as the capture names it.
    pub reason: String,
    /// The register that was accessed.
    pub place: Option<ExitSite>,
    /// Whether it was read or written.
    pub direction: Direction,
    /// The device that it is of.
    pub device: Option<DeviceTold>,
    /// How many.
    pub count: u64,
    /// Time from exit to entry in nanoseconds, without sleep and without waiting for a CPU.
    pub nanos: u64,
    /// The part of it that was spent in the VMM.
    pub user_nanos: u64,
    /// Whether an eventfd took the write.
    pub is_doorbell: bool,
}

/// A register.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ExitSite {
    /// An I/O port.
    Port(u16),
    /// A register of the local APIC, by its offset in the page.
    Apic(u32),
    /// A model-specific register.
    Msr(u32),
    /// A guest-physical address.
    Gpa(u64),
    /// A hypercall's number.
    Hypercall(u64),
    /// Any page of the guest's memory.
    Memory,
}

/// The device that a register is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceTold {
    /// The region as `info mtree` calls it: `acpi-tmr`.
    pub region: String,
    /// The device and its register: `acpi-tmr (ACPI PM timer)`.
    pub words: String,
    /// Whether this VM's own memory map told it, or the CPU's manual; else a map of usual places.
    pub is_sure: bool,
}

/// Where the samples of a VM's vCPU threads lie.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StackEvidence {
    /// Index of the recording.
    pub recording: usize,
    /// Weight of all samples of vCPU threads.
    pub total: u64,
    /// Number of samples.
    pub samples: u64,
    /// Weight by tag.
    pub tags: Vec<TagWeight>,
    /// Weight of stacks with a function that rules know, by its name.
    pub functions: Vec<FunctionWeight>,
    /// Weight of stacks with a function of any of the devices that rules know.
    pub in_devices: u64,
    /// Whether functions of KVM have no names, so that most of this is not known.
    pub is_unnamed: bool,
}

/// A tag and what the stacks that carry it weigh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TagWeight {
    /// The tag.
    pub tag: Tag,
    /// The weight.
    pub weight: u64,
}

/// A function and what the stacks that hold it weigh.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FunctionWeight {
    /// The function.
    pub name: &'static str,
    /// The weight.
    pub weight: u64,
}

impl StackEvidence {
    /// The weight of the stacks with one of these tags.
    pub fn weight_of_tags(&self, tags: &[Tag]) -> u64 {
        let weights = self.tags.iter().filter(|found| tags.contains(&found.tag));
        weights
            .map(|found| found.weight)
            .fold(0, u64::saturating_add)
    }

    /// The share of the stacks with one of these tags, 0 to 1.
    pub fn share_of_tags(&self, tags: &[Tag]) -> f64 {
        self.share(self.weight_of_tags(tags))
    }

    /// Of these functions the one in the stacks that weigh most.
    pub fn function(&self, names: &[&str]) -> Option<FunctionWeight> {
        let known = self.functions.iter();
        let found = known.filter(|found| names.contains(&found.name));
        found.max_by_key(|found| found.weight).copied()
    }

    /// The part of what devices take that one of their functions takes, 0 to 1.
    pub fn part_of_devices(&self, function: FunctionWeight) -> f64 {
        (function.weight as f64 / self.in_devices.max(1) as f64).min(1.0)
    }

    /// The share of a weight, 0 to 1.
    pub fn share(&self, weight: u64) -> f64 {
        (weight as f64 / self.total.max(1) as f64).min(1.0)
    }

    /// How many samples a weight is of, where all weigh the same.
    pub fn samples_of(&self, weight: u64) -> u64 {
        let samples = u128::from(weight) * u128::from(self.samples);
        let samples = samples / u128::from(self.total.max(1));
        u64::try_from(samples).unwrap_or(u64::MAX)
    }
}

/// How long vCPUs waited for a CPU.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ReadyEvidence {
    /// Index of the recording.
    pub recording: usize,
    /// The share of the vCPUs' time in which they could have run, 0 to 1.
    pub share: f64,
    /// The largest share of a single vCPU.
    pub worst: f64,
    /// Who had the CPU meanwhile, the longest first: its name and its share of the waiting.
    pub runners: Vec<Runner>,
}

/// Somebody who ran while a vCPU waited.
#[derive(Clone, PartialEq, Debug)]
pub struct Runner {
    /// Its name.
    pub name: String,
    /// Its share of the waiting time, 0 to 1; together less than 1 where it is not told who ran.
    pub share: f64,
}

/// How vCPUs halted.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct HaltEvidence {
    /// Index of the recording.
    pub recording: usize,
    /// How long was recorded, in seconds.
    pub seconds: f64,
    /// Number of vCPUs.
    pub vcpus: u32,
    /// Ended halts.
    pub wakeups: u64,
    /// Time of halts that ended while polling, and of vain polls before a sleep, in nanoseconds.
    pub polled_nanos: u64,
    /// Halts that ended while polling.
    pub won: u64,
}

impl ExitEvidence {
    /// Seconds of all vCPUs together.
    pub fn vcpu_seconds(&self) -> f64 {
        self.seconds * f64::from(self.vcpus)
    }

    /// All exits.
    pub fn count(&self) -> u64 {
        self.rows
            .iter()
            .map(|row| row.count)
            .fold(0, u64::saturating_add)
    }

    /// The share of the vCPUs' time that exits take, without sleep, 0 to 1; `None` when it is not
    /// known how long they took.
    pub fn share(&self) -> Option<f64> {
        let nanos: u64 = self
            .rows
            .iter()
            .map(|row| row.nanos)
            .fold(0, u64::saturating_add);
        let seconds = self.vcpu_seconds();
        (self.is_timed && seconds > 0.0).then(|| (nanos as f64 / 1e9 / seconds).min(1.0))
    }

    /// Whether any exit is of a kind.
    pub fn has(&self, kind: ExitKind) -> bool {
        self.rows
            .iter()
            .any(|row| row.kind == kind && row.count > 0)
    }

    /// The share of the vCPUs' time that was spent halted, 0 to 1.
    pub fn halted_share(&self) -> f64 {
        let seconds = self.vcpu_seconds();
        if seconds > 0.0 {
            (self.halted_nanos as f64 / 1e9 / seconds).min(1.0)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A damaged file may tell any period; a sum that begins again from zero would be a wrong share.
    #[test]
    fn weights_do_not_begin_again_from_zero() {
        let tag = |tag| TagWeight {
            tag,
            weight: u64::MAX,
        };
        let stacks = StackEvidence {
            tags: vec![tag(Tag::Guest), tag(Tag::Vmm)],
            ..StackEvidence::default()
        };
        assert_eq!(stacks.weight_of_tags(&[Tag::Guest, Tag::Vmm]), u64::MAX);
    }
}
