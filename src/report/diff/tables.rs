//! A comparison as tables, for a page.

use super::labels::Labels;
use crate::before_after::{SideRole, Sides};
use crate::diff::{
    Change, Comparison, ExitChange, Subject, Unit, changed_functions, describe, largest_unmarked,
    noise, relative_words,
};
use crate::report::table::{Cell, Column, Fact, Quantity, Table, TableReport};

/// Functions without a significant change that are listed.
const UNMARKED: usize = 20;

/// The comparison: what is compared, tags, events, exits, functions.
pub fn comparison_tables(comparison: &Comparison) -> TableReport {
    let text = |key, label, text: String| Fact {
        key,
        label,
        value: Cell::Text(text),
    };
    let Sides { before, after } = comparison.origins.each_ref().map(describe);
    let mut tables = vec![heads(comparison), functions(comparison)];
    match &comparison.exits {
        Ok(exits) => tables.push(of_exits(&exits.changes)),
        Err(why) => {
            let mut table = of_exits(&[]);
            table.notes.push(why.clone());
            tables.push(table);
        }
    }
    if !comparison.events.is_empty() {
        tables.push(events(comparison));
    }
    TableReport {
        kind: "diff",
        source: String::new(),
        facts: vec![
            text("before", "before", before),
            text("after", "after", after),
            text("unit", "values", comparison.unit.words().to_owned()),
            text("noise", "noise", noise(comparison)),
        ],
        tables,
        warnings: comparison.notes.clone(),
    }
}

/// How values of a table are written.
#[derive(Clone, Copy)]
struct ValueForm {
    quantity: Quantity,
    is_percent: bool,
}

impl ValueForm {
    const fn of(unit: Unit) -> Self {
        let is_percent = matches!(
            unit,
            Unit::Percent | Unit::PercentOfBusy | Unit::PercentOfGuest | Unit::PercentOfCpu
        );
        Self {
            quantity: if is_percent {
                Quantity::Share
            } else {
                Quantity::PerSecond
            },
            is_percent,
        }
    }

    const NUMBER: Self = Self {
        quantity: Quantity::PerSecond,
        is_percent: false,
    };

    const fn cell(self, value: f64) -> Cell {
        if self.is_percent {
            Cell::Share(value / 100.0)
        } else {
            Cell::PerSecond(value)
        }
    }

    /// Before, after, what changed, in parts of the value before, and whether it is more than noise.
    fn columns(self, what: Column) -> Vec<Column> {
        let value = |key, heading, meaning| Column::new(key, heading, self.quantity, meaning);
        vec![
            what,
            value("before", "before", "The value of the capture before."),
            value("after", "after", "The value of the capture after."),
            value("change", "change", "The value after less that before."),
            Column::new(
                "relative",
                "relative",
                Quantity::Text,
                "The change in percent of the value before.",
            ),
            Column::new(
                "significant",
                "significant",
                Quantity::Text,
                "Whether it is more than noise, and not too small to matter.",
            )
            .or_absent("it may be noise, or is small"),
        ]
    }

    fn cells(self, what: String, values: Sides<f64>, is_significant: bool) -> Vec<Cell> {
        let yes = is_significant.then(|| "yes".to_owned());
        vec![
            Cell::Text(what),
            self.cell(values.before),
            self.cell(values.after),
            self.cell(values.after - values.before),
            Cell::Text(relative_words(values)),
            Cell::of(yes, Cell::Text),
        ]
    }
}

fn heads(comparison: &Comparison) -> Table {
    let form = ValueForm::of(comparison.unit);
    let what = Column::new(
        "what",
        "what",
        Quantity::Text,
        "A tag, or what is added up.",
    );
    let title = "What changed of what the CPUs did";
    let mut table = Table::new("heads", title, form.columns(what));
    let mut add = |name: &str, change: &Change| {
        let row = form.cells(name.to_owned(), change.values, change.is_significant);
        table.push(row);
    };
    if let Some(total) = comparison
        .head(Subject::Total)
        .filter(|total| total.exists())
    {
        if comparison.unit != Unit::Percent {
            add("total", total);
        }
        if let Some(exits) = comparison.head(Subject::Exits) {
            add("exits, all", exits);
        }
        for (tag, change) in comparison.tags() {
            add(tag.as_str(), change);
        }
    }
    if table.rows.is_empty() {
        table.notes.push("no side has stacks".to_owned());
    }
    table
}

fn functions(comparison: &Comparison) -> Table {
    let form = ValueForm::of(comparison.unit);
    let what = Column::new(
        "function",
        "function",
        Quantity::Text,
        "The function, with what it calls.",
    );
    let mut columns = form.columns(what);
    for (key, heading, meaning) in [
        ("own_before", "self before", "Before, by itself."),
        ("own_after", "self after", "After, by itself."),
    ] {
        columns.push(Column::new(key, heading, form.quantity, meaning));
    }
    let title = "Functions that changed, with what they call";
    let mut table = Table::new("functions", title, columns);
    let labels = Labels::of(&comparison.union);
    let changed = changed_functions(comparison);
    let is_empty = changed.is_empty();
    let others = largest_unmarked(comparison, UNMARKED);
    for function in changed.into_iter().chain(others) {
        let (all, own) = (function.inclusive, function.own);
        let is_significant = all.is_significant || own.is_significant;
        let label = labels.label(function.frame).into_owned();
        let mut cells = form.cells(label, all.values, is_significant);
        cells.push(form.cell(own.values.before));
        cells.push(form.cell(own.values.after));
        table.push(cells);
    }
    if is_empty {
        let note = "no function changed significantly: those with the largest changes are listed";
        table.notes.push(note.to_owned());
    }
    table
}

fn of_exits(changes: &[ExitChange]) -> Table {
    let form = ValueForm::NUMBER;
    let what = Column::new(
        "exit",
        "exits",
        Quantity::Text,
        "The reason, or the register that was reached.",
    );
    let mut columns = form.columns(what);
    for (key, heading, meaning) in [
        (
            "p99_before",
            "p99 before",
            "99 % of them took no longer before.",
        ),
        (
            "p99_after",
            "p99 after",
            "99 % of them took no longer after.",
        ),
    ] {
        let column = Column::new(key, heading, Quantity::Nanoseconds, meaning);
        columns.push(column.or_absent("no time of them is known"));
    }
    let has_rates = changes.iter().all(|change| change.rates.is_some());
    let title = if has_rates {
        "Exits in a second"
    } else {
        "Exits"
    };
    let mut table = Table::new("exits", title, columns);
    for change in changes {
        let mut cells = form.cells(
            change.subject.to_string(),
            change.values(),
            change.is_significant,
        );
        for role in SideRole::BOTH {
            let p99 = change.figures[role].percentile_ns(0.99);
            cells.push(Cell::of(p99, Cell::Nanoseconds));
        }
        table.push(cells);
    }
    table
}

fn events(comparison: &Comparison) -> Table {
    let form = ValueForm::NUMBER;
    let what = Column::new("event", "event", Quantity::Text, "The event.");
    let has_rates = comparison.events.iter().all(|event| event.rates.is_some());
    let title = if has_rates {
        "Events in a second"
    } else {
        "Events"
    };
    let mut table = Table::new("events", title, form.columns(what));
    for event in &comparison.events {
        table.push(form.cells(event.name.clone(), event.values(), event.is_significant));
    }
    table
}
