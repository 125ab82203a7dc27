//! What must be answered to questions about a made-up fleet.

use std::collections::BTreeMap;

use super::cause::{APIC_TPR, CAUSES, MadeUpCause, NEW_MSR, PM_TIMER, TIMER_MSR};
use super::host::{BAD_KERNEL, MadeUpHost, OLD_CPU, OLD_KERNEL, SAME_KERNEL, SLOWER, VcpuExits};
use super::load::{DURATION_NS, FleetLoad};

/// What exits of one sum have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct MadeUpCauseKey {
    /// The kernel of their hosts.
    pub kernel: &'static str,
    /// Why they exited.
    pub reason: &'static str,
    /// What was reached; empty for nothing.
    pub register: &'static str,
}

/// Exits, added up.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MadeUpSum {
    /// Exits.
    pub exits: u64,
    /// Time in them, in nanoseconds.
    pub time_ns: u64,
    /// How long was recorded, in nanoseconds: of hosts only.
    pub recorded_ns: u64,
}

/// Something that was planted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlantedFact {
    /// What it is called.
    pub name: &'static str,
    /// What was planted.
    pub what: String,
    /// The options of `vmflame fleet` that find it.
    pub question: &'static str,
    /// What is to be found.
    pub answer: String,
}

/// What a made-up fleet consists of.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FleetTruth {
    /// Captures.
    pub captures: u64,
    /// Samples of all of them.
    pub samples: u64,
    /// Files that were written.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Exits by kernel, reason and register: what `fleet --query top-causes` must tell.
    pub causes: BTreeMap<MadeUpCauseKey, MadeUpSum>,
    /// Exits by host: what `fleet --query worst-hosts` must tell.
    pub hosts: BTreeMap<String, MadeUpSum>,
    /// What was planted.
    pub planted: Vec<PlantedFact>,
}

impl MadeUpCause {
    /// Its reason on hosts with SVM, or with VMX.
    pub(super) const fn reason(&self, is_amd: bool) -> &'static str {
        let [vmx, svm] = self.reasons;
        if is_amd { svm } else { vmx }
    }
}

impl VcpuExits {
    pub(super) fn add(&mut self, other: Self) {
        self.exits += other.exits;
        self.time_ns += other.time_ns;
    }
}

impl MadeUpSum {
    fn add(&mut self, other: Self) {
        self.exits += other.exits;
        self.time_ns += other.time_ns;
        self.recorded_ns += other.recorded_ns;
    }

    /// CPUs that were busy with them on average; of hosts only.
    pub fn cpus(&self) -> f64 {
        self.time_ns as f64 / self.recorded_ns.max(1) as f64
    }
}

impl FleetTruth {
    /// Adds the exits of a capture that have one cause.
    pub(super) fn add(
        &mut self,
        host: &MadeUpHost,
        kernel: &'static str,
        place: usize,
        found: VcpuExits,
    ) {
        let Some(cause) = CAUSES.get(place) else {
            return;
        };
        let key = MadeUpCauseKey {
            kernel,
            reason: cause.reason(host.is_amd()),
            register: cause.register,
        };
        let sum = MadeUpSum {
            exits: found.exits,
            time_ns: found.time_ns,
            recorded_ns: 0,
        };
        self.causes.entry(key).or_default().add(sum);
        self.of_host(&host.name).add(sum);
    }

    /// Adds a capture.
    pub(super) fn add_capture(&mut self, host: &MadeUpHost, samples: u64) {
        self.captures += 1;
        self.samples += samples;
        self.of_host(&host.name).recorded_ns += DURATION_NS;
    }

    fn of_host(&mut self, name: &str) -> &mut MadeUpSum {
        if !self.hosts.contains_key(name) {
            self.hosts.insert(name.to_owned(), MadeUpSum::default());
        }
        self.hosts.entry(name.to_owned()).or_default()
    }

    /// Adds what another thread made.
    pub(super) fn merge(&mut self, other: Self) {
        self.captures += other.captures;
        self.samples += other.samples;
        for (key, sum) in other.causes {
            self.causes.entry(key).or_default().add(sum);
        }
        for (host, sum) in other.hosts {
            self.hosts.entry(host).or_default().add(sum);
        }
    }

    /// Exits of all hosts.
    pub fn exits(&self) -> u64 {
        self.causes.values().map(|sum| sum.exits).sum()
    }

    /// The mean time of exits that reach a register under a kernel, in microseconds.
    fn mean_us(&self, kernel: &str, register: &str) -> f64 {
        let mut all = MadeUpSum::default();
        for (key, sum) in &self.causes {
            if key.kernel == kernel && key.register == register {
                all.add(*sum);
            }
        }
        all.time_ns as f64 / 1000.0 / all.exits.max(1) as f64
    }

    /// Says what was planted.
    pub(super) fn plant(&mut self, load: &FleetLoad, hosts: &[MadeUpHost]) {
        let register = |place: usize| CAUSES.get(place).map_or("", |cause| cause.register);
        let timer = register(TIMER_MSR);
        let [bad, old, same] =
            [BAD_KERNEL, OLD_KERNEL, SAME_KERNEL].map(|kernel| self.mean_us(kernel, timer));
        let worst = load
            .bad_hosts()
            .filter_map(|number| hosts.get(usize::try_from(number).ok()?));
        let mut worst: Vec<&str> = worst.map(|host| host.name.as_str()).collect();
        // One with more VMs loses more than one that is hit harder.
        let time_ns = |host: &str| self.hosts.get(host).map_or(0, |sum| sum.time_ns);
        worst.sort_by_key(|host| std::cmp::Reverse(time_ns(host)));
        self.planted = vec![
            PlantedFact {
                name: "bad-kernel",
                what: format!(
                    "under {BAD_KERNEL} a write of {timer} takes {SLOWER} times as long; two of twenty \
                     hosts run it, two more from the middle on"
                ),
                question: "--query top-causes --by kernel",
                answer: format!("{bad:.2} us, under {OLD_KERNEL} {old:.2}, {SAME_KERNEL} {same:.2}"),
            },
            PlantedFact {
                name: "same-kernel",
                what: format!("{SAME_KERNEL} and {OLD_KERNEL} differ in nothing"),
                question: "--query kernels",
                answer: "no difference beyond that between hosts".to_owned(),
            },
            PlantedFact {
                name: "pm-timer",
                what: "one of seven VMs is Windows that reads the PM timer, 2,000 times a second and vCPU"
                    .to_owned(),
                question: "--query top-causes --by guest",
                answer: format!("{} of Windows only", register(PM_TIMER)),
            },
            PlantedFact {
                name: "old-cpu",
                what: format!("hosts with {OLD_CPU} have no virtual APIC"),
                question: "--query top-causes --by cpu",
                answer: format!("{} of that CPU only", register(APIC_TPR)),
            },
            PlantedFact {
                name: "worst-hosts",
                what: "hosts without huge pages fault on memory, up to 3,000 times as often".to_owned(),
                question: "--query worst-hosts",
                answer: worst.join(", "),
            },
        ];
        if load.hours > 24 {
            self.planted.push(PlantedFact {
                name: "new-msr",
                what: "Windows reads it from the second day on".to_owned(),
                question: "--query new-since --since 2026-11-26",
                answer: register(NEW_MSR).to_owned(),
            });
        }
    }
}
