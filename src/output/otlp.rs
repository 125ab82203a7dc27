//! OpenTelemetry's profiles, as an exporter would send them: `ProfilesData`.
//!
//! The signal is still in development (`v1development`): fields may change. A profile holds values of
//! one type, so there are two, of the same stacks: one counts samples, one adds up periods. Attributes
//! are the labels of pprof's files.
//!
//! Source: opentelemetry/proto/profiles/v1development/profiles.proto of
//! <https://github.com/open-telemetry/opentelemetry-proto>, 1.10.

use std::io::{self, Write};

use super::protobuf::{Message, held_to_i64};
use super::recording::{CallerTable, Label, LabelledSamples, SampleUnit, ViewedRecording};
use super::texts::Texts;
use crate::intern::Interner;
use crate::stack::NodeIx;

/// Writes a recording for OpenTelemetry collectors.
///
/// # Errors
/// When `out` fails.
pub fn write_otlp(recording: &ViewedRecording<'_>, out: &mut dyn Write) -> io::Result<()> {
    let stacks = CallerTable::of(recording.tree);
    let mut dictionary = Dictionary::of(recording, &stacks);
    let facts = &recording.facts;
    let mut profiles = Vec::new();
    if facts.counts_samples {
        profiles
            .push(dictionary.profile(recording, &stacks, ["samples", "count"], |sum| sum.samples));
    }
    let of_periods = match &facts.period_unit {
        SampleUnit::Nanoseconds if facts.counts_samples => ["cpu", "nanoseconds"],
        SampleUnit::Nanoseconds => ["time", "nanoseconds"],
        SampleUnit::Count(name) => [name, "count"],
    };
    profiles.push(dictionary.profile(recording, &stacks, of_periods, |sum| sum.period));
    if facts.weight_unit == facts.period_unit {
        // What weights count comes first.
        profiles.reverse();
    }
    let mut scope = Message::default();
    scope.text(1, "vmflame");
    scope.text(2, env!("CARGO_PKG_VERSION"));
    let mut of_scope = Message::default();
    of_scope.message(1, &scope);
    for profile in &profiles {
        of_scope.message(2, profile);
    }
    let mut of_resource = Message::default();
    of_resource.message(1, &resource(recording));
    of_resource.message(2, &of_scope);
    let mut whole = Message::default();
    whole.message(1, &of_resource);
    whole.message(2, &dictionary.finish());
    out.write_all(whole.as_bytes())
}

/// What was recorded.
fn resource(recording: &ViewedRecording<'_>) -> Message {
    let mut resource = Message::default();
    let facts = &recording.facts;
    let told = [
        ("service.name", &facts.title),
        ("vmflame.event", &facts.event),
        ("vmflame.comments", &facts.comments.join("\n")),
    ];
    for (key, value) in told {
        let mut attribute = Message::default();
        attribute.text(1, key);
        attribute.message(2, &text_value(value));
        resource.message(1, &attribute);
    }
    resource
}

fn text_value(text: &str) -> Message {
    let mut value = Message::default();
    value.text(1, text);
    value
}

/// What profiles name by number. Of each list the first means none.
struct Dictionary {
    texts: Texts,
    attributes: Interner<Label, u32>,
    /// Objects, functions, places and stacks.
    tables: Message,
    /// The stacks in the tables.
    stacks: Interner<NodeIx, u32>,
}

impl Dictionary {
    fn of(recording: &ViewedRecording<'_>, stacks: &CallerTable) -> Self {
        let mut texts = Texts::new();
        let mut tables = Message::default();
        let nothing = Message::default();
        // The first of each list: of objects, places, functions, links, stacks.
        for field in [1, 2, 3, 4, 7] {
            tables.message(field, &nothing);
        }
        let mut objects: Interner<String, u32> = Interner::default();
        objects.intern(String::new());
        for (number, &ix) in (1..).zip(stacks.frames()) {
            let frame = recording.frames.get(ix);
            let known = objects.items().len();
            let object = objects.intern_ref(&*frame.dso);
            if objects.items().len() > known {
                let mut mapping = Message::default();
                mapping.number(4, texts.number(&frame.dso).into());
                tables.message(1, &mapping);
            }
            let mut line = Message::default();
            line.number(1, number);
            let mut location = Message::default();
            location.number(1, object.into());
            location.message(3, &line);
            tables.message(2, &location);
            let name = texts.number(&frame.name).into();
            let file = frame.line.as_deref().unwrap_or_default();
            let mut function = Message::default();
            function.number(1, name);
            function.number(2, name);
            function.number(3, texts.number(file).into());
            tables.message(3, &function);
        }
        let mut attributes = Interner::default();
        attributes.intern(Label {
            key: "",
            value: String::new(),
        });
        let mut known_stacks = Interner::default();
        known_stacks.intern(NodeIx::ROOT);
        Self {
            texts,
            attributes,
            tables,
            stacks: known_stacks,
        }
    }

    /// The number of the stack that ends at a node.
    fn stack(&mut self, node: NodeIx, stacks: &CallerTable) -> u64 {
        let known = self.stacks.items().len();
        let number: u32 = self.stacks.intern(node);
        if self.stacks.items().len() > known {
            let mut stack = Message::default();
            let callers = stacks.callers(node);
            stack.packed(1, callers.map(|entry| u64::from(entry.frame) + 1));
            self.tables.message(7, &stack);
        }
        number.into()
    }

    /// A profile of one value of samples.
    fn profile(
        &mut self,
        recording: &ViewedRecording<'_>,
        stacks: &CallerTable,
        [kind, unit]: [&str; 2],
        value_of: impl Fn(&LabelledSamples) -> u64,
    ) -> Message {
        let mut value_type = Message::default();
        value_type.number(1, self.texts.number(kind).into());
        value_type.number(2, self.texts.number(unit).into());
        let mut profile = Message::default();
        profile.message(1, &value_type);
        for sum in LabelledSamples::all(recording) {
            let labels = sum.labels(recording).into_iter();
            let labels = labels.map(|label| u64::from(self.attributes.intern(label)));
            let labels: Vec<u64> = labels.collect();
            let mut sample = Message::default();
            sample.number(1, self.stack(sum.node, stacks));
            sample.packed(2, labels);
            sample.packed(4, [held_to_i64(value_of(&sum))]);
            profile.message(2, &sample);
        }
        if let Some((first, last)) = recording.times() {
            let nanos = last.as_nanos().saturating_sub(first.as_nanos());
            profile.number(4, nanos);
        }
        profile
    }

    fn finish(mut self) -> Message {
        let attributes = self.attributes.items().iter();
        for label in attributes {
            let mut attribute = Message::default();
            if !label.key.is_empty() {
                attribute.number(1, self.texts.number(label.key).into());
                attribute.message(2, &text_value(&label.value));
            }
            self.tables.message(6, &attribute);
        }
        for text in self.texts.iter() {
            self.tables.text(5, text);
        }
        self.tables
    }
}
