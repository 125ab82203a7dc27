//! What samples of one row have in common, and what is added up of them.

use crate::analysis::Profile;
use crate::dataset::Value;
use crate::intern::Interner;
use crate::perf::Capture;
use crate::units::Pid;

/// How samples tell time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SampledTime {
    /// They count nanoseconds.
    Clock,
    /// Each stands for one part of a second of a busy CPU, as often as was asked for.
    Frequency(u64),
    /// They do not.
    Untold,
}

impl SampledTime {
    pub(super) fn of(capture: &Capture, profile: &Profile) -> Self {
        let event = capture.events().get(profile.event);
        match event.map(|event| (event.attr.is_clock(), event.attr.frequency())) {
            Some((true, _)) => Self::Clock,
            Some((false, Some(frequency))) if frequency > 0 => Self::Frequency(frequency),
            Some((false, _)) | None => Self::Untold,
        }
    }

    /// As table captures has it.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Clock => Some("clock"),
            Self::Frequency(_) => Some("frequency"),
            Self::Untold => None,
        }
    }

    /// The last three columns of samples.
    pub(super) fn columns(self, sum: SampleSum) -> [Value<'static>; 3] {
        let SampleSum { samples, weight } = sum;
        let nanos = Value::of(self.nanos(samples, weight), Value::count);
        [Value::count(samples), Value::count(weight), nanos]
    }

    /// The time of samples in nanoseconds.
    fn nanos(self, samples: u64, weight: u64) -> Option<u64> {
        match self {
            Self::Clock => Some(weight),
            Self::Frequency(frequency) => {
                let nanos = u128::from(samples) * 1_000_000_000 / u128::from(frequency.max(1));
                Some(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
            Self::Untold => None,
        }
    }
}

/// What samples of one row have in common, but for their stack.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct SampleGroup<'p> {
    pub(super) vm: Option<Pid>,
    pub(super) vcpu: Option<u32>,
    pub(super) process: &'p str,
    pub(super) comm: &'p str,
    pub(super) tag: &'static str,
    pub(super) tag_depth: Option<usize>,
}

/// What samples of one row have in common, in the order of rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct SampleKey {
    /// The place of their group.
    group: u32,
    stack: i64,
}

/// The keys of a profile's stacks. Texts are compared when groups are put in order, of which there are
/// few.
#[derive(Debug)]
pub(super) struct SampleKeys<'p> {
    /// In order.
    groups: Vec<SampleGroup<'p>>,
    /// Of each stack, by its position.
    keys: Vec<SampleKey>,
}

impl<'p> SampleKeys<'p> {
    /// The keys of stacks with these groups and ids.
    pub(super) fn of(stacks: impl Iterator<Item = (SampleGroup<'p>, i64)>) -> Self {
        let mut known: Interner<SampleGroup<'p>, u32> = Interner::default();
        let keys = stacks.map(|(group, stack)| SampleKey {
            group: known.intern(group),
            stack,
        });
        let mut keys: Vec<SampleKey> = keys.collect();
        let groups = known.items();
        let mut order: Vec<u32> = (0..).take(groups.len()).collect();
        order.sort_unstable_by_key(|&group| groups.get(group as usize));
        let mut places = vec![0; groups.len()];
        for (place, &group) in (0..).zip(&order) {
            if let Some(found) = places.get_mut(group as usize) {
                *found = place;
            }
        }
        for key in &mut keys {
            key.group = places.get(key.group as usize).copied().unwrap_or_default();
        }
        let in_order = order.iter().filter_map(|&group| groups.get(group as usize));
        Self {
            groups: in_order.cloned().collect(),
            keys,
        }
    }

    /// The key of each stack, by its position.
    pub(super) fn keys(&self) -> &[SampleKey] {
        &self.keys
    }

    /// The columns of a key of these.
    pub(super) fn columns(&self, key: SampleKey) -> Option<[Value<'p>; 7]> {
        let group = self.groups.get(key.group as usize)?;
        Some([
            Value::of(group.vm, |pid| Value::Int(pid.as_i32().into())),
            Value::of(group.vcpu, |vcpu| Value::Int(vcpu.into())),
            Value::Text(group.process),
            Value::Text(group.comm),
            Value::Text(group.tag),
            Value::of(group.tag_depth, |depth| Value::count(depth as u64)),
            Value::Int(key.stack),
        ])
    }
}

/// Samples, added up.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SampleSum {
    pub(super) samples: u64,
    pub(super) weight: u64,
}

impl SampleSum {
    pub(super) fn add(&mut self, samples: u64, weight: u64) {
        self.samples = self.samples.saturating_add(samples);
        self.weight = self.weight.saturating_add(weight);
    }
}
