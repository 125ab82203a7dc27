//! The requests of one disk and direction.

/// The requests of one disk and direction. Times are nanoseconds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RequestStream {
    /// Requests that were received.
    pub received: u64,
    /// Requests that were completed; of those without a receipt, too.
    pub completed: u64,
    /// Completed requests that failed.
    pub failed: u64,
    /// Requests that were received and never completed.
    pub unfinished: u64,
    /// Sectors of 512 bytes of the completed requests, as far as the trace tells them.
    pub sectors: u64,
    /// The most requests that were on their way at once.
    pub deepest: u64,
    /// How long each completed request took whose times are known; the shortest first, once all are
    /// there.
    latencies: Vec<u64>,
    /// The sum of those.
    pub total_ns: u64,
    /// Requests that are on their way.
    pub(super) outstanding: u64,
}

impl RequestStream {
    pub(super) fn took(&mut self, latency_ns: u64) {
        self.latencies.push(latency_ns);
        self.total_ns = self.total_ns.saturating_add(latency_ns);
    }

    pub(super) fn finish(&mut self) {
        self.latencies.sort_unstable();
    }

    /// Requests whose times are known.
    pub fn timed(&self) -> u64 {
        self.latencies.len() as u64
    }

    /// The least time that so many of a thousand requests do not exceed; `None` without times.
    ///
    /// That is the nearest rank: one of the times that occurred.
    pub fn percentile(&self, per_mille: u64) -> Option<u64> {
        let rank = u128::from(self.timed()) * u128::from(per_mille);
        let rank = usize::try_from(rank.div_ceil(1000)).ok()?;
        self.latencies.get(rank.saturating_sub(1)).copied()
    }

    /// The longest time; `None` without times.
    pub fn longest(&self) -> Option<u64> {
        self.latencies.last().copied()
    }

    /// The mean time; `None` without times.
    pub fn mean(&self) -> Option<u64> {
        self.total_ns.checked_div(self.timed())
    }

    /// How many times lie between powers of two: the exponent, and the count.
    pub fn octaves(&self) -> Vec<Octave> {
        let mut octaves: Vec<Octave> = Vec::new();
        for latency in &self.latencies {
            let exponent = latency.checked_ilog2().unwrap_or(0);
            match octaves.last_mut() {
                Some(last) if last.exponent == exponent => last.requests += 1,
                last => {
                    // Between two that occur, empty ones are shown.
                    let from = last.map_or(exponent, |last| last.exponent + 1);
                    let empty = (from..exponent).map(|exponent| Octave {
                        exponent,
                        requests: 0,
                    });
                    octaves.extend(empty);
                    octaves.push(Octave {
                        exponent,
                        requests: 1,
                    });
                }
            }
        }
        octaves
    }
}

/// Requests that took from two to the power of `exponent` nanoseconds to less than twice of that;
/// those that took none are counted with the first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Octave {
    /// The power.
    pub exponent: u32,
    /// How many there are.
    pub requests: u64,
}
