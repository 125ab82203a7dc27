//! Downloads from a debuginfod server, which this test is.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::fs;
use std::io::{BufRead, BufReader, Cursor as Memory, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use vmflame::bytes::Little;
use vmflame::object::read_build_id;
use vmflame::perf::writer::{
    Description, FeatureSection, FileIdentity, FileWriter, RecordWriter, SampleValues,
    WrittenEvent, WrittenRecord,
};
use vmflame::units::{Avma, BuildId, FileOffset, Pid, Tid};

/// A server that has some files; returns its address, and what it was asked for.
fn server(files: Vec<(String, Vec<u8>)>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let head: Vec<String> = lines
                .map_while(Result::ok)
                .take_while(|line| !line.is_empty())
                .collect();
            let path = head[0].split(' ').nth(1).unwrap().to_owned();
            let found = files.iter().find(|(name, _)| *name == path);
            let (status, body) = match found {
                Some((_, body)) => ("200 OK", body.as_slice()),
                None => ("404 Not Found", &b"not found"[..]),
            };
            let len = body.len();
            let head =
                format!("HTTP/1.1 {status}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n");
            seen.lock().unwrap().push(path);
            stream.write_all(head.as_bytes()).unwrap();
            stream.write_all(body).unwrap();
        }
    });
    (address, asked)
}

/// A capture of a sample in the program of `testdata/inlined/packed5`, in its function `basket`.
fn write(place: &Path, build_id: &BuildId) {
    let mut event = WrittenEvent::cpu_clock();
    event.ids = vec![1];
    let mut records = RecordWriter::<Little>::new();
    let mapping = WrittenRecord::Mmap2 {
        pid: Pid::new(7),
        tid: Tid::new(7),
        start: Avma::new(0x40_0000),
        len: 0x1000,
        file_offset: FileOffset::new(0),
        identity: FileIdentity::BuildId(build_id.clone()),
        prot: 5,
        flags: 2,
        name: b"/opt/shop/packed5",
    };
    records.entry(2, &mapping, Some((&event.attr, &SampleValues::default())));
    let ip = function("testdata/inlined/packed5.llvm.txt", "basket");
    let values = SampleValues {
        id: 1,
        ip,
        pid: Pid::new(7),
        tid: Tid::new(7),
        chain: &[0xffff_ffff_ffff_fe00, ip],
        ..SampleValues::default()
    };
    records.sample(&event.attr, 2, &values);
    let events = vec![event];
    let features = vec![FeatureSection::event_names(&events)];
    let description = Description { events, features };
    let mut out = FileWriter::<Little, _>::new(Memory::new(Vec::new()), &description).unwrap();
    out.write(records.bytes()).unwrap();
    fs::write(place, out.finish().unwrap().into_inner()).unwrap();
}

/// The first address that a text of llvm-symbolizer tells of a function.
fn function(text: &str, name: &str) -> u64 {
    let text = fs::read_to_string(text).unwrap();
    let mut blocks = text.split("\n\n");
    let found = blocks
        .find(|block| block.lines().nth(1) == Some(name))
        .unwrap();
    let address = found.lines().next().unwrap().trim_start_matches("0x");
    u64::from_str_radix(address, 16).unwrap()
}

fn run(cache: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vmflame"));
    command.env("DEBUGINFOD_CACHE_PATH", cache);
    command.env_remove("DEBUGINFOD_URLS");
    for proxy in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    command.args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Only what is lacking is asked for, only where it is wanted, and once; a file of another build does
/// not stay.
#[test]
fn files_are_downloaded_by_build_id() {
    let folder = tempfile::tempdir().unwrap();
    let (cache, data) = (folder.path().join("cache"), folder.path().join("perf.data"));
    let program = fs::read("testdata/inlined/packed5").unwrap();
    let build_id = read_build_id(&program).unwrap();
    write(&data, &build_id);
    let data = data.to_str().unwrap();
    let path = format!("/buildid/{build_id}/executable");
    let (url, asked) = server(vec![(path.clone(), program.clone())]);
    let option = format!("--debuginfod={url}");
    let convert = |option: &[&str]| {
        let arguments = [&["convert", "--format", "folded", data][..], option].concat();
        let output = run(&cache, &arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        output
    };
    assert!(text(&convert(&[]).stdout).contains("[packed5]"));
    assert!(asked.lock().unwrap().is_empty());
    let output = convert(&[&option]);
    assert!(
        text(&output.stdout).contains("basket"),
        "{}",
        text(&output.stdout)
    );
    let kept = cache.join(build_id.to_string()).join("executable");
    assert_eq!(fs::read(kept).unwrap(), program);
    let debug = format!("/buildid/{build_id}/debuginfo");
    let mut all = std::mem::take(&mut *asked.lock().unwrap());
    all.sort();
    assert_eq!(all, [debug, path.clone()]);
    assert!(text(&output.stderr).contains("1 of 2 files could not be downloaded"));
    // It is there: the debug information too.
    assert!(text(&convert(&[&option]).stdout).contains("basket"));
    assert!(asked.lock().unwrap().is_empty());

    let other = fs::read("testdata/inlined/split5").unwrap();
    let (url, _) = server(vec![(path, other)]);
    let cache = folder.path().join("other");
    let output = run(&cache, &["info", data, &format!("--debuginfod={url}")]);
    let told = text(&output.stdout);
    assert!(told.contains("is of another build"), "{told}");
    assert!(!cache.join(build_id.to_string()).exists());
}

/// Each verb that names functions downloads what names them.
#[test]
fn all_verbs_that_name_functions_download() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("perf.data");
    let program = fs::read("testdata/inlined/packed5").unwrap();
    let build_id = read_build_id(&program).unwrap();
    write(&data, &build_id);
    let data = data.to_str().unwrap();
    let path = format!("/buildid/{build_id}/executable");
    let (url, _) = server(vec![(path, program)]);
    let option = format!("--debuginfod={url}");
    let page = folder.path().join("report.html");
    let verbs: [&[&str]; 7] = [
        &["info", "--names", data],
        &["info", "--top=9", data],
        &["diff", data, data],
        &["exits", data],
        &["advise", data],
        &["report", data, "-o", page.to_str().unwrap()],
        &["convert", data, "--format", "csv"],
    ];
    for (number, verb) in verbs.into_iter().enumerate() {
        let cache = folder.path().join(format!("cache{number}"));
        let output = run(&cache, &[verb, &[&option]].concat());
        let kept = cache.join(build_id.to_string()).join("executable");
        assert!(kept.exists(), "{verb:?}: {}", text(&output.stderr));
    }
}

/// Without a server there is nothing to ask.
#[test]
fn downloads_need_a_server() {
    let output = run(
        Path::new("/nonexistent"),
        &["info", "testdata/svm-bad", "--debuginfod"],
    );
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no server is known"));
}
