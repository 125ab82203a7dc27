//! A comparison as JSON, for programs.

use serde_json::{Value, json};

use super::exits::exits_json;
use crate::before_after::Sides;
use crate::diff::{
    Change, Comparison, Count, EventChange, FunctionChange, SideOrigin, Subject, UNMARKED,
    changed_functions, largest_unmarked,
};
use crate::stack::Tag;

/// The comparison as JSON: all heads and events; functions with a significant change, and
/// of the others those with the largest.
pub fn as_json(comparison: &Comparison) -> Value {
    let totals = comparison.head(Subject::Total);
    let mut object = serde_json::Map::new();
    object.insert("schema_version".to_owned(), 1.into());
    for (role, origin) in comparison.origins.each_ref().with_roles() {
        let count = totals.map_or_else(Count::default, |total| total.counts[role]);
        object.insert(role.as_str().to_owned(), origin_json(origin, count));
    }
    let frames = &comparison.union.frames;
    let change = |found: &Change| change_json(found, &comparison.origins);
    let listed = |functions: Vec<FunctionChange<'_>>| -> Vec<Value> {
        let functions = functions.iter().map(|function| {
            let frame = frames.get(function.frame);
            json!({
                "name": &*frame.name,
                "name_before": comparison.union.former.get(&function.frame).map(|name| &**name),
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
            "tags_and_events": comparison.asked.tags_and_events,
            "functions": comparison.asked.functions,
            "boxes": comparison.asked.boxes,
        },
        "any_significant": comparison.is_any_significant(),
        "notes": comparison.notes,
        "total": totals.map(change),
        "exits": comparison.head(Subject::Exits).filter(|_| comparison.is_tagged).map(change),
        "tags": tags,
        "vm_exits": comparison.exits.as_ref().ok().map(exits_json),
        "events": comparison.events.iter().map(event_json).collect::<Vec<_>>(),
        "functions": listed(changed_functions(comparison)),
        "largest_unmarked": listed(largest_unmarked(comparison, UNMARKED)),
    });
    if let Value::Object(rest) = rest {
        object.extend(rest);
    }
    Value::Object(object)
}

fn origin_json(origin: &SideOrigin, count: Count) -> Value {
    json!({
        "name": origin.name,
        "host": origin.host,
        "kernel": origin.kernel,
        "cpus": origin.cpus,
        "event": origin.event,
        "frequency": origin.frequency,
        "seconds": origin.seconds,
        "samples": count.samples,
        "weight": weight_json(count.weight, origin),
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

fn change_json(change: &Change, origins: &Sides<SideOrigin>) -> Value {
    let interval = change
        .half_width
        .map(|half| [change.difference() - half, change.difference() + half]);
    json!({
        "before": change.values.before,
        "after": change.values.after,
        "change": change.difference(),
        "relative": change.relative(),
        "interval": interval,
        "probability": change.probability,
        "significant": change.is_significant,
        "beats_noise": change.beats_noise,
        "weights": change
            .counts
            .zip(origins.each_ref())
            .map(|(count, origin)| weight_json(count.weight, origin))
            .into_array(),
        "samples": change.counts.map(|count| count.samples).into_array(),
    })
}

fn event_json(event: &EventChange) -> Value {
    json!({
        "name": event.name,
        "counts": event.counts.into_array(),
        "per_second": event.rates.map(Sides::into_array),
        "probability": event.probability,
        "significant": event.is_significant,
    })
}
