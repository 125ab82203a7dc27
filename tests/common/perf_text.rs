//! What `perf script` prints, as folded stacks.
#![allow(dead_code, reason = "each test crate uses its part")]

use std::collections::{BTreeMap, BTreeSet};

use vmflame::symbol::module_short_name;

/// A sample of perf's text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sample {
    /// Name of the thread.
    pub(crate) comm: String,
    /// Microseconds of the capture's clock, cut off as perf cuts them off.
    pub(crate) micros: u64,
    /// Name of the event.
    pub(crate) event: String,
    /// Leaf first.
    pub(crate) frames: Vec<Frame>,
}

/// A line of a sample.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Frame {
    /// The symbol; `None` where perf has none, or only the remark that it is a linkage table's.
    name: Option<String>,
    /// The object file as perf shows it.
    object: String,
}

impl Frame {
    fn is_kernel(&self) -> bool {
        self.object.starts_with("[kernel") || self.object.contains(".ko")
    }

    /// What is shown where the object's symbols are known, or not.
    fn shown(&self, is_known: bool) -> String {
        match &self.name {
            Some(name) if is_known => name.clone(),
            Some(_) | None => object_name(&module_short_name(&self.object)),
        }
    }
}

/// Which frames are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    /// All.
    All,
    /// Those of the kernel and its modules; stacks without any are kept.
    Kernel,
}

/// How an object's short name stands for a function.
pub(crate) fn object_name(short: &str) -> String {
    if short.starts_with('[') {
        short.to_owned()
    } else {
        format!("[{short}]")
    }
}

/// Reads the text of `perf script` with its default fields.
pub(crate) fn parse(text: &str) -> Vec<Sample> {
    let mut samples: Vec<Sample> = Vec::new();
    for line in text.lines() {
        if !line.starts_with('\t') {
            samples.extend(header(line));
        } else if let Some((name, sample)) = frame(line).zip(samples.last_mut()) {
            sample.frames.push(name);
        }
    }
    samples
}

/// `comm tid [cpu] seconds.micros: [period] event: …`, where a capture may lack the CPU.
fn header(line: &str) -> Option<Sample> {
    let (point, time) = line.match_indices(": ").find_map(|(at, _)| {
        let word = line[..at].rsplit(' ').next()?;
        let (seconds, micros) = word.split_once('.')?;
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        (micros.len() == 6 && all_digits(seconds) && all_digits(micros))
            .then(|| Some((at, format!("{seconds}{micros}").parse::<u64>().ok()?)))?
    })?;
    let mut task = line[..point].trim_end().rsplit_once(' ')?.0.trim_end();
    if let Some((before, cpu)) = task.rsplit_once(' ')
        && cpu.starts_with('[')
    {
        task = before.trim_end();
    }
    let comm = task.rsplit_once(' ')?.0.trim();
    let mut words = line[point + 2..].split_whitespace();
    let mut event = words.next()?;
    if event.bytes().all(|byte| byte.is_ascii_digit()) {
        event = words.next()?;
    }
    Some(Sample {
        comm: comm.to_owned(),
        micros: time,
        event: event.trim_end_matches(':').to_owned(),
        frames: Vec::new(),
    })
}

/// `address symbol+0xoffset (object)`
fn frame(line: &str) -> Option<Frame> {
    let (_, rest) = line.trim().split_once(' ')?;
    let (symbol, object) = rest.rsplit_once(" (")?;
    let name = symbol.rsplit_once("+0x").map_or(symbol, |(name, _)| name);
    let has_name = name != "[unknown]" && !name.ends_with("@plt");
    Some(Frame {
        name: has_name.then(|| name.to_owned()),
        object: object.strip_suffix(')')?.to_owned(),
    })
}

/// `comm;root;…;leaf COUNT`, one line per stack, in the order of their bytes.
///
/// Frames of the objects `unknown` are shown as `[object]`, whatever perf calls them.
pub(crate) fn fold<'a>(
    samples: impl IntoIterator<Item = &'a Sample>,
    unknown: &BTreeSet<String>,
    scope: Scope,
) -> String {
    let mut stacks: BTreeMap<String, u64> = BTreeMap::new();
    for sample in samples {
        let frames = sample.frames.iter().rev();
        let frames = frames.filter(|frame| scope == Scope::All || frame.is_kernel());
        let names = frames.map(|frame| frame.shown(!unknown.contains(&frame.object)));
        let all: Vec<String> = [sample.comm.clone()].into_iter().chain(names).collect();
        *stacks.entry(all.join(";")).or_default() += 1;
    }
    let stacks = stacks.into_iter();
    let mut lines: Vec<String> = stacks.map(|(stack, n)| format!("{stack} {n}\n")).collect();
    lines.sort();
    lines.concat()
}
