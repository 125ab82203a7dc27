//! Tables of threads and of exits.

use super::data::{ExitRows, People};
use super::model::{PageSide, TABLES};
use super::section::{id_of, side_number, write_absence};
use crate::kvm::exit::View;
use crate::output::html::Markup;
use crate::report::exits::exit_tables_of;
use crate::report::table::{
    Cell, ColumnMark, ElementMark, Fact, HtmlTable, Table, TableMarks, TableReport, write_html,
    write_meanings,
};
use crate::report::threads::{ThreadOrder, thread_tables};

/// A table and how it stands in the page.
struct Placed {
    table: Table,
    id: &'static str,
    keys: &'static [&'static str],
}

/// Writes what is said of several tables: a list of terms.
pub(super) fn write_facts(markup: &mut Markup, facts: &[Fact]) {
    let known = || facts.iter().filter(|fact| fact.value != Cell::Absent);
    if known().next().is_none() {
        return;
    }
    markup.tag("dl").with("class", "facts").holding(|markup| {
        for fact in known() {
            markup.tag("dt").text(fact.label);
            markup.tag("dd").text(&fact.value.words());
        }
    });
}

/// Writes what should be known before tables are believed.
pub(super) fn write_warnings(markup: &mut Markup, warnings: &[String]) {
    for warning in warnings {
        markup.tag("p").with("class", "warning").text(warning);
    }
}

fn write_placed(markup: &mut Markup, side: &PageSide<'_>, placed: &[Placed], all_rows: &str) {
    for Placed { table, id, keys } in placed {
        let id = id_of(side, id);
        let place = HtmlTable {
            id: &id,
            keys,
            marks: TableMarks::default(),
            all_rows,
        };
        write_html(table, &place, markup);
    }
    write_meanings(placed.iter().map(|placed| &placed.table), markup);
}

/// Writes how long threads ran.
pub(super) fn write_threads(markup: &mut Markup, side: &PageSide<'_>) {
    let times = match &side.threads {
        Ok(times) => times,
        Err(why) => return write_absence(markup, why),
    };
    let report = thread_tables(times, ThreadOrder::default(), side.source);
    write_facts(markup, &report.facts);
    write_warnings(markup, &report.warnings);
    let ids = ["thread-times", "vm-times", "node-times"];
    let keys: [&[&str]; 3] = [&["tid"], &["vm"], &["vm", "node"]];
    let placed = report.tables.into_iter().zip(ids).zip(keys);
    let placed = placed.map(|((table, id), keys)| Placed { table, id, keys });
    let placed: Vec<Placed> = placed.collect();
    write_placed(markup, side, &placed, "vmflame threads --json has all");
}

/// What rows of tables are called in the data of the script.
#[derive(Clone, Copy)]
pub(super) struct DataNumbers<'n> {
    pub(super) people: &'n People,
    /// `None` without exits that are told apart by time.
    pub(super) rows: Option<&'n ExitRows>,
}

impl DataNumbers<'_> {
    /// The marks of a row of one of the tables of exits.
    fn marks(self, table: &Table, row: &[Cell], id: &str) -> Vec<ElementMark> {
        let cell = |key: &str| {
            let place = table.columns.iter().position(|column| column.key == key);
            let cell = place.and_then(|place| row.get(place));
            cell.filter(|cell| **cell != Cell::Absent).map(Cell::words)
        };
        let Some(rows) = self.rows else {
            return Vec::new();
        };
        let kind = id.strip_prefix("exits-").unwrap_or(id);
        let by_key = || {
            let target = cell(kind)?;
            let direction = cell("direction").unwrap_or_default();
            let name = format!("{kind} {target} {direction}");
            let number = rows.key(kind, name.trim_end())?;
            Some(("data-exit-key", number.to_string()))
        };
        let found = match kind {
            "reason" => cell("reason")
                .and_then(|reason| rows.reason(&reason))
                .map(|number| ("data-reason", number.to_string())),
            "vcpu" => cell("tid")
                .and_then(|tid| self.people.number_of_tid(&tid))
                .map(|number| ("data-thread", number.to_string())),
            // A row may be of several registers.
            "device" => None,
            _ => by_key(),
        };
        let mark = found.map(|(name, value)| ElementMark { name, value });
        mark.into_iter().collect()
    }
}

/// The marks of a table whose rows follow what is chosen in the page.
fn follows(side: &PageSide<'_>) -> Vec<ElementMark> {
    let mark = |name, value: &str| ElementMark {
        name,
        value: value.to_owned(),
    };
    vec![
        mark("data-follows", "exits"),
        mark("data-side", side_number(side)),
    ]
}

/// The columns of exits that are sums.
fn followed_columns() -> Vec<ColumnMark> {
    let columns = [
        ("count", "count"),
        ("total_ns", "nanos"),
        ("mean_ns", "mean"),
        ("time_share", "share"),
        ("per_second", "rate"),
    ];
    let columns = columns.into_iter().map(|(key, value)| ColumnMark {
        key,
        value: value.to_owned(),
    });
    columns.collect()
}

/// The tables of exits, by the section that they stand in.
pub(super) struct ExitSections {
    facts: Vec<Fact>,
    warnings: Vec<String>,
    views: Vec<Placed>,
    slowest: Vec<Placed>,
    ready: Vec<Placed>,
}

/// Makes the tables of a side's exits.
pub(super) fn exit_sections(side: &PageSide<'_>) -> ExitSections {
    let survey = &side.exits.recorded.survey;
    let views = TABLES.iter().filter_map(|&one| survey.view(&[one]));
    let views: Vec<&View> = views.collect();
    let TableReport {
        facts,
        tables,
        warnings,
        ..
    } = exit_tables_of(side.exits, &views);
    let mut tables = tables.into_iter();
    let mut sections = ExitSections {
        facts,
        warnings,
        views: Vec::new(),
        slowest: Vec::new(),
        ready: Vec::new(),
    };
    for (dimension, table) in TABLES.iter().zip(tables.by_ref().take(views.len())) {
        let (id, keys): (&'static str, &'static [&'static str]) = match dimension.as_str() {
            "reason" => ("exits-reason", &["reason"]),
            "vcpu" => ("exits-vcpu", &["vcpu", "tid"]),
            "device" => ("exits-device", &["device"]),
            "port" => ("exits-port", &["port", "direction"]),
            "mmio" => ("exits-mmio", &["mmio", "direction"]),
            "apic" => ("exits-apic", &["apic", "direction"]),
            "msr" => ("exits-msr", &["msr", "direction"]),
            "cpuid" => ("exits-cpuid", &["cpuid", "cpuid_index"]),
            _ => ("exits-hypercall", &["hypercall"]),
        };
        sections.views.push(Placed { table, id, keys });
    }
    for table in tables {
        let (id, is_of_ready) = match table.key {
            "slowest" => ("slowest-exits", false),
            "slow_stacks" => ("slowest-stacks", false),
            "halts" => ("halts", true),
            "schedule" => ("vcpu-schedule", true),
            "rival_kinds" => ("rival-kinds", true),
            "rivals" => ("rivals", true),
            _ => ("interrupts", true),
        };
        let placed = Placed {
            table,
            id,
            keys: &[],
        };
        if is_of_ready {
            sections.ready.push(placed);
        } else {
            sections.slowest.push(placed);
        }
    }
    sections
}

/// Writes exits by what tells them apart.
pub(super) fn write_exits(
    markup: &mut Markup,
    side: &PageSide<'_>,
    sections: &ExitSections,
    numbers: DataNumbers<'_>,
) {
    let counts = side.exits.recorded.survey.counts();
    write_warnings(markup, &sections.warnings);
    if counts.exits > 0 {
        write_facts(markup, &sections.facts);
    }
    for Placed { table, id, keys } in &sections.views {
        let marks = table.rows.iter().map(|row| numbers.marks(table, row, id));
        let rows: Vec<Vec<ElementMark>> = marks.collect();
        let is_followed = rows.iter().any(|marks| !marks.is_empty());
        let follows = if is_followed {
            follows(side)
        } else {
            Vec::new()
        };
        let id = id_of(side, id);
        let place = HtmlTable {
            id: &id,
            keys,
            marks: TableMarks {
                table: &follows,
                rows: &rows,
                columns: &followed_columns(),
            },
            all_rows: "vmflame exits --json has all",
        };
        write_html(table, &place, markup);
    }
    write_meanings(sections.views.iter().map(|placed| &placed.table), markup);
}

/// Writes the slowest exits.
pub(super) fn write_slowest(markup: &mut Markup, side: &PageSide<'_>, sections: &ExitSections) {
    if sections.slowest.is_empty() {
        let why = "No exit is known with its end: kvm:kvm_exit and kvm:kvm_entry tell it.";
        return write_absence(markup, why);
    }
    write_placed(
        markup,
        side,
        &sections.slowest,
        "vmflame exits --slowest N shows more",
    );
}

/// Writes how vCPUs waited for CPUs, and what woke them.
pub(super) fn write_ready(markup: &mut Markup, side: &PageSide<'_>, sections: &ExitSections) {
    if side.exits.recorded.schedule.is_none() {
        let why = "How long vCPUs waited for a CPU is not known: sched:sched_switch and \
                   sched:sched_wakeup were not recorded.";
        write_absence(markup, why);
    }
    write_placed(
        markup,
        side,
        &sections.ready,
        "vmflame exits --json has all",
    );
}
