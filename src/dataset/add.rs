//! Captures into a dataset.

use std::collections::{BTreeMap, BTreeSet};

use super::known_stacks::KnownStacks;
use super::manifest::Manifest;
use super::parquet_file::read_columns;
use super::partition::Partition;
use super::schema::TableName;
use super::store::{Staging, Store};
use super::table_rows::TableRows;
use crate::error::Result;

/// What a capture tells.
#[derive(Clone, Debug)]
pub struct CaptureRows {
    /// Its id, as in the column `capture` of all of its rows.
    pub capture: i64,
    /// Where it belongs.
    pub partition: Partition,
    /// Its rows, each table at most once.
    pub tables: Vec<TableRows>,
}

/// What became of captures.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AddedCaptures {
    /// How many were added.
    pub added: usize,
    /// Those that are in the dataset already, by their places among the captures given.
    pub known: Vec<usize>,
    /// Files that were written.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// The captures of a partition.
///
/// # Errors
/// When the list or a file of it cannot be read.
pub fn known_captures(store: &Store, partition: &Partition) -> Result<BTreeSet<i64>> {
    let _lock = store.read_lock()?;
    let manifest = store.manifest()?;
    captures_of(store, &manifest, partition, |_| true)
}

/// The captures of a partition's files that pass.
fn captures_of(
    store: &Store,
    manifest: &Manifest,
    partition: &Partition,
    passes: impl Fn(&str) -> bool,
) -> Result<BTreeSet<i64>> {
    let mut captures = BTreeSet::new();
    for (path, file) in manifest.of_table(TableName::Captures) {
        if file.partition == *partition && passes(path) {
            let is_wanted = |column: &str| column == "capture";
            let rows = read_columns(&store.place(path), file, is_wanted)?;
            captures.extend((0..rows.len()).filter_map(|row| rows.int(row, "capture")));
        }
    }
    Ok(captures)
}

/// Adds captures, all or none of them; those that are there already are left out.
///
/// # Errors
/// When something cannot be read or written; then nothing was added.
pub fn add_captures(store: &Store, captures: &[CaptureRows]) -> Result<AddedCaptures> {
    loop {
        let (seen, known) = {
            let _lock = store.read_lock()?;
            let seen = store.manifest()?;
            let known = known_of(store, &seen, captures, |_| true)?;
            (seen, known)
        };
        let mut met = BTreeSet::new();
        let is_new = |found: &&CaptureRows| {
            let id = (found.partition.clone(), found.capture);
            !known.contains(&id) && met.insert(id)
        };
        let wanted: Vec<&CaptureRows> = captures.iter().filter(is_new).collect();
        let is_left_out = |found: &CaptureRows| !wanted.iter().any(|w| std::ptr::eq(*w, found));
        let mut told = AddedCaptures {
            added: wanted.len(),
            known: (0..)
                .zip(captures)
                .filter(|(_, found)| is_left_out(found))
                .map(|(at, _)| at)
                .collect(),
            ..AddedCaptures::default()
        };
        if wanted.is_empty() {
            return Ok(told);
        }
        let staging = staged(store, &wanted)?;
        (told.files, told.bytes) = (staging.len(), staging.bytes());
        let is_done = store.commit(&staging, &[], |manifest| {
            // Another writer may have added the same meanwhile.
            let is_later = |path: &str| !seen.files.contains_key(path);
            let later = known_of(store, manifest, captures, is_later)?;
            let is_doubled =
                |found: &&CaptureRows| later.contains(&(found.partition.clone(), found.capture));
            Ok(!wanted.iter().any(is_doubled))
        })?;
        if is_done {
            return Ok(told);
        }
    }
}

/// Which captures of their partitions' files there are.
fn known_of(
    store: &Store,
    manifest: &Manifest,
    captures: &[CaptureRows],
    passes: impl Fn(&str) -> bool,
) -> Result<BTreeSet<(Partition, i64)>> {
    let partitions: BTreeSet<&Partition> = captures.iter().map(|found| &found.partition).collect();
    let mut known = BTreeSet::new();
    for partition in partitions {
        let found = captures_of(store, manifest, partition, &passes)?;
        known.extend(
            found
                .into_iter()
                .map(|capture| (partition.clone(), capture)),
        );
    }
    Ok(known)
}

/// The rows of captures as files, one for each table and partition. A stack is written once.
fn staged(store: &Store, captures: &[&CaptureRows]) -> Result<Staging> {
    let mut tables: BTreeMap<(&Partition, TableName), TableRows> = BTreeMap::new();
    let mut stacks: BTreeMap<&Partition, KnownStacks> = BTreeMap::new();
    for found in captures {
        let partition = &found.partition;
        for rows in &found.tables {
            let table = rows.table();
            let place = tables.entry((partition, table));
            let all = place.or_insert_with(|| TableRows::new(table));
            stacks.entry(partition).or_default().append(all, rows);
        }
    }
    let mut staging = store.stage()?;
    for ((partition, _), rows) in tables {
        if !rows.is_empty() {
            staging.write(partition, &rows.in_order())?;
        }
    }
    Ok(staging)
}
