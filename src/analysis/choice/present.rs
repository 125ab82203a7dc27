//! What a capture has where nothing of it passes the filters.

use hashbrown::HashMap;

use crate::analysis::front_half::{FrontHalf, NamedBy, recorded_build_ids};
use crate::analysis::request::Request;
use crate::error::{BadRequest, Error, NothingLeft};
use crate::fold::{Block, FoldRequest, Split, fold};
use crate::loss::{Skip, Tally};
use crate::name::{FrameScope, SplitName, TaskNames};
use crate::perf::Capture;
use crate::symbol::SymbolRequest;
use crate::text::{grouped, one_line};
use crate::units::{EventIx, Timestamp};

/// How many names are listed.
const SHOWN: usize = 8;

/// Samples by a name.
#[derive(Debug, Default)]
struct Names(HashMap<String, u64>);

impl Names {
    fn add(&mut self, name: &str, samples: u64) {
        *self.0.entry_ref(name).or_default() += samples;
    }

    /// The names with the most samples first; how many more there are.
    fn listed(self) -> String {
        let mut names: Vec<(String, u64)> = self.0.into_iter().collect();
        names.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let shown = names.iter().take(SHOWN);
        let mut text: Vec<String> = shown.map(|(name, _)| one_line(name).into_owned()).collect();
        if names.len() > SHOWN {
            text.push(format!("and {} more", names.len() - SHOWN));
        }
        text.join(", ")
    }
}

/// What samples of an event have of all that filters look at.
#[derive(Debug, Default)]
struct Present {
    comms: Names,
    processes: Names,
    threads: Names,
    cgroups: Names,
    cpus: Vec<u64>,
    times: Option<(Timestamp, Timestamp)>,
}

impl Present {
    fn of(capture: &Capture, event: EventIx, request: &Request) -> Self {
        let split = if request.cgroups.is_empty() {
            Split::Cpu
        } else {
            Split::Cgroup
        };
        let wanted = FoldRequest {
            split,
            ..FoldRequest::all_of(event, request.threads)
        };
        let folded = fold(capture, &wanted);
        let named = NamedBy {
            build_ids: &recorded_build_ids(capture),
            symbols: &SymbolRequest::default(),
        };
        let front = FrontHalf::of(capture, wanted, folded, named);
        let timeline = &front.timeline;
        let mut present = Self::default();
        for placed in front.settled.blocks().iter().flat_map(Block::iter) {
            let (key, samples) = (placed.stack.key, placed.stack.samples);
            let (pid, tid) = (key.pid, key.tid);
            let TaskNames { process, thread } =
                TaskNames::of(timeline, pid, tid, placed.task_epoch);
            present.comms.add(&thread, samples);
            present.processes.add(&format!("{pid} {process}"), samples);
            present.threads.add(&format!("{tid} {thread}"), samples);
            if split == Split::Cpu {
                present.cpus.push(key.split);
            } else {
                let name = SplitName::of(split, key.split, timeline);
                present.cgroups.add(&name.0, samples);
            }
            let (first, last) = (placed.stack.first.as_time(), placed.stack.last.as_time());
            let (earliest, latest) = present.times.unwrap_or((first, last));
            present.times = Some((earliest.min(first), latest.max(last)));
        }
        present.cpus.sort_unstable();
        present.cpus.dedup();
        present
    }
}

/// Why no sample is left.
pub(in crate::analysis) fn nothing_left(tally: &Tally, event: &str) -> Error {
    let of_event = tally.folded + tally.filtered;
    if of_event == 0 {
        let causes = Skip::ALL.into_iter().zip(tally.skipped);
        let skipped = causes
            .filter(|&(_, count)| count > 0)
            .map(|(reason, count)| format!("{} {reason}", grouped(count)))
            .collect();
        return Error::from(BadRequest::NoSamples {
            event: event.to_owned(),
            skipped,
            damaged_bytes: tally.damaged_bytes,
        });
    }
    Error::from(NothingLeft::OfSamples {
        event: event.to_owned(),
        samples: of_event,
    })
}

/// What the samples of an event have of all that a request filters by, in one line.
pub(in crate::analysis) fn advice(capture: &Capture, event: EventIx, request: &Request) -> String {
    let present = Present::of(capture, event, request);
    let mut parts = Vec::new();
    if !request.comms.is_empty() {
        parts.push(format!("threads: {}", present.comms.listed()));
    }
    if !request.pids.is_empty() {
        parts.push(format!("processes: {}", present.processes.listed()));
    }
    if !request.tids.is_empty() {
        parts.push(format!("threads: {}", present.threads.listed()));
    }
    if !request.cpus.is_empty() && request.cgroups.is_empty() {
        parts.push(format!("CPUs: {}", ranges(&present.cpus)));
    }
    if !request.cgroups.is_empty() {
        parts.push(format!("cgroups: {}", present.cgroups.listed()));
    }
    if let Some((first, last)) = present.times.filter(|_| !request.times.is_empty()) {
        parts.push(format!("times: {first} to {last}"));
    }
    let left_out = match request.scope {
        FrameScope::All if request.no_idle => Some("idle is left out"),
        FrameScope::All => None,
        FrameScope::Kernel => Some("only kernel frames are shown"),
        FrameScope::User => Some("only user frames are shown"),
    };
    let there_are = (!parts.is_empty()).then(|| format!("there are {}", parts.join("; ")));
    let left_out = left_out.map(ToOwned::to_owned);
    let all: Vec<String> = there_are.into_iter().chain(left_out).collect();
    all.join("; ")
}

/// Numbers in order as `-C` takes them: `0,2-5`; how many ranges more there are.
fn ranges(numbers: &[u64]) -> String {
    // A CPU that no sample tells is the largest number.
    let known = numbers.iter().filter(|&&number| number != u64::MAX);
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for &number in known {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            Some(_) | None => ranges.push((number, number)),
        }
    }
    let shown = ranges.iter().take(SHOWN).map(|&(first, last)| {
        if first == last {
            first.to_string()
        } else {
            format!("{first}-{last}")
        }
    });
    let mut text = shown.collect::<Vec<_>>().join(",");
    match ranges.len() {
        0 => text.push_str("none that samples tell"),
        len if len > SHOWN => text.push_str(&format!(" and {} ranges more", len - SHOWN)),
        _ => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hosts have hundreds of CPUs and thousands of threads: a hint stays one line.
    #[test]
    fn lists_are_bounded() {
        assert_eq!(ranges(&[0, 2, 3, 4, 7, u64::MAX]), "0,2-4,7");
        assert_eq!(ranges(&[u64::MAX]), "none that samples tell");
        let odd: Vec<u64> = (0..10).map(|n| 2 * n).collect();
        assert_eq!(ranges(&odd), "0,2,4,6,8,10,12,14 and 2 ranges more");
        let mut names = Names::default();
        for number in 0..10 {
            names.add(&format!("t{number}"), 10 - number);
        }
        names.add("t9", 100);
        assert_eq!(names.listed(), "t9, t0, t1, t2, t3, t4, t5, t6, and 2 more");
    }
}
