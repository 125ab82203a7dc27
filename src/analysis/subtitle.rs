//! What a profile is of: a title, and a line below it.

use super::profile::Profile;
use super::request::Request;
use crate::bytes::with_order;
use crate::fold::WeightKind;
use crate::name::FrameScope;
use crate::perf::{Attr, Capture, Feature, plain_event_name};
use crate::text::{counted, grouped, quantity};

/// The title of a picture: the name of the capture, and that of its host.
pub fn title(capture: &Capture, name: &str) -> String {
    let host = with_order!(capture.endian(), O => {
        capture.features().string::<O>(Feature::HOSTNAME)
    });
    match host {
        Some(host) => format!("{name} · {host}"),
        None => name.to_owned(),
    }
}

/// Totals of a profile in one line, as in `4132 samples · cpu-clock 997 Hz · 10.0 s · only thread
/// CPU 0/KVM`. Shares of events that are no time are said to be of these events.
pub fn subtitle(capture: &Capture, profile: &Profile, request: &Request) -> String {
    let mut parts = vec![counted(profile.account.tally.folded, "sample")];
    let attr = capture.events().get(profile.event).map(|event| &event.attr);
    let frequency = attr.and_then(Attr::frequency);
    parts.push(match frequency {
        Some(hertz) => format!("{} {} Hz", profile.event_name, grouped(hertz)),
        None => profile.event_name.clone(),
    });
    if profile.weight == WeightKind::Period {
        parts.push(format!(
            "weighted by period: {}",
            quantity(profile.total, &profile.unit)
        ));
    }
    let tally = &profile.account.tally;
    if tally.copied_stacks > 0 {
        let copies = grouped(tally.copied_stacks);
        parts.push(format!("copied user stacks not unwound: {copies}"));
    }
    if tally.not_unwound > 0 {
        let samples = grouped(tally.not_unwound);
        parts.push(format!(
            "copied user stacks not unwound to their end: {samples}"
        ));
    }
    if tally.last_branches > 0 {
        let samples = grouped(tally.last_branches);
        parts.push(format!("last branches, no call stacks: {samples}"));
    }
    if let Some(nanos) = profile.shown_nanos {
        let tenths = nanos / 100_000_000;
        parts.push(format!("{}.{} s", grouped(tenths / 10), tenths % 10));
    }
    if !attr.is_none_or(|attr| is_time(&profile.event_name, attr)) {
        parts.push(format!("shares are of {}", whole(profile, attr)));
    }
    parts.extend(filters(request));
    parts.join(" · ")
}

/// What the user's filters leave, one phrase each.
fn filters(request: &Request) -> Vec<String> {
    fn list<T: ToString>(words: &str, wanted: &[T]) -> Option<String> {
        let wanted: Vec<String> = wanted.iter().map(T::to_string).collect();
        (!wanted.is_empty()).then(|| format!("only {words} {}", wanted.join(", ")))
    }
    let cpus: Vec<u32> = request.cpus.iter().map(|cpu| cpu.0).collect();
    let times: Vec<String> = request.times.iter().map(ToString::to_string).collect();
    let scope = match request.scope {
        FrameScope::All => None,
        FrameScope::Kernel => Some("only kernel frames".to_owned()),
        FrameScope::User => Some("only user frames".to_owned()),
    };
    let found = [
        list("process", &request.pids),
        list("thread", &request.tids),
        list("threads named", &request.comms),
        list("CPU", &cpus),
        list("cgroup", &request.cgroups),
        list("time", &times),
        scope,
        request.no_idle.then(|| "without idle CPUs".to_owned()),
    ];
    found.into_iter().flatten().collect()
}

/// What shares are of, for an event that is no time: `2500 kvm:kvm_exit events`.
fn whole(profile: &Profile, attr: Option<&Attr>) -> String {
    let is_each_sampled =
        attr.is_some_and(|attr| attr.frequency().is_none() && attr.fixed_period() == 1);
    let (name, total) = (
        plain_event_name(&profile.event_name),
        grouped(profile.total),
    );
    if profile.weight == WeightKind::Period || is_each_sampled {
        format!("{total} {name} events")
    } else {
        format!("{total} samples of {name}")
    }
}

/// Whether an event goes by with time while a CPU is at work, so that its shares are shares of time.
///
/// Source: `enum perf_hw_id`, `enum perf_sw_ids`, `include/uapi/linux/perf_event.h`, Linux 6.12;
/// the names of PMUs' own events: perf-list(1).
pub(crate) fn is_time(name: &str, attr: &Attr) -> bool {
    match attr.pmu_type {
        // Cycles, cycles of the bus, cycles at the reference frequency. The upper half names the
        // PMU of a hybrid CPU.
        0 => matches!(attr.config & 0xffff_ffff, 0 | 6 | 9),
        1 => attr.is_clock(),
        2 | 3 | 5 => false,
        _ => {
            let words = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-');
            let counts_ops = name.contains("cnt_ctl=1");
            let is_cycles = |word: &str| {
                matches!(
                    word,
                    "cycles" | "cpu-cycles" | "cpu_cycles" | "ref-cycles" | "cpu_clk_unhalted"
                )
            };
            words
                .into_iter()
                .any(|word| is_cycles(word) || (word == "ibs_op" && !counts_ops))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Little;

    /// A share of page faults or of exits is no share of time; one of cycles is.
    #[test]
    fn events_that_are_no_time_are_known() {
        for (name, pmu_type, config, expected) in [
            ("cpu-clock", 1, 0, true),
            ("task-clock", 1, 1, true),
            ("page-faults", 1, 2, false),
            ("context-switches", 1, 3, false),
            ("cycles", 0, 0, true),
            ("cpu_core/cycles/", 0, 4 << 32, true),
            ("instructions", 0, 1, false),
            ("cache-misses", 0, 3, false),
            ("ref-cycles", 0, 9, true),
            ("kvm:kvm_exit", 2, 300, false),
            ("LLC-load-misses", 3, 2, false),
            ("cpu/cycles,name=x/", 4, 0x3c, true),
            ("armv8_pmuv3_0/cpu_cycles/", 10, 0x11, true),
            ("cpu_clk_unhalted.thread:u", 4, 0x3c, true),
            ("cycle_activity.stalls_total", 4, 0x4_04a3, false),
            ("ibs_op//", 11, 0, true),
            ("ibs_op/cnt_ctl=1/", 11, 1 << 19, false),
            ("mem:0x1000:w", 5, 0, false),
        ] {
            let mut bytes = [0; 64];
            bytes[..4].copy_from_slice(&u32::to_le_bytes(pmu_type));
            bytes[8..16].copy_from_slice(&u64::to_le_bytes(config));
            let attr = Attr::parse::<Little>(&bytes).unwrap();
            assert_eq!(is_time(name, &attr), expected, "{name}");
        }
    }
}
