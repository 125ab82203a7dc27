//! One line that says what a profile is of.

use super::{Profile, WeightKind};
use crate::output::{counted, grouped, quantity, subtitle_shares};
use crate::perf::Capture;

/// Totals of a profile in one line, as in `4132 samples · cpu-clock 997 Hz · 10.0 s · guest 12 %`.
pub fn subtitle(capture: &Capture, profile: &Profile) -> String {
    let mut parts = vec![counted(profile.tally.folded, "sample")];
    let attr = capture.events().get(profile.event).map(|event| &event.attr);
    let frequency = attr.and_then(crate::perf::Attr::frequency);
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
    let tally = &profile.tally;
    if tally.copied_stacks > 0 {
        let copies = grouped(tally.copied_stacks);
        parts.push(format!("copied user stacks not unwound: {copies}"));
    }
    if tally.last_branches > 0 {
        let samples = grouped(tally.last_branches);
        parts.push(format!("last branches, no call stacks: {samples}"));
    }
    if let Some((first, last)) = profile.times {
        let nanos = last.as_nanos().saturating_sub(first.as_nanos());
        let tenths = nanos / 100_000_000;
        parts.push(format!("{}.{} s", grouped(tenths / 10), tenths % 10));
    }
    let shares = subtitle_shares(&profile.totals);
    if !shares.is_empty() {
        parts.push(shares);
    }
    parts.join(" · ")
}
