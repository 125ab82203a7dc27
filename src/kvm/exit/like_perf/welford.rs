//! perf's mean and deviation.

/// Times, summed up as perf does.
///
/// Source: `update_stats()`, `stddev_stats()`, `rel_stddev_stats()`, tools/perf/util/stat.c,
/// Linux 6.1.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Welford {
    /// How many, as a floating-point number.
    pub(super) samples: f64,
    /// All of them, in nanoseconds; wraps around.
    pub(super) total: u64,
    pub(super) mean: f64,
    squares: f64,
    pub(super) longest: u64,
    pub(super) shortest: u64,
}

impl Welford {
    /// No times yet. perf clears the numbers of a single virtual CPU with zeros, so that no time is
    /// shorter than what it starts with.
    pub(super) fn new(of_one_vcpu: bool) -> Self {
        Self {
            samples: 0.0,
            total: 0,
            mean: 0.0,
            squares: 0.0,
            longest: 0,
            shortest: if of_one_vcpu { 0 } else { u64::MAX },
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "so does perf: a time of more than 104 days loses its last bits"
    )]
    pub(super) fn add(&mut self, nanos: u64) {
        self.total = self.total.wrapping_add(nanos);
        self.samples += 1.0;
        let value = nanos as f64;
        let delta = value - self.mean;
        self.mean += delta / self.samples;
        self.squares += delta * (value - self.mean);
        self.longest = self.longest.max(nanos);
        self.shortest = self.shortest.min(nanos);
    }

    /// The standard error of the mean, in percent of the mean.
    pub(super) fn relative_error(&self) -> f64 {
        let error = if self.samples < 2.0 {
            0.0
        } else {
            (self.squares / (self.samples - 1.0) / self.samples).sqrt()
        };
        if self.mean == 0.0 {
            0.0
        } else {
            100.0 * error / self.mean
        }
    }
}
