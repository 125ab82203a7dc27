//! A comparison as JSON, for programs.

use serde_json::{Value, json};

use crate::diff::{
    Change, Comparison, EventChange, FunctionChange, SideOrigin, Subject, UNMARKED,
    changed_functions, largest_unmarked,
};
use crate::stack::Tag;

/// The comparison as JSON: all heads and events; functions with a significant change, and
/// of the others those with the largest.
pub fn as_json(comparison: &Comparison) -> Value {
    let sides = comparison.origins.iter().zip(["before", "after"]);
    let totals = comparison.head(Subject::Total);
    let mut object = serde_json::Map::new();
    object.insert("schema_version".to_owned(), 1.into());
    for ((origin, side), at) in sides.zip(0..) {
        let count = totals.map(|total| if at == 0 { total.before } else { total.after });
        let count = count.unwrap_or_default();
        object.insert(
            side.to_owned(),
            origin_json(origin, count.samples, count.weight),
        );
    }
    let frames = &comparison.union.frames;
    let change = |found: &Change| change_json(found, &comparison.origins);
    let listed = |functions: Vec<FunctionChange<'_>>| -> Vec<Value> {
        let functions = functions.iter().map(|function| {
            let frame = frames.get(function.frame);
            json!({
                "name": &*frame.name,
                "name_before": comparison.union.former.get(&function.frame),
                "object": &*frame.dso,
                "inclusive": change(function.inclusive),
                "self": change(function.own),
            })
        });
        functions.collect()
    };
    let tag = |(tag, found): (Tag, &Change)| (tag.as_str().to_owned(), change(found));
    let tags: serde_json::Map<String, Value> = comparison.tags().map(tag).collect();
    let rest = json!({
        "unit": comparison.unit.words(),
        "confidence": comparison.confidence,
        "min_change": comparison.least,
        "noise_model": if comparison.knows_times { "samples and time slices" } else { "samples" },
        "questions": {
            "tags_and_events": comparison.asked[0],
            "functions": comparison.asked[1],
            "boxes": comparison.asked[2],
        },
        "any_significant": comparison.is_any_significant(),
        "notes": comparison.notes,
        "total": totals.map(change),
        "exits": comparison.head(Subject::Exits).filter(|_| comparison.is_tagged).map(change),
        "tags": tags,
        "events": comparison.events.iter().map(event_json).collect::<Vec<_>>(),
        "functions": listed(changed_functions(comparison)),
        "largest_unmarked": listed(largest_unmarked(comparison, UNMARKED)),
    });
    if let Value::Object(rest) = rest {
        object.extend(rest);
    }
    Value::Object(object)
}

fn origin_json(origin: &SideOrigin, samples: u64, weight: u64) -> Value {
    json!({
        "name": origin.name,
        "host": origin.host,
        "kernel": origin.kernel,
        "cpus": origin.cpus,
        "event": origin.event,
        "frequency": origin.frequency,
        "seconds": origin.seconds,
        "samples": samples,
        "weight": weight_json(weight, origin),
    })
}

/// A weight as it was: of folded text, perhaps with a fraction.
fn weight_json(weight: u64, origin: &SideOrigin) -> Value {
    if origin.decimals == 0 {
        weight.into()
    } else {
        (weight as f64 / origin.units_per_weight()).into()
    }
}

fn change_json(change: &Change, origins: &[SideOrigin; 2]) -> Value {
    let interval = change
        .half_width
        .map(|half| [change.difference() - half, change.difference() + half]);
    json!({
        "before": change.value_before,
        "after": change.value_after,
        "change": change.difference(),
        "relative": change.relative(),
        "interval": interval,
        "probability": change.probability,
        "significant": change.is_significant,
        "beats_noise": change.beats_noise,
        "weights": [
            weight_json(change.before.weight, &origins[0]),
            weight_json(change.after.weight, &origins[1]),
        ],
        "samples": [change.before.samples, change.after.samples],
    })
}

fn event_json(event: &EventChange) -> Value {
    json!({
        "name": event.name,
        "counts": event.counts,
        "per_second": event.rates,
        "probability": event.probability,
        "significant": event.is_significant,
    })
}
