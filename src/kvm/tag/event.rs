//! What the sampled event tells of its samples before any stack is looked at.

use super::matcher::Matcher;
use super::table::arch_of;
use crate::perf::Attr;
use crate::stack::Tag;

/// The built-in table.
pub(super) const EVENTS: &str = include_str!("events.tsv");

/// What makes the kernel take samples of an event, as far as tagging cares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Trigger {
    /// Time or cycles go by, in the host as in guests.
    #[default]
    Anywhere,
    /// A counter that stands still while a guest runs: what it counts at the world switch is the
    /// cost of the switch.
    StopsInGuest,
    /// Code of the host: no guest raises it, whatever mode its samples record.
    HostCode(Meaning),
}

/// What the name of an event of the host's code tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Meaning {
    /// The tag of all samples.
    pub(super) always: Option<Tag>,
    /// The tag of a vCPU thread's samples that show no more than one frame.
    pub(super) alone: Option<Tag>,
}

impl Trigger {
    /// The trigger of an event on the machine that `uname -m` names so; `name` is the event's name
    /// without modifiers.
    ///
    /// With `exclude_guest` the kernel switches hardware counters off on the way into the guest; the
    /// timers behind the software clocks go on, and their samples lie where the host finds itself
    /// when the guest was interrupted.
    ///
    /// Source: `atomic_switch_perf_msrs()`, `arch/x86/kvm/vmx/vmx.c`, `kvm_vcpu_pmu_restore_guest()`,
    /// `arch/arm64/kvm/pmu.c`, `cpu_clock_event_init()`, `kernel/events/core.c`, Linux 6.12.
    pub(super) fn of(name: &str, attr: &Attr, machine: Option<&str>) -> Self {
        if attr.is_clock() || attr.is_dummy() {
            Self::Anywhere
        } else if attr.is_hardware() {
            if attr.excludes_guest() {
                Self::StopsInGuest
            } else {
                Self::Anywhere
            }
        } else if attr.is_tracepoint() {
            Self::HostCode(meaning_of(name, machine))
        } else {
            // Page faults, context switches, breakpoints.
            Self::HostCode(Meaning::default())
        }
    }

    /// Whether a sample can be of a guest.
    pub(super) const fn reaches_guest(self) -> bool {
        matches!(self, Self::Anywhere)
    }

    /// The tag of all samples, where the event's name decides.
    pub(super) const fn always(self) -> Option<Tag> {
        match self {
            Self::HostCode(meaning) => meaning.always,
            Self::Anywhere | Self::StopsInGuest => None,
        }
    }

    /// The tag of a vCPU thread's samples that show no more than one frame.
    pub(super) const fn alone(self) -> Option<Tag> {
        match self {
            Self::HostCode(meaning) => meaning.alone,
            Self::Anywhere | Self::StopsInGuest => None,
        }
    }
}

fn meaning_of(name: &str, machine: Option<&str>) -> Meaning {
    let arch = machine.and_then(arch_of);
    let mut rows = Matcher::default();
    for line in EVENTS.lines().filter_map(parse) {
        if line.arch == "any" || arch.is_none_or(|arch| arch == line.arch) {
            rows.add(line.pattern, line.meaning);
        }
    }
    rows.get(name).unwrap_or_default()
}

/// A line of the table.
#[derive(Debug)]
pub(super) struct EventLine<'a> {
    pub(super) pattern: &'a str,
    /// The architecture's name, or `any`.
    arch: &'a str,
    meaning: Meaning,
}

/// Reads a line of the table; `None` for a comment and what is no row.
pub(super) fn parse(line: &str) -> Option<EventLine<'_>> {
    if line.starts_with('#') {
        return None;
    }
    let mut columns = line.split('\t');
    let (pattern, arch) = (columns.next()?, columns.next()?);
    let when = columns.next()?;
    let tag = Tag::from_name(columns.next()?)?;
    let meaning = match when {
        "always" => Meaning {
            always: Some(tag),
            alone: None,
        },
        "alone" => Meaning {
            always: None,
            alone: Some(tag),
        },
        _ => return None,
    };
    Some(EventLine {
        pattern,
        arch,
        meaning,
    })
}
