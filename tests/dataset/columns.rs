//! Columns come back as they were, whatever their values are like: few or many, in runs or in turns,
//! absent here and there.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::process::Command;

use crate::engine::python_with;
use crate::folder::Folder;
use vmflame::dataset::{CaptureRows, Partition, Store, TableName, TableRows, Value, add_captures};

/// Rows that have more than 65,536 different names, each twice: numbers of three bytes.
const ROWS: i64 = 140_000;

/// What a row holds, by its number.
struct Wanted {
    vm: Option<i64>,
    name: String,
    guest: Option<&'static str>,
    told: Option<&'static str>,
    version: Option<String>,
    vcpus: Option<i64>,
}

impl Wanted {
    fn of(row: i64) -> Self {
        Self {
            // Different in all rows, absent in every seventh.
            vm: (row % 7 != 3).then_some(row - 500),
            name: format!("name {}", row % (ROWS / 2)),
            // Long runs, with short ones and with absent ones between them.
            guest: match row % 1000 {
                0..=599 => Some("Linux"),
                600..=610 => Some(if row % 2 == 0 { "Windows" } else { "Ж" }),
                _ => None,
            },
            // One value, or none.
            told: (row % 2 == 0).then_some("hint"),
            version: (row > 9).then(|| format!("pc-{}", row % 300)),
            vcpus: Some(row * row % 251),
        }
    }

    fn push(&self, rows: &mut TableRows) {
        rows.push(&[
            Value::Int(1),
            Value::of(self.vm, Value::Int),
            Value::Text(&self.name),
            Value::of(self.guest, Value::Text),
            Value::of(self.told, Value::Text),
            Value::of(self.version.as_deref(), Value::Text),
            Value::of(self.vcpus, Value::Int),
        ])
        .unwrap();
    }

    /// What a reader may add up: how many values there are, and what they are.
    fn sums(row: i64) -> [i64; 7] {
        let wanted = Self::of(row);
        let text = |text: Option<&str>| {
            text.map_or(0, |text| i64::try_from(text.chars().count()).unwrap())
        };
        [
            wanted.vm.unwrap_or_default(),
            i64::from(wanted.vm.is_some()),
            text(Some(&wanted.name)),
            text(wanted.guest),
            text(wanted.told),
            text(wanted.version.as_deref()),
            wanted.vcpus.unwrap_or_default(),
        ]
    }
}

fn written(folder: &Folder) -> Store {
    let mut captures = TableRows::new(TableName::Captures);
    let schema = captures.schema();
    let row: Vec<Value<'_>> = schema
        .columns
        .iter()
        .map(
            |column| match (column.absence.is_empty(), column.kind.as_str()) {
                (false, _) => Value::Absent,
                (true, "int") => Value::Int(1),
                (true, "flag") => Value::Flag(false),
                (true, _) => Value::Text("x"),
            },
        )
        .collect();
    captures.push(&row).unwrap();
    let mut vms = TableRows::new(TableName::Vms);
    (0..ROWS).for_each(|row| Wanted::of(row).push(&mut vms));
    let store = Store::begin(&folder.0).unwrap();
    let rows = CaptureRows {
        capture: 1,
        partition: Partition::of_seconds(0),
        tables: vec![captures, vms],
    };
    add_captures(&store, &[rows]).unwrap();
    store
}

/// Our own reader, `DuckDB` and Arrow find all values.
#[test]
fn values_come_back_as_they_were() {
    let folder = Folder::new("columns");
    let store = written(&folder);
    let manifest = store.manifest().unwrap();
    let (path, file) = manifest.of_table(TableName::Vms).next().unwrap();
    let rows = store.rows(path, file).unwrap();
    // They are in the order of their keys: those without a VM first.
    let mut wanted: Vec<Wanted> = (0..ROWS).map(Wanted::of).collect();
    wanted.sort_by(|a, b| (a.vm, &a.name).cmp(&(b.vm, &b.name)));
    assert_eq!(rows.len(), wanted.len());
    for (row, wanted) in wanted.iter().enumerate() {
        assert_eq!(rows.int(row, "vm"), wanted.vm);
        assert_eq!(rows.int(row, "vcpus"), wanted.vcpus);
        let texts = [
            ("name", Some(wanted.name.as_str())),
            ("guest", wanted.guest),
            ("guest_told", wanted.told),
            ("vmm_version", wanted.version.as_deref()),
        ];
        for (column, text) in texts {
            let found = rows.value(row, column);
            assert_eq!(found, Value::of(text, Value::Text), "{row} {column}");
        }
    }
    let mut sums = [0; 7];
    for row in 0..ROWS {
        for (sum, value) in sums.iter_mut().zip(Wanted::sums(row)) {
            *sum += value;
        }
    }
    let place = store.place(path);
    for (module, script) in [("duckdb", DUCKDB), ("pyarrow", ARROW)] {
        let Some(python) = python_with(module) else {
            continue;
        };
        let mut command = Command::new(python);
        let done = command.args(["-c", script]).arg(&place).output().unwrap();
        let err = String::from_utf8_lossy(&done.stderr);
        let found: [i64; 7] =
            serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{err}"));
        assert_eq!(found, sums, "{module}");
    }
}

const DUCKDB: &str = "
import duckdb, json, sys
row = duckdb.sql(f'''SELECT sum(vm), count(vm), sum(length(name)), sum(length(guest)), sum(length(guest_told)),
  sum(length(vmm_version)), sum(vcpus) FROM read_parquet('{sys.argv[1]}')''').fetchall()[0]
print(json.dumps([int(value) for value in row]))
";

const ARROW: &str = "
import json, pyarrow.compute as pc, pyarrow.parquet as pq, sys
table = pq.ParquetFile(sys.argv[1]).read()
total = lambda values: pc.sum(values).as_py()
texts = [total(pc.utf8_length(table[name])) for name in ('name', 'guest', 'guest_told', 'vmm_version')]
print(json.dumps([total(table['vm']), pc.count(table['vm']).as_py(), *texts, total(table['vcpus'])]))
";
