//! The file: what is said of it as a whole, and its threads.
//!
//! Version 55 of the format, which later viewers take as well: each thread has its own tables. Times
//! are milliseconds from the first sample on, to the nanosecond.
//!
//! Source: docs-developer/processed-profile-format.md and src/types/profile.ts of
//! <https://github.com/firefox-devtools/profiler>; what the crate fxprof-processed-profile 0.8 writes.

use std::collections::HashMap;
use std::io::{self, Write};

use super::thread::ThreadWriting;
use super::{categories, markers};
use crate::output::json::JsonWriter;
use crate::output::recording::{CallerTable, ViewedRecording, ViewedSample};
use crate::units::Timestamp;

const VERSION: u32 = 55;

/// Writes a recording for Firefox Profiler. Without times nothing of it could be shown; all times are
/// 0 then.
///
/// # Errors
/// When `out` fails.
pub fn write_firefox(recording: &ViewedRecording<'_>, out: &mut dyn Write) -> io::Result<()> {
    let origin = recording
        .times()
        .map_or(Timestamp::default(), |(first, _)| first);
    let stacks = CallerTable::of(recording.tree);
    let mut by_thread: Vec<Vec<&ViewedSample>> = vec![Vec::new(); recording.threads.len()];
    for sample in &recording.samples {
        if let Some(own) = by_thread.get_mut(sample.thread as usize) {
            own.push(sample);
        }
    }
    let mut json = JsonWriter::new(out);
    json.object()?;
    meta(recording, &mut json)?;
    json.members("libs", [(); 0].map(|()| 0_u32))?;
    json.key("threads")?;
    json.list()?;
    let mut known_tids = HashMap::new();
    for (at, (thread, samples)) in (0..).zip(recording.threads.iter().zip(&by_thread)) {
        // Ids that the kernel used again: the viewer wants different ones.
        let tid = thread.thread.tid.to_string();
        let uses = known_tids.entry(tid.clone()).or_insert(0_u32);
        let unique = match *uses {
            0 => tid,
            again => format!("{tid}.{again}"),
        };
        *uses += 1;
        let from = recording.exits.partition_point(|exit| exit.thread < at);
        let until = recording.exits.partition_point(|exit| exit.thread <= at);
        let writing = ThreadWriting {
            recording,
            stacks: &stacks,
            thread,
            tid: &unique,
            samples,
            exits: recording.exits.get(from..until).unwrap_or_default(),
            origin,
        };
        json.line()?;
        writing.write(&mut json)?;
    }
    json.end_list()?;
    for key in ["pages", "profilerOverhead", "counters"] {
        json.members(key, [(); 0].map(|()| 0_u32))?;
    }
    json.end_object()?;
    json.end()
}

fn meta(recording: &ViewedRecording<'_>, json: &mut JsonWriter<'_>) -> io::Result<()> {
    json.key("meta")?;
    json.object()?;
    json.member("product", &recording.facts.title)?;
    json.member("preprocessedProfileVersion", VERSION)?;
    json.member("version", 24_u32)?;
    json.member("startTime", 0_u32)?;
    json.member("interval", 1_u32)?;
    json.member("processType", 0_u32)?;
    json.member("debug", false)?;
    json.member("symbolicated", true)?;
    json.member("usesOnlyOneStackType", true)?;
    json.member("sourceCodeIsNotOnSearchfox", true)?;
    json.member("importedFrom", "perf.data, by vmflame")?;
    json.member("arguments", &recording.facts.comments.join("\n"))?;
    json.key("extensions")?;
    json.object()?;
    json.member("length", 0_u32)?;
    for key in ["id", "name", "baseURL"] {
        json.members(key, [(); 0].map(|()| 0_u32))?;
    }
    json.end_object()?;
    json.key("sampleUnits")?;
    json.object()?;
    json.member("time", "ms")?;
    json.member("eventDelay", "ms")?;
    json.member("threadCPUDelta", "ns")?;
    json.end_object()?;
    categories::write(json)?;
    markers::write_schema(json)?;
    json.end_object()
}
