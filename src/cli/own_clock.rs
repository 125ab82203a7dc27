//! What the clock of the kernel's records shows.

use std::time::{Duration, Instant, SystemTime};

use perf_event::data::Record;
use perf_event::events::Software;
use perf_event::{Builder, SampleFlag, Sampler};
use vmflame::symbol::BothClocks;
use vmflame::units::Timestamp;

/// How much time of a CPU, or of this thread, passes between two samples.
const PERIOD_NANOS: u64 = 20_000;
/// How long a sample is waited for.
const PATIENCE: Duration = Duration::from_millis(5);

/// Reads both clocks, by a sample of a CPU or of this very thread; `None` where neither may be recorded.
///
/// The first event of a thread makes the kernel change its code and wait for all CPUs, some 10 ms; one of
/// a CPU does not, and is for the privileged.
///
/// Source: `account_event()`, kernel/events/core.c, Linux 6.18.
pub(super) fn now() -> Option<BothClocks> {
    let mut of_cpu = cpu_clock();
    of_cpu.any_pid().one_cpu(0).include_kernel();
    let sampler = opened(&of_cpu).or_else(|| opened(&cpu_clock()));
    read(sampler?)
}

fn cpu_clock() -> Builder<'static> {
    let mut event = Builder::new(Software::CPU_CLOCK);
    event.sample(SampleFlag::TIME).sample_period(PERIOD_NANOS);
    event
}

/// An event that is not counting yet.
fn opened(event: &Builder<'_>) -> Option<Sampler> {
    event.build().ok()?.sampled(1 << 12).ok()
}

fn read(mut sampler: Sampler) -> Option<BothClocks> {
    let (real, begun) = (SystemTime::now(), Instant::now());
    sampler.enable().ok()?;
    let mut recorded = None;
    // The clock stands still while nothing runs.
    while recorded.is_none() && begun.elapsed() < PATIENCE {
        let record = sampler.next_record();
        recorded = record.and_then(|record| match record.parse_record() {
            Ok(Record::Sample(sample)) => sample.time(),
            Ok(_) | Err(_) => None,
        });
    }
    Some(BothClocks {
        recorded: Timestamp::from_nanos(recorded?),
        real,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read later is later by the kernel's clock.
    #[test]
    fn the_kernels_clock_goes_on() {
        let (Some(one), Some(other)) = (now(), now()) else {
            eprintln!("skipped: this user may not record samples");
            return;
        };
        assert!(one.recorded > Timestamp::from_nanos(0));
        assert!(one.recorded < other.recorded);
    }
}
