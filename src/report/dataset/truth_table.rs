//! What must be answered to questions about a made-up fleet.

use crate::dataset::{FleetTruth, MadeUpSum};
use crate::report::table::{Cell, Column, Fact, Quantity, Table, TableReport};

/// Rows that people see: programs get them all.
const SHOWN_ROWS: usize = 12;

/// What a made-up fleet consists of, what is planted in it, and what its exits add up to.
pub fn truth_tables(truth: &FleetTruth, source: &str) -> TableReport {
    let fact = |key, label, count| Fact {
        key,
        label,
        value: Cell::Count(count),
    };
    TableReport {
        kind: "made-up fleet",
        source: source.to_owned(),
        facts: vec![
            fact("captures", "captures", truth.captures),
            fact("hosts", "hosts", truth.hosts.len() as u64),
            fact("samples", "samples", truth.samples),
            fact("exits", "exits", truth.exits()),
            fact("files", "files", truth.files),
            fact("bytes", "bytes", truth.bytes),
        ],
        tables: vec![planted(truth), causes(truth), hosts(truth)],
        warnings: Vec::new(),
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn planted(truth: &FleetTruth) -> Table {
    let column = |key, heading, meaning| Column::new(key, heading, Quantity::Text, meaning);
    let columns = vec![
        column("planted", "planted", "what it is called"),
        column("what", "what it is", "what was planted"),
        column(
            "question",
            "asked by",
            "options of `vmflame fleet DIR` that find it",
        ),
        column("answer", "answer", "what must be found"),
    ];
    let mut table = Table::new("planted", "what is planted", columns);
    for fact in &truth.planted {
        table.push(
            [fact.name, &fact.what, fact.question, &fact.answer]
                .map(text)
                .into(),
        );
        // People read them in full: cells of tables are cut.
        table.notes.push(format!("{}: {}", fact.name, fact.what));
        table
            .notes
            .push(format!("  {}: {}", fact.question, fact.answer));
    }
    table.hidden_rows = table.rows.len();
    table
}

const EXITS: Column = Column::new("exits", "exits", Quantity::Count, "exits");
const TIME: Column = Column::new(
    "time_ns",
    "time",
    Quantity::Nanoseconds,
    "time of host CPUs in them",
);

/// The most time first, and then by name.
fn in_order<K: Ord, V>(rows: &mut [(K, V)], sum: impl Fn(&V) -> MadeUpSum) {
    rows.sort_by(|(a, of_a), (b, of_b)| {
        let by_time = sum(of_b).time_ns.cmp(&sum(of_a).time_ns);
        by_time.then_with(|| a.cmp(b))
    });
}

fn causes(truth: &FleetTruth) -> Table {
    let column = |key, meaning| Column::new(key, key, Quantity::Text, meaning);
    let columns = vec![
        column("kernel", "the kernel of their hosts"),
        column("reason", "why the guest stopped"),
        column("register", "what was reached").or_absent("nothing is reached"),
        EXITS,
        TIME,
        Column::new(
            "mean_us",
            "mean us",
            Quantity::Number,
            "mean time of one, in microseconds",
        ),
    ];
    let title = "what `fleet DIR --query top-causes --by kernel` must answer";
    let mut table = Table::new("causes", title, columns);
    let mut rows: Vec<_> = truth.causes.iter().map(|(key, sum)| (key, *sum)).collect();
    in_order(&mut rows, |sum| *sum);
    for (key, sum) in rows {
        let register = (!key.register.is_empty()).then_some(key.register);
        table.push(vec![
            text(key.kernel),
            text(key.reason),
            Cell::of(register, text),
            Cell::Count(sum.exits),
            Cell::Nanoseconds(sum.time_ns),
            Cell::Number(sum.time_ns as f64 / 1000.0 / sum.exits.max(1) as f64),
        ]);
    }
    table.hidden_rows = table.rows.len().saturating_sub(SHOWN_ROWS);
    table
}

fn hosts(truth: &FleetTruth) -> Table {
    let columns = vec![
        Column::new("host", "host", Quantity::Text, "the host"),
        EXITS,
        TIME,
        Column::new(
            "cpus_in_exits",
            "CPUs in exits",
            Quantity::Number,
            "CPUs that were busy with them on average",
        ),
    ];
    let title = "what `fleet DIR --query worst-hosts` must answer";
    let mut table = Table::new("hosts", title, columns);
    let mut rows: Vec<_> = truth.hosts.iter().map(|(host, sum)| (host, *sum)).collect();
    in_order(&mut rows, |sum| *sum);
    for (host, sum) in rows {
        table.push(vec![
            text(host),
            Cell::Count(sum.exits),
            Cell::Nanoseconds(sum.time_ns),
            Cell::Number(sum.cpus()),
        ]);
    }
    table.hidden_rows = table.rows.len().saturating_sub(SHOWN_ROWS);
    table
}
