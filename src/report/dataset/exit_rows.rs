//! Exits and how long they took.

use std::collections::BTreeMap;

use super::case::{CaseAnswer, own_views};
use super::exit_sums::ExitSum;
use super::register::register_of;
use super::single_exits::single_exit_rows;
use crate::dataset::{TableName, TableRows, Value, least_of};
use crate::error::Result;
use crate::kvm::exit::{DimensionValue, ExitReason, Task};
use crate::report::exits::ExitLabels;
use crate::symbol::GuestKernels;
use crate::units::Pid;

/// What exits of one row have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct DatasetExitKey {
    task: Task,
    reason: Option<String>,
    register: Option<String>,
    direction: &'static str,
}

/// A row of table exits, but for its key.
#[derive(Clone, Debug, Default)]
struct ExitRowValue {
    sum: ExitSum,
    device: Option<String>,
    is_assumed: bool,
}

/// What exits of one histogram have in common.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct HistogramKey {
    vm: Option<Pid>,
    reason: String,
    register: Option<String>,
    direction: &'static str,
}

/// The rows of tables exits and `exit_histogram`, and of single exits where they were asked for.
pub(super) fn exit_rows(answer: &CaseAnswer<'_>) -> Result<Vec<TableRows>> {
    let guests = GuestKernels::default();
    let labels = ExitLabels::of(answer.recorded, answer.devices, &guests);
    let found = gathered(answer, &labels);
    let mut rows = TableRows::new(TableName::Exits);
    let mut histograms: BTreeMap<HistogramKey, ExitSum> = BTreeMap::new();
    for (key, value) in &found {
        let vcpu = labels.vcpu(key.task).and_then(|vcpu| vcpu.vcpu);
        let (sum, parts) = (&value.sum, &value.sum.parts);
        rows.push(&[
            Value::Int(answer.origin.capture),
            Value::of(key.task.pid, |pid| Value::Int(pid.as_i32().into())),
            Value::Int(key.task.tid.as_i32().into()),
            Value::of(vcpu, |vcpu| Value::Int(vcpu.into())),
            Value::of(key.reason.as_deref(), Value::Text),
            Value::of(key.register.as_deref(), Value::Text),
            Value::text_or_absent(key.direction),
            Value::of(value.device.as_deref(), Value::Text),
            Value::Flag(value.is_assumed),
            Value::count(sum.exits),
            Value::count(sum.accesses),
            Value::count(sum.timed),
            Value::count(parts.kernel),
            Value::count(parts.vmm),
            Value::count(parts.off_cpu),
            Value::count(parts.polled),
            Value::count(parts.blocked),
            Value::count(parts.handled()),
        ])?;
        if let Some(reason) = &key.reason {
            let of_vm = HistogramKey {
                vm: key.task.pid,
                reason: reason.clone(),
                register: key.register.clone(),
                direction: key.direction,
            };
            histograms.entry(of_vm).or_default().merge(sum);
        }
    }
    let mut tables = vec![rows, histogram_rows(answer, &histograms)?];
    tables.extend(single_exit_rows(answer, &labels)?);
    Ok(tables)
}

fn histogram_rows(
    answer: &CaseAnswer<'_>,
    histograms: &BTreeMap<HistogramKey, ExitSum>,
) -> Result<TableRows> {
    let mut rows = TableRows::new(TableName::ExitHistogram);
    for (key, sum) in histograms {
        for (&bucket, &exits) in &sum.buckets {
            rows.push(&[
                Value::Int(answer.origin.capture),
                Value::of(key.vm, |pid| Value::Int(pid.as_i32().into())),
                Value::Text(&key.reason),
                Value::of(key.register.as_deref(), Value::Text),
                Value::text_or_absent(key.direction),
                Value::Int(bucket),
                Value::count(least_of(bucket).unwrap_or_default()),
                Value::count(exits),
            ])?;
        }
    }
    Ok(rows)
}

/// Exits by register, and those that reach none.
fn gathered(
    answer: &CaseAnswer<'_>,
    labels: &ExitLabels<'_>,
) -> BTreeMap<DatasetExitKey, ExitRowValue> {
    let mut found: BTreeMap<DatasetExitKey, ExitRowValue> = BTreeMap::new();
    let mut told: BTreeMap<(Task, ExitReason), ExitSum> = BTreeMap::new();
    let Some([by_reason, by_register]) = own_views(answer.recorded) else {
        return found;
    };
    for row in by_register.rows() {
        let [
            DimensionValue::Vcpu(task),
            reason,
            DimensionValue::Access(access),
        ] = *row.values
        else {
            continue;
        };
        let reason = reason_of(reason);
        if let Some(reason) = reason {
            told.entry((task, reason)).or_default().add(row.stats);
        }
        let key = DatasetExitKey {
            task,
            reason: reason.map(|reason| labels.reason(reason)),
            register: Some(register_of(access)),
            direction: access.direction.as_str(),
        };
        let name = labels.device(task.pid, access);
        let value = found.entry(key).or_default();
        value.is_assumed = name
            .as_ref()
            .is_some_and(|name| name.origin.is_assumption());
        value.device = name.map(|name| name.to_string());
        value.sum.add(row.stats);
    }
    for row in by_reason.rows() {
        let [DimensionValue::Vcpu(task), DimensionValue::Reason(reason)] = *row.values else {
            continue;
        };
        let nothing = ExitSum::default();
        let of_registers = told.get(&(task, reason)).unwrap_or(&nothing);
        let rest = of_registers.rest_of(row.stats);
        if !rest.is_empty() {
            let key = DatasetExitKey {
                task,
                reason: Some(labels.reason(reason)),
                register: None,
                direction: "",
            };
            found.entry(key).or_default().sum = rest;
        }
    }
    found
}

const fn reason_of(value: DimensionValue) -> Option<ExitReason> {
    if let DimensionValue::Reason(reason) = value {
        Some(reason)
    } else {
        None
    }
}
