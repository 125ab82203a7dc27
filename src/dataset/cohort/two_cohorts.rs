//! What is asked of two cohorts: the values of each key, host by host.
//!
//! ```text
//! sided          the recordings of each side, with their hosts
//! of_samples     what their samples weigh, by tag and stack, idle left out; of_captures: all of it
//! of_exits       their exits, by reason, register and device
//! measured       kind, name, side, recording: a value
//! places         the hosts, each with its place in one list
//! ```
//! Sums of numbers with fractions depend on their order, so they have one.

use super::condition::CohortCondition;
use super::questions::chosen_captures;
use super::script::CohortScript;
use crate::dataset::schema::TableName;

/// Functions that are compared: those with most samples.
pub const COMPARED_FUNCTIONS: usize = 200;
/// Registers that are compared: those with most time.
pub const COMPARED_REGISTERS: usize = 100;
/// Exits of a recording that a median takes, and a 99th percentile.
pub const LEAST_TIMED: [u64; 2] = [20, 200];

/// What is compared beside what is largest.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct TwoCohortsWish {
    /// Functions that conditions name.
    pub functions: Vec<String>,
    /// Registers that conditions name.
    pub registers: Vec<String>,
    /// The tags that are exits.
    pub exit_tags: Vec<&'static str>,
}

/// The columns that tell a recording.
const RECORDING: &str = "side, host, date, hour, capture";

/// Two cohorts: the facts of both; the hosts; each key's values by host and side.
pub fn two_cohorts_question(sides: &[CohortCondition; 2], wish: &TwoCohortsWish) -> CohortScript {
    let mut script = CohortScript::default();
    sided(&mut script, sides);
    rows_of_sides(&mut script, sides);
    functions(&mut script, wish);
    registers(&mut script, wish);
    script.step("measured", &measured(wish));
    answers(&mut script);
    script
}

/// The rows of both sides, one behind the other.
fn of_sides(
    sides: &[CohortCondition; 2],
    rows: impl Fn(&str, &CohortCondition) -> String,
) -> String {
    let parts = ["before", "after"].into_iter().zip(sides);
    let parts = parts.map(|(name, side)| rows(name, side));
    parts.collect::<Vec<_>>().join("\nUNION ALL\n")
}

/// The recordings of both sides, and the VMs that conditions name.
fn sided(script: &mut CohortScript, sides: &[CohortCondition; 2]) {
    let recordings = of_sides(sides, |name, side| {
        let from = chosen_captures(side);
        format!(
            "SELECT DISTINCT '{name}' AS side, c.date, c.hour, c.capture, c.host, c.event, CASE WHEN \
             c.duration_ns > 0 THEN c.duration_ns / 1e9 END AS seconds, c.exits > 0 AS has_exits\n\
             FROM {from}"
        )
    });
    script.step("all_sided", &recordings);
    script.step("sided", "SELECT * FROM all_sided WHERE host IS NOT NULL");
    let vms = of_sides(sides, |name, side| {
        let from = chosen_captures(side);
        format!("SELECT DISTINCT '{name}' AS side, c.date, c.hour, c.capture, r.vm\nFROM {from}")
    });
    script.step("sided_vms", &vms);
}

/// The samples and the exits of both sides, and how long exits took: percentiles are where the bucket
/// ends that they lie in.
fn rows_of_sides(script: &mut CohortScript, sides: &[CohortCondition; 2]) {
    let samples = of_sides(sides, |name, side| {
        let from = of_side(TableName::Samples, name, side);
        format!(
            "SELECT s.side, s.host, s.date, s.hour, s.capture, r.tag, r.stack, sum(r.weight) AS \
             weight\nFROM {from} AND r.tag <> 'idle'\nGROUP BY ALL"
        )
    });
    script.step("of_samples", &samples);
    script.step(
        "of_captures",
        &format!(
            "SELECT {RECORDING}, sum(weight) AS base FROM of_samples GROUP BY ALL HAVING sum(weight) \
             > 0"
        ),
    );
    let exits = of_sides(sides, |name, side| {
        let from = of_side(TableName::Exits, name, side);
        format!(
            "SELECT s.side, s.host, s.date, s.hour, s.capture, s.seconds, r.reason, r.register, \
             r.device, sum(r.exits) AS exits, sum(r.time_ns) AS time_ns\nFROM {from} AND s.seconds IS \
             NOT NULL\nGROUP BY ALL"
        )
    });
    script.step("of_exits", &exits);
    let buckets = of_sides(sides, |name, side| {
        let from = of_side(TableName::ExitHistogram, name, side);
        format!(
            "SELECT s.side, s.host, s.date, s.hour, s.capture, r.reason, r.bucket, r.least_ns, \
             sum(r.exits) AS exits\nFROM {from}\nGROUP BY ALL"
        )
    });
    script.step("buckets", &buckets);
    script.step(
        "ranked",
        &format!(
            "SELECT *, least_ns + CAST(pow(2, greatest(bucket // 8 - 1, 0)) AS BIGINT) AS end_ns, \
             sum(exits) OVER (PARTITION BY {RECORDING}, reason ORDER BY bucket) AS up_to, sum(exits) \
             OVER (PARTITION BY {RECORDING}, reason) AS timed FROM buckets"
        ),
    );
}

/// The rows of a table that are of a side, of the VMs that its condition names.
fn of_side(table: TableName, name: &str, side: &CohortCondition) -> String {
    let table = table.as_str();
    let same = |with: &str| {
        format!(
            "{with}.side = '{name}' AND {with}.date = r.date AND {with}.hour = r.hour AND \
             {with}.capture = r.capture"
        )
    };
    let of_vms = if side.names(TableName::Vms) {
        let same = same("k");
        format!("\nJOIN sided_vms k ON {same} AND k.vm IS NOT DISTINCT FROM r.vm")
    } else {
        String::new()
    };
    format!(
        "{table} r\nJOIN sided s ON {}{of_vms}\nWHERE TRUE",
        same("s")
    )
}

/// The functions that are compared, and the stacks that each is in.
fn functions(script: &mut CohortScript, wish: &TwoCohortsWish) {
    script.step(
        "in_stacks",
        "SELECT DISTINCT f.stack, f.frame FROM frames f WHERE f.stack IN (SELECT stack FROM \
         of_samples)",
    );
    script.step(
        "leaves",
        "SELECT f.stack, arg_max(f.frame, f.depth) AS frame FROM frames f WHERE f.stack IN (SELECT \
         stack FROM of_samples) GROUP BY f.stack",
    );
    script.step(
        "functions",
        &format!(
            "SELECT frame FROM (SELECT i.frame, sum(w.parts) AS parts FROM in_stacks i JOIN (SELECT \
             stack, sum(CAST(round(1e9 * weight / base) AS BIGINT)) AS parts FROM of_samples JOIN \
             of_captures USING ({RECORDING}) GROUP BY stack) w ON w.stack = i.stack GROUP BY i.frame \
             ORDER BY parts DESC, frame LIMIT {COMPARED_FUNCTIONS})\nUNION SELECT frame FROM \
             in_stacks WHERE frame IN ({})",
            listed(&wish.functions)
        ),
    );
}

fn registers(script: &mut CohortScript, wish: &TwoCohortsWish) {
    script.step(
        "registers",
        &format!(
            "SELECT register FROM (SELECT register, sum(time_ns) AS time_ns, sum(exits) AS exits FROM \
             of_exits WHERE register IS NOT NULL GROUP BY register ORDER BY time_ns DESC, exits \
             DESC, register LIMIT {COMPARED_REGISTERS})\nUNION SELECT register FROM of_exits WHERE \
             register IN ({})",
            listed(&wish.registers)
        ),
    );
}

/// Every value of every recording.
fn measured(wish: &TwoCohortsWish) -> String {
    let share = |kind: &str, name: &str, from: &str| {
        format!(
            "SELECT '{kind}' AS kind, {name} AS name, {RECORDING}, 100.0 * sum(weight) / \
             any_value(base) AS value\nFROM {from} JOIN of_captures USING ({RECORDING})\nGROUP BY ALL"
        )
    };
    let exit_tags = wish.exit_tags.iter().map(|tag| (*tag).to_owned());
    let exit_tags = listed(&exit_tags.collect::<Vec<_>>());
    let mut parts = vec![
        share("tag", "tag", "of_samples"),
        share(
            "tag",
            "'exits'",
            &format!("(SELECT * FROM of_samples WHERE tag IN ({exit_tags}))"),
        ),
        share(
            "frame",
            "frame",
            "of_samples JOIN in_stacks USING (stack) SEMI JOIN functions USING (frame)",
        ),
        share(
            "self",
            "frame",
            "of_samples JOIN leaves USING (stack) SEMI JOIN functions USING (frame)",
        ),
    ];
    for (kind, column, among) in [
        ("reason", "reason", ""),
        (
            "register",
            "register",
            "SEMI JOIN registers USING (register)",
        ),
        ("device", "device", ""),
    ] {
        for (suffix, value) in [
            ("", "sum(exits) / any_value(seconds)"),
            ("-time", "sum(time_ns) / 1e6 / any_value(seconds)"),
        ] {
            parts.push(format!(
                "SELECT '{kind}{suffix}' AS kind, {column} AS name, {RECORDING}, {value} AS value\n\
                 FROM of_exits {among}\nWHERE {column} IS NOT NULL\nGROUP BY ALL"
            ));
        }
    }
    let [of_median, of_last] = LEAST_TIMED;
    for (kind, part, least) in [
        ("reason-p50", 0.5, of_median),
        ("reason-p99", 0.99, of_last),
    ] {
        parts.push(format!(
            "SELECT '{kind}' AS kind, reason AS name, {RECORDING}, min(end_ns) / 1e3 AS value\nFROM \
             ranked WHERE timed >= {least} AND up_to >= ceil({part} * timed)\nGROUP BY ALL"
        ));
    }
    parts.join("\nUNION ALL\n")
}

fn answers(script: &mut CohortScript) {
    let counted = |name: &str| {
        format!(
            "count(*) FILTER (WHERE side = '{name}') AS {name}_captures, count(DISTINCT host) FILTER \
             (WHERE side = '{name}') AS {name}_hosts, string_agg(DISTINCT event, ', ' ORDER BY event) \
             FILTER (WHERE side = '{name}') AS {name}_events"
        )
    };
    script.answer(&format!(
        "SELECT {}, {}, count(*) FILTER (WHERE host IS NULL) AS unnamed, count(*) FILTER (WHERE \
         has_exits AND seconds IS NULL) AS untimed, count(*) - count(DISTINCT (date, hour, capture)) \
         AS twice FROM all_sided",
        counted("before"),
        counted("after")
    ));
    let of_side = |name: &str| {
        format!(
            "count(*) FILTER (WHERE s.side = '{name}' AND k.base IS NOT NULL) AS {name}_samples, \
             count(*) FILTER (WHERE s.side = '{name}' AND s.has_exits AND s.seconds IS NOT NULL) AS \
             {name}_exits"
        )
    };
    script.step(
        "places",
        "SELECT host, row_number() OVER (ORDER BY host) - 1 AS place FROM (SELECT DISTINCT host FROM \
         sided)",
    );
    script.answer(&format!(
        "SELECT s.host, {}, {} FROM sided s LEFT JOIN of_captures k USING ({RECORDING})\nGROUP BY \
         s.host ORDER BY s.host",
        of_side("before"),
        of_side("after")
    ));
    script.answer(
        "SELECT kind, name, side, list(place ORDER BY place) AS places, list(total ORDER BY place) AS \
         totals, list(squares ORDER BY place) AS squares, list(recordings ORDER BY place) AS \
         recordings\nFROM (SELECT kind, name, side, host, sum(value ORDER BY date, hour, capture) AS \
         total, sum(value * value ORDER BY date, hour, capture) AS squares, count(*) AS recordings \
         FROM measured GROUP BY kind, name, side, host) JOIN places USING (host)\nGROUP BY kind, name, \
         side ORDER BY kind, name, side",
    );
}

/// Texts as a list of SQL, which is not empty.
fn listed(texts: &[String]) -> String {
    let texts = texts.iter().map(|text| {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        format!("'{}'", text.replace('\'', "''"))
    });
    let texts: Vec<String> = texts.collect();
    if texts.is_empty() {
        "NULL".to_owned()
    } else {
        texts.join(", ")
    }
}
