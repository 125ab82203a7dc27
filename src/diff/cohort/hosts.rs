//! What was measured: hosts, keys, values.

use crate::before_after::Sides;

/// What a key is a value of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum KeyKind {
    /// Share of the samples that are not idle, in percent: of a tag, or of all exits.
    Tag,
    /// Exits of a reason in a second.
    ReasonRate,
    /// Time of exits of a reason, in milliseconds of each second.
    ReasonTime,
    /// Median of the time of an exit of a reason, in microseconds.
    ReasonP50,
    /// 99th percentile of the same.
    ReasonP99,
    /// Exits that reach a register in a second.
    RegisterRate,
    /// Their time, in milliseconds of each second.
    RegisterTime,
    /// Exits that reach a device in a second.
    DeviceRate,
    /// Their time, in milliseconds of each second.
    DeviceTime,
    /// Share of the samples of a function with what it calls, in percent.
    Inclusive,
    /// Share of the samples of a function by itself, in percent.
    Own,
}

impl KeyKind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Tag,
        Self::ReasonRate,
        Self::ReasonTime,
        Self::ReasonP50,
        Self::ReasonP99,
        Self::RegisterRate,
        Self::RegisterTime,
        Self::DeviceRate,
        Self::DeviceTime,
        Self::Inclusive,
        Self::Own,
    ];

    /// What programs call it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::ReasonRate => "reason",
            Self::ReasonTime => "reason-time",
            Self::ReasonP50 => "reason-p50",
            Self::ReasonP99 => "reason-p99",
            Self::RegisterRate => "register",
            Self::RegisterTime => "register-time",
            Self::DeviceRate => "device",
            Self::DeviceTime => "device-time",
            Self::Inclusive => "frame",
            Self::Own => "self",
        }
    }

    /// The kind of a name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }

    /// The unit of its values.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Tag | Self::Inclusive | Self::Own => "%",
            Self::ReasonRate | Self::RegisterRate | Self::DeviceRate => "/s",
            Self::ReasonTime | Self::RegisterTime | Self::DeviceTime => "ms/s",
            Self::ReasonP50 | Self::ReasonP99 => "µs",
        }
    }

    /// Whether it is a share of samples.
    pub const fn is_of_samples(self) -> bool {
        matches!(self, Self::Tag | Self::Inclusive | Self::Own)
    }

    /// Whether it is of functions.
    pub const fn is_of_functions(self) -> bool {
        matches!(self, Self::Inclusive | Self::Own)
    }

    /// Whether what does not occur is 0: a percentile of nothing is none.
    pub const fn has_zero(self) -> bool {
        !matches!(self, Self::ReasonP50 | Self::ReasonP99)
    }
}

/// What is compared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CohortKey {
    /// What it is a value of.
    pub kind: KeyKind,
    /// Whose: `exit:pio`, `IO_INSTRUCTION`, `port 0x608`, `vcpu_run`.
    pub name: String,
}

/// A key of one side, host by host.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct MeasuredHosts {
    /// The means of the hosts' recordings, by the hosts' places in one list of both sides; `None` of
    /// hosts that did not measure it there.
    pub means: Vec<Option<f64>>,
    /// The sum of the squares by which recordings differ from their host's mean.
    pub within_squares: f64,
    /// Recordings but for one of each host.
    pub within_freedom: f64,
}

/// A key of both sides.
#[derive(Clone, PartialEq, Debug)]
pub struct CohortMeasure {
    /// Which.
    pub key: CohortKey,
    /// The values.
    pub sides: Sides<MeasuredHosts>,
}
