//! What weights count.

use crate::fold::WeightKind;
use crate::perf::Capture;
use crate::text::{NANOSECONDS, SAMPLES};
use crate::units::EventIx;

/// What weights of an event count.
pub(super) fn unit(capture: &Capture, event: EventIx, weight: WeightKind) -> String {
    let event = capture.events().get(event);
    match weight {
        WeightKind::Samples | WeightKind::ByEvent => SAMPLES.to_owned(),
        WeightKind::Period if event.is_some_and(|event| event.attr.is_clock()) => {
            NANOSECONDS.to_owned()
        }
        WeightKind::Period => event.map(|event| event.name.clone()).unwrap_or_default(),
    }
}
