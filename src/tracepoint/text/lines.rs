//! The lines of a text: those of events, wrapped ones put together, the others counted.

use std::borrow::Cow;

use super::clean::clean;
use super::event_line::TracedLine;
use super::layout::{TextLayout, without_last_word};
use super::whole_lines::{WholeLine, WholeLines};
use crate::text::{one_line, shortened};

/// What the lines of a text are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LineCounts {
    /// All lines.
    pub lines: u64,
    /// Lines that tell of events.
    pub events: u64,
    /// Lines that go on with an event's line.
    pub continued: u64,
    /// Comments, headers, frames of call chains, and lines without text.
    pub passed: u64,
    /// Lines that say what was lost.
    pub losses: u64,
    /// Lines that are nothing of that.
    pub unread: u64,
    /// Events that the text says are missing.
    pub lost_events: u64,
    /// Gaps of which the text does not say how many events are missing.
    pub uncounted_gaps: u64,
    /// Lines of `kvm_exit` that end before they tell the reason; 0 where nobody asked for reasons.
    pub cut_exits: u64,
    /// The first of the lines that are nothing: their numbers, counted from 1, and what they say.
    pub unread_lines: Vec<UnreadLine>,
}

/// A line that is nothing that is known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnreadLine {
    /// Its number, counted from 1.
    pub number: u64,
    /// The beginning of it.
    pub text: String,
}

/// How many unread lines are kept, and how much of each.
const MOST_UNREAD: usize = 5;
const SHOWN_CHARACTERS: usize = 72;

/// Something that a line which is no event's tells.
enum Other {
    Passed,
    Lost(Option<u64>),
    Unread,
}

/// An event's values, and a line that may go on with them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Longer<'t> {
    pub(super) event: &'t str,
    pub(super) values: &'t str,
    pub(super) more: &'t str,
}

/// A line of an event that the next line may go on with.
enum PendingLine<'b> {
    /// As it lies in the text.
    Whole {
        line: Cow<'b, str>,
        event: Option<TracedLine<'b>>,
    },
    /// Put together from several lines.
    Joined(String),
}

impl PendingLine<'_> {
    fn line(&self) -> &str {
        match self {
            Self::Whole { line, .. } => line,
            Self::Joined(line) => line,
        }
    }
}

/// Hands the lines of events to `visit`.
pub(super) struct LineReader<'b, S> {
    /// Whether the values of an event say more with more text behind them.
    says_more: S,
    counts: LineCounts,
    pending: Option<PendingLine<'b>>,
    /// A line that was not understood by itself.
    fragment: Option<UnreadLine>,
    /// The number of the line that is read, counted from 1.
    number: u64,
}

impl<'b, S: Fn(Longer<'_>) -> bool> LineReader<'b, S> {
    /// `says_more` tells whether the values of an event say more with more text behind them.
    pub(super) fn new(says_more: S) -> Self {
        Self {
            says_more,
            counts: LineCounts::default(),
            pending: None,
            fragment: None,
            number: 0,
        }
    }

    /// Reads a whole text, whose lines are laid out so.
    pub(super) fn read(
        mut self,
        bytes: &'b [u8],
        layout: TextLayout,
        mut visit: impl FnMut(&TracedLine<'_>),
    ) -> LineCounts {
        for WholeLine {
            text,
            lines,
            is_cut,
        } in WholeLines::new(bytes, layout)
        {
            self.number = self.counts.lines + 1;
            self.counts.lines += lines;
            self.counts.continued += lines - 1;
            let line = match text {
                Cow::Borrowed(text) => Cow::Borrowed(tidied(text, is_cut)),
                Cow::Owned(text) => Cow::Owned(tidied(&text, is_cut).to_owned()),
            };
            self.line(line, &mut visit);
        }
        self.flush(&mut visit);
        self.drop_fragment();
        self.counts
    }

    fn line(&mut self, line: Cow<'b, str>, visit: &mut impl FnMut(&TracedLine<'_>)) {
        let borrowed = match &line {
            Cow::Borrowed(line) => TracedLine::parse(line),
            Cow::Owned(_) => None,
        };
        if borrowed.is_some() || TracedLine::parse(&line).is_some() {
            self.flush(visit);
            self.drop_fragment();
            self.counts.events += 1;
            let event = borrowed;
            self.pending = Some(PendingLine::Whole { line, event });
            return;
        }
        match other(&line) {
            Other::Passed => {
                self.flush(visit);
                self.counts.passed += 1;
            }
            Other::Lost(number) => {
                self.flush(visit);
                self.counts.losses += 1;
                match number {
                    Some(number) => {
                        let sum = self.counts.lost_events.saturating_add(number);
                        self.counts.lost_events = sum;
                    }
                    None => self.counts.uncounted_gaps += 1,
                }
            }
            Other::Unread => self.unread(&line, visit),
        }
    }

    /// A line that is nothing by itself: the rest of the one before, or the head of the next.
    fn unread(&mut self, text: &str, visit: &mut impl FnMut(&TracedLine<'_>)) {
        if let Some(pending) = &self.pending {
            let line = pending.line();
            let joined = TracedLine::parse(line).filter(|event| {
                (self.says_more)(Longer {
                    event: event.event,
                    values: event.values,
                    more: text.trim_start(),
                })
            });
            if joined.is_some() {
                let line = format!("{line} {}", text.trim_start());
                self.pending = Some(PendingLine::Joined(line));
                self.counts.continued += 1;
                return;
            }
        }
        self.flush(visit);
        if let Some(fragment) = self.fragment.take() {
            let joined = format!("{} {}", fragment.text, text.trim_start());
            if TracedLine::parse(&joined).is_some() {
                self.counts.events += 1;
                self.counts.continued += 1;
                self.pending = Some(PendingLine::Joined(joined));
                return;
            }
            self.fragment = Some(fragment);
            self.drop_fragment();
        }
        self.fragment = Some(UnreadLine {
            number: self.number,
            text: text.to_owned(),
        });
    }

    fn drop_fragment(&mut self) {
        let Some(UnreadLine { number, text }) = self.fragment.take() else {
            return;
        };
        self.counts.unread += 1;
        if self.counts.unread_lines.len() < MOST_UNREAD {
            let text = shortened(&one_line(text.trim()), SHOWN_CHARACTERS).into_owned();
            self.counts.unread_lines.push(UnreadLine { number, text });
        }
    }

    fn flush(&mut self, visit: &mut impl FnMut(&TracedLine<'_>)) {
        match self.pending.take() {
            Some(PendingLine::Whole {
                event: Some(event), ..
            }) => visit(&event),
            Some(pending) => {
                if let Some(event) = TracedLine::parse(pending.line()) {
                    visit(&event);
                }
            }
            None => {}
        }
    }
}

/// What a line is that tells of no event.
fn other(text: &str) -> Other {
    let line = text.trim_start();
    if let Some(number) = lost(line) {
        return Other::Lost(number);
    }
    if line.is_empty() || line.starts_with("=>") || line.starts_with("cpus=") {
        return Other::Passed;
    }
    if let Some(comment) = line.strip_prefix('#') {
        return overwritten(comment).map_or(Other::Passed, |number| Other::Lost(Some(number)));
    }
    let is_of_cpu = line.starts_with("CPU ") && line.ends_with(" is empty");
    let is_trace_cmd = is_of_cpu || line.starts_with("version = ");
    // A frame: an address, and a name with what it belongs to.
    let mut words = line.split_whitespace();
    let is_address = |word: &str| {
        let digits = word.trim_start_matches("0x");
        !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit())
    };
    // Behind a task's name, which may be one of an address too, is its number.
    let is_name = |word: &str| word.parse::<u64>().is_err();
    let is_frame = words.next().is_some_and(is_address)
        && words.next().is_some_and(is_name)
        && (line.ends_with(')') || line.contains("+0x"));
    if is_trace_cmd || is_frame {
        Other::Passed
    } else {
        Other::Unread
    }
}

/// What the kernel and trace-cmd say of a gap: `CPU:1 [LOST 1754 EVENTS]`, `CPU:0 [1754 EVENTS
/// DROPPED]`, and the same without a number.
///
/// Source: `print_trace_line`, `kernel/trace/trace.c`, Linux 6.12; `trace_show_data`,
/// `tracecmd/trace-read.c`, trace-cmd 3.1.
fn lost(line: &str) -> Option<Option<u64>> {
    let (_, inner) = line.strip_prefix("CPU:")?.split_once('[')?;
    let mut is_loss = false;
    let mut number = None;
    for word in inner.strip_suffix(']')?.split(' ') {
        match word {
            "LOST" | "DROPPED" => is_loss = true,
            "EVENTS" => {}
            other => number = Some(other.parse().ok()?),
        }
    }
    is_loss.then_some(number)
}

/// What the kernel's header says was overwritten: `# entries-in-buffer/entries-written: 474/500`.
///
/// Source: `print_event_info`, `kernel/trace/trace.c`, Linux 6.12.
fn overwritten(comment: &str) -> Option<u64> {
    let (_, numbers) = comment.split_once("entries-in-buffer/entries-written: ")?;
    let (present, rest) = numbers.split_once('/')?;
    let written = rest.split_whitespace().next()?;
    let missing = written
        .parse::<u64>()
        .ok()?
        .checked_sub(present.parse().ok()?)?;
    (missing > 0).then_some(missing)
}

/// A line without quoting, without its end, and without a word that was cut.
fn tidied(line: &str, is_cut: bool) -> &str {
    let line = clean(line);
    without_dots(if is_cut {
        without_last_word(line)
    } else {
        line
    })
}

/// A line without the dots where somebody cut it, and the word that they cut.
fn without_dots(text: &str) -> &str {
    let cut = text.strip_suffix("...").or_else(|| text.strip_suffix('…'));
    cut.map_or(text, without_last_word)
}

#[cfg(test)]
#[path = "lines_tests.rs"]
mod tests;
