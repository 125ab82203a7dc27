//! Exits of a cohort, by what they are told apart by.

use std::collections::BTreeMap;

use super::answers::{AnswerRow, EngineAnswers};
use super::facts::CohortFacts;
use crate::dataset::{CohortCondition, ExitColumn, least_of};
use crate::kvm::exit::Dimension;
use crate::report::table::{Cell, Column, Quantity, Table, TableReport};

/// How many rows people see.
const SHOWN_ROWS: usize = 40;

/// Why no percentiles are told.
const UNTIMED: &str = "no time is known of these exits, or histograms do not tell them apart";

/// A column of the table, as it is asked for and as it is shown.
#[derive(Clone, Copy)]
struct ShownColumn {
    asked: ExitColumn,
    shown: Column,
}

const fn shown(
    asked: [&'static str; 2],
    heading: &'static str,
    meaning: &'static str,
) -> ShownColumn {
    let [name, sql] = asked;
    ShownColumn {
        asked: ExitColumn {
            name,
            sql,
            splits_histograms: false,
        },
        shown: Column::new(name, heading, Quantity::Text, meaning).or_absent("it was not told"),
    }
}

const DIRECTION: ShownColumn = shown(
    ["direction", "r.direction"],
    "",
    "Whether it was read or written.",
);

/// The columns of a dimension; `None` of one that datasets do not tell.
fn columns_of(dimension: Dimension) -> Option<Vec<ShownColumn>> {
    Some(match dimension {
        Dimension::Reason => vec![shown(
            ["reason", "r.reason"],
            "reason",
            "Why the guest stopped.",
        )],
        Dimension::Vm => vec![
            shown(["host", "c.host"], "host", "The host."),
            shown(
                ["vm", "coalesce(v.name, CAST(r.vm AS VARCHAR))"],
                "vm",
                "The VM: its name, or the id of its process.",
            ),
        ],
        Dimension::Vcpu => {
            let asked = [
                "vcpu",
                "coalesce(CAST(r.vcpu AS VARCHAR), 'thread ' || CAST(r.thread AS VARCHAR))",
            ];
            let mut vcpu = shown(asked, "vcpu", "The vCPU's number in its VM, or its thread.");
            vcpu.asked.splits_histograms = true;
            vec![vcpu]
        }
        Dimension::Register => vec![
            shown(
                ["register", "r.register"],
                "register",
                "What was reached; pages of memory together.",
            ),
            DIRECTION,
            shown(
                ["register_device", "r.device"],
                "device",
                "The device behind it.",
            ),
        ],
        Dimension::Device => vec![shown(
            ["device", "coalesce(r.device, r.register)"],
            "device",
            "The device, or what was reached where no device is known.",
        )],
        Dimension::Port
        | Dimension::Mmio
        | Dimension::Apic
        | Dimension::Msr
        | Dimension::Cpuid
        | Dimension::Hypercall
        | Dimension::Irq
        | Dimension::Gpa
        | Dimension::Rip
        | Dimension::Second
        | Dimension::Slice(_)
        | Dimension::KernelStack => return None,
    })
}

/// The columns that exits are asked for by.
///
/// # Errors
/// With the dimension that datasets do not tell.
pub fn exit_columns(by: &[Dimension]) -> Result<Vec<ExitColumn>, Dimension> {
    let found = all_columns(by)?;
    Ok(found.iter().map(|column| column.asked).collect())
}

fn all_columns(by: &[Dimension]) -> Result<Vec<ShownColumn>, Dimension> {
    let mut found: Vec<ShownColumn> = Vec::new();
    for &dimension in by {
        found.extend(columns_of(dimension).ok_or(dimension)?);
    }
    Ok(found)
}

fn sums() -> [Column; 10] {
    let nanos = |key, heading, meaning| {
        Column::new(key, heading, Quantity::Nanoseconds, meaning).or_absent(UNTIMED)
    };
    [
        Column::new("exits", "count", Quantity::Count, "Exits."),
        Column::new(
            "exits_per_second",
            "per s",
            Quantity::PerSecond,
            "Exits in a second of all captures that have any exit that passes.",
        )
        .or_absent("captures tell no times"),
        nanos("time_ns", "total", "Their time, but for what guests slept."),
        Column::new(
            "share",
            "of time",
            Quantity::Share,
            "Its part of the time of all rows.",
        )
        .or_absent(UNTIMED),
        nanos(
            "p50_ns",
            "p50 <",
            "Half of them took less: where the bucket of the median ends, up to an eighth above it.",
        ),
        nanos("p90_ns", "p90 <", "The same of nine in ten."),
        nanos("p99_ns", "p99 <", "The same of 99 in 100."),
        nanos("kernel_ns", "kernel", "Their time in the host's kernel.").ranked(2),
        nanos("vmm_ns", "VMM", "Their time in the VMM.").ranked(2),
        Column::new(
            "hosts",
            "hosts",
            Quantity::Count,
            "Hosts that had such exits.",
        )
        .ranked(1),
    ]
}

/// The exits of a cohort as tables.
pub fn cohort_exits(
    answers: &EngineAnswers,
    condition: &CohortCondition,
    by: &[Dimension],
    source: &str,
) -> TableReport {
    let columns = all_columns(by).unwrap_or_default();
    let facts = CohortFacts::of(answers);
    let names: Vec<&str> = by.iter().map(|dimension| dimension.as_str()).collect();
    let heads = columns.iter().map(|column| column.shown).chain(sums());
    let title = format!("exits by {}", names.join(", "));
    let mut table = Table::new("exits", title, heads.collect());
    let key = |row: &AnswerRow| -> Vec<Option<String>> {
        let keys = columns.iter().map(|column| column.asked.name);
        keys.map(|name| row.text(name).map(ToOwned::to_owned))
            .collect()
    };
    let mut histograms: BTreeMap<Vec<Option<String>>, Vec<BucketCount>> = BTreeMap::new();
    for row in answers.rows(2) {
        let bucket = row.int("bucket").unwrap_or_default();
        let exits = row.count("exits");
        let histogram = histograms.entry(key(row)).or_default();
        histogram.push(BucketCount { bucket, exits });
    }
    let of_rows = answers.rows(1).iter().map(|row| row.count("time_ns"));
    let all_ns = of_rows.fold(0_u64, u64::saturating_add);
    for row in answers.rows(1) {
        let key = key(row);
        let histogram = histograms.get(&key).map_or(&[][..], Vec::as_slice);
        let mut cells: Vec<Cell> = key
            .into_iter()
            .map(|name| Cell::of(name, Cell::Text))
            .collect();
        let is_timed = row.count("timed") > 0;
        let nanos = |column: &str| Cell::of(is_timed.then(|| row.count(column)), Cell::Nanoseconds);
        let percentile = |part| Cell::of(percentile_below(histogram, part), Cell::Nanoseconds);
        cells.extend([
            Cell::Count(row.count("exits")),
            Cell::rate(row.count("exits"), facts.duration_ns),
            nanos("time_ns"),
            Cell::share(row.count("time_ns"), all_ns),
            percentile(0.5),
            percentile(0.9),
            percentile(0.99),
            nanos("kernel_ns"),
            nanos("vmm_ns"),
            Cell::Count(row.count("hosts")),
        ]);
        table.push(cells);
    }
    table.hidden_rows = table.rows.len().saturating_sub(SHOWN_ROWS);
    table.notes.push(if answers.has(2) {
        "p50, p90 and p99 are the ends of the buckets that they lie in: at most an eighth above them"
            .to_owned()
    } else {
        "histograms of times do not tell vCPUs, nor what the condition asks for: no percentiles"
            .to_owned()
    });
    table.drop_empty_columns();
    TableReport {
        kind: "exits",
        source: source.to_owned(),
        facts: facts.told(&condition.text),
        warnings: facts.warnings(),
        tables: vec![table],
    }
}

/// How many exits took times of a bucket.
#[derive(Clone, Copy, Debug)]
struct BucketCount {
    bucket: i64,
    exits: u64,
}

/// Where the bucket ends that a percentile lies in: the time of the exit of rank ⌈part · n⌉ is less.
/// Buckets are in their order.
fn percentile_below(histogram: &[BucketCount], part: f64) -> Option<u64> {
    let exits = histogram.iter().map(|count| count.exits);
    let all = exits.fold(0_u64, u64::saturating_add);
    let rank = (part * all as f64).ceil().max(1.0);
    let mut below = 0_u64;
    let found = histogram.iter().find(|count| {
        below = below.saturating_add(count.exits);
        below as f64 >= rank
    });
    // The last bucket of all has no end that there is a number for.
    found.map(|count| least_of(count.bucket.saturating_add(1)).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: of 1, 2, …, 10 in buckets of their own up to 7, half are at most 5, which the bucket
    /// that ends at 6 holds.
    #[test]
    fn percentiles_are_told_by_where_their_bucket_ends() {
        let counts: Vec<BucketCount> = (1..=10)
            .map(|bucket| BucketCount { bucket, exits: 1 })
            .collect();
        assert_eq!(percentile_below(&counts, 0.5), Some(6));
        assert_eq!(percentile_below(&counts, 0.9), Some(10));
        assert_eq!(percentile_below(&counts, 0.99), Some(11));
        // 1000 lies in the bucket from 960 to 1023.
        let one = [BucketCount {
            bucket: 63,
            exits: 3,
        }];
        assert_eq!(percentile_below(&one, 0.5), Some(1024));
        assert_eq!(percentile_below(&[], 0.5), None);
    }
}
