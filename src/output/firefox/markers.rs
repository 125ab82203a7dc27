//! Exits as markers, from `kvm_exit` to the entry that follows.

use std::io;

use super::categories::category;
use crate::output::json::{JsonValue, JsonWriter};
use crate::output::recording::{SampledExit, ViewedRecording};
use crate::output::texts::Texts;
use crate::units::Timestamp;

/// The name of the markers' type.
const KIND: &str = "VmExit";

/// A marker from one time to another; `INTERVAL` of the viewer's phases.
const INTERVAL: u32 = 1;

/// Writes what fields the markers have.
pub(super) fn write_schema(json: &mut JsonWriter<'_>) -> io::Result<()> {
    json.key("markerSchema")?;
    json.list()?;
    json.object()?;
    json.member("name", KIND)?;
    json.member("tooltipLabel", "VM exit: {marker.name}")?;
    json.member("tableLabel", "{marker.data.reached} {marker.data.device}")?;
    json.member("chartLabel", "{marker.name} {marker.data.reached}")?;
    let places = ["marker-chart", "marker-table", "timeline-overview"];
    json.members("display", places)?;
    json.key("fields")?;
    json.list()?;
    for [key, label, format] in [
        ["reached", "Reached", "string"],
        ["device", "Device", "string"],
        ["tag", "Tag", "string"],
        ["kernel", "In the kernel", "duration"],
        ["vmm", "In the VMM", "duration"],
        ["rip", "Guest's instruction pointer", "string"],
    ] {
        json.object()?;
        json.member("key", key)?;
        json.member("label", label)?;
        json.member("format", format)?;
        json.member("searchable", format == "string")?;
        json.end_object()?;
    }
    json.end_list()?;
    json.end_object()?;
    json.end_list()
}

/// Writes the exits of a thread. Times are told from `origin` on.
pub(super) fn write(
    recording: &ViewedRecording<'_>,
    exits: &[SampledExit],
    origin: Timestamp,
    texts: &mut Texts,
    json: &mut JsonWriter<'_>,
) -> io::Result<()> {
    let start = |exit: &SampledExit| exit.start.as_nanos().saturating_sub(origin.as_nanos());
    let kinds = exits.iter().map(|exit| recording.kind(exit.kind));
    json.key("markers")?;
    json.object()?;
    json.member("length", exits.len())?;
    let categories = kinds.clone();
    let categories = categories.map(|kind| kind.map_or(0, |kind| category(kind.tag)));
    json.members("category", categories)?;
    json.key("data")?;
    json.list()?;
    for (exit, kind) in exits.iter().zip(kinds.clone()) {
        json.object()?;
        json.member("type", KIND)?;
        if let Some(kind) = kind {
            if let Some(reached) = &kind.reached {
                json.member("reached", reached)?;
            }
            if let Some(device) = &kind.device {
                json.member("device", device)?;
            }
            json.member("tag", kind.tag.as_str())?;
        }
        json.member("kernel", JsonValue::Millis(exit.kernel_nanos))?;
        json.member("vmm", JsonValue::Millis(exit.vmm_nanos))?;
        if let Some(rip) = exit.rip {
            json.member("rip", &format!("{rip:#x}"))?;
        }
        json.end_object()?;
    }
    json.end_list()?;
    let names = kinds.map(|kind| texts.number(kind.map_or("", |kind| &kind.reason)));
    json.members("name", names)?;
    let starts = exits.iter().map(start);
    json.members("startTime", starts.clone().map(JsonValue::Millis))?;
    let ends = starts.zip(exits);
    let ends = ends.map(|(start, exit)| JsonValue::Millis(start.saturating_add(exit.nanos)));
    json.members("endTime", ends)?;
    json.members("phase", exits.iter().map(|_| INTERVAL))?;
    json.end_object()
}
