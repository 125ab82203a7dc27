//! What is wanted of a capture.

use std::fmt;

use crate::fold::{Split, WeightKind};
use crate::name::{FrameDetail, FrameScope, Grouping, StackFilter, VmNaming};
use crate::units::{Cpu, Pid, Tid, Timestamp};

/// A range of time as the user states it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum TimeRequest {
    /// Points of the capture's clock; `None` for its beginning or end.
    Absolute(Option<Timestamp>, Option<Timestamp>),
    /// Parts of the time from the first to the last sample, 0 to 1.
    Part(f64, f64),
}

impl fmt::Display for TimeRequest {
    /// As the user states it: `20%-30%`, `12.5,13`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Part(first, last) => write!(f, "{}%-{}%", first * 100.0, last * 100.0),
            Self::Absolute(first, last) => {
                let [first, last] =
                    [first, last].map(|at| at.map_or(String::new(), |at| at.to_string()));
                write!(f, "{first},{last}")
            }
        }
    }
}

/// What is wanted of a capture.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The event's name; `None` takes one with samples: clocks and cycles before other events, those
    /// before tracepoints, and with call chains before without.
    pub event: Option<String>,
    /// What a sample weighs.
    pub weight: WeightKind,
    /// Processes; empty for all.
    pub pids: Vec<Pid>,
    /// Threads; empty for all.
    pub tids: Vec<Tid>,
    /// Thread names; empty for all.
    pub comms: Vec<String>,
    /// Host CPUs; empty for all.
    pub cpus: Vec<Cpu>,
    /// Paths of cgroups; empty for all. Not together with [`Grouping::Cpu`].
    pub cgroups: Vec<String>,
    /// Times; empty for all.
    pub times: Vec<TimeRequest>,
    /// Whether addresses in guests' kernels are told apart, to be named.
    pub guest_addresses: bool,
    /// Which frames are shown.
    pub scope: FrameScope,
    /// The frames above the call chain.
    pub grouping: Grouping,
    /// Whether stacks are left untagged: all are host then.
    pub no_tag: bool,
    /// Whether idle stacks are left out.
    pub no_idle: bool,
    /// How many frames of a call chain are shown at most, those nearest to the leaf; `None` for all.
    /// Tags are those of whole stacks.
    pub max_stack: Option<usize>,
    /// What frames show of functions.
    pub detail: FrameDetail,
    /// Whether frame pointers are believed that lead to no caller.
    pub keep_garbage: bool,
    /// Whether stacks of last branches are joined from samples of a thread one after the other.
    pub stitches_calls: bool,
    /// Who tells what VMMs call VMs: shown where a capture has several.
    pub vm_naming: VmNaming,
    /// Rows for the tagger, with the name of the file they come from.
    pub rules: Option<(String, std::path::PathBuf)>,
    /// In how many slices of time it is told what each stack weighs; 0 for none. Cannot be had together with
    /// what is grouped or filtered by CPU or cgroup, which wins.
    pub slices: u32,
    /// Whether each sample is told one by one, as [`Profile::samples`](super::Profile::samples).
    pub keeps_samples: bool,
    /// Worker threads.
    pub threads: usize,
}

impl Request {
    /// What folding must keep apart.
    pub(super) fn split(&self) -> Split {
        if self.cgroups.is_empty() {
            self.grouping.split()
        } else {
            Split::Cgroup
        }
    }

    /// Which stacks stay, by what their names and tags tell.
    pub(super) fn filter(&self) -> StackFilter<'_> {
        StackFilter {
            comms: &self.comms,
            cgroups: &self.cgroups,
            no_idle: self.no_idle,
        }
    }
}

/// Reads perf's `--time` syntax: `A,B` in seconds with either end left out, `10%-20%` and lists of
/// it, `10%/2` (the second tenth), several ranges separated by blanks.
///
/// Source: tools/perf/Documentation/perf-script.txt, Linux 6.12.
///
/// # Errors
/// When `text` is none of these, or ends before it begins.
pub fn parse_times(text: &str) -> Result<Vec<TimeRequest>, String> {
    let wrong = || format!("{text:?} is no time range: give START,END in seconds, or A%-B%");
    let ranges = if text.contains('%') {
        text.split(',')
            .map(|part| parse_percent(part.trim()))
            .collect::<Option<Vec<_>>>()
    } else {
        text.split_whitespace().map(parse_seconds).collect()
    };
    let ranges = ranges
        .filter(|ranges| !ranges.is_empty())
        .ok_or_else(wrong)?;
    let is_backward = |range: &TimeRequest| match *range {
        TimeRequest::Absolute(Some(first), Some(last)) => first > last,
        TimeRequest::Absolute(..) => false,
        TimeRequest::Part(first, last) => first > last,
    };
    if ranges.iter().any(is_backward) {
        return Err(format!("{text:?} ends before it begins"));
    }
    Ok(ranges)
}

fn parse_seconds(text: &str) -> Option<TimeRequest> {
    let (first, last) = text.split_once(',')?;
    let point = |text: &str| {
        if text.is_empty() {
            return Some(None);
        }
        let (seconds, nanos) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(seconds) || !digits(nanos) || nanos.len() > 9 {
            return None;
        }
        let seconds: u64 = seconds.parse().ok()?;
        let nanos: u64 = format!("{nanos:0<9}").parse().ok()?;
        let total = seconds.checked_mul(1_000_000_000)?.checked_add(nanos)?;
        Some(Some(Timestamp::from_nanos(total)))
    };
    Some(TimeRequest::Absolute(point(first)?, point(last)?))
}

fn parse_percent(text: &str) -> Option<TimeRequest> {
    let percent = |text: &str| {
        let value: f64 = text.strip_suffix('%')?.parse().ok()?;
        (0.0..=100.0).contains(&value).then_some(value / 100.0)
    };
    if let Some((width, number)) = text.split_once('/') {
        let (width, number) = (percent(width)?, number.parse::<u32>().ok()?);
        let last = width * f64::from(number);
        return (number > 0 && last <= 1.0 + 1e-9)
            .then(|| TimeRequest::Part((last - width).max(0.0), last.min(1.0)));
    }
    let (first, last) = text.split_once('-')?;
    Some(TimeRequest::Part(percent(first)?, percent(last)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Option<Timestamp> {
        Some(Timestamp::from_nanos(nanos))
    }

    /// Users type what perf accepts; expected values follow perf-script(1).
    #[test]
    fn time_ranges_read_as_perf_reads_them() {
        use TimeRequest::{Absolute, Part};
        let cases = [
            (
                "1.5,2",
                vec![Absolute(at(1_500_000_000), at(2_000_000_000))],
            ),
            ("1.000000001,", vec![Absolute(at(1_000_000_001), None)]),
            (",7", vec![Absolute(None, at(7_000_000_000))]),
            (
                "1,2 3,4",
                vec![
                    Absolute(at(1_000_000_000), at(2_000_000_000)),
                    Absolute(at(3_000_000_000), at(4_000_000_000)),
                ],
            ),
            ("0%-10%", vec![Part(0.0, 0.1)]),
            ("0%-10%,30%-50%", vec![Part(0.0, 0.1), Part(0.3, 0.5)]),
            ("50%/2", vec![Part(0.5, 1.0)]),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_times(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "5",
            "2,1",
            "20%-10%",
            "101%-102%",
            "x,y",
            "10%/11",
            "1.2.3,4",
            "-1,2",
        ] {
            assert!(parse_times(text).is_err(), "{text}");
        }
    }
}
