//! The exits of vCPUs, by kind.

use crate::analysis::exits::RecordedExits;
use crate::intern::Interner;
use crate::kvm::device::DeviceMap;
use crate::kvm::exit::{Access, Direction, FinishedExit, ReasonNames, SlowExit, Target, Task};
use crate::output::{KindOfExit, SampledExit};
use crate::report::exits::{ExitLabels, tag_of_exit};
use crate::symbol::GuestKernels;

/// Exits with what they are called.
#[derive(Clone, Copy, Debug)]
pub struct NamedExits<'r> {
    /// The exits, each of them among the slowest.
    pub recorded: &'r RecordedExits,
    /// What devices are called.
    pub devices: &'r DeviceMap,
}

/// An exit of a thread that is not numbered yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThreadExit {
    pub(super) task: Task,
    pub(super) exit: SampledExit,
}

/// Exits by thread, those of each in the order of time, and their kinds.
#[derive(Debug, Default)]
pub(super) struct KindsOfExits {
    pub(super) kinds: Vec<KindOfExit>,
    pub(super) exits: Vec<ThreadExit>,
}

impl KindsOfExits {
    pub(super) fn of(named: NamedExits<'_>) -> Self {
        let guests = GuestKernels::default();
        let labels = ExitLabels::of(named.recorded, named.devices, &guests);
        let names = ReasonNames::new(&named.recorded.formats);
        let mut slowest: Vec<&SlowExit> = named.recorded.survey.slowest().iter().collect();
        slowest.sort_unstable_by_key(|slow| (slow.task, slow.exit.start));
        let mut kinds: Interner<KindOfExit, u32> = Interner::default();
        let exits = slowest.into_iter().map(|slow| {
            let exit = &slow.exit;
            let kind = kinds.intern(kind_of(exit, &labels, &names));
            ThreadExit {
                task: slow.task,
                exit: SampledExit {
                    thread: 0,
                    kind,
                    start: exit.start,
                    nanos: exit.parts.wall(),
                    kernel_nanos: exit.parts.kernel,
                    vmm_nanos: exit.parts.vmm,
                    rip: exit.rip,
                },
            }
        });
        let exits = exits.collect();
        Self {
            exits,
            kinds: kinds.items().to_vec(),
        }
    }
}

fn kind_of(exit: &FinishedExit, labels: &ExitLabels<'_>, names: &ReasonNames) -> KindOfExit {
    let access = exit.accesses.foremost();
    let device = access.and_then(|access| labels.device(None, access));
    KindOfExit {
        reason: labels.reason(exit.reason),
        reached: access.map(reached),
        device: device.map(|device| {
            let doubt = if device.origin.is_assumption() {
                " ?"
            } else {
                ""
            };
            format!("{device}{doubt}")
        }),
        tag: tag_of_exit(names, exit.reason, access),
    }
}

/// What is reached, and which way. Pages of guest memory are not told apart.
fn reached(access: Access) -> String {
    if let Target::Fault(_) = access.target {
        return "guest memory".to_owned();
    }
    let target = ExitLabels::target(access.target);
    match access.direction {
        Direction::Read | Direction::Write => format!("{target} {}", access.direction.as_str()),
        _ => target,
    }
}
