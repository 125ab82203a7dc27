//! Folders that go away with their tests, and the program that fills them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A folder that goes away with its test.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let name = format!("dataset-{}-{name}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        drop(std::fs::remove_dir_all(&path));
        Self(path)
    }

    pub(crate) fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// A case of the repository.
pub(crate) fn case(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    folder.join(name).to_str().unwrap().to_owned()
}

/// What a run of the program left behind.
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.args(arguments).stdin(Stdio::null());
    command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command
}

pub(crate) fn run(arguments: &[&str]) -> Run {
    let done = program(arguments).output().unwrap();
    Run {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

/// What a verb says as JSON.
pub(crate) fn json(arguments: &[&str]) -> Value {
    let told = run(arguments);
    serde_json::from_str(&told.out).unwrap_or_else(|_| panic!("{arguments:?}: {}", told.err))
}

/// What a check says: captures, rows by table, faults.
pub(crate) fn checked(folder: &Folder) -> Value {
    json(&["dataset", "check", folder.path(), "--json"])
}

/// The rows of a table, as a check counts them.
pub(crate) fn rows(check: &Value, table: &str) -> u64 {
    let rows = check["tables"]["tables"]["rows"].as_array().unwrap();
    let found = rows.iter().find(|row| row["table"] == table).unwrap();
    found["rows"].as_u64().unwrap()
}

pub(crate) fn faults(check: &Value) -> Vec<String> {
    let rows = check["tables"]["faults"]["rows"].as_array().unwrap();
    let texts = rows.iter().map(|row| row["fault"].as_str().unwrap());
    texts.map(ToOwned::to_owned).collect()
}

/// The files of the dataset's list, of one table.
pub(crate) fn files(folder: &Folder, table: &str) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(folder.0.join("dataset.json")).unwrap();
    let manifest: Value = serde_json::from_str(&text).unwrap();
    let files = manifest["files"].as_array().unwrap().iter();
    let files = files.filter(|file| file["table"] == table);
    let paths = files.map(|file| folder.0.join(file["path"].as_str().unwrap()));
    paths.collect()
}
