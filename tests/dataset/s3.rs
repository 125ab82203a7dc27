//! Datasets in S3: a server on this machine checks keys and signatures as Amazon's do.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use crate::common::shared::skipped;
use crate::fleet::made_up;
use crate::folder::{Folder, Run, case, files, program, run};
use serde_json::Value as Json;

/// What a name in a bucket may have, and addresses and SQL have for something else.
const HOSTILE: &str = "a b'c%20+#é";

/// A server of S3, with a bucket; it ends with the tests.
struct S3Server {
    python: String,
    place: String,
    key: String,
    secret: String,
    _server: Child,
}

/// The server, and the same dataset in a folder.
struct S3Trial {
    server: S3Server,
    folder: Folder,
}

/// A Python with the server and with an engine that reads S3: `$VMFLAME_S3_PYTHON`. Where
/// `VMFLAME_REQUIRE_ENGINES` is set it must be there.
fn s3_python() -> Option<String> {
    let python = std::env::var("VMFLAME_S3_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let modules = "import duckdb, duckdb_extension_httpfs, boto3, moto.server";
    let done = Command::new(&python).args(["-c", modules]).output();
    if done.is_ok_and(|done| done.status.success()) {
        return Some(python);
    }
    let why =
        format!("no duckdb-extension-httpfs or moto for {python}; VMFLAME_S3_PYTHON names one");
    assert!(
        std::env::var_os("VMFLAME_REQUIRE_ENGINES").is_none(),
        "{why}, and VMFLAME_REQUIRE_ENGINES is set"
    );
    skipped(&why);
    None
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copied(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The dataset, whole and with what may be wrong with it.
fn trial() -> Option<&'static S3Trial> {
    static TRIAL: OnceLock<Option<S3Trial>> = OnceLock::new();
    let trial = TRIAL.get_or_init(|| {
        let python = s3_python()?;
        let folder = Folder::new("s3");
        made_up(&folder, "hosts=20,hours=2,seed=7,stacks=50");
        let bad = case("vmx-bad");
        assert_eq!(
            run(&["dataset", "add", &bad, "-o", folder.path()]).code,
            Some(0)
        );
        let places = Folder::new("s3-places");
        let names = ["whole", HOSTILE, "missing", "newer", "none"];
        let all = names.map(|name| places.0.join(name));
        let [_, _, missing, newer, none] = &all;
        all.iter().for_each(|place| copied(&folder.0, place));
        let gone = &files(&folder, "vms")[0];
        fs::remove_file(missing.join(gone.strip_prefix(&folder.0).unwrap())).unwrap();
        let list = fs::read_to_string(folder.0.join("dataset.json")).unwrap();
        let changed = list.replacen("\"schema_version\": 1", "\"schema_version\": 9", 1);
        fs::write(newer.join("dataset.json"), changed).unwrap();
        fs::write(none.join("dataset.json"), "{}").unwrap();
        let server = S3Server::start(python, &all);
        Some(S3Trial { server, folder })
    });
    trial.as_ref()
}

impl S3Server {
    fn start(python: String, folders: &[std::path::PathBuf]) -> Self {
        let script = format!("{}/tests/dataset/serve_s3.py", env!("CARGO_MANIFEST_DIR"));
        let mut server = Command::new(&python);
        server.args([&script, "fleet-data"]).args(folders);
        server.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut server = server.stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        let mut told = BufReader::new(server.stdout.take().unwrap());
        // Before it says where it is, it says that it starts.
        while !line.starts_with('{') {
            line.clear();
            assert!(
                told.read_line(&mut line).unwrap() > 0,
                "the server does not start"
            );
        }
        let told: Json = serde_json::from_str(&line).unwrap();
        let of = |key: &str| told[key].as_str().unwrap().to_owned();
        Self {
            python,
            place: of("place"),
            key: of("key"),
            secret: of("secret"),
            _server: server,
        }
    }

    /// A run without anything of AWS but the server.
    fn bare(&self, arguments: &[&str]) -> Command {
        let mut command = program(&[arguments, &["--engine", &self.python]].concat());
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                command.env_remove(name);
            }
        }
        command.env("AWS_ENDPOINT_URL", &self.place);
        command
    }

    /// A run with the keys.
    fn ask(&self, arguments: &[&str]) -> Run {
        let mut command = self.bare(arguments);
        command.env("AWS_ACCESS_KEY_ID", &self.key);
        ran(command.env("AWS_SECRET_ACCESS_KEY", &self.secret))
    }
}

fn ran(command: &mut Command) -> Run {
    let done = command.output().unwrap();
    Run {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

fn refuses(done: &Run, part: &str) {
    assert_eq!(done.code, Some(2), "{}", done.err);
    assert!(done.err.contains(part), "{part}: {}", done.err);
}

const TREND: [&str; 3] = ["--query", "trend", "--csv"];

/// Every verb that asks a dataset answers the same of a copy in S3.
#[test]
fn answers_from_s3_are_those_of_the_folder() {
    let Some(S3Trial { server, folder }) = trial() else {
        return;
    };
    let hostile = format!("s3://fleet-data/{HOSTILE}");
    let whole = "s3://fleet-data/whole/";
    let sides = [
        "--before",
        "kernel = '6.1.112'",
        "--after",
        "kernel = '6.12.4'",
        "--csv",
    ];
    for (verb, place, rest) in [
        (
            "fleet",
            &*hostile,
            &["--query", "top-causes", "--by", "guest", "--csv"][..],
        ),
        ("exits", whole, &["--by", "device", "--csv"]),
        (
            "convert",
            whole,
            &["--where", "tag = 'exit:pio'", "--format", "folded"],
        ),
        ("diff", whole, &sides),
    ] {
        let here = server.ask(&[&[verb, folder.path()], rest].concat());
        let there = server.ask(&[&[verb, place], rest].concat());
        assert_eq!(there.code, Some(0), "{}", there.err);
        assert!(here.out.len() > 100, "{verb}: {}", here.err);
        assert_eq!(here.out, there.out, "{verb}");
    }
}

/// Keys may stand in a profile, and the program of `DuckDB` reads with them as its module does.
#[test]
fn keys_of_a_profile_are_taken() {
    let Some(S3Trial { server, folder }) = trial() else {
        return;
    };
    let place = Folder::new("s3-profile");
    fs::create_dir_all(place.0.join(".aws")).unwrap();
    let keys = format!(
        "[reader]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        server.key, server.secret
    );
    fs::write(place.0.join(".aws/credentials"), keys).unwrap();
    let install = "import duckdb, duckdb_extension_httpfs as packed, os\n\
                   path = f'{os.path.dirname(packed.__file__)}/extensions/v{duckdb.__version__}'\n\
                   duckdb.execute(f\"INSTALL '{path}/httpfs.duckdb_extension'\")";
    let mut installing = Command::new(&server.python);
    installing.args(["-c", install]).env("HOME", &place.0);
    assert!(installing.status().unwrap().success());
    let asked = |engine: &str| {
        let question = [
            &["fleet", "s3://fleet-data/whole", "--engine", engine],
            &TREND[..],
        ]
        .concat();
        let mut command = program(&question);
        command.env("AWS_PROFILE", "reader").env("HOME", &place.0);
        ran(command.env("AWS_ENDPOINT_URL", &server.place))
    };
    let here = server.ask(&[&["fleet", folder.path()], &TREND[..]].concat());
    let beside = Path::new(&server.python).with_file_name("duckdb");
    let engines = [server.python.clone(), beside.to_str().unwrap().to_owned()];
    for engine in engines.iter().filter(|engine| Path::new(engine).exists()) {
        let told = asked(engine);
        assert_eq!(told.code, Some(0), "{engine}: {}", told.err);
        assert_eq!(told.out, here.out);
    }
}

/// A question reads the dataset and this machine, as it does where the dataset is a folder, and nothing
/// else that the server has or that speaks HTTP. No error has a secret in it.
#[test]
fn a_question_reads_no_other_place() {
    let Some(S3Trial { server, .. }) = trial() else {
        return;
    };
    let sql = |sql: &str| server.ask(&["fleet", "s3://fleet-data/whole", "--csv", "--sql", sql]);
    let read = |place: &str| sql(&format!("SELECT size FROM read_text('{place}')"));
    let denied = "disabled by configuration";
    refuses(&read("s3://fleet-data/newer/dataset.json"), denied);
    refuses(&read(&format!("{}/", server.place)), denied);
    assert_eq!(read(file!()).code, Some(0));
    let open = "SELECT 1); SET enable_external_access = true; SELECT (1";
    refuses(&sql(open), "Cannot enable");
    let again = "SELECT 1); SET allowed_directories = ['s3://']; SELECT (1";
    refuses(&sql(again), "Cannot change");
    refuses(&sql("FROM duckdb_secrets(redact = false)"), "unredacted");
    let shown = sql("SELECT secret_string FROM duckdb_secrets()");
    assert!(shown.out.contains("redacted") && !shown.out.contains(&server.secret));
    let repeated = format!("SELECT 1) '{}' zz", server.secret);
    let repeated = sql(&repeated);
    refuses(&repeated, "syntax error");
    assert!(!repeated.err.contains(&server.secret), "{}", repeated.err);
}

/// What cannot be read is said in a line, with what helps.
#[test]
fn what_cannot_be_read_is_said() {
    let Some(S3Trial { server, .. }) = trial() else {
        return;
    };
    let ask = |place: &str| {
        let place = format!("s3://{place}");
        server.ask(&[&["fleet", &place], &TREND[..]].concat())
    };
    refuses(&ask("fleet-data/elsewhere"), "dataset.json is missing");
    refuses(&ask("no-such-bucket/whole"), "dataset.json is missing");
    refuses(&ask("fleet-data/newer"), "schema version 9");
    refuses(&ask("fleet-data/none"), "not a list");
    let guests = ["--query", "top-causes", "--by", "guest"];
    let missing = server.ask(&[&["fleet", "s3://fleet-data/missing"], &guests[..]].concat());
    refuses(&missing, "dataset.json last");
    let whole = [&["fleet", "s3://fleet-data/whole"], &TREND[..]].concat();
    refuses(&ran(&mut server.bare(&whole)), "asked without keys");
    let mut wrong = server.bare(&whole);
    wrong.env("AWS_ACCESS_KEY_ID", &server.key);
    refuses(&ran(&mut wrong), "no AWS_SECRET_ACCESS_KEY");
    wrong.env("AWS_SECRET_ACCESS_KEY", "another secret");
    refuses(&ran(&mut wrong), "allowed to read the bucket");
    let nobody = [&whole[..], &["--s3-endpoint", "http://127.0.0.1:1"]].concat();
    refuses(&server.ask(&nobody), "is the server reached");
}

/// What S3 is not for is refused before anything is read or made, with the way that there is.
#[test]
fn only_folders_are_written_and_checked() {
    let bad = case("vmx-bad");
    let place = "s3://fleet-data/fleet";
    let refused = |arguments: &[&str], part: &str| refuses(&run(arguments), part);
    let copying = "aws s3 sync DIR s3://fleet-data/fleet --exclude dataset.json";
    refused(&["dataset", "add", &bad, "-o", place], copying);
    refused(&["dataset", "compact", place], copying);
    refused(
        &["bench", "--generate", "fleet,hosts=20,hours=1", place],
        copying,
    );
    let tables = ["convert", "--format", "parquet", &bad, "-o", place];
    refused(&tables, "aws s3 sync DIR s3://fleet-data/fleet");
    refused(
        &["dataset", "check", place],
        "aws s3 sync s3://fleet-data/fleet DIR",
    );
    refused(
        &["fleet", "s3://fleet-data/*", "--query", "trend"],
        "s3://BUCKET/PREFIX",
    );
    refused(&["exits", "s3a://fleet-data/a"], "s3://BUCKET/PREFIX");
    let folder = Folder::new("s3-none");
    made_up(&folder, "hosts=20,hours=1,stacks=10");
    let endpoint = ["--query", "trend", "--s3-endpoint", "http://127.0.0.1:1"];
    refused(
        &[&["fleet", folder.path()], &endpoint[..]].concat(),
        "is not in S3",
    );
    refused(
        &["exits", &bad, "--s3-endpoint", "http://127.0.0.1:1"],
        "is no dataset",
    );
}
