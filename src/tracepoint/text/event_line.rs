//! The head of a line that tells of an event: task, CPU, time, event.

use std::borrow::Cow;

use super::clean::clean;
use super::plain::plain;

/// A time as a text has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum LineTime {
    /// Nanoseconds, told as seconds with a fraction, or as microseconds.
    Nanos(u64),
    /// A plain number: cycles or counts, by the clock that was chosen.
    Plain(u64),
}

/// A line that tells of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct TracedLine<'t> {
    /// The task's name, cut to eight characters where latency flags are shown.
    pub(super) task: &'t str,
    /// The process; `None` where the text does not tell it.
    pub(super) pid: Option<i32>,
    pub(super) tid: i32,
    pub(super) cpu: Option<u32>,
    pub(super) time: LineTime,
    /// With or without its system: `kvm_exit`, `kvm:kvm_exit`.
    pub(super) event: &'t str,
    /// What stands behind the event's name.
    pub(super) values: &'t str,
}

/// Whether bytes, the first ones of a text, hold a line that tells of an event.
pub fn is_trace_text(start: &[u8]) -> bool {
    let plain = plain(start);
    let text = plain.map_or_else(|| String::from_utf8_lossy(start), Cow::Owned);
    text.lines()
        .any(|line| TracedLine::parse(clean(line)).is_some())
}

impl<'t> TracedLine<'t> {
    /// Reads a line that was cleaned; `None` when it tells of no event.
    pub(super) fn parse(line: &'t str) -> Option<Self> {
        // The first colon that ends a time with a task before it and an event behind it: names of
        // tasks hold colons too.
        line.match_indices(':').find_map(|(at, _)| {
            let (front, rest) = (line.get(..at)?, line.get(at + 1..)?);
            if !rest.starts_with([' ', '\t']) {
                return None;
            }
            let LineHead { owner, time } = LineHead::parse(front)?;
            let NamedEvent { event, values } = NamedEvent::split(rest)?;
            Some(Self {
                task: owner.task,
                pid: owner.pid,
                tid: owner.tid,
                cpu: owner.cpu,
                time,
                event,
                values,
            })
        })
    }
}

/// Whether a line begins as those of events do, with a task and a time, whatever follows.
pub(super) fn has_head(line: &str) -> bool {
    let mut colons = line.match_indices(':');
    colons.any(|(at, _)| line.get(..at).and_then(LineHead::parse).is_some())
}

/// What stands before the colon that ends the time.
struct LineHead<'t> {
    owner: TaskOnCpu<'t>,
    time: LineTime,
}

impl<'t> LineHead<'t> {
    fn parse(front: &'t str) -> Option<Self> {
        let TimeAtEnd { before, time } = TimeAtEnd::split(front)?;
        let owner = TaskOnCpu::parse(before)?;
        // Without a CPU a plain number is more likely part of other text.
        let is_time = matches!(time, LineTime::Nanos(_)) || owner.cpu.is_some();
        is_time.then_some(Self { owner, time })
    }
}

/// A time, and what stands before it.
struct TimeAtEnd<'t> {
    before: &'t str,
    time: LineTime,
}

impl<'t> TimeAtEnd<'t> {
    /// Splits a time off the end: `14319.553357`, `14319968243us +`, `32029327986803`.
    fn split(text: &'t str) -> Option<Self> {
        // The latency format marks how long it took until the next event.
        let unmarked = text.trim_end_matches(['+', '!', '#', '*', '@', '$', ' ']);
        let (digits, is_micros) = match unmarked.strip_suffix("us") {
            Some(digits) => (digits, true),
            None => (text, false),
        };
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let before = digits.trim_end_matches(is_part);
        if !before.ends_with([' ', '\t', ']']) {
            return None;
        }
        let number = digits.get(before.len()..)?;
        let time = match number.split_once('.') {
            Some((seconds, fraction)) if !is_micros => LineTime::Nanos(nanos(seconds, fraction)?),
            Some(_) => return None,
            None if is_micros => LineTime::Nanos(number.parse::<u64>().ok()?.checked_mul(1000)?),
            None => LineTime::Plain(number.parse().ok()?),
        };
        Some(Self { before, time })
    }
}

/// Seconds with six or nine digits behind the point.
fn nanos(seconds: &str, fraction: &str) -> Option<u64> {
    let unit = match fraction.len() {
        6 => 1000,
        9 => 1,
        _ => return None,
    };
    let fraction = fraction.parse::<u64>().ok()? * unit;
    let whole = seconds.parse::<u64>().ok()?.checked_mul(1_000_000_000)?;
    whole.checked_add(fraction)
}

/// An event's name, and what stands behind it.
struct NamedEvent<'t> {
    event: &'t str,
    values: &'t str,
}

impl<'t> NamedEvent<'t> {
    fn split(text: &'t str) -> Option<Self> {
        let mut rest = text.trim_start();
        // perf script tells the period before the name where it is asked for.
        let behind_digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        if behind_digits.len() < rest.len() && behind_digits.starts_with(' ') {
            rest = behind_digits.trim_start();
        }
        let end = rest.find([' ', '\t']).unwrap_or(rest.len());
        let (name, values) = rest.split_at(end);
        let event = name.strip_suffix(':')?;
        // perf prints what else was asked for with it: `cycles:ppp`, `cpu-clock/freq=997/`.
        let is_name = event.starts_with(|c: char| c.is_ascii_alphabetic());
        is_name.then_some(Self {
            event,
            values: values.trim(),
        })
    }
}

/// Whose event it is.
struct TaskOnCpu<'t> {
    task: &'t str,
    pid: Option<i32>,
    tid: i32,
    cpu: Option<u32>,
}

impl<'t> TaskOnCpu<'t> {
    /// Reads what stands before the time.
    fn parse(text: &'t str) -> Option<Self> {
        let text = text.trim_end();
        let OnCpu { before, cpu } = OnCpu::split(text);
        let (before, pid) = match process(before) {
            Some(InProcess { before, pid }) => (before, pid),
            None => (before, None),
        };
        let owner = Self::of_task(before.trim_end())?;
        Some(Self {
            pid: pid.or(owner.pid),
            cpu,
            ..owner
        })
    }

    /// Reads `comm-tid`, `comm tid` or `comm pid/tid`.
    fn of_task(text: &'t str) -> Option<Self> {
        let is_digit = |c: char| c.is_ascii_digit();
        let front = text.trim_end_matches(is_digit);
        let tid = text.get(front.len()..)?.parse().ok()?;
        let told = |task: &'t str, pid| {
            let task = task.trim();
            let owner = Self {
                task,
                pid,
                tid,
                cpu: None,
            };
            (!task.is_empty()).then_some(owner)
        };
        if let Some(task) = front.strip_suffix('-') {
            return told(behind_buffer(task), None);
        }
        if let Some(both) = front.strip_suffix('/') {
            let task = both.trim_end_matches(is_digit);
            let pid = both.get(task.len()..)?.parse().ok()?;
            return task.ends_with([' ', '\t']).then(|| told(task, Some(pid)))?;
        }
        front.ends_with([' ', '\t']).then(|| told(front, None))?
    }
}

/// A task without the name of an instance's buffer, which trace-cmd puts in front of it.
fn behind_buffer(task: &str) -> &str {
    match task.split_once(": ") {
        Some((buffer, rest)) if !buffer.starts_with([' ', '\t']) => rest,
        _ => task,
    }
}

/// A CPU, and what stands before it.
struct OnCpu<'t> {
    before: &'t str,
    cpu: Option<u32>,
}

impl<'t> OnCpu<'t> {
    /// Splits `[000]`, `[000] d..1.` or `0d..1.` off the end; the CPU is `None` where there is none.
    fn split(text: &'t str) -> Self {
        let bracketed = |text: &'t str| {
            let (before, number) = text.strip_suffix(']')?.rsplit_once('[')?;
            let cpu = number.parse().ok()?;
            Some(Self {
                before,
                cpu: Some(cpu),
            })
        };
        if let Some(found) = bracketed(text) {
            return found;
        }
        let split = text.rsplit_once([' ', '\t']);
        let found = split.and_then(|(before, flags)| {
            if is_flags(flags) {
                return bracketed(before.trim_end());
            }
            let letters = flags.trim_start_matches(|c: char| c.is_ascii_digit());
            let cpu = flags.get(..flags.len() - letters.len())?.parse().ok()?;
            // A digit of the flags may look like one of the CPU: flags begin with a letter or a dot.
            is_flags(letters).then_some(Self {
                before,
                cpu: Some(cpu),
            })
        });
        found.unwrap_or(Self {
            before: text,
            cpu: None,
        })
    }
}

/// Whether a word is the flags that the kernel shows: interrupts, need to reschedule, context,
/// depths.
///
/// Source: `trace_print_lat_fmt`, `kernel/trace/trace_output.c`, Linux 6.12.
fn is_flags(word: &str) -> bool {
    let is_flag = |c: char| c == '.' || c == '#' || c.is_ascii_alphanumeric();
    (4..=6).contains(&word.len())
        && word.chars().all(is_flag)
        && word.starts_with(['.', 'd', 'D', 'b', 'X'])
}

/// A process in parentheses, and what stands before it.
struct InProcess<'t> {
    before: &'t str,
    /// `None` for `(-------)`, of a process that the kernel forgot.
    pid: Option<i32>,
}

/// Splits `(    746)` off the end.
fn process(text: &str) -> Option<InProcess<'_>> {
    let (before, number) = text.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    let number = number.trim();
    let is_unknown = number.chars().all(|c| c == '-');
    let pid = number.parse().ok();
    (is_unknown || pid.is_some()).then_some(InProcess { before, pid })
}

#[cfg(test)]
#[path = "event_line_tests.rs"]
mod tests;
