//! The hosts of a made-up fleet: what each runs, and how often and how long its VMs exit.

use super::cause::{APIC_TPR, CAUSES, MEMORY, NEW_MSR, PM_TIMER, TIMER_MSR};
use super::load::FleetLoad;
use crate::perf::writer::SplitMix64;

/// The kernel under which [`TIMER_MSR`] takes [`SLOWER`] times as long.
pub(super) const BAD_KERNEL: &str = "6.12.4";
pub(super) const OLD_KERNEL: &str = "6.1.112";
/// Another one, under which nothing differs.
pub(super) const SAME_KERNEL: &str = "6.6.58";
pub(super) const SLOWER: u64 = 4;
/// The model without a virtual APIC: only its hosts have [`APIC_TPR`].
pub(super) const OLD_CPU: &str = "Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz";
const CPUS: [&str; 3] = [
    OLD_CPU,
    "Intel(R) Xeon(R) Gold 6338 CPU @ 2.00GHz",
    "AMD EPYC 7763 64-Core Processor",
];
/// vCPUs of each VM.
pub(super) const VCPUS: u64 = 2;
/// Of so many hosts one lost its huge pages.
const HOSTS_OF_ONE_BAD: u64 = 2000;
/// How many times as often a VM of the first of them faults on memory, and how much less on the next.
const MANY: u64 = 3000;
const FEWER: u64 = 300;

/// A VM.
#[derive(Clone, Debug)]
pub(super) struct MadeUpVm {
    pub(super) pid: i64,
    pub(super) name: String,
    pub(super) is_windows: bool,
    /// Whether it reads the PM timer, since its guest has no better clock.
    reads_pm_timer: bool,
}

/// A host, the same at every hour.
#[derive(Clone, Debug)]
pub(super) struct MadeUpHost {
    pub(super) name: String,
    pub(super) cpu: &'static str,
    pub(super) vms: Vec<MadeUpVm>,
    number: u64,
    /// By cause, how often it has it, in thousandths of what is usual.
    habits: [u64; CAUSES.len()],
    /// Its place among those without huge pages.
    bad_place: Option<u64>,
}

/// Exits of one cause and vCPU in one capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct VcpuExits {
    /// The place of their cause.
    pub(super) place: usize,
    pub(super) exits: u64,
    pub(super) time_ns: u64,
}

/// A number around a thousand: four even draws from -`reach` to `reach` added to it, which makes a
/// standard deviation of 1.15 times that.
pub(super) fn around(random: &mut SplitMix64, reach: u64) -> u64 {
    let draws: u64 = (0..4).map(|_| random.below(2 * reach + 1)).sum();
    (1000 + draws).saturating_sub(4 * reach)
}

impl MadeUpHost {
    pub(super) fn new(load: &FleetLoad, number: u64) -> Self {
        let mut random = SplitMix64::new(load.seed ^ number << 20);
        let model = usize::try_from(random.below(CPUS.len() as u64)).unwrap_or(0);
        let vms = (0..=random.below(3)).map(|vm| {
            let is_windows = random.below(100) < 35;
            MadeUpVm {
                pid: i64::try_from(2000 + 10 * vm).unwrap_or_default(),
                name: format!("vm-{number:05}-{vm}"),
                is_windows,
                reads_pm_timer: is_windows && random.below(100) < 40,
            }
        });
        let vms = vms.collect();
        let mut habits = [1000; CAUSES.len()];
        habits.fill_with(|| around(&mut random, 150));
        Self {
            name: format!("host-{number:05}"),
            cpu: CPUS.get(model).copied().unwrap_or(OLD_CPU),
            vms,
            number,
            habits,
            bad_place: load
                .bad_hosts()
                .position(|bad| bad == number)
                .map(|p| p as u64),
        }
    }

    /// Whether its CPU has SVM and not VMX.
    pub(super) fn is_amd(&self) -> bool {
        self.cpu.starts_with("AMD")
    }

    /// What it runs at an hour: of twenty hosts eleven the old kernel, five another, two the bad one,
    /// and two change from the old to the bad one in the middle.
    pub(super) const fn kernel(&self, load: &FleetLoad, hour: u64) -> &'static str {
        match self.number % 20 {
            0..=10 => OLD_KERNEL,
            11..=15 => SAME_KERNEL,
            18.. if hour < load.hours / 2 => OLD_KERNEL,
            _ => BAD_KERNEL,
        }
    }

    /// The exits of a vCPU of a VM while it was recorded, each of another cause.
    pub(super) fn exits(
        &self,
        load: &FleetLoad,
        vm: &MadeUpVm,
        hour: u64,
        random: &mut SplitMix64,
    ) -> Vec<VcpuExits> {
        let is_slow = self.kernel(load, hour) == BAD_KERNEL;
        let mut found = Vec::new();
        for (place, cause) in CAUSES.iter().enumerate() {
            // What is drawn does not depend on what is planted.
            let [often, long] = [around(random, 80), around(random, 40)];
            let habit = self.habits.get(place).copied().unwrap_or(1000);
            let many = match self.bad_place {
                Some(bad) if place == MEMORY => MANY.saturating_sub(FEWER * bad).max(FEWER),
                _ => 1,
            };
            let is_there = match place {
                PM_TIMER => vm.reads_pm_timer,
                APIC_TPR => self.cpu == OLD_CPU,
                NEW_MSR => vm.is_windows && hour >= 24,
                _ => true,
            };
            if is_there {
                let seconds = super::load::DURATION_NS / 1_000_000_000;
                let exits = cause.rate * seconds * many * habit / 1000 * often / 1000;
                let slow = if is_slow && place == TIMER_MSR {
                    SLOWER
                } else {
                    1
                };
                let time_ns = exits * cause.each_ns * slow * long / 1000;
                found.push(VcpuExits {
                    place,
                    exits,
                    time_ns,
                });
            }
        }
        found
    }
}

impl FleetLoad {
    /// The hosts that lost their huge pages, by their numbers, the one first that is hit hardest.
    pub(super) fn bad_hosts(&self) -> impl Iterator<Item = u64> {
        let (hosts, count) = (self.hosts, self.hosts.div_ceil(HOSTS_OF_ONE_BAD));
        let step = hosts / count.max(1);
        let first = SplitMix64::new(self.seed).below(step.max(1));
        (0..count).map(move |place| first + place * step)
    }
}
