//! What `vmflame info` says, as JSON.

use super::info::{kernel_words, kind_words, machine};
use serde_json::{Value, json};
use vmflame::analysis::Survey;
use vmflame::name::Unnamed;
use vmflame::perf::Capture;
use vmflame::perf::abi::record_name;
use vmflame::report::remarks;

fn unnamed_json(survey: &Survey) -> Vec<Value> {
    let unnamed = survey.account.unnamed.iter();
    let as_json = |object: &Unnamed| {
        let causes = object.causes.iter();
        let causes = causes.map(|(cause, n)| json!({ "frames": n, "cause": cause.to_string() }));
        json!({
            "object": object.object,
            "build_id": object.build_id.as_ref().map(ToString::to_string),
            "frames": object.frames,
            "causes": causes.collect::<Vec<Value>>(),
        })
    };
    unnamed.map(as_json).collect()
}

pub(super) fn as_json(capture: &Capture, survey: &Survey) -> Value {
    let machine: serde_json::Map<String, Value> = machine(capture)
        .into_iter()
        .map(|(label, fact)| (label.to_owned(), fact.into()))
        .collect();
    let records: serde_json::Map<String, Value> = survey
        .account
        .records
        .iter()
        .map(|(kind, count)| {
            let name = record_name(kind).map_or_else(|| format!("type {kind}"), ToOwned::to_owned);
            (name, count.into())
        })
        .collect();
    let anomalies: Vec<String> = capture.anomalies().iter().map(remarks::describe).collect();
    json!({
        "schema_version": 1,
        "kind": kind_words(capture),
        "path": capture.path().display().to_string(),
        "bytes": capture.file_len(),
        "machine": machine,
        "first_ns": survey.account.times.map(|(first, _)| first.as_nanos()),
        "last_ns": survey.account.times.map(|(_, last)| last.as_nanos()),
        "events": events_json(capture, survey),
        "records": records,
        "unique_stacks": survey.unique_stacks,
        "lost_records": survey.account.tally.lost_records,
        "lost_samples": survey.account.tally.lost_samples,
        "truncated_aux": survey.account.tally.truncated_aux,
        "unread_sideband": survey.account.tally.unread_sideband,
        "odd_records": survey.account.tally.odd_records,
        "unknown_records": survey.account.tally.unknown_records,
        "copied_stacks": survey.account.tally.copied_stacks,
        "last_branches": survey.account.tally.last_branches,
        "damaged_bytes": survey.account.tally.damaged_bytes,
        "kernel_symbols": kernel_words(&survey.account.kernel_source),
        "objects": objects_json(survey),
        "unnamed": unnamed_json(survey),
        "warnings": anomalies,
    })
}

fn events_json(capture: &Capture, survey: &Survey) -> Vec<Value> {
    capture
        .events()
        .iter()
        .map(|(ix, event)| {
            let count = survey
                .account
                .samples
                .get(ix.as_usize())
                .copied()
                .unwrap_or_default();
            json!({
                "name": event.name,
                "samples": count,
                "occurrences": survey.occurrences.get(ix.as_usize()).copied().flatten(),
                "frequency": event.attr.frequency(),
                "fields": event.attr.sample_fields(),
                "default": survey.event == Some(ix),
            })
        })
        .collect()
}

fn objects_json(survey: &Survey) -> Vec<Value> {
    survey
        .account
        .objects
        .iter()
        .map(|object| {
            json!({
                "path": object.path,
                "build_id": object.build_id.as_ref().map(ToString::to_string),
                "symbols": object.outcome.as_ref().ok().map(|path| path.display().to_string()),
                "missing": object.outcome.as_ref().err().map(ToString::to_string),
            })
        })
        .collect()
}
