//! What weights can be divided by, and how values are shown then.

/// What weights are divided by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Normalise {
    /// All samples of the side.
    #[default]
    Share,
    /// Its samples that are not of idle CPUs.
    CpuTime,
    /// Its duration.
    Wall,
    /// Its samples of guest code.
    Guest,
    /// How often an event occurred.
    Event(String),
    /// Nothing.
    None,
}

/// How a value is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Percent of all samples.
    Percent,
    /// Percent of the samples that are not idle.
    PercentOfBusy,
    /// Percent of the guest's samples.
    PercentOfGuest,
    /// Percent of one CPU.
    PercentOfCpu,
    /// Samples per second.
    PerSecond,
    /// Microseconds of CPU time per event.
    MicrosPerEvent,
    /// Samples per 1000 events.
    PerThousandEvents,
    /// Seconds of CPU time.
    Seconds,
    /// Weight as it is.
    Plain,
}

impl Unit {
    /// Behind a value.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Percent | Self::PercentOfBusy | Self::PercentOfGuest | Self::PercentOfCpu => " %",
            Self::PerSecond => " /s",
            Self::MicrosPerEvent => " µs",
            Self::Seconds => " s",
            Self::PerThousandEvents | Self::Plain => "",
        }
    }

    /// Behind a difference of two values.
    pub const fn change_suffix(self) -> &'static str {
        match self {
            Self::Percent | Self::PercentOfBusy | Self::PercentOfGuest | Self::PercentOfCpu => {
                " pt"
            }
            Self::PerSecond
            | Self::MicrosPerEvent
            | Self::PerThousandEvents
            | Self::Seconds
            | Self::Plain => self.suffix(),
        }
    }

    /// What values are, in words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Percent => "share of samples",
            Self::PercentOfBusy => "share of busy CPU time (samples that are not idle)",
            Self::PercentOfGuest => "CPU time per guest time (samples per guest sample)",
            Self::PercentOfCpu => "CPU time per second of recording (100 % is one CPU)",
            Self::PerSecond => "samples per second of recording",
            Self::MicrosPerEvent => "CPU time per event",
            Self::PerThousandEvents => "samples per 1000 events",
            Self::Seconds => "CPU time, not normalised",
            Self::Plain => "plain weights, not normalised",
        }
    }
}
