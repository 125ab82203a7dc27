//! What is asked of a cohort.

use super::condition::{CohortCondition, CohortRows};
use super::script::CohortScript;
use crate::dataset::schema::TableName;

/// How rows of two tables are of one capture.
const SAME_CAPTURE: &str = "c.date = r.date AND c.hour = r.hour AND c.capture = r.capture";

/// The rows that pass a condition, with their captures as `c` and, where it names VMs or
/// `wants_vms`, their VMs as `v`: what stands behind FROM.
pub(super) fn chosen(condition: &CohortCondition, rows: CohortRows, wants_vms: bool) -> String {
    let table = rows.table().as_str();
    let vms = if rows != CohortRows::Vms && (wants_vms || condition.names(TableName::Vms)) {
        "\nLEFT JOIN one_vm v ON v.date = r.date AND v.hour = r.hour AND v.capture = r.capture \
         AND v.vm IS NOT DISTINCT FROM r.vm"
    } else {
        ""
    };
    let condition = &condition.sql;
    format!("{table} r\nJOIN captures c ON {SAME_CAPTURE}{vms}\nWHERE ({condition})")
}

/// The captures and VMs that pass a condition: all captures, those without VMs too, where it names no
/// column of VMs.
pub(super) fn chosen_captures(condition: &CohortCondition) -> String {
    let sql = &condition.sql;
    if condition.names(TableName::Vms) {
        format!("captures c\nJOIN vms r ON {SAME_CAPTURE}\nWHERE ({sql})")
    } else {
        format!("captures c\nLEFT JOIN vms r ON {SAME_CAPTURE}\nWHERE ({sql})")
    }
}

/// The facts of what stands behind FROM: one row.
fn facts(from: &str) -> String {
    format!(
        "SELECT count(*) AS captures, count(DISTINCT host) AS hosts, CAST(coalesce(sum(vms), 0) AS \
         BIGINT) AS vms, CAST(coalesce(sum(duration_ns), 0) AS BIGINT) AS duration_ns, \
         count(*) FILTER (WHERE damaged) AS damaged, min(date) AS first_date, max(date) AS \
         last_date, string_agg(DISTINCT unit, ', ' ORDER BY unit) AS units, \
         string_agg(DISTINCT event, ', ' ORDER BY event) AS events\nFROM (SELECT c.date, c.hour, \
         c.capture, any_value(c.host) AS host, any_value(c.duration_ns) AS duration_ns, \
         any_value(c.damaged) AS damaged, any_value(c.unit) AS unit, any_value(c.event) AS event, \
         count(DISTINCT r.vm) AS vms FROM {from}\nGROUP BY c.date, c.hour, c.capture)"
    )
}

/// The stacks of a cohort: its facts; processes, threads, tags and stacks with their weights; the
/// frames of these stacks.
pub fn stack_question(condition: &CohortCondition) -> CohortScript {
    let from = chosen(condition, CohortRows::Samples, false);
    let mut script = CohortScript::default();
    script.step(
        "chosen",
        &format!(
            "SELECT r.process, r.comm, r.tag, r.tag_depth, r.stack, CAST(sum(r.samples) AS BIGINT) \
             AS samples, CAST(sum(r.weight) AS BIGINT) AS weight\nFROM {from}\nGROUP BY r.process, \
             r.comm, r.tag, r.tag_depth, r.stack"
        ),
    );
    script.answer(&facts(&from));
    script.answer(
        "SELECT process, comm, tag, tag_depth, stack, samples, weight FROM chosen ORDER BY process, \
         comm, tag, tag_depth, stack",
    );
    script.answer(
        "SELECT DISTINCT f.stack, f.depth, f.frame, f.object, f.mode, f.kind FROM frames f WHERE \
         f.stack IN (SELECT stack FROM chosen) ORDER BY f.stack, f.depth",
    );
    script
}

/// A column that exits of a cohort are told apart by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExitColumn {
    /// What it is called in the answer.
    pub name: &'static str,
    /// What it is made of: `c` are captures, `r` exits, `v` VMs.
    pub sql: &'static str,
    /// Whether exits of one histogram may differ in it.
    pub splits_histograms: bool,
}

/// Columns of exits of which all rows of a histogram have the same.
const OF_HISTOGRAMS: [&str; 7] = [
    "capture",
    "vm",
    "reason",
    "register",
    "direction",
    "device",
    "device_assumed",
];

/// The exits of a cohort: its facts; exits by the columns; how many by bucket.
///
/// Histograms do not tell threads: where a column or the condition splits them, there are none.
pub fn exit_question(condition: &CohortCondition, by: &[ExitColumn]) -> CohortScript {
    let from = chosen(condition, CohortRows::Exits, true);
    let names: Vec<&str> = by.iter().map(|column| column.name).collect();
    let names = names.join(", ");
    let columns = by
        .iter()
        .map(|column| format!("{} AS {}", column.sql, column.name));
    let columns = columns.collect::<Vec<_>>().join(", ");
    let sums = [
        "exits",
        "timed",
        "kernel_ns",
        "vmm_ns",
        "off_cpu_ns",
        "polled_ns",
        "time_ns",
    ];
    let sums = sums.map(|sum| format!("CAST(sum({sum}) AS BIGINT) AS {sum}"));
    let sums = sums.join(", ");
    let mut script = CohortScript::default();
    script.step(
        "chosen",
        &format!(
            "SELECT {columns}, r.date AS of_date, r.hour AS of_hour, r.capture AS of_capture, r.vm \
             AS of_vm, c.host AS of_host, r.reason AS of_reason, r.register AS of_register, \
             r.direction AS of_direction, r.exits, r.timed, r.kernel_ns, r.vmm_ns, r.off_cpu_ns, \
             r.polled_ns, r.time_ns\nFROM {from}"
        ),
    );
    script.answer(&facts(&from));
    script.answer(&format!(
        "SELECT {names}, {sums}, count(DISTINCT of_host) AS hosts\nFROM chosen GROUP BY {names}\n\
         HAVING sum(exits) > 0\nORDER BY time_ns DESC, exits DESC, {names}"
    ));
    if has_histograms(condition, by) {
        let own = by.iter().map(|column| format!("k.{}", column.name));
        let own = own.collect::<Vec<_>>().join(", ");
        script.answer(&format!(
            "SELECT {own}, h.bucket, CAST(sum(h.exits) AS BIGINT) AS exits\nFROM exit_histogram h \
             JOIN (SELECT DISTINCT {names}, of_date, of_hour, of_capture, of_vm, of_reason, \
             of_register, of_direction FROM chosen) k ON h.date = of_date AND h.hour = of_hour AND \
             h.capture = of_capture AND h.vm IS NOT DISTINCT FROM of_vm AND h.reason IS NOT \
             DISTINCT FROM of_reason AND h.register IS NOT DISTINCT FROM of_register AND \
             h.direction IS NOT DISTINCT FROM of_direction\nGROUP BY {own}, h.bucket\nORDER BY \
             {own}, h.bucket"
        ));
    }
    script
}

/// Whether every histogram is of exits that are chosen, or of none.
fn has_histograms(condition: &CohortCondition, by: &[ExitColumn]) -> bool {
    let mut named = condition.columns.iter();
    let is_whole =
        named.all(|named| named.table != TableName::Exits || OF_HISTOGRAMS.contains(&named.column));
    is_whole && !by.iter().any(|column| column.splits_histograms)
}

/// What was found in a cohort: its facts; how often each rule spoke.
pub fn advice_question(condition: &CohortCondition) -> CohortScript {
    let from = chosen_captures(condition);
    // What is about the recording is of no VM.
    let of_vm = if condition.names(TableName::Vms) {
        "AND a.vm IS NOT DISTINCT FROM k.vm"
    } else {
        ""
    };
    let vm = if condition.names(TableName::Vms) {
        "r.vm"
    } else {
        "NULL"
    };
    let mut script = CohortScript::default();
    script.step(
        "chosen",
        &format!("SELECT DISTINCT c.date, c.hour, c.capture, c.host, {vm} AS vm\nFROM {from}"),
    );
    script.answer(&facts(&from));
    script.answer(&format!(
        "SELECT a.rule, a.kind, any_value(a.title) AS title, count(*) AS findings, count(DISTINCT \
         (a.date, a.hour, a.capture)) AS captures, count(DISTINCT k.host) AS hosts, count(DISTINCT \
         (k.host, a.vm)) FILTER (WHERE a.vm IS NOT NULL) AS vms, count(*) FILTER (WHERE \
         a.certainty = 'high') AS certain, median(a.share) AS median_share, max(a.gain) AS \
         greatest_gain, arg_max(k.host, a.gain) AS greatest_host\nFROM advice a JOIN chosen k ON \
         a.date = k.date AND a.hour = k.hour AND a.capture = k.capture {of_vm}\nGROUP BY a.rule, \
         a.kind\nORDER BY CASE a.kind WHEN 'cost' THEN 0 WHEN 'unclear' THEN 1 WHEN 'recording' THEN \
         2 ELSE 3 END, hosts DESC, captures DESC, a.rule"
    ));
    script
}
