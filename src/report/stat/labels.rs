//! What VMs and events are called.

use std::collections::BTreeMap;

use crate::analysis::stat::{EventDetail, EventStat, SeriesKey, VmOwner};
use crate::kvm::exit::ReasonNames;
use crate::report::table::{Cell, Column, Quantity};
use crate::units::Pid;

/// What VMs and events are called.
#[derive(Debug)]
pub(super) struct StatLabels<'s> {
    stat: &'s EventStat,
    vm_names: &'s BTreeMap<Pid, String>,
    reasons: ReasonNames,
}

/// The columns of a VM.
pub(super) fn vm_columns() -> [Column; 2] {
    [
        Column::new(
            "vm",
            "vm",
            Quantity::Text,
            "The VM: the id of the VMM's process.",
        )
        .or_absent("it was outside of VMs, or the source does not tell processes"),
        Column::new(
            "vm_name",
            "name",
            Quantity::Text,
            "What the VMM calls its VM, else the name of its process.",
        )
        .or_absent("it was not recorded"),
    ]
}

impl<'s> StatLabels<'s> {
    pub(super) fn of(stat: &'s EventStat, vm_names: &'s BTreeMap<Pid, String>) -> Self {
        Self {
            stat,
            vm_names,
            reasons: ReasonNames::new(&stat.formats),
        }
    }

    /// The cells of a VM.
    pub(super) fn vm(&self, owner: VmOwner) -> [Cell; 2] {
        match owner {
            VmOwner::Vm(pid) => {
                let of_process = self.stat.process_names.get(&pid);
                let name = self.vm_names.get(&pid).or(of_process);
                [
                    Cell::Text(pid.to_string()),
                    Cell::of(name.cloned(), Cell::Text),
                ]
            }
            VmOwner::Outside => [Cell::Absent, Cell::Text("outside of VMs".to_owned())],
            VmOwner::Untold => [Cell::Absent, Cell::Absent],
        }
    }

    /// An event, with why it happened where it is told apart by that: `kvm_exit(HLT)`. Those of KVM
    /// go without their system.
    pub(super) fn event(&self, key: &SeriesKey) -> String {
        let name = self.stat.names.get(key.event);
        let name = name.map_or("", |name| name.strip_prefix("kvm:").unwrap_or(name));
        match key.detail {
            None => name.to_owned(),
            Some(EventDetail::Exit(reason)) => {
                format!("{name}({})", self.reasons.name(reason).text)
            }
            Some(EventDetail::Userspace(reason)) => {
                format!("{name}({})", self.userspace_reason(reason))
            }
            Some(EventDetail::UserspaceError(errno)) => format!("{name}(error {errno})"),
        }
    }

    fn userspace_reason(&self, reason: u32) -> String {
        let formats = &self.stat.formats;
        let format = formats.by_name("kvm:kvm_userspace_exit");
        let names = format.and_then(|ix| formats.get(ix));
        let name = names.and_then(|format| {
            let names = &format.value_names;
            names.symbolic("reason", None, reason.into())
        });
        let short = name.map(|name| name.strip_prefix("KVM_EXIT_").unwrap_or(name));
        short.map_or_else(|| reason.to_string(), str::to_owned)
    }
}
