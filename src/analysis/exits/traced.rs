//! The exits of a trace.dat, or of a text of events.
//!
//! Their occurrences come in the order of time, of all threads together: one survey takes them as they
//! come. What a source never tells of counts as not recorded.

use std::collections::BTreeMap;

use super::host_times::HostTimes;
use super::preview::{
    Preview, ToldValues, foreign_clock_of_text, foreign_clock_of_trace_dat, no_processes,
    told_event, told_formats,
};
use super::recorded_exits::{ExitOrigin, RecordedExits, TracepointCount, span_of};
use super::request::ExitRequest;
use crate::analysis::choice::resolve_within;
use crate::bytes::{Endian, c_string, with_order};
use crate::error::{BadRequest, Result};
use crate::fold::TimeRange;
use crate::kvm::VcpuThreadNames;
use crate::kvm::exit::{
    Decoder, ExitSurvey, HostEvent, Moment, Recorded, Schedule, Task, ToldReasons,
};
use crate::loss::Tally;
use crate::tracedat::TraceDat;
use crate::tracepoint::text::{EventTold, LineCounts, TraceText};
use crate::tracepoint::{FormatIx, Occurrence, Values};
use crate::units::{Index as _, Pid, Tid};

/// Pairs the exits of a trace.dat and adds them up.
///
/// # Errors
/// When processes are asked for: the file does not tell them.
pub fn exits_of_trace_dat(trace: &TraceDat, request: &ExitRequest) -> Result<RecordedExits> {
    if !request.filter.pids.is_empty() {
        return Err(no_processes("the trace.dat"));
    }
    let mut preview = Preview::new(trace.formats());
    trace.walk(|found| {
        preview.add(&found);
        preview.see(&found);
    });
    let foreign_clock = foreign_clock_of_trace_dat(trace);
    let mut pairing = TracedPairing::new(&preview, request, foreign_clock)?;
    let name = |tid| trace.task_name(tid);
    let walk = trace.walk(|found| {
        if pairing.is_wanted(&found, name(found.tid))
            && let Values::Payload(payload) = found.values
        {
            pairing.take_payload(&found, payload);
        }
    });
    pairing.end();
    let mut host_times = HostTimes::of(&pairing.survey, &pairing.times);
    if pairing.tells_of_several(&preview) {
        trace.walk(|found| {
            if let Values::Payload(payload) = found.values
                && let Some(event) = pairing.event_of_several(&found, payload)
            {
                host_times.take(moment_of(&found), &event);
            }
        });
    }
    let host_times = host_times.finish(preview.times.map(|(_, last)| last));
    let mut recorded = pairing.finish(&preview, &name);
    (recorded.schedule, recorded.interrupts) = (host_times.schedule, host_times.interrupts);
    recorded.machine = trace
        .uname()
        .and_then(|uname| uname.rsplit_once(' '))
        .map(|(_, machine)| machine.to_owned());
    let stated = trace.statistics().lost_events();
    recorded.tally.lost_records = stated.max(walk.missed.events);
    recorded.tally.damaged_bytes = walk.damage.page_bytes;
    recorded.origin = ExitOrigin::TraceDat(Box::new(walk.damage));
    Ok(recorded)
}

/// Pairs the exits that a text tells of and adds them up.
///
/// # Errors
/// When processes are asked for and the text tells none.
pub fn exits_of_text(text: &TraceText, request: &ExitRequest) -> Result<RecordedExits> {
    if !request.filter.pids.is_empty() && !text.tells_processes() {
        return Err(no_processes("the text"));
    }
    let mut preview = Preview::new(text.formats());
    preview.times = text.times();
    for EventTold { event, count } in text.events() {
        preview.count(event, count);
    }
    if request.all_threads {
        text.walk(|found| preview.see(&found));
    }
    let foreign_clock = foreign_clock_of_text(text);
    let mut pairing = TracedPairing::new(&preview, request, foreign_clock)?;
    let name = |tid| text.task_name(tid);
    let mut reasons = ToldReasons::default();
    text.walk(|found| {
        if pairing.is_wanted(&found, name(found.tid))
            && let Values::Text(told) = found.values
        {
            pairing.take_text(text, &found, told, &mut reasons);
        }
    });
    pairing.end();
    let mut host_times = HostTimes::of(&pairing.survey, &pairing.times);
    if pairing.tells_of_several(&preview) {
        text.walk(|found| {
            if pairing.is_of_several(found.event)
                && let Values::Text(told) = found.values
                && let Some(event) = pairing.told(text, &found, told, &mut reasons)
            {
                host_times.take(moment_of(&found), &event);
            }
        });
    }
    let host_times = host_times.finish(preview.times.map(|(_, last)| last));
    let mut recorded = pairing.finish(&preview, &name);
    (recorded.schedule, recorded.interrupts) = (host_times.schedule, host_times.interrupts);
    recorded.formats = told_formats(text, &reasons);
    recorded.tally.lost_records = text.counts().lost_events;
    let lines = LineCounts {
        cut_exits: reasons.cut_off(),
        ..text.counts().clone()
    };
    recorded.origin = ExitOrigin::Text(Box::new(lines));
    Ok(recorded)
}

/// A survey that takes occurrences.
struct TracedPairing<'r> {
    request: &'r ExitRequest,
    /// By [`FormatIx`]; `None` for events that say nothing of exits.
    decoders: Vec<Option<Decoder>>,
    endian: Endian,
    survey: ExitSurvey,
    /// Of all threads, when it is asked for and the source has switches.
    threads: Option<Schedule>,
    times: Vec<TimeRange>,
    foreign_clock: Option<String>,
    /// Names of threads, by the latest switch to each.
    named: BTreeMap<Tid, [u8; 16]>,
    undecoded: u64,
}

fn moment_of(found: &Occurrence<'_>) -> Moment {
    Moment {
        at: found.time,
        cpu: found.cpu,
        task: Task {
            pid: found.pid,
            tid: found.tid,
        },
    }
}

impl<'r> TracedPairing<'r> {
    fn new(
        preview: &Preview<'_>,
        request: &'r ExitRequest,
        foreign_clock: Option<String>,
    ) -> Result<Self> {
        let filter = &request.filter;
        let times = resolve_within(&filter.times, || {
            preview.times.ok_or_else(|| BadRequest::NoTimes.into())
        })?;
        let mut recorded = Recorded::default();
        let decoders = preview.counted().map(|(ix, count)| {
            let decoder = Decoder::of(preview.formats.get(ix)?)?;
            if count > 0 {
                decoder.add_to(&mut recorded);
            }
            Some(decoder)
        });
        let decoders = decoders.collect();
        if foreign_clock.is_some() {
            // What lies between two of its times is no time.
            recorded.entries = false;
        }
        let survey_request = request.survey(times.clone());
        let is_asked = request.all_threads && recorded.switches && foreign_clock.is_none();
        let threads = preview.times.filter(|_| is_asked).map(|(first, _)| {
            let mut schedule = Schedule::of_all(&times);
            preview.first_on.begin(&mut schedule, first);
            schedule
        });
        Ok(Self {
            request,
            decoders,
            endian: preview.formats.endian(),
            survey: ExitSurvey::new(&survey_request, recorded),
            threads,
            times,
            foreign_clock,
            named: BTreeMap::new(),
            undecoded: 0,
        })
    }

    /// Whether an occurrence is of a thread that is wanted. Switches are about two threads, and go to
    /// those that are.
    fn is_wanted(&self, found: &Occurrence<'_>, name: Option<&str>) -> bool {
        let filter = &self.request.filter;
        let is_switch = || {
            let decoder = self.decoder(found.event);
            decoder.is_some_and(Decoder::is_switch)
        };
        let is_wanted = |wanted: &[Pid]| found.pid.is_some_and(|pid| wanted.contains(&pid));
        let is_named = |name: &str| filter.comms.iter().any(|comm| comm == name);
        (filter.pids.is_empty() || is_wanted(&filter.pids))
            && (filter.tids.is_empty() || filter.tids.contains(&found.tid))
            && (filter.comms.is_empty() || name.is_some_and(is_named))
            || is_switch()
    }

    fn decoder(&self, event: FormatIx) -> Option<&Decoder> {
        self.decoders.get(event.position())?.as_ref()
    }

    fn take_payload(&mut self, found: &Occurrence<'_>, payload: &[u8]) {
        let Some(decoder) = self.decoder(found.event) else {
            return;
        };
        let event = with_order!(self.endian, O => decoder.payload::<O>(payload));
        self.take(found, event);
    }

    fn take_text(
        &mut self,
        text: &TraceText,
        found: &Occurrence<'_>,
        told: &str,
        reasons: &mut ToldReasons,
    ) {
        if self.decoder(found.event).is_some() {
            let event = self.told(text, found, told, reasons);
            self.take(found, event);
        }
    }

    /// What the values of a text say.
    fn told(
        &self,
        text: &TraceText,
        found: &Occurrence<'_>,
        told: &str,
        reasons: &mut ToldReasons,
    ) -> Option<HostEvent> {
        let told = ToldValues {
            event: found.event,
            values: told,
        };
        told_event(text, told, self.decoder(found.event)?, reasons)
    }

    /// Whether an event concerns several threads, and its times are times.
    fn is_of_several(&self, event: FormatIx) -> bool {
        let decoder = self.decoder(event);
        self.foreign_clock.is_none() && decoder.is_some_and(Decoder::is_of_several)
    }

    /// Whether any such was recorded.
    fn tells_of_several(&self, preview: &Preview<'_>) -> bool {
        let mut counted = preview.counted();
        counted.any(|(event, count)| count > 0 && self.is_of_several(event))
    }

    /// What one that concerns several threads says; `None` for others.
    fn event_of_several(&self, found: &Occurrence<'_>, payload: &[u8]) -> Option<HostEvent> {
        let is_asked = self.is_of_several(found.event);
        let decoder = self.decoder(found.event).filter(|_| is_asked)?;
        with_order!(self.endian, O => decoder.payload::<O>(payload))
    }

    fn take(&mut self, found: &Occurrence<'_>, event: Option<HostEvent>) {
        let Some(event) = event else {
            self.undecoded += 1;
            return;
        };
        if let HostEvent::SchedSwitch {
            next_tid,
            next_comm,
            ..
        } = &event
        {
            self.named.insert(*next_tid, *next_comm);
        }
        let moment = moment_of(found);
        self.survey.take(moment, &event);
        if let Some(threads) = &mut self.threads {
            threads.take(moment, &event);
        }
    }

    /// There are no more occurrences. Threads that run vCPUs by their names are added: where switches
    /// alone were recorded nothing else tells.
    fn end(&mut self) {
        self.survey.end();
        let (filter, known) = (&self.request.filter, VcpuThreadNames::new());
        for (&tid, name) in &self.named {
            let name = String::from_utf8_lossy(c_string(name));
            let is_wanted = filter.pids.is_empty()
                && (filter.tids.is_empty() || filter.tids.contains(&tid))
                && (filter.comms.is_empty() || filter.comms.iter().any(|comm| *comm == name));
            if is_wanted && known.contain(&name) {
                self.survey.add_vcpu(Task { pid: None, tid });
            }
        }
    }

    fn finish<'n>(
        mut self,
        preview: &Preview<'_>,
        name: &dyn Fn(Tid) -> Option<&'n str>,
    ) -> RecordedExits {
        if let (Some(threads), Some((_, last))) = (&mut self.threads, preview.times) {
            threads.end(last);
        }
        let mut tally = Tally::default();
        let mut events = Vec::new();
        for (ix, count) in preview.counted().filter(|(_, count)| *count > 0) {
            tally.read += count;
            if self.decoder(ix).is_some() {
                tally.folded += count;
            } else {
                tally.other_events += count;
            }
            let name = preview.formats.get(ix).map(|format| format.name.clone());
            events.push(TracepointCount {
                name: name.unwrap_or_default(),
                samples: count,
            });
        }
        let vcpus = self.survey.vcpus().iter().map(|vcpu| vcpu.task);
        let threads = self.threads.iter().flat_map(Schedule::tasks);
        let tids = vcpus.chain(threads.map(|thread| thread.task));
        let tids = tids.map(|task| task.tid);
        let switched_to = |tid: Tid| {
            let name = self.named.get(&tid)?;
            Some(String::from_utf8_lossy(c_string(name)).into_owned())
        };
        let names: BTreeMap<Tid, String> = tids
            .filter_map(|tid| {
                let saved = name(tid).map(ToOwned::to_owned);
                Some((tid, saved.or_else(|| switched_to(tid))?))
            })
            .collect();
        let times = preview.times.filter(|_| self.foreign_clock.is_none());
        RecordedExits {
            span_ns: span_of(times, &self.times),
            has_tracepoints: tally.folded > 0,
            survey: self.survey,
            vm_names: BTreeMap::new(),
            formats: preview.formats.clone(),
            names,
            processes: BTreeMap::new(),
            schedule: None,
            threads: self.threads,
            interrupts: None,
            times,
            events,
            tally,
            undecoded: self.undecoded,
            assumed: Vec::new(),
            sampled: Vec::new(),
            has_chains: false,
            machine: None,
            kernel_chains: Vec::new(),
            origin: ExitOrigin::Capture(Vec::new()),
            foreign_clock: self.foreign_clock,
        }
    }
}
