//! The tables of a case, and its row of table captures.

use super::case::{CaseAnswer, own_views};
use super::exit_rows::exit_rows;
use super::sample_key::SampledTime;
use super::sample_rows::sample_rows;
use super::vm_rows::{advice_rows, vm_rows};
use crate::analysis::Profile;
use crate::analysis::exits::ExitOrigin;
use crate::bytes::with_order;
use crate::dataset::{CaptureRows, Partition, TableName, TableRows, Value};
use crate::error::Result;
use crate::stack::FrameKind;

/// All rows of a case.
///
/// # Errors
/// When a row is not what the schema says.
pub fn case_rows(answer: &CaseAnswer<'_>) -> Result<CaptureRows> {
    let mut tables = vec![capture_row(answer)?];
    tables.push(vm_rows(answer)?);
    tables.extend(sample_rows(answer)?);
    tables.extend(exit_rows(answer)?);
    tables.push(advice_rows(answer)?);
    Ok(CaptureRows {
        capture: answer.origin.capture,
        partition: Partition::of_seconds(answer.origin.recorded_at),
        tables,
    })
}

fn capture_row(answer: &CaseAnswer<'_>) -> Result<TableRows> {
    let CaseAnswer {
        origin,
        recorded,
        profile,
        evidence,
        ..
    } = *answer;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let host = &evidence.host;
    let [name, machine, kernel, cpu] =
        [&host.name, &host.machine, &host.kernel, &host.cpu].map(text);
    let tally = profile.map_or(&recorded.tally, |profile| &profile.account.tally);
    let lost = tally.lost().map(|lost| lost.records.max(lost.samples));
    let times = recorded.times.map(|(first, last)| {
        let nanos = last.as_nanos().saturating_sub(first.as_nanos());
        Value::count(nanos)
    });
    let sampled = answer.capture.zip(profile);
    let sampled = sampled.map(|(capture, profile)| SampledTime::of(capture, profile));
    let (exits, timed) = own_views(recorded).map_or((0, 0), |[by_reason, _]| {
        let total = by_reason.total();
        (total.exits, total.timed)
    });
    let unpaired = evidence.recordings.last().map_or(0, |found| found.unpaired);
    let cpus = answer
        .capture
        .and_then(|capture| with_order!(capture.endian(), O => capture.features().cpus::<O>()));
    let writer = concat!("vmflame ", env!("CARGO_PKG_VERSION"));
    let mut rows = TableRows::new(TableName::Captures);
    rows.push(&[
        Value::Int(origin.capture),
        Value::text_or_absent(&name),
        Value::text_or_absent(&machine),
        Value::text_or_absent(&kernel),
        Value::text_or_absent(&cpu),
        Value::of(cpus, |cpus| Value::count(cpus.online.into())),
        Value::count(origin.recorded_at),
        Value::Text(origin.recorded_by),
        times.unwrap_or(Value::Absent),
        Value::Text(kind_of(answer)),
        Value::Flag(origin.is_damaged),
        Value::count(tally.read),
        Value::of(lost, Value::count),
        Value::of(profile, |profile| Value::Text(&profile.event_name)),
        Value::of(profile, |profile| Value::Text(&profile.unit)),
        Value::of(sampled.and_then(SampledTime::name), Value::Text),
        Value::count(profile.map_or(0, |profile| profile.account.tally.folded)),
        Value::count(profile.map_or(0, |profile| profile.total)),
        Value::count(profile.map_or(0, unnamed)),
        Value::count(exits),
        Value::count(timed),
        Value::count(unpaired),
        Value::count(evidence.vms.len() as u64),
        Value::count(answer.findings.len() as u64),
        Value::Text(origin.source),
        Value::Text(writer),
    ])?;
    Ok(rows)
}

fn kind_of(answer: &CaseAnswer<'_>) -> &'static str {
    match answer.recorded.origin {
        ExitOrigin::Capture(_) => "perf.data",
        ExitOrigin::TraceDat(_) => "trace.dat",
        ExitOrigin::Text(_) => "text",
    }
}

/// Samples whose innermost frame has no name.
fn unnamed(profile: &Profile) -> u64 {
    let is_unnamed = |frames: &[crate::stack::FrameIx]| {
        let leaf = frames.last().map(|&leaf| profile.frames.get(leaf).kind);
        leaf == Some(FrameKind::Unresolved)
    };
    let stacks = profile.stacks.iter();
    let stacks = stacks.filter(|stack| is_unnamed(profile.stacks.frames(stack)));
    stacks.map(|stack| stack.samples).sum()
}
