//! Many small files into few.

use std::collections::{BTreeMap, BTreeSet};

use super::known_stacks::KnownStacks;
use super::manifest::Manifest;
use super::partition::Partition;
use super::schema::TableName;
use super::store::{Staging, Store};
use super::table_rows::TableRows;
use crate::error::Result;

/// Rows of a file at most: as many as engines read at once, and as take half a gigabyte of memory here.
const FILE_ROWS: u64 = 4 << 20;

/// What was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Compaction {
    /// Files before.
    pub files_before: usize,
    /// Files after.
    pub files_after: usize,
    /// Bytes before.
    pub bytes_before: u64,
    /// Bytes after.
    pub bytes_after: u64,
}

/// Files of a table and a partition that become one.
struct FileGroup {
    table: TableName,
    partition: Partition,
    paths: Vec<String>,
}

/// Writes the rows of many small files of a partition into few; of table frames each stack once.
/// Captures may be added meanwhile: their files are the business of the next time.
///
/// # Errors
/// When something cannot be read or written; then the dataset is as it was, or some of its partitions
/// are.
pub fn compact(store: &Store) -> Result<Compaction> {
    let _lock = store.compact_lock()?;
    store.remove_all_unlisted()?;
    let manifest = store.manifest()?;
    let mut done = Compaction {
        files_before: manifest.files.len(),
        bytes_before: manifest.files.values().map(|file| file.bytes).sum(),
        ..Compaction::default()
    };
    for partition in partitions_of(&manifest) {
        let groups = groups_of(&manifest, &partition);
        if groups.is_empty() {
            continue;
        }
        let mut staging = store.stage()?;
        let mut replaced = Vec::new();
        for group in groups {
            write_group(store, &manifest, &mut staging, &group)?;
            replaced.extend(group.paths);
        }
        // Nobody else removes files from the list.
        store.commit(&staging, &replaced, |_| Ok(true))?;
    }
    let manifest = store.manifest()?;
    done.files_after = manifest.files.len();
    done.bytes_after = manifest.files.values().map(|file| file.bytes).sum();
    Ok(done)
}

fn partitions_of(manifest: &Manifest) -> BTreeSet<Partition> {
    let files = manifest.files.values();
    files.map(|file| file.partition.clone()).collect()
}

/// The files of a partition that are worth to be put together, by their tables. Those of table frames
/// all become one, so that each stack is found once.
fn groups_of(manifest: &Manifest, partition: &Partition) -> Vec<FileGroup> {
    let mut open: BTreeMap<TableName, (Vec<String>, u64)> = BTreeMap::new();
    let mut groups = Vec::new();
    let mut close = |table, paths: Vec<String>| {
        if paths.len() > 1 {
            groups.push(FileGroup {
                table,
                partition: partition.clone(),
                paths,
            });
        }
    };
    for (path, file) in &manifest.files {
        if file.partition != *partition {
            continue;
        }
        let (paths, rows) = open.entry(file.table).or_default();
        if *rows + file.rows > FILE_ROWS && file.table != TableName::Frames {
            close(file.table, std::mem::take(paths));
            *rows = 0;
        }
        paths.push(path.clone());
        *rows += file.rows;
    }
    for (table, (paths, _)) in open {
        close(table, paths);
    }
    groups
}

fn write_group(
    store: &Store,
    manifest: &Manifest,
    staging: &mut Staging,
    group: &FileGroup,
) -> Result<()> {
    let mut all = TableRows::new(group.table);
    let mut stacks = KnownStacks::default();
    for path in &group.paths {
        if let Some(listed) = manifest.files.get(path) {
            stacks.append(&mut all, &store.rows(path, listed)?);
        }
    }
    staging.write(&group.partition, &all.in_order())
}
