//! The intervals of each thread, and the keys they are counted under.

use hashbrown::HashMap;

use super::moment::{Effect, Identity, PerfKey, PerfMoment};
use super::welford::Welford;

/// Buckets of perf's hash table, in whose order ties are shown.
///
/// Source: `EVENTS_CACHE_SIZE`, tools/perf/util/kvm-stat.h, Linux 6.1.
const BUCKETS: u64 = 4096;

/// A virtual CPU's thread.
#[derive(Clone, Copy, Debug)]
struct Thread {
    vcpu: i32,
    /// When the interval began; 0 when none has.
    began: u64,
    /// What it is counted under: a place in the list of what was counted.
    counted: Option<usize>,
}

/// What was counted under a key.
#[derive(Clone, Copy, Debug)]
pub(super) struct PerfCount {
    pub(super) key: PerfKey,
    pub(super) times: Welford,
}

/// Pairs the beginnings and ends of intervals.
#[derive(Debug)]
pub(super) struct Intervals {
    vcpu: Option<u32>,
    threads: HashMap<i32, Thread>,
    /// In the order in which the keys came.
    counted: Vec<PerfCount>,
    /// The place of each key in it.
    places: HashMap<Identity, usize>,
}

impl Intervals {
    pub(super) fn new(vcpu: Option<u32>) -> Self {
        Self {
            vcpu,
            threads: HashMap::default(),
            counted: Vec::new(),
            places: HashMap::default(),
        }
    }

    /// Takes the next record in perf's order.
    ///
    /// Source: `handle_kvm_event()`, `handle_begin_event()`, `handle_end_event()`,
    /// tools/perf/builtin-kvm.c, Linux 6.1.
    pub(super) fn take(&mut self, moment: PerfMoment) {
        let thread = match moment.effect {
            Effect::Nothing => return,
            Effect::Enters { vcpu, .. } => *self.threads.entry(moment.tid).or_insert(Thread {
                vcpu,
                began: 0,
                counted: None,
            }),
            Effect::Begins(_) | Effect::Ends(_) => match self.threads.get(&moment.tid) {
                Some(thread) => *thread,
                None => return,
            },
        };
        let is_wanted = |vcpu| i64::from(thread.vcpu) == i64::from(vcpu);
        if !self.vcpu.is_none_or(is_wanted) {
            return;
        }
        let thread = match moment.effect {
            Effect::Nothing => return,
            Effect::Begins(key) => self.begin(thread, moment.at, key),
            Effect::Enters { begins: true, .. } => self.begin(thread, moment.at, None),
            Effect::Enters { begins: false, .. } => self.end(thread, moment.at, None),
            Effect::Ends(key) => self.end(thread, moment.at, key),
        };
        self.threads.insert(moment.tid, thread);
    }

    fn begin(&mut self, thread: Thread, at: u64, key: Option<PerfKey>) -> Thread {
        Thread {
            began: at,
            counted: key.and_then(PerfKey::known).map(|key| self.place_of(key)),
            ..thread
        }
    }

    fn end(&mut self, thread: Thread, at: u64, key: Option<PerfKey>) -> Thread {
        if thread.began == 0 {
            return thread;
        }
        let told = thread.counted;
        let Some(place) =
            told.or_else(|| key.and_then(PerfKey::known).map(|key| self.place_of(key)))
        else {
            return thread;
        };
        if let (Some(took), Some(counted)) =
            (at.checked_sub(thread.began), self.counted.get_mut(place))
        {
            counted.times.add(took);
        }
        Thread {
            began: 0,
            counted: None,
            ..thread
        }
    }

    /// The place of a key in the list of what was counted; a new one for a new key.
    fn place_of(&mut self, key: PerfKey) -> usize {
        if let Some(&place) = self.places.get(&key.identity) {
            return place;
        }
        let place = self.counted.len();
        self.places.insert(key.identity, place);
        self.counted.push(PerfCount {
            key,
            times: Welford::new(self.vcpu.is_some()),
        });
        place
    }

    /// What was counted at least once, in the order of perf's hash table: by bucket, in each the
    /// latest key first.
    pub(super) fn counted(&self) -> Vec<PerfCount> {
        let any = |counted: &&PerfCount| counted.times.samples > 0.0;
        let mut found: Vec<PerfCount> = self.counted.iter().rev().filter(any).copied().collect();
        found.sort_by_key(|counted| counted.key.identity.code % BUCKETS);
        found
    }
}
