//! What a capture is, as JSON.

use serde_json::{Map, Value, json};

use super::model::CaptureFacts;
use super::remedy::Nameless;
use crate::name::{ObjectReport, ObjectShare, Unnamed};
use crate::object::{LookedAt, LostUnit};
use crate::units::Timestamp;

fn unnamed_json(facts: &CaptureFacts<'_>) -> Vec<Value> {
    let unnamed = facts.unnamed.iter();
    let as_json = |object: &Unnamed| {
        let causes = object.causes.iter();
        let causes = causes.map(|&(cause, n)| {
            let nameless = Nameless {
                cause,
                build_id: object.build_id.as_ref(),
                release: &facts.release,
            };
            json!({ "frames": n, "cause": cause.to_string(), "remedy": nameless.remedy() })
        });
        json!({
            "object": object.object,
            "build_id": object.build_id.as_ref().map(ToString::to_string),
            "frames": object.frames,
            "causes": causes.collect::<Vec<Value>>(),
        })
    };
    unnamed.map(as_json).collect()
}

/// What a capture is, for programs.
pub fn as_json(facts: &CaptureFacts<'_>) -> Value {
    let machine = facts.machine.iter();
    let machine = machine.map(|fact| (fact.label.to_owned(), fact.text.clone().into()));
    let records = facts.records.iter();
    let records = records.map(|record| (record.name.clone(), record.count.into()));
    let (machine, records): (Map<String, Value>, Map<String, Value>) =
        (machine.collect(), records.collect());
    let tally = facts.tally;
    json!({
        "schema_version": 1,
        "kind": facts.kind,
        "path": facts.path,
        "bytes": facts.bytes,
        "machine": machine,
        "first_ns": facts.first.map(Timestamp::as_nanos),
        "last_ns": facts.last.map(Timestamp::as_nanos),
        "events": events_json(facts),
        "records": records,
        "unique_stacks": facts.unique_stacks,
        "lost_records": tally.lost_records,
        "lost_samples": tally.lost_samples,
        "truncated_aux": tally.truncated_aux,
        "unread_sideband": tally.unread_sideband,
        "odd_records": tally.odd_records,
        "unread_compressed_records": tally.unread_pieces,
        "unknown_records": tally.unknown_records,
        "copied_stacks": tally.copied_stacks,
        "cut_copies": tally.cut_copies,
        "not_unwound": tally.not_unwound,
        "without_caller": tally.without_caller,
        "last_branches": tally.last_branches,
        "damaged_bytes": tally.damaged_bytes,
        "kernel_symbols": facts.kernel_symbols,
        "objects": objects_json(facts),
        "unnamed": unnamed_json(facts),
        "names": names_json(facts),
        "warnings": facts.anomalies,
    })
}

fn events_json(facts: &CaptureFacts<'_>) -> Vec<Value> {
    let events = facts.events.iter().map(|event| {
        json!({
            "name": event.name,
            "samples": event.samples,
            "occurrences": event.occurrences,
            "frequency": event.frequency,
            "fields": event.fields,
            "default": event.is_default,
        })
    });
    events.collect()
}

fn objects_json(facts: &CaptureFacts<'_>) -> Vec<Value> {
    facts
        .objects
        .iter()
        .map(|object| {
            json!({
                "path": object.path,
                "build_id": object.build_id.as_ref().map(ToString::to_string),
                "symbols": object.outcome.as_ref().ok().map(|path| path.display().to_string()),
                "debug_information": object.debug.as_ref().map(|debug| debug.file.display().to_string()),
                "lost_debug_information": lost_json(object),
                "looked_at": looked_at_json(&object.looked_at),
                "missing": object.outcome.as_ref().err().map(ToString::to_string),
            })
        })
        .collect()
}

/// What of the debug information lies in files of their own that are not to be had.
fn lost_json(object: &ObjectReport) -> Vec<Value> {
    let lost = object.debug.iter().flat_map(|debug| &debug.lost);
    let as_json = |unit: &LostUnit| {
        json!({
            "name": unit.name.display().to_string(),
            "why": unit.to_string(),
        })
    };
    lost.map(as_json).collect()
}

fn looked_at_json(places: &[LookedAt]) -> Vec<Value> {
    let as_json = |looked_at: &LookedAt| {
        json!({
            "place": looked_at.place.display().to_string(),
            "outcome": looked_at.outcome.to_string(),
        })
    };
    places.iter().map(as_json).collect()
}

fn names_json(facts: &CaptureFacts<'_>) -> Vec<Value> {
    let as_json = |share: &ObjectShare| {
        json!({
            "object": share.object,
            "samples": share.samples,
            "named_frames": share.named,
            "unnamed_frames": share.unnamed,
        })
    };
    facts.shares.iter().map(as_json).collect()
}
