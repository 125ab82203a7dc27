//! What samples of one row have in common, and what is added up of them.

use crate::analysis::Profile;
use crate::dataset::Value;
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

/// What samples of one row have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SampleKey<'p> {
    pub(super) vm: Option<Pid>,
    pub(super) vcpu: Option<u32>,
    pub(super) process: &'p str,
    pub(super) comm: &'p str,
    pub(super) tag: &'static str,
    pub(super) tag_depth: Option<usize>,
    pub(super) stack: i64,
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

impl SampleKey<'_> {
    /// Its columns.
    pub(super) fn columns(&self) -> [Value<'_>; 7] {
        [
            Value::of(self.vm, |pid| Value::Int(pid.as_i32().into())),
            Value::of(self.vcpu, |vcpu| Value::Int(vcpu.into())),
            Value::Text(self.process),
            Value::Text(self.comm),
            Value::Text(self.tag),
            Value::of(self.tag_depth, |depth| Value::count(depth as u64)),
            Value::Int(self.stack),
        ]
    }
}
