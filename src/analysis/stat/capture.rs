//! The walk over a capture.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use super::count::{CountKey, Counts, detail_of};
use super::event_stat::EventStat;
use super::owner::{VmProcesses, is_of_vcpus};
use super::request::StatRequest;
use super::series::{EventDetail, Stretches, TimeCut};
use crate::analysis::choice::resolve_times;
use crate::analysis::exits::{Basics, ExitOrigin, NO_PROCESS, Sources, TracepointCount, span_of};
use crate::bytes::{ByteOrder, position, slice_at, u32_at};
use crate::error::Result;
use crate::fold::{Readings, TimeRange, sample_times};
use crate::kvm::exit::Decoder;
use crate::loss::Skip;
use crate::perf::abi::{PERF_RECORD_SAMPLE, PERF_RECORD_STAT, PERF_SAMPLE_PERIOD, PERF_SAMPLE_RAW};
use crate::perf::{
    Capture, Damage, Event, Length, Record, SampleHead, Visitor, event_name_without_settings,
};
use crate::tracepoint::Formats;
use crate::units::{EventIx, Pid, Tid};

/// Counts what a capture's samples stand for.
///
/// # Errors
/// When times are asked for and the capture tells none.
pub fn stat_of_capture(capture: &Capture, request: &StatRequest) -> Result<EventStat> {
    let filter = &request.filter;
    let times = resolve_times(capture, &filter.times, filter.threads)?;
    let formats = Formats::of_capture(capture);
    let sources = Sources::of(capture, &formats);
    let readings = Readings::of(capture, filter.threads);
    let plan = CountingPlan::of(capture, request, &formats);
    let counting = StatWalk {
        sources: &sources,
        readings: &readings,
        plan: &plan,
        request,
        times: &times,
        stretches: stretches(capture, request, &times),
    };
    let scan = capture.scan(filter.threads, &counting);
    let mut parts = scan.gathered.into_iter();
    let mut all = parts.next().unwrap_or_else(|| counting.begin());
    parts.for_each(|part| all.append(part));
    all.basics.tally.unknown_records = scan.counts.unknown();
    all.basics.tally.unread_pieces = capture.unread_pieces(&scan.counts);
    all.basics.tally.odd_readings = readings.gone_back;
    let finished = Finished {
        capture,
        plan: &plan,
        stretches: counting.stretches,
        times: &times,
        comms: &filter.comms,
    };
    let stat = finished.stat(all);
    Ok(EventStat {
        formats,
        stat_records: scan.counts.of(PERF_RECORD_STAT),
        ..stat
    })
}

/// What is needed to make an answer of what was found.
struct Finished<'c> {
    capture: &'c Capture,
    plan: &'c CountingPlan,
    stretches: Option<Stretches>,
    times: &'c [TimeRange],
    /// Names of threads that are wanted; empty for all.
    comms: &'c [String],
}

impl Finished<'_> {
    fn stat(self, found: StatPart<'_>) -> EventStat {
        let StatPart {
            basics,
            counts,
            stand_for_more,
        } = found;
        let plan = self.plan;
        let mut vms = VmProcesses::new();
        let mut names: BTreeMap<Tid, String> = BTreeMap::new();
        for found in &basics.names {
            let name = String::from_utf8_lossy(found.name).into_owned();
            vms.take_name(found.thread.pid, &name);
            names.insert(found.thread.tid, name);
        }
        let of_vcpus = counts.keys().filter(|key| plan.is_of_vcpus(key.event));
        vms.pids.extend(of_vcpus.filter_map(|key| key.pid));
        let is_named = |tid| {
            names
                .get(&tid)
                .is_some_and(|name| self.comms.contains(name))
        };
        let series = counts.series(&vms, |tid| self.comms.is_empty() || is_named(tid));
        let pids = vms.pids.iter();
        let process_names = pids.filter_map(|&pid| {
            let name = names.get(&Tid::new(pid.as_i32()))?;
            Some((pid, name.clone()))
        });
        let samples = self.capture.events().iter().zip(&basics.samples);
        let events = samples.map(|((_, event), &samples)| TracepointCount {
            name: event.name.clone(),
            samples,
        });
        let by_period = plan.names.iter().zip(stand_for_more);
        let by_period = by_period.filter(|(_, more)| *more);
        EventStat {
            series,
            process_names: process_names.collect(),
            stretches: self.stretches,
            times: basics.times,
            span_ns: span_of(basics.times, self.times),
            events: events.collect(),
            undecoded: basics.undecoded,
            tally: basics.tally,
            by_period: by_period.map(|(name, _)| name.clone()).collect(),
            names: plan.names.clone(),
            unweighted: plan.unweighted.clone(),
            by_group: plan.by_group.clone(),
            stat_records: 0,
            repeated: plan.repeated.clone(),
            origin: ExitOrigin::Capture(self.capture.anomalies()),
            foreign_clock: None,
            formats: Formats::new(Vec::new(), self.capture.endian()),
        }
    }
}

/// The stretches of the time that is wanted; `None` where samples carry no times.
fn stretches(capture: &Capture, request: &StatRequest, times: &[TimeRange]) -> Option<Stretches> {
    let (first, last) = sample_times(capture, request.filter.threads)?;
    let cut = TimeCut {
        wanted: times,
        len_ns: request.interval_ns,
    };
    Some(Stretches::of(first, last, &cut))
}

/// How the samples of an event are counted.
#[derive(Debug)]
struct CountedEvent {
    /// Its place among the names.
    name: usize,
    /// What tells why it happened, where that is asked for.
    decoder: Option<Decoder>,
    /// What a sample stands for that does not say so itself.
    fixed_period: u64,
    has_payload: bool,
}

/// Which events are counted, and how.
#[derive(Debug, Default)]
struct CountingPlan {
    /// By [`EventIx`]; `None` for those that are not.
    by_event: Vec<Option<CountedEvent>>,
    names: Vec<String>,
    unweighted: Vec<String>,
    by_group: Vec<String>,
    repeated: Vec<String>,
}

impl CountingPlan {
    fn of(capture: &Capture, request: &StatRequest, formats: &Formats) -> Self {
        let mut plan = Self::default();
        let mut seen = HashSet::new();
        for (_, event) in capture.events().iter() {
            let name = event_name_without_settings(&event.name);
            let is_meant = request.events.take(&name);
            let is_repeated = event.attr.is_tracepoint() && !seen.insert(event.attr.config);
            if is_meant && is_repeated {
                plan.repeated.push(name.clone());
            }
            let counted = (is_meant && !is_repeated).then(|| plan.counted(event, name));
            let counted = counted.map(|mut counted| {
                if request.by_reason {
                    let format = formats.by_id(event.attr.config);
                    let format = format.filter(|_| event.attr.is_tracepoint());
                    counted.decoder = format
                        .and_then(|ix| Decoder::of(formats.get(ix)?))
                        .filter(Decoder::tells_why);
                }
                counted
            });
            plan.by_event.push(counted);
        }
        plan
    }

    fn counted(&mut self, event: &Event, name: String) -> CountedEvent {
        let attr = &event.attr;
        let is_sampled = attr.frequency().is_some() && !attr.is_counted_with_group();
        if is_sampled && !attr.samples(PERF_SAMPLE_PERIOD) {
            self.unweighted.push(name.clone());
        }
        if attr.is_counted_with_group() {
            self.by_group.push(name.clone());
        }
        let place = self.names.iter().position(|known| *known == name);
        CountedEvent {
            name: place.unwrap_or_else(|| {
                self.names.push(name);
                self.names.len() - 1
            }),
            decoder: None,
            fixed_period: attr.fixed_period(),
            has_payload: attr.samples(PERF_SAMPLE_RAW),
        }
    }

    #[inline]
    fn get(&self, event: EventIx) -> Option<&CountedEvent> {
        self.by_event.get(event.as_usize())?.as_ref()
    }

    fn is_of_vcpus(&self, name: usize) -> bool {
        let name = self.names.get(name);
        name.is_some_and(|name| is_of_vcpus(name))
    }
}

/// The visitor that counts.
struct StatWalk<'c> {
    sources: &'c Sources<'c>,
    readings: &'c Readings,
    plan: &'c CountingPlan,
    request: &'c StatRequest,
    times: &'c [TimeRange],
    stretches: Option<Stretches>,
}

/// What one part of the walk found.
struct StatPart<'a> {
    basics: Basics<'a>,
    counts: Counts,
    /// By the events' names: whether a sample of its own stands for more than one occurrence.
    stand_for_more: Vec<bool>,
}

impl StatPart<'_> {
    fn append(&mut self, later: Self) {
        self.basics.append(later.basics);
        self.counts.append(later.counts);
        for (any, later) in self.stand_for_more.iter_mut().zip(later.stand_for_more) {
            *any |= later;
        }
    }
}

impl<'a> Visitor<'a> for StatWalk<'_> {
    type Gathered = StatPart<'a>;

    fn begin(&self) -> StatPart<'a> {
        StatPart {
            basics: Basics::of(self.sources),
            counts: Counts::default(),
            stand_for_more: vec![false; self.plan.names.len()],
        }
    }

    fn go_on(&self, last: &mut StatPart<'a>) -> StatPart<'a> {
        let mut part = self.begin();
        // Sums: the order of the parts does not matter to them.
        std::mem::swap(&mut part.counts, &mut last.counts);
        part
    }

    #[inline]
    fn record<O: ByteOrder>(&self, part: &mut StatPart<'a>, record: Record<'a>) {
        if record.header.record_type == PERF_RECORD_SAMPLE {
            part.basics.tally.read += 1;
            if let Err(reason) = self.sample::<O>(part, &record) {
                part.basics.tally.skip(reason);
            }
        } else {
            part.basics.other::<O>(self.sources, &record);
        }
    }

    fn damage(&self, part: &mut StatPart<'a>, damage: Damage) {
        part.basics.tally.damaged_bytes += damage.len;
    }
}

impl StatWalk<'_> {
    #[inline]
    fn sample<O: ByteOrder>(
        &self,
        part: &mut StatPart<'_>,
        record: &Record<'_>,
    ) -> std::result::Result<(), Skip> {
        let ix = record.event.ok_or(Skip::UnknownEvent)?;
        let event = self.sources.events.get(ix).ok_or(Skip::UnknownEvent)?;
        if record.length == Length::Odd {
            return Err(Skip::OddLength);
        }
        let head = event.layout.head::<O>(record.body).ok_or(Skip::TooShort)?;
        part.basics.met(ix, head.time);
        let readings = self.readings.at(record.position);
        let own = self.plan.get(ix);
        if own.is_none() && readings.is_empty() {
            part.basics.tally.other_events += 1;
            return Ok(());
        }
        if !self.takes(&head) {
            part.basics.tally.filtered += 1;
            return Ok(());
        }
        part.basics.tally.folded += 1;
        let mut key = self.key(&head);
        for reading in readings.iter().filter(|reading| reading.event != ix) {
            if let Some(other) = self.plan.get(reading.event) {
                key.event = other.name;
                part.counts.add(key, reading.period);
            }
        }
        if let Some(own) = own {
            key.event = own.name;
            if let Some(decoder) = &own.decoder {
                key.detail = why::<O>(decoder, own, &head);
                part.basics.undecoded += u64::from(key.detail.is_none());
            }
            let read = readings.iter().find(|reading| reading.event == ix);
            let told = read.map(|reading| reading.period).or(head.period);
            let occurrences = told.unwrap_or(own.fixed_period);
            part.counts.add(key, occurrences);
            if let Some(more) = part.stand_for_more.get_mut(own.name) {
                *more |= occurrences > 1 && read.is_none();
            }
        }
        Ok(())
    }

    /// The place of a sample, whose event is still to be filled in.
    fn key(&self, head: &SampleHead<'_>) -> CountKey {
        let stretch = |stretches: Stretches| Some(stretches.number(head.time?));
        CountKey {
            pid: Some(head.pid).filter(|pid| *pid != NO_PROCESS),
            tid: head.tid,
            event: 0,
            detail: None,
            stretch: self.stretches.and_then(stretch),
        }
    }

    fn takes(&self, head: &SampleHead<'_>) -> bool {
        let filter = &self.request.filter;
        let is_pid = |pid: Pid| filter.pids.is_empty() || filter.pids.contains(&pid);
        let is_within = |range: &TimeRange| {
            let is_in = |at| range.first <= at && at <= range.last;
            head.time.is_some_and(is_in)
        };
        is_pid(head.pid)
            && (filter.tids.is_empty() || filter.tids.contains(&head.tid))
            && (filter.cpus.is_empty() || head.cpu.is_some_and(|cpu| filter.cpus.contains(&cpu)))
            && (self.times.is_empty() || self.times.iter().any(is_within))
    }
}

/// Why a sample's event happened.
fn why<O: ByteOrder>(
    decoder: &Decoder,
    event: &CountedEvent,
    head: &SampleHead<'_>,
) -> Option<EventDetail> {
    if !event.has_payload {
        return None;
    }
    let len = position(u32_at::<O>(head.tail, 0)?.into());
    let payload = slice_at(head.tail, 4, len)?;
    detail_of(&decoder.payload::<O>(payload)?)
}
