//! What a capture does not carry, and filters that leave nothing.

use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;

use crate::text::{counted, grouped};

/// What is asked of a capture and is not in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BadRequest {
    /// The capture has no event of this name.
    NoSuchEvent {
        /// The name.
        name: String,
        /// The events that it has.
        known: Vec<String>,
    },
    /// The event was recorded without addresses.
    NoAddresses {
        /// The event.
        event: String,
    },
    /// The samples lack a field that they are to be told apart by.
    NotCarried {
        /// The event.
        event: String,
        /// The field, as in "they carry no `times`".
        field: &'static str,
        /// How to record it.
        remedy: &'static str,
    },
    /// The samples carry no times.
    NoTimes,
    /// Nothing tells how long threads ran.
    NoCpuTimes {
        /// The events that there are.
        known: Vec<String>,
    },
    /// Events without call chains are to be counted by cgroup.
    CountedByCgroup,
    /// perf would show no table of its exits.
    RefusedByPerf {
        /// Why, in one line.
        why: String,
    },
    /// The event has no samples that can be read.
    NoSamples {
        /// The event.
        event: String,
        /// Samples that were skipped: how many, and why.
        skipped: Vec<String>,
        /// Bytes that are no records.
        damaged_bytes: u64,
    },
}

/// What filters leave nothing of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NothingLeft {
    /// No sample passes.
    OfSamples {
        /// The event.
        event: String,
        /// Its samples.
        samples: u64,
    },
    /// No thread passes.
    OfThreads {
        /// The threads that there are.
        threads: u64,
    },
    /// No exit passes, nor anything else that is told of exits.
    OfExits,
    /// No row of a dataset.
    OfDataset,
    /// No line of a folded text has a weight.
    OfFolded {
        /// The text.
        path: PathBuf,
    },
}

impl BadRequest {
    /// What the user can do about it.
    pub(super) fn hint(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::NoSuchEvent { known, .. } => {
                format!("its events are: {}", known.join(", ")).into()
            }
            Self::NoAddresses { .. } => "record again with call chains: perf record -g".into(),
            Self::NotCarried { remedy, .. } => (*remedy).into(),
            Self::NoTimes => "record again with them: perf record -T".into(),
            Self::NoCpuTimes { known } => format!(
                "record again: perf record -a -g -e cpu-clock, or -e sched:sched_switch,\
                 sched:sched_wakeup; its events are: {}",
                known.join(", ")
            )
            .into(),
            Self::CountedByCgroup => {
                "record again with call chains: perf record -g --all-cgroups".into()
            }
            Self::RefusedByPerf { .. } => "without --like-perf it is read all the same".into(),
            Self::NoSamples {
                skipped,
                damaged_bytes,
                ..
            } => return why_none(skipped, *damaged_bytes).map(Cow::Owned),
        })
    }
}

/// Where the samples of an event may have gone.
fn why_none(skipped: &[String], damaged_bytes: u64) -> Option<String> {
    let mut causes = Vec::new();
    if !skipped.is_empty() {
        causes.push(format!("samples that were skipped: {}", skipped.join(", ")));
    }
    if damaged_bytes > 0 {
        let are = if damaged_bytes == 1 {
            "is no record"
        } else {
            "are no records"
        };
        let bytes = counted(damaged_bytes, "byte");
        causes.push(format!("{bytes} {are}: vmflame info says where"));
    }
    (!causes.is_empty()).then(|| causes.join("; "))
}

impl fmt::Display for BadRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchEvent { name, .. } => write!(f, "the capture has no event {name:?}"),
            Self::NoAddresses { event } => {
                write!(f, "event {event} was recorded without addresses")
            }
            Self::NotCarried { event, field, .. } => {
                write!(
                    f,
                    "the samples of {event} carry no {field} to tell them apart by"
                )
            }
            Self::NoCpuTimes { .. } => {
                f.write_str("nothing tells how long threads ran: no clock, no cycles, no switches")
            }
            Self::NoTimes => f.write_str("the samples carry no times to select by"),
            Self::RefusedByPerf { why } => {
                write!(
                    f,
                    "perf kvm stat report shows no table of this capture: {why}"
                )
            }
            Self::CountedByCgroup => {
                f.write_str("events without call chains are not counted by cgroup")
            }
            Self::NoSamples { event, .. } => write!(f, "the capture has no samples of {event}"),
        }
    }
}

impl fmt::Display for NothingLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfSamples { event, samples: 1 } => {
                write!(f, "the only sample of {event} does not pass the filters")
            }
            Self::OfSamples { event, samples } => write!(
                f,
                "none of the {} samples of {event} passes the filters",
                grouped(*samples)
            ),
            Self::OfExits => f.write_str("no exit passes the filters"),
            Self::OfDataset => f.write_str("nothing of the dataset passes the condition"),
            Self::OfThreads { threads: 1 } => {
                f.write_str("the only thread does not pass the filters")
            }
            Self::OfThreads { threads } => write!(
                f,
                "none of the {} threads passes the filters",
                grouped(*threads)
            ),
            Self::OfFolded { path } => write!(
                f,
                "{}: no stack of the folded text has a weight",
                path.display()
            ),
        }
    }
}
