//! Whether samples carry what a request tells them apart by.

use crate::analysis::request::Request;
use crate::error::{BadRequest, Error, Result};
use crate::fold::Split;
use crate::perf::abi::{PERF_SAMPLE_CGROUP, PERF_SAMPLE_CPU, PERF_SAMPLE_TID, PERF_SAMPLE_TIME};
use crate::perf::{Attr, Capture};
use crate::units::EventIx;

/// A field of samples that a request needs.
struct Needed {
    /// The bit of `PERF_SAMPLE_*`.
    bit: u64,
    /// What the samples lack without it.
    what: &'static str,
    hint: &'static str,
}

const NEEDED: [Needed; 4] = [
    Needed {
        bit: PERF_SAMPLE_CPU,
        what: "CPU numbers",
        hint: "record again with them: perf record -a, or --sample-cpu",
    },
    Needed {
        bit: PERF_SAMPLE_CGROUP,
        what: "cgroups",
        hint: "record again with them: perf record --all-cgroups",
    },
    Needed {
        bit: PERF_SAMPLE_TID,
        what: "processes and threads",
        hint: "perf record writes them unless told otherwise",
    },
    Needed {
        bit: PERF_SAMPLE_TIME,
        what: "times",
        hint: "record again with them: perf record -T",
    },
];

impl Request {
    /// Refuses to tell the samples of an event apart by what they do not carry: which of them are
    /// meant cannot be told.
    pub(in crate::analysis) fn refuse_uncarried(
        &self,
        capture: &Capture,
        event: EventIx,
    ) -> Result<()> {
        let event = capture.events().get(event);
        match event.and_then(|event| Some((event, self.lacks(&event.attr)?))) {
            None => Ok(()),
            Some((event, field)) => Err(refusal(&event.name, field)),
        }
    }

    /// The same where all events are counted: refuses what none of them can tell, and takes out the
    /// counts of those that cannot.
    pub(in crate::analysis) fn drop_uncarried(
        &self,
        capture: &Capture,
        mut slices: Vec<Vec<u64>>,
    ) -> Result<Vec<Vec<u64>>> {
        let (mut lacking, mut is_any_left) = (None, false);
        for ((_, event), slices) in capture.events().iter().zip(&mut slices) {
            match self.lacks(&event.attr) {
                Some(field) => {
                    slices.clear();
                    lacking = lacking.or(Some(refusal(&event.name, field)));
                }
                None => is_any_left |= !event.attr.is_dummy(),
            }
        }
        match lacking {
            Some(refusal) if !is_any_left => Err(refusal),
            Some(_) | None => Ok(slices),
        }
    }

    /// Whether it selects or groups samples by a field.
    fn needs(&self, field: &Needed) -> bool {
        let split = self.split();
        match field.bit {
            PERF_SAMPLE_CPU => !self.cpus.is_empty() || split == Split::Cpu,
            PERF_SAMPLE_CGROUP => split == Split::Cgroup,
            PERF_SAMPLE_TID => {
                !(self.pids.is_empty() && self.tids.is_empty() && self.comms.is_empty())
            }
            PERF_SAMPLE_TIME => !self.times.is_empty(),
            _ => false,
        }
    }

    /// The first field that it needs and the samples of an event do not carry.
    fn lacks(&self, attr: &Attr) -> Option<&'static Needed> {
        let mut needed = NEEDED.iter().filter(|field| self.needs(field));
        needed.find(|field| !attr.samples(field.bit))
    }
}

fn refusal(event: &str, field: &Needed) -> Error {
    let (event, field, remedy) = (event.to_owned(), field.what, field.hint);
    Error::from(BadRequest::NotCarried {
        event,
        field,
        remedy,
    })
}
