//! Whether every row is there once.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::manifest::{DatasetFile, Manifest};
use super::partition::Partition;
use super::schema::TableName;
use super::stack_hash::StackHash;
use super::store::Store;
use super::table_rows::TableRows;
use super::values::Value;
use crate::error::{Problem, Result};

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CheckReport {
    /// Captures.
    pub captures: u64,
    /// Files of the list.
    pub files: u64,
    /// Rows, by table.
    pub rows: BTreeMap<TableName, u64>,
    /// Bytes, by table.
    pub bytes: BTreeMap<TableName, u64>,
    /// What is wrong, a line each.
    pub faults: Vec<String>,
    /// Faults that are not among them, since there are too many.
    pub more_faults: u64,
    /// Files that are in no list: a writer that was killed left them, and the next one removes them.
    pub unlisted: Vec<String>,
}

/// How many faults are told.
const SHOWN_FAULTS: usize = 40;

impl CheckReport {
    fn fault(&mut self, what: String) {
        if self.faults.len() < SHOWN_FAULTS {
            self.faults.push(what);
        } else {
            self.more_faults += 1;
        }
    }
}

/// Reads all of a dataset, and looks whether every row is there once:
///
/// - each file of the list is what was written, by length and checksum, and can be read;
/// - no two rows of a partition have the same key;
/// - every row belongs to a capture of its partition;
/// - what the captures say of their rows adds up: samples, weights, exits, times, VMs, findings, and
///   where there are rows by second or of single exits these, too;
/// - every stack of a sample has its frames, whose hash it is.
///
/// # Errors
/// When the list cannot be read. Files that cannot are faults.
pub fn check(store: &Store) -> Result<CheckReport> {
    let _lock = store.read_lock()?;
    let manifest = store.manifest()?;
    let mut report = CheckReport {
        files: manifest.files.len() as u64,
        unlisted: store.unlisted(&manifest)?,
        ..CheckReport::default()
    };
    let mut partitions: BTreeMap<&Partition, Vec<(&str, &DatasetFile)>> = BTreeMap::new();
    for (path, file) in &manifest.files {
        let files = partitions.entry(&file.partition).or_default();
        files.push((path.as_str(), file));
    }
    for files in partitions.into_values() {
        check_partition(store, &files, &mut report);
    }
    Ok(report)
}

/// What rows of a capture add up to, by their table and by the column of table captures that says so.
type Sums = BTreeMap<(TableName, &'static str), u64>;

/// What is gathered of a partition.
#[derive(Default)]
struct Gathered {
    /// What captures say of their rows.
    told: BTreeMap<i64, Sums>,
    /// What their rows add up to.
    found: BTreeMap<i64, Sums>,
    /// Hashes of keys, by table.
    keys: BTreeMap<TableName, HashSet<u64>>,
    /// Stacks of samples.
    used: BTreeSet<i64>,
    /// Stacks with frames.
    stacks: BTreeMap<i64, StackHash>,
    /// Whether a file could not be read: then what is missing is no further fault.
    has_gaps: bool,
}

/// The columns of table captures that say what the rows of another add up to: of which table, and of
/// which column; none for the number of rows.
const SUMS: [(&str, TableName, Option<&str>); 9] = [
    ("samples", TableName::Samples, Some("samples")),
    ("weight", TableName::Samples, Some("weight")),
    ("exits", TableName::Exits, Some("exits")),
    ("timed", TableName::ExitHistogram, Some("exits")),
    ("vms", TableName::Vms, None),
    ("findings", TableName::Advice, None),
    ("samples", TableName::SampleSeconds, Some("samples")),
    ("weight", TableName::SampleSeconds, Some("weight")),
    ("exits", TableName::SingleExits, None),
];

fn check_partition(store: &Store, files: &[(&str, &DatasetFile)], report: &mut CheckReport) {
    let mut gathered = Gathered::default();
    for &(path, file) in files {
        *report.bytes.entry(file.table).or_default() += file.bytes;
        match store.rows(path, file) {
            Ok(rows) => {
                *report.rows.entry(file.table).or_default() += rows.len() as u64;
                gathered.add(path, &rows, report);
            }
            Err(error) => {
                gathered.has_gaps = true;
                let fault = if let Problem::File { what, .. } = error.problem() {
                    format!("{path}: {what}")
                } else {
                    format!("{path}: cannot be read")
                };
                report.fault(fault);
            }
        }
    }
    report.captures += gathered.told.len() as u64;
    if !gathered.has_gaps {
        let place = files.first().map_or("", |(path, _)| *path);
        gathered.judge(place, report);
    }
}

impl Gathered {
    fn add(&mut self, path: &str, rows: &TableRows, report: &mut CheckReport) {
        let table = rows.table();
        if table == TableName::Frames {
            self.add_frames(path, rows, report);
            return;
        }
        let keys = self.keys.entry(table).or_default();
        let doubled = (0..rows.len()).filter(|&row| !keys.insert(rows.key_hash(row)));
        let doubled = doubled.count();
        if doubled > 0 {
            report.fault(format!(
                "{path}: {doubled} rows have keys that others have, too"
            ));
        }
        for row in 0..rows.len() {
            let Some(capture) = rows.int(row, "capture") else {
                continue;
            };
            if table == TableName::Captures {
                let told = SUMS.map(|(column, of, _)| {
                    let told = count(rows.value(row, column));
                    ((of, column), told)
                });
                self.told.insert(capture, told.into_iter().collect());
                continue;
            }
            let found = self.found.entry(capture).or_default();
            for (name, _, column) in SUMS.into_iter().filter(|&(_, of, _)| of == table) {
                let more = column.map_or(1, |column| count(rows.value(row, column)));
                let sum = found.entry((table, name)).or_default();
                *sum = sum.saturating_add(more);
            }
            if matches!(table, TableName::Samples | TableName::SampleSeconds)
                && let Some(stack) = rows.int(row, "stack").filter(|&stack| stack != 0)
            {
                self.used.insert(stack);
            }
        }
    }

    /// Frames of a stack follow each other, from the outermost. Files that were not compacted hold
    /// the same stacks.
    fn add_frames(&mut self, path: &str, rows: &TableRows, report: &mut CheckReport) {
        let mut hashes: BTreeMap<i64, StackHash> = BTreeMap::new();
        let mut next: BTreeMap<i64, i64> = BTreeMap::new();
        let mut odd = BTreeSet::new();
        for row in 0..rows.len() {
            let (stack, depth) = (rows.int(row, "stack"), rows.int(row, "depth"));
            let (Some(stack), Some(depth)) = (stack, depth) else {
                continue;
            };
            let place = next.entry(stack).or_default();
            if depth != *place {
                odd.insert(stack);
            }
            *place += 1;
            let texts = ["frame", "object", "mode", "kind"].map(|c| text(rows.value(row, c)));
            hashes.entry(stack).or_default().add(texts);
        }
        let differs = hashes
            .iter()
            .filter(|(stack, hash)| hash.finish() != **stack);
        odd.extend(differs.map(|(stack, _)| *stack));
        if !odd.is_empty() {
            let stacks = odd.len();
            report.fault(format!(
                "{path}: the frames of {stacks} stacks are not theirs"
            ));
        }
        self.stacks.extend(hashes);
    }

    /// Whether what the captures say is what there is.
    fn judge(&self, place: &str, report: &mut CheckReport) {
        let partition = place
            .split('/')
            .skip(1)
            .take(2)
            .collect::<Vec<_>>()
            .join("/");
        let strangers = self.found.keys().filter(|id| !self.told.contains_key(id));
        let strangers = strangers.count();
        if strangers > 0 {
            report.fault(format!(
                "{partition}: rows of {strangers} captures that are not in table captures"
            ));
        }
        let nothing = Sums::new();
        for (capture, told) in &self.told {
            let found = self.found.get(capture).unwrap_or(&nothing);
            for (name, table, _) in SUMS {
                let found = found.get(&(table, name)).copied();
                if table.is_on_request() && found.is_none() {
                    continue;
                }
                let told = told.get(&(table, name)).copied().unwrap_or_default();
                let (found, of) = (found.unwrap_or_default(), table.as_str());
                if told != found {
                    report.fault(format!(
                        "{partition}: capture {capture} has {told} {name}, its rows of {of} add up to \
                         {found}"
                    ));
                }
            }
        }
        let bare = self.used.iter().filter(|id| !self.stacks.contains_key(id));
        let bare = bare.count();
        if bare > 0 {
            report.fault(format!(
                "{partition}: {bare} stacks of samples have no frames"
            ));
        }
    }
}

fn count(value: Value<'_>) -> u64 {
    if let Value::Int(value) = value {
        u64::try_from(value).unwrap_or_default()
    } else {
        0
    }
}

fn text(value: Value<'_>) -> &str {
    if let Value::Text(text) = value {
        text
    } else {
        ""
    }
}

impl Manifest {
    /// Bytes of all files of a table.
    pub fn bytes_of(&self, table: TableName) -> u64 {
        self.of_table(table).map(|(_, file)| file.bytes).sum()
    }
}
