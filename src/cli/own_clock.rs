//! What the clock of the kernel's records shows.

use std::time::{Duration, Instant, SystemTime};

use perf_event::data::Record;
use perf_event::events::Software;
use perf_event::{Builder, SampleFlag};
use vmflame::symbol::BothClocks;
use vmflame::units::Timestamp;

/// How much of this thread's time passes between two samples.
const PERIOD_NANOS: u64 = 20_000;
/// How long a sample is waited for.
const PATIENCE: Duration = Duration::from_millis(5);

/// Reads both clocks, by a sample of this very thread; `None` where that may not be recorded.
pub(super) fn now() -> Option<BothClocks> {
    let mut event = Builder::new(Software::CPU_CLOCK);
    event.sample(SampleFlag::TIME).sample_period(PERIOD_NANOS);
    let mut sampler = event.build().ok()?.sampled(1 << 12).ok()?;
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
