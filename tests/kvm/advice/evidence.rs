//! Made-up evidence.

use vmflame::kvm::advice::{
    ChosenBy, DeviceTold, Evidence, ExitEvidence, ExitKind, ExitRow, ExitSite, FunctionWeight,
    GuestSystem, GuestTold, HaltEvidence, HostFacts, HowTold, ReadyEvidence, Recording, Runner,
    StackEvidence, TagWeight, Vendor, VmEvidence,
};
use vmflame::kvm::exit::Direction;
use vmflame::stack::Tag;
use vmflame::units::Pid;

/// How long exits are recorded, in seconds.
pub(crate) const SECONDS: u64 = 10;

/// So many exits a second on one vCPU, each of so many microseconds.
pub(crate) fn row(kind: ExitKind, rate: u64, micros: u64) -> ExitRow {
    ExitRow {
        kind,
        reason: format!("{kind:?}"),
        place: None,
        direction: Direction::Unknown,
        device: None,
        count: rate * SECONDS,
        nanos: rate * SECONDS * micros * 1000,
        user_nanos: 0,
        is_doorbell: false,
    }
}

pub(crate) trait Change: Sized {
    fn at(self, place: ExitSite, direction: Direction) -> Self;
    fn of(self, region: &str) -> Self;
    fn in_vmm(self) -> Self;
}

impl Change for ExitRow {
    fn at(mut self, place: ExitSite, direction: Direction) -> Self {
        self.place = Some(place);
        self.direction = direction;
        self
    }

    /// Of a device that the VM's memory map tells.
    fn of(mut self, region: &str) -> Self {
        self.device = Some(DeviceTold {
            region: region.to_owned(),
            words: region.to_owned(),
            is_sure: true,
        });
        self
    }

    fn in_vmm(mut self) -> Self {
        self.user_nanos = self.nanos / 2;
        self
    }
}

/// A host with one VM of one vCPU that has these exits.
pub(crate) fn exits(rows: Vec<ExitRow>) -> Evidence {
    let mut evidence = one_vm();
    evidence.vms[0].exits = Some(ExitEvidence {
        recording: 0,
        seconds: SECONDS as f64,
        vcpus: 1,
        rows,
        is_timed: true,
        knows_user_space: true,
        halted_nanos: 0,
    });
    evidence
}

/// A host with one VM, of which nothing is known yet.
pub(crate) fn one_vm() -> Evidence {
    Evidence {
        host: HostFacts {
            machine: Some("x86_64".to_owned()),
            kernel: Some("6.1.0-56-amd64".to_owned()),
            vendor: Some(Vendor::Intel),
            ..HostFacts::default()
        },
        recordings: vec![Recording {
            path: "kvm.data".to_owned(),
            seconds: Some(SECONDS as f64),
            read: 1_000_000,
            events: ["kvm:kvm_exit", "kvm:kvm_entry", "kvm:kvm_mmio"]
                .map(str::to_owned)
                .to_vec(),
            ..Recording::default()
        }],
        vms: vec![VmEvidence {
            pid: Some(Pid::new(4711)),
            name: "vm".to_owned(),
            ..VmEvidence::default()
        }],
        chosen_by: ChosenBy::default(),
    }
}

/// A host with one VM whose vCPU threads have so many of a thousand samples with a function and a tag.
pub(crate) fn samples(function: Option<&'static str>, tag: Tag, per_mille: u64) -> Evidence {
    let mut evidence = one_vm();
    let function = function.map(|name| FunctionWeight {
        name,
        weight: per_mille,
    });
    evidence.vms[0].stacks = Some(StackEvidence {
        recording: 0,
        total: 1000,
        samples: 1000,
        tags: vec![
            TagWeight {
                tag: Tag::Guest,
                weight: 1000 - per_mille,
            },
            TagWeight {
                tag,
                weight: per_mille,
            },
        ],
        functions: function.into_iter().collect(),
        in_devices: per_mille,
        is_unnamed: false,
    });
    evidence
}

pub(crate) fn with_guest(mut evidence: Evidence, system: GuestSystem, told: HowTold) -> Evidence {
    evidence.vms[0].guest = Some(GuestTold {
        system,
        told,
        by: "made up".to_owned(),
    });
    evidence
}

/// With the vCPU halted for so many percent of the time.
pub(crate) fn halted(mut evidence: Evidence, percent: u64) -> Evidence {
    if let Some(exits) = &mut evidence.vms[0].exits {
        exits.halted_nanos = SECONDS * percent * 10_000_000;
    }
    evidence
}

pub(crate) fn with_parameter(mut evidence: Evidence, line: &str) -> Evidence {
    evidence.host.add_parameters(line, "made up");
    evidence
}

/// With so many percent of the time spent polling.
pub(crate) fn polling(percent: u64) -> Evidence {
    let mut evidence = one_vm();
    evidence.vms[0].halts = Some(HaltEvidence {
        recording: 0,
        seconds: SECONDS as f64,
        vcpus: 1,
        wakeups: 5000,
        polled_nanos: SECONDS * percent * 10_000_000,
        won: 4000,
    });
    evidence
}

/// With so many percent of the time spent waiting for a CPU.
pub(crate) fn waiting(percent: u64) -> Evidence {
    let mut evidence = one_vm();
    let share = percent as f64 / 100.0;
    evidence.vms[0].ready = Some(ReadyEvidence {
        recording: 0,
        share,
        worst: share,
        runners: vec![Runner {
            name: "vhost-4712".to_owned(),
            share: 0.8,
        }],
    });
    evidence
}
