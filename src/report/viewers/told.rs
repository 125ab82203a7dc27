//! What is said of a recording as a whole.

use crate::analysis::{Profile, Request, WeightKind, subtitle};
use crate::bytes::with_order;
use crate::output::{RecordingFacts, SampleUnit};
use crate::perf::{Capture, Feature};
use crate::text::SAMPLES;

/// What is said of a profile as a whole.
pub(super) fn facts(
    capture: &Capture,
    profile: &Profile,
    request: &Request,
    title: &str,
) -> RecordingFacts {
    let event = capture.events().get(profile.event);
    let is_clock = event.is_some_and(|event| event.attr.is_clock());
    let period_unit = if is_clock {
        SampleUnit::Nanoseconds
    } else {
        SampleUnit::Count(profile.event_name.clone())
    };
    RecordingFacts {
        title: title.to_owned(),
        event: profile.event_name.clone(),
        weight_unit: match profile.weight {
            WeightKind::Period => period_unit.clone(),
            WeightKind::Samples | WeightKind::ByEvent => SampleUnit::Count(SAMPLES.to_owned()),
        },
        period_unit,
        counts_samples: true,
        comments: comments(capture, profile, request),
    }
}

fn comments(capture: &Capture, profile: &Profile, request: &Request) -> Vec<String> {
    let mut lines = vec![subtitle(capture, profile, request)];
    for (what, feature) in [
        ("host", Feature::HOSTNAME),
        ("kernel", Feature::OSRELEASE),
        ("machine", Feature::ARCH),
        ("perf", Feature::VERSION),
    ] {
        let told = with_order!(capture.endian(), O => capture.features().string::<O>(feature));
        lines.extend(told.map(|told| format!("{what}: {told}")));
    }
    let command = with_order!(capture.endian(), O => capture.features().command_line::<O>());
    lines.extend(command.map(|words| format!("command: {}", words.join(" "))));
    lines
}
