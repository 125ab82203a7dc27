//! Chrome's trace events: exits as slices on the tracks of vCPUs, and samples.
//!
//! Samples are there twice, because readers differ: as `samples` with their weights, and for each
//! thread as a profile of V8, which Firefox Profiler and the tools of browsers show.
//!
//! Source: "Trace Event Format", N. Duca and D. Sinclair; `ProfileChunk` as V8's profiler of CPUs
//! writes it.

use std::io::{self, Write};

use super::json::{JsonValue, JsonWriter};
use super::recording::{
    CallerTable, SampledExit, ThreadOfRecording, ThreadStacks, ViewedRecording, ViewedSample,
    stack_tag,
};
use crate::units::Timestamp;

/// Writes a recording as trace events.
///
/// # Errors
/// When `out` fails.
pub fn write_chrome(recording: &ViewedRecording<'_>, out: &mut dyn Write) -> io::Result<()> {
    let stacks = CallerTable::of(recording.tree);
    let mut json = JsonWriter::new(out);
    json.object()?;
    json.member("displayTimeUnit", "ns")?;
    json.key("otherData")?;
    json.object()?;
    json.member("title", &recording.facts.title)?;
    json.member("event", &recording.facts.event)?;
    json.member("comments", &recording.facts.comments.join("\n"))?;
    json.end_object()?;
    json.key("traceEvents")?;
    json.list()?;
    for thread in &recording.threads {
        name(thread, "process_name", &thread.process, &mut json)?;
        name(thread, "thread_name", &thread.name, &mut json)?;
    }
    for exit in &recording.exits {
        slice(recording, exit, &mut json)?;
    }
    profiles(recording, &stacks, &mut json)?;
    json.end_list()?;
    stack_frames(recording, &stacks, &mut json)?;
    samples(recording, &mut json)?;
    json.end_object()?;
    json.end()
}

/// Begins an event of a thread.
fn event(
    thread: &ThreadOfRecording,
    phase: &str,
    name: &str,
    json: &mut JsonWriter<'_>,
) -> io::Result<()> {
    json.line()?;
    json.object()?;
    json.member("ph", phase)?;
    json.member("name", name)?;
    json.member("pid", thread.thread.pid.as_i32())?;
    json.member("tid", thread.thread.tid.as_i32())
}

/// Tells the name of a thread or of its process.
fn name(
    thread: &ThreadOfRecording,
    what: &str,
    name: &str,
    json: &mut JsonWriter<'_>,
) -> io::Result<()> {
    event(thread, "M", what, json)?;
    // Without a category: speedscope takes events that begin with one for a profile of V8 alone.
    json.key("args")?;
    json.object()?;
    json.member("name", name)?;
    json.end_object()?;
    json.end_object()
}

/// An exit. Its details lie in `args.data`: Firefox's importer keeps no others.
fn slice(
    recording: &ViewedRecording<'_>,
    exit: &SampledExit,
    json: &mut JsonWriter<'_>,
) -> io::Result<()> {
    let thread = recording.threads.get(exit.thread as usize);
    let (Some(thread), Some(kind)) = (thread, recording.kind(exit.kind)) else {
        return Ok(());
    };
    event(thread, "X", &kind.reason, json)?;
    json.member("cat", kind.tag.as_str())?;
    json.member("ts", JsonValue::Micros(exit.start.as_nanos()))?;
    json.member("dur", JsonValue::Micros(exit.nanos))?;
    json.key("args")?;
    json.object()?;
    json.key("data")?;
    json.object()?;
    if let Some(reached) = &kind.reached {
        json.member("reached", reached)?;
    }
    if let Some(device) = &kind.device {
        json.member("device", device)?;
    }
    json.member("kernel_ns", exit.kernel_nanos)?;
    json.member("vmm_ns", exit.vmm_nanos)?;
    if let Some(vm) = &thread.vm {
        json.member("vm", vm)?;
    }
    if let Some(vcpu) = thread.vcpu {
        json.member("vcpu", vcpu)?;
    }
    if let Some(rip) = exit.rip {
        json.member("rip", &format!("{rip:#x}"))?;
    }
    json.end_object()?;
    json.end_object()?;
    json.end_object()
}

/// The samples of each thread as a profile of V8.
fn profiles(
    recording: &ViewedRecording<'_>,
    stacks: &CallerTable,
    json: &mut JsonWriter<'_>,
) -> io::Result<()> {
    let mut by_thread: Vec<Vec<&ViewedSample>> = vec![Vec::new(); recording.threads.len()];
    for sample in &recording.samples {
        if let Some(own) = by_thread.get_mut(sample.thread as usize) {
            own.push(sample);
        }
    }
    let first = recording
        .times()
        .map_or(Timestamp::default(), |(first, _)| first);
    // Firefox's importer wants different numbers of nodes in all profiles.
    let mut next_root = 1;
    let numbered = (1..).zip(recording.threads.iter().zip(&by_thread));
    for (number, (thread, samples)) in numbered.filter(|(_, (_, samples))| !samples.is_empty()) {
        let id = format!("{number:#x}");
        v8_event(thread, "Profile", &id, first, json)?;
        json.member("startTime", JsonValue::Micros(first.as_nanos()))?;
        end_v8_event(json)?;
        v8_event(thread, "ProfileChunk", &id, first, json)?;
        let own = ThreadStacks::of(stacks, samples.iter().map(|sample| sample.node));
        json.key("cpuProfile")?;
        json.object()?;
        let root = next_root;
        next_root += own.rows.len() + 1;
        let own = ProfileStacks { root, stacks: &own };
        own.write_nodes(recording, stacks, json)?;
        let row = |sample: &&ViewedSample| own.number_of(own.stacks.row_of(sample.node));
        json.members("samples", samples.iter().map(row))?;
        json.end_object()?;
        let mut last = first.as_nanos();
        let deltas = samples.iter().map(|sample| {
            let at = sample.at.map_or(last, Timestamp::as_nanos);
            let delta = at.saturating_sub(last);
            last = at;
            JsonValue::Micros(delta)
        });
        json.members("timeDeltas", deltas)?;
        end_v8_event(json)?;
    }
    Ok(())
}

/// Begins an event of V8's, up to its data.
fn v8_event(
    thread: &ThreadOfRecording,
    name: &str,
    id: &str,
    at: Timestamp,
    json: &mut JsonWriter<'_>,
) -> io::Result<()> {
    event(thread, "P", name, json)?;
    json.member("cat", "disabled-by-default-v8.cpu_profiler")?;
    json.member("id", id)?;
    json.member("ts", JsonValue::Micros(at.as_nanos()))?;
    json.key("args")?;
    json.object()?;
    json.key("data")?;
    json.object()
}

fn end_v8_event(json: &mut JsonWriter<'_>) -> io::Result<()> {
    json.end_object()?;
    json.end_object()?;
    json.end_object()
}

/// The stacks of a profile of V8.
struct ProfileStacks<'s> {
    /// The number of its root; its stacks follow.
    root: usize,
    stacks: &'s ThreadStacks,
}

impl ProfileStacks<'_> {
    /// The number of a stack; that of the root is that of none.
    fn number_of(&self, row: Option<usize>) -> usize {
        self.root + row.map_or(0, |row| row + 1)
    }

    fn write_nodes(
        &self,
        recording: &ViewedRecording<'_>,
        all: &CallerTable,
        json: &mut JsonWriter<'_>,
    ) -> io::Result<()> {
        json.key("nodes")?;
        json.list()?;
        node(self.root, None, ["(root)", ""], json)?;
        for (row, entry) in self.stacks.rows.iter().enumerate() {
            let frame = all.frames().get(entry.frame as usize);
            let frame = frame.map(|&ix| recording.frames.get(ix));
            let named = frame.map_or(["", ""], |frame| [&*frame.name, &*frame.dso]);
            let parent = self.number_of(entry.prefix);
            node(self.number_of(Some(row)), Some(parent), named, json)?;
        }
        json.end_list()
    }
}

fn node(
    number: usize,
    parent: Option<usize>,
    [name, object]: [&str; 2],
    json: &mut JsonWriter<'_>,
) -> io::Result<()> {
    json.object()?;
    json.member("id", number)?;
    if let Some(parent) = parent {
        json.member("parent", parent)?;
    }
    json.key("callFrame")?;
    json.object()?;
    json.member("functionName", name)?;
    json.member("url", object)?;
    json.member("scriptId", 0_u32)?;
    json.member("lineNumber", -1)?;
    json.member("columnNumber", -1)?;
    json.end_object()?;
    json.end_object()
}

/// All stacks, by number.
fn stack_frames(
    recording: &ViewedRecording<'_>,
    stacks: &CallerTable,
    json: &mut JsonWriter<'_>,
) -> io::Result<()> {
    json.key("stackFrames")?;
    json.object()?;
    for (at, entry) in stacks.iter().enumerate() {
        let frame = stacks.frames().get(entry.frame as usize);
        json.line()?;
        json.key(&at.to_string())?;
        json.object()?;
        if let Some(&ix) = frame {
            let frame = recording.frames.get(ix);
            json.member("name", &*frame.name)?;
            json.member("category", &*frame.dso)?;
        }
        if let Some(prefix) = entry.prefix {
            json.member("parent", &prefix.to_string())?;
        }
        json.end_object()?;
    }
    json.end_object()
}

/// All samples with their weights.
fn samples(recording: &ViewedRecording<'_>, json: &mut JsonWriter<'_>) -> io::Result<()> {
    json.key("samples")?;
    json.list()?;
    for sample in &recording.samples {
        json.line()?;
        json.object()?;
        if let Some(cpu) = sample.cpu {
            json.member("cpu", cpu.0)?;
        }
        if let Some(thread) = recording.threads.get(sample.thread as usize) {
            json.member("pid", thread.thread.pid.as_i32())?;
            json.member("tid", thread.thread.tid.as_i32())?;
        }
        if let Some(at) = sample.at {
            json.member("ts", JsonValue::Micros(at.as_nanos()))?;
        }
        json.member("name", &recording.facts.event)?;
        json.member("tag", stack_tag(recording.tree, sample.node).as_str())?;
        let stack = CallerTable::position(sample.node);
        if let Some(stack) = stack {
            json.member("sf", &stack.to_string())?;
        }
        json.member("weight", sample.weight)?;
        json.end_object()?;
    }
    json.end_list()
}
