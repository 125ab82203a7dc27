//! Exits one by one.

use hashbrown::HashMap;

use super::case::CaseAnswer;
use super::register::register_of;
use crate::dataset::{TableName, TableRows, Value};
use crate::error::Result;
use crate::kvm::exit::{Access, ExitEnding, ExitReason, SlowExit, Task, TimeParts};
use crate::report::exits::ExitLabels;
use crate::units::Pid;

/// What the texts of an exit are told by.
type ExitTextsKey = (Option<Pid>, ExitReason, Option<Access>);

/// The texts of an exit.
#[derive(Clone, Debug)]
struct ExitTexts {
    reason: String,
    register: Option<String>,
    direction: &'static str,
    device: Option<String>,
    is_assumed: bool,
}

/// The rows of table `single_exits`; none where they were not asked for.
pub(super) fn single_exit_rows(
    answer: &CaseAnswer<'_>,
    labels: &ExitLabels<'_>,
) -> Result<Option<TableRows>> {
    let survey = &answer.recorded.survey;
    if !survey.request().each {
        return Ok(None);
    }
    let first = answer.recorded.times.map(|(first, _)| first);
    let first = first.unwrap_or_default().as_nanos();
    let mut exits: Vec<&SlowExit> = survey.slowest().iter().collect();
    // Two of a thread at one time: sources that count microseconds have them.
    exits.sort_by_key(|slow| {
        let exit = &slow.exit;
        let reached = exit.accesses.foremost();
        (
            slow.task,
            exit.start,
            exit.parts.wall(),
            exit.reason,
            reached,
        )
    });
    let mut texts: HashMap<ExitTextsKey, ExitTexts> = HashMap::new();
    let mut rows = TableRows::new(TableName::SingleExits);
    let (mut task, mut vcpu, mut ordinal) = (None, None, 0);
    for slow in exits {
        if task != Some(slow.task) {
            (task, ordinal) = (Some(slow.task), 0);
            vcpu = labels.vcpu(slow.task).and_then(|vcpu| vcpu.vcpu);
        }
        let exit = &slow.exit;
        let kind = (slow.task.pid, exit.reason, exit.accesses.foremost());
        let texts = texts.entry(kind).or_insert_with(|| texts_of(kind, labels));
        let start = exit.start.as_nanos().saturating_sub(first);
        let [pid, tid] = ids_of(slow.task);
        let parts = (exit.ending == ExitEnding::Entry).then_some(&exit.parts);
        let [kernel, vmm, off_cpu, polled, blocked, time] = times_of(parts);
        rows.push(&[
            Value::Int(answer.origin.capture),
            pid,
            tid,
            Value::Int(ordinal),
            Value::count(start),
            Value::of(vcpu, |vcpu| Value::Int(vcpu.into())),
            Value::Text(&texts.reason),
            Value::of(texts.register.as_deref(), Value::Text),
            Value::text_or_absent(texts.direction),
            Value::of(texts.device.as_deref(), Value::Text),
            Value::Flag(texts.is_assumed),
            kernel,
            vmm,
            off_cpu,
            polled,
            blocked,
            time,
        ])?;
        ordinal += 1;
    }
    Ok(Some(rows))
}

fn ids_of(task: Task) -> [Value<'static>; 2] {
    let pid = Value::of(task.pid, |pid| Value::Int(pid.as_i32().into()));
    [pid, Value::Int(task.tid.as_i32().into())]
}

/// Where the time went, and all of it but sleep; `None`: it is not known.
fn times_of(parts: Option<&TimeParts>) -> [Value<'static>; 6] {
    let Some(parts) = parts else {
        return [Value::Absent; 6];
    };
    let TimeParts {
        kernel,
        vmm,
        off_cpu,
        polled,
        blocked,
    } = *parts;
    [kernel, vmm, off_cpu, polled, blocked, parts.handled()].map(Value::count)
}

fn texts_of((vm, reason, access): ExitTextsKey, labels: &ExitLabels<'_>) -> ExitTexts {
    let device = access.and_then(|access| labels.device(vm, access));
    ExitTexts {
        reason: labels.reason(reason),
        register: access.map(register_of),
        direction: access.map_or("", |access| access.direction.as_str()),
        is_assumed: device
            .as_ref()
            .is_some_and(|device| device.origin.is_assumption()),
        device: device.map(|device| device.to_string()),
    }
}
