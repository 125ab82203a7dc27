//! A thread: its tables of stacks, its samples.

use std::io;

use super::categories::category;
use super::markers;
use crate::intern::Interner;
use crate::output::json::{JsonValue, JsonWriter};
use crate::output::recording::{
    CallerTable, SampleUnit, SampledExit, ThreadOfRecording, ThreadStacks, ViewedRecording,
    ViewedSample,
};
use crate::output::texts::Texts;
use crate::stack::Tag;
use crate::units::Timestamp;

/// A library, of the viewer's types of resources.
const LIBRARY: u32 = 1;

/// A thread that is being written.
pub(super) struct ThreadWriting<'w> {
    pub(super) recording: &'w ViewedRecording<'w>,
    pub(super) stacks: &'w CallerTable,
    pub(super) thread: &'w ThreadOfRecording,
    /// Its id, different from those of other threads.
    pub(super) tid: &'w str,
    /// In the order of time.
    pub(super) samples: &'w [&'w ViewedSample],
    /// In the order of time.
    pub(super) exits: &'w [SampledExit],
    pub(super) origin: Timestamp,
}

/// A frame of the thread's table: the viewer gives it a category.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct FrameRow {
    frame: u32,
    tag: Option<Tag>,
}

/// The tables of stacks that a thread has.
struct ThreadTables {
    stacks: ThreadStacks,
    /// Positions in `frames`, one for each stack.
    stack_frames: Vec<u32>,
    frames: Interner<FrameRow, u32>,
    /// Frames of the recording.
    functions: Interner<u32, u32>,
}

impl ThreadTables {
    fn of(all: &CallerTable, samples: &[&ViewedSample]) -> Self {
        let stacks = ThreadStacks::of(all, samples.iter().map(|sample| sample.node));
        let (mut frames, mut functions) = (Interner::default(), Interner::default());
        let rows = stacks.rows.iter();
        let stack_frames = rows.map(|entry| {
            functions.intern(entry.frame);
            frames.intern(FrameRow {
                frame: entry.frame,
                tag: entry.tag,
            })
        });
        Self {
            stack_frames: stack_frames.collect(),
            stacks,
            frames,
            functions,
        }
    }
}

impl ThreadWriting<'_> {
    pub(super) fn write(&self, json: &mut JsonWriter<'_>) -> io::Result<()> {
        let mut tables = ThreadTables::of(self.stacks, self.samples);
        let mut texts = Texts::new();
        json.object()?;
        self.head(json)?;
        self.stack_table(&tables, json)?;
        self.frame_table(&mut tables, json)?;
        self.functions(&tables, &mut texts, json)?;
        self.samples(&tables, json)?;
        markers::write(self.recording, self.exits, self.origin, &mut texts, json)?;
        json.members("stringArray", texts.iter())?;
        json.end_object()
    }

    fn head(&self, json: &mut JsonWriter<'_>) -> io::Result<()> {
        let thread = self.thread;
        json.member("name", &thread.name)?;
        json.member("processName", &thread.process_label())?;
        json.member("processType", "default")?;
        json.member(
            "isMainThread",
            thread.thread.pid.as_i32() == thread.thread.tid.as_i32(),
        )?;
        json.member("pid", &thread.thread.pid.to_string())?;
        json.member("tid", self.tid)?;
        json.member("processStartupTime", 0_u32)?;
        json.member("processShutdownTime", None::<u32>)?;
        json.member("registerTime", 0_u32)?;
        json.member("unregisterTime", None::<u32>)?;
        json.member("showMarkersInTimeline", !self.exits.is_empty())?;
        json.members("pausedRanges", [(); 0].map(|()| 0_u32))
    }

    fn stack_table(&self, tables: &ThreadTables, json: &mut JsonWriter<'_>) -> io::Result<()> {
        json.key("stackTable")?;
        json.object()?;
        json.member("length", tables.stacks.rows.len())?;
        json.members("prefix", tables.stacks.rows.iter().map(|row| row.prefix))?;
        json.members("frame", tables.stack_frames.iter().copied())?;
        json.end_object()
    }

    fn frame_table(&self, tables: &mut ThreadTables, json: &mut JsonWriter<'_>) -> io::Result<()> {
        let ThreadTables {
            frames, functions, ..
        } = tables;
        let rows = frames.items().iter();
        json.key("frameTable")?;
        json.object()?;
        json.member("length", frames.items().len())?;
        json.members("func", rows.clone().map(|row| functions.intern(row.frame)))?;
        // Without a tag a frame has the category of its caller; what has none is the host's.
        let categories = rows.clone().map(|row| row.tag.map(category));
        json.members("category", categories)?;
        json.members(
            "subcategory",
            rows.clone().map(|row| row.tag.map(|_| 0_u32)),
        )?;
        json.members("address", rows.clone().map(|_| -1))?;
        json.members("inlineDepth", rows.clone().map(|_| 0_u32))?;
        json.members("innerWindowID", rows.clone().map(|_| 0_u32))?;
        for key in ["nativeSymbol", "line", "column"] {
            json.members(key, rows.clone().map(|_| None::<u32>))?;
        }
        json.end_object()
    }

    fn functions(
        &self,
        tables: &ThreadTables,
        texts: &mut Texts,
        json: &mut JsonWriter<'_>,
    ) -> io::Result<()> {
        let frames = tables.functions.items().iter();
        let frames = frames.filter_map(|&at| self.stacks.frames().get(at as usize));
        let frames = frames.map(|&ix| self.recording.frames.get(ix));
        let mut objects: Interner<String, u32> = Interner::default();
        json.key("funcTable")?;
        json.object()?;
        json.member("length", tables.functions.items().len())?;
        json.members(
            "name",
            frames.clone().map(|frame| texts.number(&frame.name)),
        )?;
        let mut object = |dso: &str| match dso {
            "" => JsonValue::from(-1),
            dso => objects.intern_ref(dso).into(),
        };
        json.members("resource", frames.clone().map(|frame| object(&frame.dso)))?;
        json.members(
            "fileName",
            frames.clone().map(|frame| {
                let file = frame.line.as_deref();
                file.map(|file| texts.number(file))
            }),
        )?;
        for key in ["isJS", "relevantForJS"] {
            json.members(key, frames.clone().map(|_| false))?;
        }
        for key in ["lineNumber", "columnNumber"] {
            json.members(key, frames.clone().map(|_| None::<u32>))?;
        }
        json.end_object()?;
        json.key("resourceTable")?;
        json.object()?;
        json.member("length", objects.items().len())?;
        let names = objects.items().iter();
        json.members("name", names.clone().map(|name| texts.number(name)))?;
        json.members("lib", names.clone().map(|_| None::<u32>))?;
        json.members("host", names.clone().map(|_| None::<u32>))?;
        json.members("type", names.map(|_| LIBRARY))?;
        json.end_object()?;
        json.key("nativeSymbols")?;
        json.object()?;
        json.member("length", 0_u32)?;
        for key in ["address", "functionSize", "libIndex", "name"] {
            json.members(key, [(); 0].map(|()| 0_u32))?;
        }
        json.end_object()
    }

    fn samples(&self, tables: &ThreadTables, json: &mut JsonWriter<'_>) -> io::Result<()> {
        let samples = self.samples.iter();
        let is_time = self.recording.facts.weight_unit == SampleUnit::Nanoseconds;
        json.key("samples")?;
        json.object()?;
        json.member("length", self.samples.len())?;
        json.members(
            "stack",
            samples
                .clone()
                .map(|sample| tables.stacks.row_of(sample.node)),
        )?;
        let since = |sample: &&ViewedSample| {
            let at = sample.at.unwrap_or(self.origin).as_nanos();
            JsonValue::Millis(at.saturating_sub(self.origin.as_nanos()))
        };
        json.members("time", samples.clone().map(since))?;
        json.member("weightType", if is_time { "tracing-ms" } else { "samples" })?;
        let weight = |sample: &&ViewedSample| {
            if is_time {
                JsonValue::Millis(sample.weight)
            } else {
                sample.weight.into()
            }
        };
        json.members("weight", samples.map(weight))?;
        json.end_object()
    }
}
