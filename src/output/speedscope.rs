//! speedscope's own format: a profile for each thread, in the order of time.
//!
//! Samples of a thread that follow each other with one stack are one: the app draws them so anyhow.
//! Of captures without times their order is that of the file.
//!
//! Source: the schema in the package speedscope 1.24.

use std::io::{self, Write};

use super::json::JsonWriter;
use super::recording::{CallerTable, SampleUnit, ViewedRecording};
use crate::stack::NodeIx;

/// Samples of a thread that follow each other with one stack.
#[derive(Clone, Copy)]
struct Spell {
    node: NodeIx,
    weight: u64,
}

/// What a thread does, one after the other.
struct ThreadSpells<'r> {
    name: String,
    spells: Vec<Spell>,
    weight: u64,
    role: &'r str,
}

/// Writes a recording for speedscope.
///
/// # Errors
/// When `out` fails.
pub fn write_speedscope(recording: &ViewedRecording<'_>, out: &mut dyn Write) -> io::Result<()> {
    let stacks = CallerTable::of(recording.tree);
    let threads = spells(recording);
    let unit = match recording.facts.weight_unit {
        SampleUnit::Nanoseconds => "nanoseconds",
        SampleUnit::Count(_) => "none",
    };
    let mut json = JsonWriter::new(out);
    json.object()?;
    let schema = "https://www.speedscope.app/file-format-schema.json";
    json.member("$schema", schema)?;
    json.member("name", &recording.facts.title)?;
    json.member("exporter", concat!("vmflame@", env!("CARGO_PKG_VERSION")))?;
    json.member("activeProfileIndex", shown_first(&threads))?;
    frames(recording, &stacks, &mut json)?;
    json.key("profiles")?;
    json.list()?;
    for thread in &threads {
        json.line()?;
        json.object()?;
        json.member("type", "sampled")?;
        json.member("name", &thread.name)?;
        json.member("unit", unit)?;
        json.member("startValue", 0_u32)?;
        json.member("endValue", thread.weight)?;
        json.key("samples")?;
        json.list()?;
        for spell in &thread.spells {
            let mut path: Vec<u32> = stacks
                .callers(spell.node)
                .map(|entry| entry.frame)
                .collect();
            path.reverse();
            json.list()?;
            for frame in path {
                json.value(frame)?;
            }
            json.end_list()?;
        }
        json.end_list()?;
        json.members("weights", thread.spells.iter().map(|spell| spell.weight))?;
        json.end_object()?;
    }
    json.end_list()?;
    json.end_object()?;
    json.end()
}

fn frames(
    recording: &ViewedRecording<'_>,
    stacks: &CallerTable,
    json: &mut JsonWriter<'_>,
) -> io::Result<()> {
    json.key("shared")?;
    json.object()?;
    json.key("frames")?;
    json.list()?;
    for &ix in stacks.frames() {
        let frame = recording.frames.get(ix);
        json.line()?;
        json.object()?;
        json.member("name", &*frame.name)?;
        let told = frame.line.as_deref().or(Some(&*frame.dso));
        if let Some(file) = told.filter(|file| !file.is_empty()) {
            json.member("file", file)?;
        }
        json.end_object()?;
    }
    json.end_list()?;
    json.end_object()
}

/// Threads in order; one for all where they are frames of the stacks.
fn spells<'r>(recording: &'r ViewedRecording<'_>) -> Vec<ThreadSpells<'r>> {
    let new = |name, role| ThreadSpells {
        name,
        spells: Vec::new(),
        weight: 0,
        role,
    };
    let named = recording.threads.iter();
    let mut threads: Vec<ThreadSpells<'_>> = named
        .map(|thread| new(thread.label(), thread.role))
        .collect();
    threads.push(new(recording.facts.title.clone(), ""));
    let rest = threads.len() - 1;
    for sample in &recording.samples {
        let thread = (sample.thread as usize).min(rest);
        let ThreadSpells { spells, weight, .. } = &mut threads[thread];
        *weight = weight.saturating_add(sample.weight);
        match spells.last_mut() {
            Some(last) if last.node == sample.node => {
                last.weight = last.weight.saturating_add(sample.weight);
            }
            _ => spells.push(Spell {
                node: sample.node,
                weight: sample.weight,
            }),
        }
    }
    threads.retain(|thread| !thread.spells.is_empty());
    threads
}

/// The thread that is shown first: the vCPU with most weight, or else the thread with most.
fn shown_first(threads: &[ThreadSpells<'_>]) -> usize {
    let numbered = threads.iter().enumerate();
    let most = numbered.max_by_key(|(at, thread)| {
        let is_vcpu = thread.role == "vcpu";
        (is_vcpu, thread.weight, std::cmp::Reverse(*at))
    });
    most.map_or(0, |(at, _)| at)
}
