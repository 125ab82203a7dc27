//! What a trace.dat is, as text.

use std::fmt::Write as _;

use super::model::{BufferFacts, EventCount, TraceDatFacts};
use crate::text::{counted, grouped};
use crate::tracedat::ClockUnit;
use crate::units::Timestamp;

/// What a trace.dat is, for people.
pub fn as_text(facts: &TraceDatFacts) -> String {
    let mut out = String::new();
    let written = write_text(&mut out, facts);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    out
}

fn write_text(out: &mut String, facts: &TraceDatFacts) -> std::fmt::Result {
    let (path, version, order) = (&facts.path, facts.version, facts.byte_order);
    let bytes = counted(facts.bytes, "byte");
    writeln!(
        out,
        "{path}: trace.dat of trace-cmd, version {version}, {bytes}, {order}"
    )?;
    for warning in &facts.damage {
        writeln!(out, "warning   {warning}")?;
    }
    if let Some(recorder) = &facts.recorder {
        writeln!(out, "recorder  trace-cmd {recorder}")?;
    }
    if let Some(uname) = &facts.uname {
        writeln!(out, "machine   {uname}")?;
    }
    if let Some(cpus) = facts.cpu_count {
        writeln!(out, "cpus      {}", grouped(u64::from(cpus)))?;
    }
    write_times(out, facts)?;
    writeln!(out, "\nbuffers")?;
    for buffer in &facts.buffers {
        let BufferFacts {
            name,
            clock,
            cpus,
            page_bytes,
        } = buffer;
        let name = if name.is_empty() {
            "the kernel's own"
        } else {
            name
        };
        let cpus = counted(*cpus as u64, "CPU");
        let bytes = counted(*page_bytes, "byte");
        writeln!(out, "  {name:<32} {cpus:>8}, {bytes} of events, {clock}")?;
    }
    writeln!(out, "\nevents")?;
    for EventCount { name, count } in &facts.events {
        writeln!(out, "  {name:<32} {:>12}", grouped(*count))?;
    }
    writeln!(out, "  {:<32} {:>12}", "all", grouped(facts.walk.events))?;
    if facts.lost.is_empty() {
        writeln!(out, "nothing lost by the kernel")?;
    }
    facts
        .lost
        .iter()
        .try_for_each(|line| writeln!(out, "{line}"))
}

fn write_times(out: &mut String, facts: &TraceDatFacts) -> std::fmt::Result {
    let (Some(first), Some(last)) = (facts.first, facts.last) else {
        return Ok(());
    };
    let span = last.as_nanos().saturating_sub(first.as_nanos());
    match &facts.clock {
        ClockUnit::Nanoseconds => {
            let millis = span / 1_000_000;
            let (seconds, millis) = (grouped(millis / 1000), millis % 1000);
            writeln!(out, "duration  {seconds}.{millis:03} s ({first} to {last})")
        }
        ClockUnit::Other(clock) => {
            let [first, last] = [first, last].map(Timestamp::as_nanos);
            let span = grouped(span);
            writeln!(
                out,
                "duration  {span} units of the clock {clock}, which counts no nanoseconds ({first} \
                 to {last})"
            )
        }
    }
}
