//! The list of a dataset's files.

use std::collections::BTreeMap;
use std::path::Path;

use super::partition::Partition;
use super::schema::{Schema, TableName};
use crate::error::{BadFile, DatasetFault, Error, Result};
use serde_json::{Value, json};

/// What the list says that it is.
const FORMAT: &str = "vmflame dataset";

/// A file of rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DatasetFile {
    /// Which table it is of.
    pub table: TableName,
    /// Which partition.
    pub partition: Partition,
    /// Its rows.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// The XXH3-64 of its bytes, in 16 hexadecimal digits.
    pub xxh3: String,
}

/// The list of a dataset's files, by their paths below its folder. What is not in it does not count.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Manifest {
    /// How many lists there were before.
    pub generation: u64,
    /// The files.
    pub files: BTreeMap<String, DatasetFile>,
}

impl Manifest {
    /// Reads a list.
    ///
    /// # Errors
    /// When it is none, or one of a later version.
    pub(super) fn parse(path: &Path, text: &str) -> Result<Self> {
        parse(text).map_err(|fault| Error::file(path, BadFile::Dataset(fault)))
    }

    /// Reads the list that an engine tells of a place, as
    /// [`DatasetRoot::list_script`](super::DatasetRoot::list_script) asks for it.
    ///
    /// # Errors
    /// When it is none, or one of a later version.
    pub fn of_engine(place: &str, told: &str) -> Result<Self> {
        let line: Value = serde_json::from_str(told).unwrap_or_default();
        let text = line.get("content").and_then(Value::as_str);
        let path = format!("{place}/dataset.json");
        Self::parse(path.as_ref(), text.unwrap_or_default())
    }

    /// The files of a table, in the order of their paths.
    pub fn of_table(&self, table: TableName) -> impl Iterator<Item = (&str, &DatasetFile)> {
        let files = self.files.iter();
        let files = files.map(|(path, file)| (path.as_str(), file));
        files.filter(move |(_, file)| file.table == table)
    }

    /// The first version of the schema that knows all tables of the list: programs of that version
    /// read the dataset.
    fn version(&self) -> u32 {
        let tables = self.files.values().map(|file| file.table.since());
        tables.max().unwrap_or(1)
    }

    /// The list as text, a line for each file.
    pub(super) fn to_text(&self) -> String {
        let mut text = String::new();
        let (version, generation) = (self.version(), self.generation);
        text.push_str(&format!(
            "{{\"format\": \"{FORMAT}\", \"schema_version\": {version}, \"generation\": \
             {generation}, \"files\": ["
        ));
        for (number, (path, file)) in self.files.iter().enumerate() {
            let between = if number == 0 { "" } else { "," };
            let file = json!({
                "path": path,
                "table": file.table.as_str(),
                "rows": file.rows,
                "bytes": file.bytes,
                "xxh3": file.xxh3,
            });
            text.push_str(&format!("{between}\n{file}"));
        }
        text.push_str("\n]}\n");
        text
    }
}

fn parse(text: &str) -> std::result::Result<Manifest, DatasetFault> {
    let bad = |cause: &str| DatasetFault::BadManifest {
        cause: cause.to_owned(),
    };
    let value: Value = serde_json::from_str(text).map_err(|cause| bad(&cause.to_string()))?;
    if value.get("format").and_then(Value::as_str) != Some(FORMAT) {
        return Err(bad("it has another format"));
    }
    let version = value.get("schema_version").and_then(Value::as_u64);
    let found = version.ok_or_else(|| bad("it has no schema_version"))?;
    let known = Schema::own().version;
    if found > u64::from(known) {
        return Err(DatasetFault::NewerSchema { found, known });
    }
    let mut manifest = Manifest {
        generation: value
            .get("generation")
            .and_then(Value::as_u64)
            .ok_or_else(|| bad("it has no generation"))?,
        files: BTreeMap::new(),
    };
    let files = value.get("files").and_then(Value::as_array);
    for file in files.ok_or_else(|| bad("it has no files"))? {
        let path = file.get("path").and_then(Value::as_str).unwrap_or_default();
        let file = parse_file(path, file);
        let file = file.ok_or_else(|| bad(&format!("{path:?} is no file of a dataset")))?;
        if manifest.files.insert(path.to_owned(), file).is_some() {
            return Err(bad(&format!("{path:?} stands in it twice")));
        }
    }
    // Rows and bytes of tables are added up wherever a list is read, and the next list has a number.
    let sum = |of: fn(&DatasetFile) -> u64| {
        let mut files = manifest.files.values();
        files.try_fold(0_u64, |sum, file| sum.checked_add(of(file)))
    };
    let sums = [sum(|file| file.rows), sum(|file| file.bytes)];
    if sums.contains(&None) || manifest.generation == u64::MAX {
        return Err(bad("its numbers are larger than any dataset's"));
    }
    Ok(manifest)
}

fn parse_file(path: &str, file: &Value) -> Option<DatasetFile> {
    let (table, partition) = Partition::of_path(path)?;
    Some(DatasetFile {
        table,
        partition,
        rows: file.get("rows")?.as_u64()?,
        bytes: file.get("bytes")?.as_u64()?,
        xxh3: file.get("xxh3")?.as_str()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        let error = Manifest::parse("d".as_ref(), text).unwrap_err();
        error.to_string()
    }

    /// What another program, or a later version, wrote is not taken for an empty dataset.
    #[test]
    fn what_is_no_list_is_refused() {
        assert!(fault("").contains("not a list"));
        assert!(fault("{}").contains("another format"));
        let head = r#"{"format": "vmflame dataset", "generation": 1, "files""#;
        assert!(fault(&format!("{head}: []}}")).contains("no schema_version"));
        let newer = fault(&format!("{head}: [], \"schema_version\": 99}}"));
        assert!(newer.contains("schema version 99"), "{newer}");
        let outside = format!(
            "{head}: [{{\"path\": \"../a.parquet\", \"rows\": 1, \"bytes\": 1, \"xxh3\": \"\"}}], \
             \"schema_version\": 1}}"
        );
        assert!(fault(&outside).contains("no file of a dataset"));
        let with = |rows: [u64; 2], bytes: [u64; 2], generation: u64| {
            let file = |at: usize| {
                let (rows, bytes) = (rows[at], bytes[at]);
                format!(
                    "{{\"path\": \"vms/date=2026-11-25/hour={at}/a.parquet\", \"rows\": {rows}, \
                     \"bytes\": {bytes}, \"xxh3\": \"\"}}"
                )
            };
            format!(
                "{{\"format\": \"vmflame dataset\", \"schema_version\": 1, \"generation\": \
                 {generation}, \"files\": [{}, {}]}}",
                file(0),
                file(1)
            )
        };
        let parsed = Manifest::parse("d".as_ref(), &with([1, u64::MAX - 1], [1, 1], 1));
        assert_eq!(parsed.unwrap().files.len(), 2);
        for text in [
            with([1, u64::MAX], [1, 1], 1),
            with([1, 1], [u64::MAX, 1], 1),
            with([1, 1], [1, 1], u64::MAX),
        ] {
            assert!(fault(&text).contains("larger than any"), "{text}");
        }
    }
}
