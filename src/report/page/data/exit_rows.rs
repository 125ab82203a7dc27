//! Exits by reason and by what they reach, kept apart by thread and by time.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::people::People;
use super::time_grid::{TimeGrid, as_number, differences};
use crate::kvm::exit::TargetKind;
use crate::report::exits::{ExitCell, ExitGraph, ReachedPlace};

/// What is reached, as the script is told of it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct ExitKey {
    kind: &'static str,
    name: String,
    device: String,
}

impl ExitKey {
    fn of(place: &ReachedPlace) -> Self {
        let direction = place.direction.as_str();
        let name = format!("{} {direction}", place.name);
        Self {
            kind: kind_of(place.target.kind()),
            name: name.trim_end().to_owned(),
            device: place.device.clone(),
        }
    }
}

/// What tables call a kind of what is reached.
const fn kind_of(kind: TargetKind) -> &'static str {
    match kind {
        TargetKind::Port => "port",
        TargetKind::Mmio => "mmio",
        TargetKind::Apic => "apic",
        TargetKind::Msr => "msr",
        TargetKind::Cpuid => "cpuid",
        TargetKind::Hypercall => "hypercall",
        TargetKind::Interrupt => "irq",
        TargetKind::Fault => "memory",
    }
}

/// What is the same of several rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct ExitRowKey {
    thread: i64,
    reason: usize,
    key: i64,
    bucket: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct ExitTotals {
    count: u64,
    nanos: u64,
}

/// The exits of a side, with what the tables of the page refer to.
#[derive(Debug, Default)]
pub(in crate::report::page) struct ExitRows {
    reasons: Vec<String>,
    keys: Vec<ExitKey>,
}

impl ExitRows {
    /// What exits are of, in order. Pages of guest memory are not told apart.
    pub(in crate::report::page) fn of(exits: &ExitGraph) -> Self {
        let reasons: BTreeSet<&String> = exits.cells.iter().map(|cell| &cell.reason).collect();
        let keys: BTreeSet<ExitKey> = exits.cells.iter().filter_map(key_of).collect();
        Self {
            reasons: reasons.into_iter().cloned().collect(),
            keys: keys.into_iter().collect(),
        }
    }

    /// The number of a reason.
    pub(in crate::report::page) fn reason(&self, reason: &str) -> Option<usize> {
        let found = self
            .reasons
            .binary_search_by(|known| known.as_str().cmp(reason));
        found.ok()
    }

    /// The number of what is reached, by its kind and its name.
    pub(in crate::report::page) fn key(&self, kind: &str, name: &str) -> Option<usize> {
        let mut keys = self.keys.iter();
        keys.position(|key| key.kind == kind && key.name == name)
    }

    fn summed(
        &self,
        exits: &ExitGraph,
        people: &People,
        grid: &TimeGrid,
    ) -> BTreeMap<ExitRowKey, ExitTotals> {
        let mut sums: BTreeMap<ExitRowKey, ExitTotals> = BTreeMap::new();
        for cell in &exits.cells {
            let key = key_of(cell).and_then(|key| self.keys.binary_search(&key).ok());
            let row = ExitRowKey {
                bucket: grid.bucket_of_slice(cell.slice),
                thread: cell.vcpu.map_or(-1, |task| people.number_of(task)),
                reason: self.reason(&cell.reason).unwrap_or_default(),
                key: key.and_then(|key| i64::try_from(key).ok()).unwrap_or(-1),
            };
            let sum = sums.entry(row).or_default();
            sum.count = sum.count.saturating_add(cell.exits);
            sum.nanos = sum.nanos.saturating_add(cell.nanos);
        }
        sums
    }

    /// How many rows there are with these buckets.
    pub(super) fn rows(&self, exits: &ExitGraph, people: &People, grid: &TimeGrid) -> usize {
        self.summed(exits, people, grid).len()
    }

    /// As the script reads it; nothing where there are no exits, or no times of them.
    pub(super) fn as_json(&self, exits: &ExitGraph, people: &People, grid: &TimeGrid) -> Value {
        if exits.cells.is_empty() {
            return Value::Null;
        }
        let rows = self.summed(exits, people, grid);
        let keys = self
            .keys
            .iter()
            .map(|key| json!({ "kind": key.kind, "name": key.name, "device": key.device }));
        let reasons = self.reasons.iter().map(|reason| json!({ "name": reason }));
        let sums = rows.values();
        json!({
            "reasons": reasons.collect::<Value>(),
            "keys": keys.collect::<Value>(),
            "rows": {
                "coding": "delta",
                "bucket": differences(rows.keys().map(|row| as_number(row.bucket))),
                "thread": differences(rows.keys().map(|row| row.thread)),
                "reason": differences(rows.keys().map(|row| as_number(row.reason as u64))),
                "key": differences(rows.keys().map(|row| row.key)),
                "count": sums.clone().map(|sums| sums.count).collect::<Value>(),
                "nanos": sums.map(|sums| sums.nanos).collect::<Value>(),
            },
        })
    }
}

fn key_of(cell: &ExitCell) -> Option<ExitKey> {
    let place = cell.reached.as_ref()?;
    if place.target.kind() == TargetKind::Fault {
        return Some(ExitKey {
            kind: kind_of(TargetKind::Fault),
            name: "guest memory".to_owned(),
            device: String::new(),
        });
    }
    Some(ExitKey::of(place))
}
