//! What a recording will cost, by what `perf stat` counted, and what one has cost.

use std::collections::BTreeMap;

use super::plan::RecordPlan;
use super::request::RecordRequest;

/// What one occurrence of a tracepoint takes, in nanoseconds, measured; the second with its call
/// chain.
const TRACEPOINT_NS: f64 = 200.0;
const TRACEPOINT_WITH_CHAIN_NS: f64 = 1000.0;

/// What one sample of the clock takes: an interrupt, and two call chains.
const CLOCK_NS: f64 = 5000.0;

/// Bytes of a record of a tracepoint, of one with a call chain, and of one that copies a stack.
const TRACEPOINT_BYTES: f64 = 110.0;
const CHAIN_BYTES: f64 = 300.0;

/// How often the events of a plan occur.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct EventRates {
    /// In a second, by event, all places together.
    pub(super) per_second: BTreeMap<String, f64>,
    /// The same of tracepoints, by the CPU or thread that they were counted on.
    by_place: BTreeMap<String, f64>,
    /// Whether the CPUs refuse to count the plan's clock.
    pub(super) is_clock_refused: bool,
}

/// What recording takes.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct RecordingCost {
    /// Records in a second.
    pub(super) events_per_second: f64,
    /// Part of the time of one CPU, all together: 1 is a whole one.
    pub(super) cpus: f64,
    /// Where it takes the most, and which part of that CPU or thread; `None` when it is not known.
    pub(super) worst: Option<WorstPlace>,
    /// Bytes in a second, before they are compressed.
    pub(super) bytes_per_second: f64,
}

/// The CPU or thread that recording takes most of.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct WorstPlace {
    /// As perf calls it: `CPU0`, or a thread's name and number.
    pub(super) place: String,
    /// Part of its time, 0 to 1 and above.
    pub(super) share: f64,
}

impl EventRates {
    /// Reads what `perf stat -x ';'` printed in so many seconds, of each CPU (`-A`) or thread
    /// (`--per-thread`).
    ///
    /// A line is `PLACE;COUNT;UNIT;EVENT;…`; a thread's name may hold anything, so that columns are
    /// found from the event on. What was not counted occurred never.
    ///
    /// Source: `print_counter_aggr`, `tools/perf/util/stat-display.c`, Linux 6.1.
    pub(super) fn parse(text: &str, plan: &RecordPlan, seconds: f64) -> Self {
        let mut rates = Self {
            per_second: BTreeMap::new(),
            by_place: BTreeMap::new(),
            is_clock_refused: false,
        };
        let clock = plan.clock.map(|clock| format!("{}:GH", clock.as_str()));
        for line in text.lines() {
            let fields: Vec<&str> = line.split(';').collect();
            if fields.contains(&"<not supported>") {
                let mut fields = fields.iter();
                rates.is_clock_refused |= fields.any(|field| Some(*field) == clock.as_deref());
            }
            let event = fields
                .iter()
                .position(|field| plan.tracepoints.iter().any(|name| name == field));
            let Some(event) = event.filter(|&event| event >= 3) else {
                continue;
            };
            let (Some(name), Some(count)) = (fields.get(event), fields.get(event - 2)) else {
                continue;
            };
            let place = fields.get(..event - 2).unwrap_or_default().join(";");
            let rate = count.trim().parse::<f64>().unwrap_or(0.0) / seconds;
            *rates.per_second.entry((*name).to_owned()).or_default() += rate;
            *rates.by_place.entry(place).or_default() += rate;
        }
        rates
    }

    /// The events that occur most often, with their rates, the most first.
    pub(super) fn most(&self) -> Vec<(&str, f64)> {
        let rates = self
            .per_second
            .iter()
            .map(|(name, rate)| (name.as_str(), *rate));
        let mut rates: Vec<_> = rates.filter(|(_, rate)| *rate > 0.0).collect();
        rates.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        rates
    }

    /// How often an event occurs in a second; `None` when it was not counted.
    pub(super) fn of(&self, event: &str) -> Option<f64> {
        self.per_second.get(event).copied()
    }

    /// What recording that takes.
    pub(super) fn cost(
        &self,
        plan: &RecordPlan,
        request: &RecordRequest,
        cpus: u64,
    ) -> RecordingCost {
        let each = if request.has_tracepoint_chains {
            TRACEPOINT_WITH_CHAIN_NS
        } else {
            TRACEPOINT_NS
        };
        let each_bytes = if request.has_tracepoint_chains {
            CHAIN_BYTES
        } else {
            TRACEPOINT_BYTES
        };
        let beat = if plan.clock.is_some() {
            f64::from(request.frequency)
        } else {
            0.0
        };
        let clock_share = beat * CLOCK_NS / 1e9;
        let tracepoints: f64 = self.per_second.values().sum();
        let worst = self.by_place.iter().max_by(|(_, a), (_, b)| a.total_cmp(b));
        let beats = beat * cpus as f64;
        RecordingCost {
            events_per_second: tracepoints + beats,
            cpus: tracepoints * each / 1e9 + clock_share * cpus as f64,
            worst: worst.map(|(place, rate)| WorstPlace {
                place: place.clone(),
                share: rate * each / 1e9 + clock_share,
            }),
            bytes_per_second: tracepoints * each_bytes + beats * CHAIN_BYTES,
        }
    }
}

/// The same of what was recorded: samples of tracepoints and of the clock, in so many seconds.
pub(super) fn real_cost(
    tracepoints: u64,
    clock: u64,
    seconds: f64,
    has_tracepoint_chains: bool,
) -> f64 {
    let each = if has_tracepoint_chains {
        TRACEPOINT_WITH_CHAIN_NS
    } else {
        TRACEPOINT_NS
    };
    (tracepoints as f64 * each + clock as f64 * CLOCK_NS) / 1e9 / seconds
}

/// What `perf stat` says of events that should fire and do not, though VMs run.
///
/// A kernel may have a tracepoint that it never hits, as the one of `kvm_pvm` does.
pub(super) fn silent(
    rates: &EventRates,
    plan: &RecordPlan,
    kvm_modules: &[String],
) -> Option<String> {
    let names = |wanted: &str| plan.tracepoints.iter().any(|name| name == wanted);
    let (exit, entry) = ("kvm:kvm_exit", "kvm:kvm_entry");
    if !names(exit) || rates.of(exit) != Some(0.0) || rates.of(entry).unwrap_or(0.0) > 0.0 {
        return None;
    }
    let (busiest, rate) = rates
        .most()
        .into_iter()
        .find(|(name, _)| name.starts_with("kvm:"))?;
    let modules = kvm_modules.join(", ");
    Some(format!(
        "kvm_exit and kvm_entry do not fire here, though {busiest} does {rate:.0} times in a second \
         (modules: {modules}): exits will be neither counted nor timed; vmflame exits --by port and \
         --by mmio count accesses, vmflame stat all events"
    ))
}
