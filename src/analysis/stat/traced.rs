//! The same of a trace.dat, or of a text.

use std::collections::BTreeMap;

use super::count::{CountKey, Counts, detail_of};
use super::event_stat::EventStat;
use super::owner::{VmProcesses, is_of_vcpus};
use super::request::StatRequest;
use super::series::{EventDetail, Stretches, TimeCut};
use crate::analysis::choice::resolve_within;
use crate::analysis::exits::{
    ExitOrigin, Preview, ToldValues, TracepointCount, foreign_clock_of_text,
    foreign_clock_of_trace_dat, no_processes, span_of, told_event, told_formats,
};
use crate::bytes::with_order;
use crate::error::{BadRequest, Result};
use crate::fold::TimeRange;
use crate::kvm::exit::{Decoder, ToldReasons};
use crate::loss::Tally;
use crate::tracedat::TraceDat;
use crate::tracepoint::text::{EventTold, LineCounts, TraceText};
use crate::tracepoint::{Occurrence, Values};
use crate::units::{Index, Tid};

/// Counts what a trace.dat tells of.
///
/// # Errors
/// When processes are asked for: the file does not tell them.
pub fn stat_of_trace_dat(trace: &TraceDat, request: &StatRequest) -> Result<EventStat> {
    if !request.filter.pids.is_empty() {
        return Err(no_processes("the trace.dat"));
    }
    let mut preview = Preview::new(trace.formats());
    trace.walk(|found| preview.add(&found));
    let mut counting = TracedCounting::new(&preview, request, foreign_clock_of_trace_dat(trace))?;
    let name = |tid| trace.task_name(tid);
    let endian = trace.formats().endian();
    let walk = trace.walk(|found| {
        counting.take(&found, name(found.tid), |decoder| match found.values {
            Values::Payload(payload) => {
                let event = with_order!(endian, O => decoder.payload::<O>(payload));
                event.as_ref().and_then(detail_of)
            }
            Values::Text(_) => None,
        });
    });
    let mut stat = counting.finish(&preview, &name);
    let stated = trace.statistics().lost_events();
    stat.tally.lost_records = stated.max(walk.missed.events);
    stat.tally.damaged_bytes = walk.damage.page_bytes;
    stat.origin = ExitOrigin::TraceDat(Box::new(walk.damage));
    Ok(stat)
}

/// Counts what a text tells of.
///
/// # Errors
/// When processes are asked for and the text tells none.
pub fn stat_of_text(text: &TraceText, request: &StatRequest) -> Result<EventStat> {
    if !request.filter.pids.is_empty() && !text.tells_processes() {
        return Err(no_processes("the text"));
    }
    let mut preview = Preview::new(text.formats());
    preview.times = text.times();
    for EventTold { event, count } in text.events() {
        preview.count(event, count);
    }
    let mut counting = TracedCounting::new(&preview, request, foreign_clock_of_text(text))?;
    let name = |tid| text.task_name(tid);
    let mut reasons = ToldReasons::default();
    text.walk(|found| {
        counting.take(&found, name(found.tid), |decoder| match found.values {
            Values::Text(told) => {
                let event = ToldValues {
                    event: found.event,
                    values: told,
                };
                let event = told_event(text, event, decoder, &mut reasons);
                event.as_ref().and_then(detail_of)
            }
            Values::Payload(_) => None,
        });
    });
    let mut stat = counting.finish(&preview, &name);
    stat.formats = told_formats(text, &reasons);
    stat.tally.lost_records = text.counts().lost_events;
    let lines = LineCounts {
        cut_exits: reasons.cut_off(),
        ..text.counts().clone()
    };
    stat.origin = ExitOrigin::Text(Box::new(lines));
    Ok(stat)
}

/// Counts occurrences.
struct TracedCounting<'r> {
    request: &'r StatRequest,
    /// By [`FormatIx`](crate::tracepoint::FormatIx): whether the event is counted.
    are_counted: Vec<bool>,
    /// By the same; `None` for events that do not tell why they happened, or are not asked to.
    decoders: Vec<Option<Decoder>>,
    times: Vec<TimeRange>,
    stretches: Option<Stretches>,
    foreign_clock: Option<String>,
    counts: Counts,
    filtered: u64,
    undecoded: u64,
}

impl<'r> TracedCounting<'r> {
    fn new(
        preview: &Preview<'_>,
        request: &'r StatRequest,
        foreign_clock: Option<String>,
    ) -> Result<Self> {
        let times = resolve_within(&request.filter.times, || {
            preview.times.ok_or_else(|| BadRequest::NoTimes.into())
        })?;
        let formats = preview.formats.iter();
        let are_counted = formats.map(|(_, format)| request.events.take(&format.name));
        let decoders = preview.formats.iter().map(|(_, format)| {
            let decoder = request.by_reason.then(|| Decoder::of(format)).flatten();
            decoder.filter(Decoder::tells_why)
        });
        let timed = preview.times.filter(|_| foreign_clock.is_none());
        let cut = TimeCut {
            wanted: &times,
            len_ns: request.interval_ns,
        };
        let stretches = timed.map(|(first, last)| Stretches::of(first, last, &cut));
        Ok(Self {
            request,
            are_counted: are_counted.collect(),
            decoders: decoders.collect(),
            times,
            stretches,
            foreign_clock,
            counts: Counts::default(),
            filtered: 0,
            undecoded: 0,
        })
    }

    /// Takes an occurrence in a thread of that name; `why` reads what it tells.
    fn take(
        &mut self,
        found: &Occurrence<'_>,
        name: Option<&str>,
        why: impl FnOnce(&Decoder) -> Option<EventDetail>,
    ) {
        let place = found.event.position();
        if self.are_counted.get(place) != Some(&true) {
            return;
        }
        if !self.is_wanted(found, name) {
            self.filtered += 1;
            return;
        }
        let decoder = self.decoders.get(place).and_then(Option::as_ref);
        let detail = decoder.map(why);
        self.undecoded += u64::from(detail == Some(None));
        let key = CountKey {
            pid: found.pid,
            tid: found.tid,
            event: place,
            detail: detail.flatten(),
            stretch: self.stretches.map(|stretches| stretches.number(found.time)),
        };
        self.counts.add(key, 1);
    }

    fn is_wanted(&self, found: &Occurrence<'_>, name: Option<&str>) -> bool {
        let filter = &self.request.filter;
        let is_named = |name: &str| filter.comms.iter().any(|comm| comm == name);
        let is_within = |range: &TimeRange| range.first <= found.time && found.time <= range.last;
        (filter.pids.is_empty() || found.pid.is_some_and(|pid| filter.pids.contains(&pid)))
            && (filter.tids.is_empty() || filter.tids.contains(&found.tid))
            && (filter.comms.is_empty() || name.is_some_and(is_named))
            && (filter.cpus.is_empty() || found.cpu.is_some_and(|cpu| filter.cpus.contains(&cpu)))
            && (self.times.is_empty() || self.times.iter().any(is_within))
    }

    fn finish<'n>(self, preview: &Preview<'_>, name: &dyn Fn(Tid) -> Option<&'n str>) -> EventStat {
        let formats = preview.formats.iter();
        let names: Vec<String> = formats.map(|(_, format)| format.name.clone()).collect();
        let mut tally = Tally::default();
        let mut events = Vec::new();
        for (ix, count) in preview.counted().filter(|(_, count)| *count > 0) {
            let place = ix.position();
            tally.read += count;
            if self.are_counted.get(place) == Some(&true) {
                tally.folded += count;
            } else {
                tally.other_events += count;
            }
            let name = names.get(place).cloned().unwrap_or_default();
            events.push(TracepointCount {
                name,
                samples: count,
            });
        }
        tally.folded = tally.folded.saturating_sub(self.filtered);
        tally.filtered = self.filtered;
        let mut vms = VmProcesses::new();
        for key in self.counts.keys() {
            let Some(pid) = key.pid else {
                continue;
            };
            if names.get(key.event).is_some_and(|name| is_of_vcpus(name)) {
                vms.pids.insert(pid);
            }
            if let Some(name) = name(key.tid) {
                vms.take_name(pid, name);
            }
        }
        let pids = vms.pids.iter();
        let process_names = pids.filter_map(|&pid| {
            let name = name(Tid::new(pid.as_i32()))?;
            Some((pid, name.to_owned()))
        });
        let process_names: BTreeMap<_, _> = process_names.collect();
        let times = preview.times.filter(|_| self.foreign_clock.is_none());
        EventStat {
            series: self.counts.series(&vms, |_| true),
            names,
            stretches: self.stretches,
            times,
            span_ns: span_of(times, &self.times),
            process_names,
            formats: preview.formats.clone(),
            events,
            tally,
            by_period: Vec::new(),
            unweighted: Vec::new(),
            by_group: Vec::new(),
            stat_records: 0,
            repeated: Vec::new(),
            undecoded: self.undecoded,
            origin: ExitOrigin::Capture(Vec::new()),
            foreign_clock: self.foreign_clock,
        }
    }
}
