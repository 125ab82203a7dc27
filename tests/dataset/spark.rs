//! The same text of SQL is asked of `vmflame fleet`, of `DuckDB` and of Spark: the rows are the same,
//! however rows lie in files.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::damage::{HOSTILE, hostile_rows};
use crate::engine::python_with;
use crate::fleet::{asked, made_up};
use crate::folder::{Folder, case, files, run};
use serde_json::Value as Json;
use vmflame::dataset::{QueryWish, READY_QUERIES, ReadyQuery, Store, add_captures};

/// A Python with Spark, which has the Java that it needs.
pub(crate) struct Spark {
    pub(crate) python: String,
    script: String,
    partitions: usize,
}

impl Spark {
    /// Where it is installed; the script is put beside a folder.
    pub(crate) fn found(folder: &Folder) -> Option<Self> {
        let python = python_with("pyspark")?;
        let script = folder.path().to_owned() + ".py";
        fs::write(&script, run(&["dataset", "spark-job"]).out).unwrap();
        Some(Self {
            python,
            script,
            partitions: 3,
        })
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.command_on("local[2]", arguments)
    }

    /// A run on a cluster. Each worker has half a gigabyte.
    pub(crate) fn command_on(&self, master: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.python);
        // Of short jobs most is Java's compiling: its first compiler alone does them in a third.
        let settings = format!(
            "--driver-java-options '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' --conf spark.ui.enabled=false \
             --conf spark.executor.memory=512m --conf spark.sql.shuffle.partitions={} pyspark-shell",
            self.partitions
        );
        command
            .arg(&self.script)
            .args(arguments)
            .args(["--master", master])
            .env("PYSPARK_SUBMIT_ARGS", settings)
            .env("PYSPARK_PYTHON", &self.python)
            .env("SPARK_LOCAL_IP", "127.0.0.1");
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }
}

impl Drop for Spark {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.script));
    }
}

fn refused(done: &Output, part: &str) {
    let err = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{err}");
    assert!(
        err.contains("error: ") && err.contains(part),
        "{part}: {err}"
    );
    assert!(!err.contains("Traceback"), "{err}");
}

/// The answers of a program that prints a line of JSON for each question.
fn answers(done: &Output) -> Vec<Json> {
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{err}");
    let out = std::str::from_utf8(&done.stdout).unwrap();
    let lines = out.lines().map(|line| serde_json::from_str(line).unwrap());
    lines.collect()
}

/// The questions as files: all that are ready, and those that options make of them.
fn questions(folder: &Path) -> Vec<String> {
    fs::create_dir_all(folder).unwrap();
    let mut texts: Vec<String> = READY_QUERIES.map(|query| query.text.to_owned()).to_vec();
    for by in ["guest", "vm", "date"] {
        let by = Some(by.to_owned());
        let query = ReadyQuery::named("top-causes").unwrap();
        texts.push(query.filled(&QueryWish { by, since: None }).unwrap());
    }
    let since = Some("2026-01-01".to_owned());
    let query = ReadyQuery::named("new-since").unwrap();
    texts.push(query.filled(&QueryWish { by: None, since }).unwrap());
    // Every table, all of its rows, and how partitions are typed.
    for (table, order) in [
        ("captures", "capture"),
        ("vms", "capture, vm, name"),
        (
            "samples",
            "capture, vm, vcpu, process, comm, tag, tag_depth, stack",
        ),
        ("frames", "stack, depth"),
        ("exits", "capture, vm, thread, reason, register, direction"),
        (
            "exit_histogram",
            "capture, vm, reason, register, direction, bucket",
        ),
        ("advice", "capture, ordinal"),
        (
            "sample_seconds",
            "capture, second, vm, vcpu, process, comm, tag, tag_depth, stack",
        ),
        ("single_exits", "capture, vm, thread, ordinal"),
    ] {
        // Engines differ in where they put what is absent: it is to be said.
        let order = order.replace(',', " NULLS FIRST,");
        texts.push(format!(
            "SELECT * FROM {table} ORDER BY date, hour, {order} NULLS FIRST"
        ));
    }
    let texts = (0..).zip(&texts);
    let paths = texts.map(|(number, text)| {
        let path = folder.join(format!("{number}.sql"));
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    });
    paths.collect()
}

/// What `vmflame fleet` answers, in the form of the others.
fn of_fleet(folder: &Folder, python: &str, question: &str, columns: &Json) -> Json {
    let text = fs::read_to_string(question).unwrap();
    let rows = asked(folder, python, &["--sql", &text]);
    let columns = columns.as_array().unwrap();
    let of_row = |row: &Json| -> Json {
        let cells = columns.iter();
        cells
            .map(|column| row[column.as_str().unwrap()].clone())
            .collect()
    };
    rows.iter().map(of_row).collect()
}

/// A script of this folder.
fn script(name: &str) -> String {
    format!("{}/tests/dataset/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// A made-up fleet, captures that were recorded, and hostile names.
fn filled(folder: &Folder) {
    made_up(folder, "hosts=20,hours=2,seed=7");
    let [bad, tracepoints] = ["vmx-bad", "svm-bad-tracepoints"].map(case);
    for (case, more) in [(&bad, "--per-second"), (&tracepoints, "--each-exit")] {
        let added = ["dataset", "add", case, "-o", folder.path(), more];
        assert_eq!(run(&added).code, Some(0));
    }
    let store = Store::open(&folder.0).unwrap();
    add_captures(&store, &[hostile_rows(5)]).unwrap();
}

/// The rows of a dataset in another order, other files and other groups.
fn shuffled(python: &str, folder: &Folder) -> Folder {
    let target = Folder::new("engines-shuffled");
    let mut command = Command::new(python);
    command.args([&script("shuffle.py"), folder.path(), target.path()]);
    let done = command.output().unwrap();
    let err = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{err}");
    assert!(files(&target, "exits").len() > 4);
    target
}

/// What Spark answers is what the others do.
fn hold_others_to(by_spark: &[Json], folder: &Folder, python: &str) {
    let question = |answer: &Json| answer["question"].as_str().unwrap().to_owned();
    let questions: Vec<String> = by_spark.iter().map(question).collect();
    let mut duckdb = Command::new(python);
    duckdb.args([&script("ask_duckdb.py"), folder.path()]);
    let by_duckdb = answers(&duckdb.args(&questions).output().unwrap());
    assert_eq!(by_spark.len(), by_duckdb.len());
    for (spark, duckdb) in by_spark.iter().zip(&by_duckdb) {
        let text = fs::read_to_string(question(spark)).unwrap();
        assert!(spark["rows"][0].is_array(), "{text}");
        assert_eq!(spark["columns"], duckdb["columns"], "{text}");
        assert_eq!(spark["rows"], duckdb["rows"], "{text}");
        // It shows flags as text.
        if !text.starts_with("SELECT *") {
            let fleet = of_fleet(folder, python, &question(spark), &spark["columns"]);
            assert_eq!(spark["rows"], fleet, "{text}");
        }
    }
    let names = by_spark
        .iter()
        .find(|answer| answer["columns"][2] == "name");
    let names = names.unwrap()["rows"].as_array().unwrap().iter();
    let names = names.filter(|row| row[0] == 5).map(|row| row[2].clone());
    assert_eq!(names.collect::<Json>(), serde_json::json!(HOSTILE));
}

/// Spark, `DuckDB` and `vmflame fleet` give the same rows in the same order, of files as they were
/// added and of the same rows shuffled over other files and groups.
#[test]
fn all_engines_give_the_same_rows() {
    let folder = Folder::new("engines 'of' [all] {kinds} *");
    let Some(mut spark) = Spark::found(&folder) else {
        return;
    };
    let [Some(python), Some(_)] = ["duckdb", "pyarrow"].map(python_with) else {
        return;
    };
    filled(&folder);
    let shuffled = shuffled(&python, &folder);
    let place = Folder::new("engines-questions");
    let questions = questions(&place.0);
    let questions: Vec<&str> = questions.iter().map(String::as_str).collect();
    let mut ask = |folder: &Folder, partitions: usize| {
        spark.partitions = partitions;
        let arguments = [&["query", folder.path(), "--json"], &questions[..]].concat();
        let by_spark = answers(&spark.run(&arguments));
        hold_others_to(&by_spark, folder, &python);
        by_spark
    };
    let first = ask(&folder, 3);
    assert_eq!(first.len(), questions.len());
    assert_eq!(first, ask(&shuffled, 7));
}

/// A dataset, questions to it, and who is asked.
struct Asking {
    folder: Folder,
    questions: Folder,
    spark: Spark,
    duckdb: String,
}

impl Asking {
    fn new() -> Option<Self> {
        let folder = Folder::new("engines-refuse");
        let spark = Spark::found(&folder)?;
        let duckdb = python_with("duckdb")?;
        let questions = Folder::new("engines-refuse-questions");
        fs::create_dir_all(&questions.0).unwrap();
        Some(Self {
            folder,
            questions,
            spark,
            duckdb,
        })
    }

    /// A question as a file.
    fn question(&self, sql: &str) -> String {
        let path = self.questions.path().to_owned() + "/question.sql";
        fs::write(&path, sql).unwrap();
        path
    }

    fn spark_refuses(&self, sql: &str, part: &str) {
        let path = self.question(sql);
        refused(&self.spark.run(&["query", self.folder.path(), &path]), part);
    }

    fn fleet_refuses(&self, sql: &str, part: &str) {
        let way = ["--sql", sql, "--engine", &self.duckdb];
        let done = run(&[&["fleet", self.folder.path()], &way[..]].concat());
        assert_eq!(done.code, Some(2), "{}", done.err);
        assert!(done.err.contains(part), "{}", done.err);
    }

    fn both_refuse(&self, sql: &str, part: &str) {
        self.spark_refuses(sql, part);
        self.fleet_refuses(sql, part);
    }
}

/// What cannot be answered is said in a line, with what helps, by Spark and by `vmflame fleet`.
#[test]
fn what_engines_cannot_read_is_said() {
    const NAMES: &str = "SELECT MAX(name) AS name FROM vms";
    let Some(asking) = Asking::new() else {
        return;
    };
    let folder = &asking.folder;
    asking.spark_refuses(NAMES, "no dataset in it");
    let bad = case("vmx-bad");
    let added = ["dataset", "add", &bad, "-o", folder.path()];
    assert_eq!(run(&added).code, Some(0));
    asking.both_refuse("SELECT nothing FROM nowhere", "nowhere");
    let list = folder.0.join("dataset.json");
    let text = fs::read_to_string(&list).unwrap();
    let newer = text.replacen("\"schema_version\": 1", "\"schema_version\": 9", 1);
    let outside = text.replacen("vms/date=", "../date=", 1);
    for (changed, part) in [
        (newer.as_str(), "schema version 9"),
        (&outside, "no file of a dataset"),
        ("{}", "not a list"),
    ] {
        fs::write(&list, changed).unwrap();
        asking.both_refuse(NAMES, part);
    }
    fs::write(&list, text).unwrap();
    let path = &files(folder, "vms")[0];
    let name = path.file_name().unwrap().to_str().unwrap();
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    asking.both_refuse(NAMES, name);
    fs::remove_file(path).unwrap();
    asking.fleet_refuses(NAMES, name);
}

/// An engine that is not there is told, and how to get it.
#[test]
fn a_missing_engine_is_told() {
    let Some(asking) = Asking::new() else {
        return;
    };
    let (folder, spark) = (asking.folder.path(), &asking.spark);
    let added = ["dataset", "add", &case("vmx-bad"), "-o", folder];
    assert_eq!(run(&added).code, Some(0));
    let question = asking.question("SELECT 1");
    let mut bare = Command::new(&spark.python);
    bare.args(["-I", "-S", &spark.script, "query", folder, &question]);
    refused(&bare.output().unwrap(), "pip install pyspark");
    let mut without = spark.command(&["query", folder, &question]);
    without.env("JAVA_HOME", "/nonexistent");
    refused(
        &without.env("PATH", "/nonexistent").output().unwrap(),
        "Java",
    );
}
