//! pprof's profiles: what `go tool pprof`, Pyroscope and others read.
//!
//! Samples of one stack, thread and kind of exit are one sample of the file. Each has two values: how
//! many samples it stands for, and the sum of their periods. Labels tell the thread and its VM, the
//! tag, and of samples within an exit its reason and device.
//!
//! Source: <https://github.com/google/pprof/blob/main/proto/profile.proto>.

use std::io::{self, Write};

use hashbrown::HashMap;

use super::protobuf::{Message, held_to_i64};
use super::recording::{CallerTable, Label, LabelledSamples, SampleUnit, ViewedRecording};
use super::texts::Texts;
use crate::stack::Frame;

/// Writes a recording for pprof.
///
/// The type that viewers show first is what the weights count.
///
/// # Errors
/// When `out` fails.
pub fn write_pprof(recording: &ViewedRecording<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut writing = Writing {
        recording,
        texts: Texts::new(),
        message: Message::default(),
        out,
    };
    let event = match &recording.facts.period_unit {
        SampleUnit::Nanoseconds if !recording.facts.counts_samples => ["time", "nanoseconds"],
        SampleUnit::Nanoseconds => ["cpu", "nanoseconds"],
        SampleUnit::Count(name) => [name, "count"],
    };
    if recording.facts.counts_samples {
        writing.value_type(1, ["samples", "count"])?;
    }
    writing.value_type(1, event)?;
    let stacks = CallerTable::of(recording.tree);
    writing.samples(&stacks)?;
    writing.places(&stacks)?;
    writing.facts(event)
}

struct Writing<'w> {
    recording: &'w ViewedRecording<'w>,
    texts: Texts,
    /// Of the field that is being written.
    message: Message,
    out: &'w mut dyn Write,
}

impl Writing<'_> {
    fn text(&mut self, text: &str) -> u64 {
        self.texts.number(text).into()
    }

    /// Writes a message of the file's.
    fn write(&mut self, field: u32, message: &Message) -> io::Result<()> {
        self.message.clear();
        self.message.message(field, message);
        self.out.write_all(self.message.as_bytes())
    }

    fn value_type(&mut self, field: u32, [kind, unit]: [&str; 2]) -> io::Result<()> {
        let mut message = Message::default();
        message.number(1, self.text(kind));
        message.number(2, self.text(unit));
        self.write(field, &message)
    }

    fn samples(&mut self, stacks: &CallerTable) -> io::Result<()> {
        for sample in LabelledSamples::all(self.recording) {
            let mut message = Message::default();
            let callers = stacks.callers(sample.node);
            message.packed(1, callers.map(|entry| number_of(entry.frame)));
            let counted = self
                .recording
                .facts
                .counts_samples
                .then_some(sample.samples);
            let values = counted.into_iter().chain([sample.period]);
            message.packed(2, values.map(held_to_i64));
            for Label { key, value } in sample.labels(self.recording) {
                let mut label = Message::default();
                label.number(1, self.text(key));
                label.number(2, self.text(&value));
                message.message(3, &label);
            }
            self.write(2, &message)?;
        }
        Ok(())
    }

    /// Functions and where they lie, one place for each frame.
    fn places(&mut self, stacks: &CallerTable) -> io::Result<()> {
        let frames = self.recording.frames;
        let mut objects: HashMap<&str, u64> = HashMap::new();
        for (at, &ix) in (0..).zip(stacks.frames()) {
            let frame = frames.get(ix);
            let known = objects.len() as u64;
            let object = match &*frame.dso {
                "" => 0,
                dso => *objects.entry(dso).or_insert(known + 1),
            };
            if object > known {
                self.mapping(object, &frame.dso)?;
            }
            self.place(number_of(at), frame, object)?;
        }
        Ok(())
    }

    fn mapping(&mut self, number: u64, dso: &str) -> io::Result<()> {
        let mut message = Message::default();
        message.number(1, number);
        message.number(5, self.text(dso));
        // Names are told, so that nobody looks for other ones.
        message.number(7, 1);
        message.number(8, 1);
        message.number(9, 1);
        message.number(10, 1);
        self.write(3, &message)
    }

    fn place(&mut self, number: u64, frame: &Frame, mapping: u64) -> io::Result<()> {
        let (file, line) = frame.line.as_deref().map_or(("", 0), file_and_line);
        let mut function = Message::default();
        function.number(1, number);
        let name = self.text(&frame.name);
        function.number(2, name);
        function.number(3, name);
        function.number(4, self.text(file));
        self.write(5, &function)?;
        let mut told = Message::default();
        told.number(1, number);
        told.number(2, line);
        let mut location = Message::default();
        location.number(1, number);
        location.number(2, mapping);
        location.message(4, &told);
        self.write(4, &location)
    }

    fn facts(&mut self, event: [&str; 2]) -> io::Result<()> {
        let facts = &self.recording.facts;
        if facts.period_unit == SampleUnit::Nanoseconds {
            self.value_type(11, event)?;
        }
        let shown = if facts.weight_unit == facts.period_unit {
            event[0]
        } else {
            "samples"
        };
        let mut rest = Message::default();
        if let Some((first, last)) = self.recording.times() {
            let span = last.as_nanos().saturating_sub(first.as_nanos());
            rest.number(10, held_to_i64(span));
        }
        let comments = std::iter::once(&facts.title).chain(&facts.comments);
        let comments: Vec<u64> = comments.map(|line| self.text(line)).collect();
        rest.packed(13, comments);
        rest.number(14, self.text(shown));
        for text in self.texts.iter() {
            rest.text(6, text);
        }
        self.out.write_all(rest.as_bytes())
    }
}

/// The number of a frame's function and place; 0 is none.
fn number_of(frame: u32) -> u64 {
    u64::from(frame) + 1
}

/// `src/main.c:42` in two parts.
fn file_and_line(text: &str) -> (&str, u64) {
    let parts = text.rsplit_once(':');
    let parts = parts.and_then(|(file, line)| Some((file, line.parse().ok()?)));
    parts.unwrap_or((text, 0))
}
