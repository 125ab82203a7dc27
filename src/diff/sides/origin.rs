//! What is known of where a side comes from.

use crate::bytes::with_order;
use crate::perf::Capture;
use crate::text::grouped;
use crate::tracedat::TraceDat;

/// What is known of where a side comes from. Texts come from the capture and are not yet safe.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SideOrigin {
    /// What the user called it: a path, perhaps with a filter.
    pub name: String,
    /// Host name.
    pub host: Option<String>,
    /// Kernel release.
    pub kernel: Option<String>,
    /// Number of online CPUs.
    pub cpus: Option<u32>,
    /// The event whose samples are compared; `None` for folded text.
    pub event: Option<String>,
    /// Whether the event is one that does not go by with time, as exits do not.
    pub is_no_time: bool,
    /// Samples per second that were asked for.
    pub frequency: Option<u64>,
    /// How much time a unit of weight stands for, where that is known.
    pub nanos_per_weight: Option<f64>,
    /// Duration of what is compared, in seconds.
    pub seconds: Option<f64>,
    /// Samples that the kernel lost.
    pub lost: u64,
    /// Whether weights are sums of periods.
    pub is_period: bool,
    /// Weights are in units of 10 to the power of minus this, as folded text has them.
    pub decimals: u32,
}

impl SideOrigin {
    /// Units of weight that make 1.
    pub fn units_per_weight(&self) -> f64 {
        10.0_f64.powi(self.decimals.cast_signed())
    }

    /// What a capture says of itself; durations and weights are left open.
    pub fn of_capture(name: &str, capture: &Capture) -> Self {
        use crate::perf::Feature;
        with_order!(capture.endian(), O => {
            let features = capture.features();
            Self {
                name: name.to_owned(),
                host: features.string::<O>(Feature::HOSTNAME),
                kernel: features.string::<O>(Feature::OSRELEASE),
                cpus: features.cpus::<O>().map(|cpus| cpus.online),
                ..Self::default()
            }
        })
    }

    /// What a trace.dat says of itself: system, host name, release and machine, as `uname` gives
    /// them.
    pub fn of_trace_dat(name: &str, trace: &TraceDat) -> Self {
        let mut parts = trace.uname().unwrap_or_default().split(' ').skip(1);
        let mut part = || parts.next().map(ToOwned::to_owned);
        Self {
            name: name.to_owned(),
            host: part(),
            kernel: part(),
            cpus: trace.cpu_count(),
            ..Self::default()
        }
    }

    /// How often it was sampled, in words.
    pub(crate) fn sampling(&self) -> Option<String> {
        self.event.as_ref()?;
        Some(match (self.frequency, self.nanos_per_weight) {
            (Some(hertz), _) => format!("{} Hz", grouped(hertz)),
            (None, Some(nanos)) if !self.is_period => format!("every {} µs", nanos / 1e3),
            (None, _) => "a fixed period".to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `-F 1000` against `-c 250000` of a clock that counts nanoseconds.
    #[test]
    fn frequencies_and_periods_are_told_apart() {
        let origin = |frequency, nanos| SideOrigin {
            event: Some("cpu-clock".to_owned()),
            frequency,
            nanos_per_weight: Some(nanos),
            ..SideOrigin::default()
        };
        assert_eq!(
            origin(Some(1000), 1e6).sampling().as_deref(),
            Some("1000 Hz")
        );
        let every = origin(None, 250_000.0).sampling();
        assert_eq!(every.as_deref(), Some("every 250 µs"));
        assert_eq!(SideOrigin::default().sampling(), None);
    }
}
