//! What a trace.dat is, as JSON.

use serde_json::{Map, Value, json};

use super::model::TraceDatFacts;
use crate::tracedat::ClockUnit;
use crate::units::Timestamp;

/// What a trace.dat is, for programs.
pub fn as_json(facts: &TraceDatFacts) -> Value {
    let buffers = facts.buffers.iter().map(|buffer| {
        json!({
            "name": buffer.name,
            "clock": buffer.clock,
            "cpus": buffer.cpus,
            "page_bytes": buffer.page_bytes,
        })
    });
    let events = facts.events.iter();
    let events: Map<String, Value> = events
        .map(|event| (event.name.clone(), event.count.into()))
        .collect();
    let is_in_ns = facts.clock == ClockUnit::Nanoseconds;
    let nanos = |time: Option<Timestamp>| time.filter(|_| is_in_ns).map(Timestamp::as_nanos);
    let (missed, damage) = (&facts.walk.missed, &facts.walk.damage);
    json!({
        "schema_version": 1,
        "kind": "trace.dat",
        "path": facts.path,
        "bytes": facts.bytes,
        "version": facts.version,
        "recorder": facts.recorder,
        "uname": facts.uname,
        "cpus": facts.cpu_count,
        "first_ns": nanos(facts.first),
        "last_ns": nanos(facts.last),
        "buffers": buffers.collect::<Vec<Value>>(),
        "events": events,
        "lost": {
            "gaps": missed.gaps,
            "counted_events": missed.events,
            "uncounted_gaps": missed.uncounted,
            "words": facts.lost,
        },
        "unknown_events": damage.unknown_events,
        "damaged_bytes": damage.page_bytes,
        "missing_bytes": damage.missing_bytes,
        "warnings": facts.damage,
    })
}
