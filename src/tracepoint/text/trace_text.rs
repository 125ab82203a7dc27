//! A whole text.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hashbrown::HashMap;

use super::event_line::{LineTime, TracedLine};
use super::layout::TextLayout;
use super::lines::{LineCounts, LineReader, Longer};
use super::named_values::NamedValues;
use super::plain::plain_storage;
use super::values::Reader;
use crate::bytes::{Endian, Storage};
use crate::text::one_line;
use crate::tracepoint::{FormatIx, Formats, Occurrence, Values};
use crate::units::{Cpu, Pid, Tid, Timestamp};

/// What the times of a text count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TextClock {
    /// Nanoseconds, perhaps rounded to microseconds.
    Nanoseconds,
    /// Something else: the text has plain numbers, of the clock that was chosen.
    Unknown,
}

/// How often a text tells of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventTold {
    /// The event. Two names in the text may be one event's.
    pub event: FormatIx,
    /// How often.
    pub count: u64,
}

/// A text of events.
#[derive(Debug)]
pub struct TraceText {
    path: PathBuf,
    storage: Storage,
    formats: Formats,
    /// Formats by the names that the text has.
    by_told_name: HashMap<String, FormatIx>,
    reader: Reader,
    layout: TextLayout,
    counts: LineCounts,
    facts: TextFacts,
}

/// What a first reading found.
#[derive(Debug, Default)]
struct TextFacts {
    /// How often each event is told, by the name that the text has.
    events: BTreeMap<String, u64>,
    /// The longest name of each thread: latency flags cut names to eight characters.
    names: BTreeMap<Tid, String>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    has_plain_times: bool,
    has_processes: bool,
    /// Lines that are earlier than the one before.
    backwards: u64,
}

impl TraceText {
    /// Reads a text; `None` when no line of it tells of an event. `path` is what errors call it.
    pub fn of(path: &Path, storage: Storage) -> Option<Self> {
        let storage = plain_storage(storage);
        let mut facts = TextFacts::default();
        let reader = Reader::new();
        let layout = TextLayout::of(storage.bytes(), |line| {
            reader.count(&full_name(line.event), line.values)
        });
        let mut previous = Timestamp::default();
        let lines = LineReader::new(|longer| says_more(&reader, longer));
        let counts = lines.read(storage.bytes(), layout, |line| {
            let time = facts.add(line);
            facts.backwards += u64::from(time < previous);
            previous = time;
        });
        if counts.events == 0 {
            return None;
        }
        let mut formats = Formats::new(Vec::new(), Endian::Little);
        let names = facts.events.keys();
        let by_told_name = names
            .map(|told| (told.clone(), formats.of_name(&full_name(told))))
            .collect();
        Some(Self {
            path: path.to_owned(),
            storage,
            formats,
            by_told_name,
            reader,
            layout,
            counts,
            facts,
        })
    }

    /// The file, as it is called towards the user.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The bytes of the text.
    pub fn contents(&self) -> &[u8] {
        self.storage.bytes()
    }

    /// The same, called otherwise towards the user.
    #[must_use]
    pub(crate) fn shown_as(self, path: PathBuf) -> Self {
        Self { path, ..self }
    }

    /// The events that it tells of, by their names only.
    pub fn formats(&self) -> &Formats {
        &self.formats
    }

    /// What its lines are.
    pub fn counts(&self) -> &LineCounts {
        &self.counts
    }

    /// How often it tells of each event.
    pub fn events(&self) -> impl Iterator<Item = EventTold> {
        let events = self.facts.events.iter();
        events.filter_map(|(told, &count)| {
            let event = *self.by_told_name.get(told)?;
            Some(EventTold { event, count })
        })
    }

    /// Whether it tells processes beside threads.
    pub fn tells_processes(&self) -> bool {
        self.facts.has_processes
    }

    /// Times of the first and the last event.
    pub fn times(&self) -> Option<(Timestamp, Timestamp)> {
        self.facts.first.zip(self.facts.last)
    }

    /// What its times count.
    pub fn clock(&self) -> TextClock {
        if self.facts.has_plain_times {
            TextClock::Unknown
        } else {
            TextClock::Nanoseconds
        }
    }

    /// The name of a thread.
    pub fn task_name(&self, tid: Tid) -> Option<&str> {
        self.facts.names.get(&tid).map(String::as_str)
    }

    /// The names of all threads that it tells of.
    pub fn task_names(&self) -> &BTreeMap<Tid, String> {
        &self.facts.names
    }

    /// What an occurrence's text says; `None` when it is not understood.
    pub fn values<'t>(&self, event: FormatIx, text: &'t str) -> Option<NamedValues<'t>> {
        self.reader.read(&self.formats.get(event)?.name, text)
    }

    /// Hands all occurrences to `visit` in the order of their times. Those of one time stay in the
    /// order of the text.
    pub fn walk(&self, mut visit: impl FnMut(Occurrence<'_>)) {
        let lines = LineReader::new(|longer| says_more(&self.reader, longer));
        if self.facts.backwards == 0 {
            lines.read(self.storage.bytes(), self.layout, |line| {
                if let Some(found) = self.occurrence(line) {
                    visit(found);
                }
            });
            return;
        }
        // Texts of several CPUs, one behind the other.
        let mut kept = Vec::new();
        lines.read(self.storage.bytes(), self.layout, |line| {
            if let Some(found) = self.occurrence(line) {
                let text = line.values.to_owned();
                kept.push((
                    Occurrence {
                        values: Values::Text(""),
                        ..found
                    },
                    text,
                ));
            }
        });
        kept.sort_by_key(|(found, _)| found.time);
        for (found, text) in &kept {
            visit(Occurrence {
                values: Values::Text(text),
                ..*found
            });
        }
    }

    fn occurrence<'t>(&self, line: &TracedLine<'t>) -> Option<Occurrence<'t>> {
        Some(Occurrence {
            time: time_of(line),
            cpu: line.cpu.map(Cpu),
            pid: line.pid.map(Pid::new),
            tid: Tid::new(line.tid),
            event: *self.by_told_name.get(line.event)?,
            values: Values::Text(line.values),
        })
    }
}

impl TextFacts {
    /// Adds a line; returns its time.
    fn add(&mut self, line: &TracedLine<'_>) -> Timestamp {
        match self.events.get_mut(line.event) {
            Some(count) => *count += 1,
            None => drop(self.events.insert(line.event.to_owned(), 1)),
        }
        let known = self.names.entry(Tid::new(line.tid)).or_default();
        if known.len() < line.task.len() {
            *known = one_line(line.task).into_owned();
        }
        self.has_plain_times |= matches!(line.time, LineTime::Plain(_));
        self.has_processes |= line.pid.is_some();
        let time = time_of(line);
        self.first = Some(self.first.map_or(time, |first| first.min(time)));
        self.last = Some(self.last.map_or(time, |last| last.max(time)));
        time
    }
}

/// Whether the values of an event say more with more text behind them.
fn says_more(reader: &Reader, longer: Longer<'_>) -> bool {
    let Longer {
        event,
        values,
        more,
    } = longer;
    let event = full_name(event);
    let count = |text: &str| reader.count(&event, text).unwrap_or(0);
    count(format!("{values} {more}").trim_start()) > count(values)
}

const fn time_of(line: &TracedLine<'_>) -> Timestamp {
    match line.time {
        LineTime::Nanos(number) | LineTime::Plain(number) => Timestamp::from_nanos(number),
    }
}

/// The name with its system, which the kernel and trace-cmd do not print. Events of systems that say
/// nothing of guests keep the name that they have.
///
/// Source: `TRACE_SYSTEM` of include/trace/events/sched.h, `include/trace/events/kvm.h`,
/// arch/*/kvm/trace*.h, Linux 6.12.
fn full_name(told: &str) -> Cow<'_, str> {
    let system = match told {
        _ if told.contains(':') => return Cow::Borrowed(told),
        "kvm_guest_enter" | "kvm_guest_exit" => "kvm_hv",
        "vcpu_match_mmio" => "kvm",
        _ if told.starts_with("kvm_") => "kvm",
        _ if told.starts_with("sched_") => "sched",
        _ => return Cow::Borrowed(told),
    };
    Cow::Owned(format!("{system}:{told}"))
}
