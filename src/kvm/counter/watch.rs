//! Readings, one after the other.

use std::collections::BTreeMap;

use super::change::{CounterChange, CounterChanges, HistogramChange, VmChange};
use super::reading::{CounterKind, HostReading, KvmCounter, VmReading};

/// Takes readings, and says what changed.
#[derive(Debug)]
pub struct CounterWatch {
    first_at_ns: u64,
    last_at_ns: u64,
    /// The VMs of the last reading by their keys.
    vms: BTreeMap<String, WatchedVm>,
}

/// A VM that is watched.
#[derive(Debug)]
struct WatchedVm {
    /// Its first reading, by which all growth is told. A counter that was set back begins anew.
    first: VmReading,
    since_ns: u64,
    last: VmReading,
}

impl CounterWatch {
    /// Begins with a reading.
    pub fn new(first: HostReading) -> Self {
        let at_ns = first.at_ns;
        let vms = first.vms.into_iter();
        let vms = vms.map(|vm| (vm.vm.key.clone(), WatchedVm::new(vm, at_ns)));
        Self {
            first_at_ns: at_ns,
            last_at_ns: at_ns,
            vms: vms.collect(),
        }
    }

    /// How many VMs the last reading had.
    pub fn vm_count(&self) -> usize {
        self.vms.len()
    }

    /// Takes the next reading. VMs of the keys `missed` are there and could not be read: they wait for
    /// the reading after it.
    pub fn take(&mut self, reading: HostReading, missed: &[String]) -> CounterChanges {
        let at_ns = reading.at_ns;
        let mut before = std::mem::take(&mut self.vms);
        let mut changes = CounterChanges {
            interval_ns: at_ns.saturating_sub(self.last_at_ns),
            watched_ns: at_ns.saturating_sub(self.first_at_ns),
            vms: Vec::new(),
            begun: Vec::new(),
            ended: Vec::new(),
            set_back: 0,
        };
        for vm in reading.vms {
            let key = vm.vm.key.clone();
            match before.remove(&key) {
                Some(mut watched) => {
                    changes.set_back += watched.forget_what_went_back(&vm);
                    changes.vms.push(watched.change(&vm, at_ns));
                    watched.last = vm;
                    self.vms.insert(key, watched);
                }
                None => {
                    changes.begun.push(vm.vm.clone());
                    self.vms.insert(key, WatchedVm::new(vm, at_ns));
                }
            }
        }
        for key in missed {
            if let Some(waiting) = before.remove_entry(key) {
                self.vms.extend([waiting]);
            }
        }
        changes.ended = before.into_values().map(|vm| vm.last.vm).collect();
        self.last_at_ns = at_ns;
        changes
    }
}

impl WatchedVm {
    fn new(first: VmReading, since_ns: u64) -> Self {
        Self {
            last: first.clone(),
            first,
            since_ns,
        }
    }

    /// Drops counters of which the next reading shows less. How many.
    fn forget_what_went_back(&mut self, next: &VmReading) -> u64 {
        let mut set_back = 0;
        for (name, counter) in &next.counters {
            let last = self.last.counters.get(name);
            let is_sum = counter.kind == CounterKind::Cumulative;
            if is_sum && last.is_some_and(|last| last.value > counter.value) {
                self.last.counters.remove(name);
                self.first.counters.insert(name.clone(), *counter);
                set_back += 1;
            }
        }
        set_back
    }

    fn change(&self, next: &VmReading, at_ns: u64) -> VmChange {
        let counters = next.counters.iter();
        let counters = counters.map(|(name, counter)| CounterChange {
            name: name.clone(),
            kind: counter.kind,
            unit: counter.unit,
            value: counter.value,
            grown: grown(self.last.counters.get(name), *counter),
            grown_in_all: grown(self.first.counters.get(name), *counter),
        });
        let histograms = next.histograms.iter().filter_map(|(name, buckets)| {
            let last = self.last.histograms.get(name)?;
            let grown = buckets.iter().zip(last);
            let grown = grown.map(|(next, last)| next.saturating_sub(*last));
            let buckets: Vec<u64> = grown.collect();
            let has_grown = buckets.iter().any(|bucket| *bucket > 0);
            has_grown.then(|| HistogramChange {
                name: name.clone(),
                buckets,
            })
        });
        VmChange {
            vm: next.vm.clone(),
            watched_ns: at_ns.saturating_sub(self.since_ns),
            counters: counters.collect(),
            histograms: histograms.collect(),
        }
    }
}

/// What a sum went up by; `None` for others, and without a value before.
fn grown(before: Option<&KvmCounter>, next: KvmCounter) -> Option<u64> {
    let before = before.filter(|_| next.kind == CounterKind::Cumulative)?;
    next.value.checked_sub(before.value)
}

#[cfg(test)]
mod tests {
    use super::super::reading::{CounterUnit, LiveVm};
    use super::*;

    fn reading(at_s: u64, vms: &[(&str, u64, u64)]) -> HostReading {
        let counter = |value, kind| KvmCounter {
            value,
            kind,
            unit: CounterUnit::Occurrences,
        };
        let vm = |&(key, exits, pages): &(&str, u64, u64)| VmReading {
            vm: LiveVm {
                key: key.to_owned(),
                pid: None,
                name: None,
            },
            counters: BTreeMap::from([
                ("exits".to_owned(), counter(exits, CounterKind::Cumulative)),
                ("pages".to_owned(), counter(pages, CounterKind::Instant)),
            ]),
            histograms: BTreeMap::from([("hist".to_owned(), vec![0, exits])]),
        };
        HostReading {
            at_ns: at_s * 1_000_000_000,
            vms: vms.iter().map(vm).collect(),
        }
    }

    /// By hand: 100, 130, 190.
    #[test]
    fn sums_grow_and_others_do_not() {
        let mut watch = CounterWatch::new(reading(10, &[("a", 100, 7)]));
        let first = watch.take(reading(11, &[("a", 130, 5)]), &[]);
        assert_eq!(
            (first.interval_ns, first.watched_ns),
            (1_000_000_000, 1_000_000_000)
        );
        let second = watch.take(reading(13, &[("a", 190, 5)]), &[]);
        assert_eq!(
            (second.interval_ns, second.watched_ns),
            (2_000_000_000, 3_000_000_000)
        );
        let exits = &second.vms[0].counters[0];
        assert_eq!((exits.grown, exits.grown_in_all), (Some(60), Some(90)));
        assert_eq!(second.vms[0].histograms[0].buckets, [0, 60]);
        let pages = &second.vms[0].counters[1];
        assert_eq!(
            (pages.value, pages.grown, pages.grown_in_all),
            (5, None, None)
        );
    }

    /// VMs come and go; one that comes is told once there is something to compare with.
    #[test]
    fn vms_come_and_go() {
        let mut watch = CounterWatch::new(reading(0, &[("a", 1, 0), ("b", 5, 0)]));
        let changes = watch.take(reading(1, &[("b", 6, 0), ("c", 1000, 0)]), &[]);
        let keys = |vms: &[LiveVm]| vms.iter().map(|vm| vm.key.clone()).collect::<Vec<_>>();
        assert_eq!(keys(&changes.begun), ["c"]);
        assert_eq!(keys(&changes.ended), ["a"]);
        assert_eq!(changes.vms.len(), 1);
        let changes = watch.take(reading(2, &[("c", 1004, 0)]), &[]);
        assert_eq!(changes.vms[0].counters[0].grown_in_all, Some(4));
        assert_eq!(changes.vms[0].watched_ns, 1_000_000_000);
        assert_eq!(watch.vm_count(), 1);
    }

    /// Who writes 0 into a counter of debugfs resets it: no rate is made of that.
    #[test]
    fn a_counter_that_is_reset_begins_anew() {
        let mut watch = CounterWatch::new(reading(0, &[("a", 500, 0)]));
        let changes = watch.take(reading(1, &[("a", 3, 0)]), &[]);
        assert_eq!(changes.set_back, 1);
        assert_eq!(changes.vms[0].counters[0].grown, None);
        let changes = watch.take(reading(2, &[("a", 10, 0)]), &[]);
        let exits = &changes.vms[0].counters[0];
        assert_eq!((exits.grown, exits.grown_in_all), (Some(7), Some(7)));
    }
}
