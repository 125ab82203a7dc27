//! The page is well formed, runs nothing but its own, and says what the other verbs say.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::reading::{between, case, page, read, run};

const CASES: [&str; 6] = [
    "svm-bad-tracepoints",
    "svm-bad",
    "vmx-bad-tracepoints",
    "trace-dat/svm-7-zstd.dat",
    "trace-dat/reports/svm-7-zstd.report.txt.xz",
    "arm64",
];

/// The sections of the page, in their order.
const SECTIONS: [&str; 10] = [
    "finding",
    "advice",
    "flame",
    "heat",
    "exit-flame",
    "threads",
    "exits",
    "slowest",
    "ready",
    "quality",
];

/// Whatever a capture lacks, its page has all sections, and no link of it leads nowhere.
#[test]
fn each_page_is_well_formed_and_whole() {
    for name in CASES {
        let input = case(name);
        let found = read(&page(&[&input]));
        for section in SECTIONS {
            assert!(found.ids.contains(section), "{name}: {section}");
        }
        for link in &found.links {
            if link == "data:," {
                continue;
            }
            let id = link.strip_prefix('#').unwrap();
            assert!(found.ids.contains(id), "{name}: {link}");
        }
        for element in ["script", "style", "iframe", "object", "base", "form"] {
            assert!(!found.elements.contains(element), "{name}: {element}");
        }
    }
}

/// Base64 of what `sha256sum` says.
fn sha256(text: &str) -> String {
    let mut sum = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    sum.stdin
        .take()
        .unwrap()
        .write_all(text.as_bytes())
        .unwrap();
    let said = String::from_utf8(sum.wait_with_output().unwrap().stdout).unwrap();
    let bytes = (0..32).map(|at| u8::from_str_radix(&said[2 * at..2 * at + 2], 16).unwrap());
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = bytes
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1))
        .collect();
    let sixes = bits.chunks(6).map(|six| {
        let value = six.iter().fold(0, |value, bit| value << 1 | bit) << (6 - six.len());
        char::from(letters[usize::from(value)])
    });
    let mut text: String = sixes.collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// The policy is what keeps hostile names from being run where all else fails.
#[test]
fn the_policy_allows_the_one_script_and_the_one_style() {
    let page = page(&[&case("svm-bad")]);
    let policy = between(
        &page,
        "http-equiv=\"Content-Security-Policy\" content=\"",
        "\"",
    );
    let policy = policy.replace("&#39;", "'");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for forbidden in ["unsafe", "http", "*", "self"] {
        assert!(!policy.contains(forbidden), "{policy}");
    }
    let style = sha256(between(&page, "<style>", "</style>"));
    assert!(
        policy.contains(&format!("style-src 'sha256-{style}';")),
        "{policy}"
    );
    let script = sha256(between(&page, "<script>", "</script>"));
    assert!(
        policy.contains(&format!("script-src 'sha256-{script}';")),
        "{policy}"
    );
}

fn json(arguments: &[&str]) -> Value {
    let ran = run(arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

/// A number of JSON, as the page has it.
fn number(value: &Value) -> Option<f64> {
    let Value::String(text) = value else {
        return value.as_f64();
    };
    let hex = text.strip_prefix("0x")?;
    Some(u64::from_str_radix(hex, 16).unwrap() as f64)
}

/// A number in the page that differs from what `exits` says would be a wrong page.
#[test]
fn tables_say_what_the_other_verbs_say() {
    let input = case("svm-bad-tracepoints");
    let found = read(&page(&[&input]));
    for by in ["reason", "vcpu", "device", "port", "mmio", "apic", "msr"] {
        let told = json(&["exits", &input, "--by", by, "--json"]);
        let rows = told["tables"]["exits"]["rows"].as_array().unwrap();
        let shown = &found.tables[&format!("exits-{by}")].rows;
        assert_eq!(rows.len(), shown.len(), "{by}");
        for (row, shown) in rows.iter().zip(shown) {
            for (key, value) in row.as_object().unwrap() {
                match (value, &shown[key]) {
                    (Value::Array(_), _) => {}
                    (Value::Null, text) => assert_eq!(text, "–", "{by} {key}"),
                    (Value::String(text), shown) if number(value).is_none() => {
                        assert_eq!(text, shown, "{by} {key}");
                    }
                    (value, shown) => {
                        let shown: f64 = shown.parse().unwrap();
                        let told = number(value).unwrap();
                        assert!((shown - told).abs() <= 1e-6, "{by} {key}: {shown} {told}");
                    }
                }
            }
        }
    }
    let told = json(&["threads", &input, "--json"]);
    let rows = told["tables"]["threads"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), found.tables["thread-times"].rows.len());
}

/// Advice without the place that shows it is a claim.
#[test]
fn evidence_leads_to_the_row_that_shows_it() {
    let found = read(&page(&[&case("svm-bad-tracepoints")]));
    // What `vmflame exits --by port` and `--by apic` have in this capture.
    for id in ["exits-port-0x608-read", "exits-apic-0x80-write"] {
        assert!(found.ids.contains(id), "{id}");
        assert!(found.links.contains(&format!("#{id}")), "{id}");
    }
}

/// Two people who compare pages must not wonder.
#[test]
fn the_same_capture_gives_the_same_page() {
    let input = case("svm-bad-tracepoints");
    let one = page(&[&input, "--threads", "1"]);
    assert!(one == page(&[&input, "--threads", "4"]));
    assert!(one == page(&[&input, "-o", "-"]));
}

/// A page in the place of a capture would cost the capture.
#[test]
fn no_page_takes_the_place_of_an_input() {
    let input = case("svm-bad/perf.data");
    let ran = run(&["report", &input, "-o", &input]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    let after = case("svm-good/perf.data");
    let ran = run(&["report", &input, "--after", &after, "-o", &after]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
}

/// A case is unpacked into a folder of another name each time: its page has the case's own name, and is
/// the same whenever it is made.
#[test]
fn a_page_of_a_case_is_the_same_each_time() {
    let folder = tempfile::tempdir().unwrap();
    let packed = folder.path().join("case.tar.gz");
    let packed = packed.to_str().unwrap();
    let ran = run(&["pack", &case("svm-bad"), "-o", packed]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let pages = [(); 2].map(|()| page(&[packed]));
    assert!(
        pages[0].contains("case.tar.gz/case/mtree"),
        "devices by whom"
    );
    assert!(pages[0] == pages[1], "two pages of one case differ");
}

/// Functions that `convert` leaves out with an option are left out of the page by it too.
#[test]
fn stacks_are_cut_as_is_asked_for() {
    let input = case("svm-bad");
    let functions = |option: &[&str]| -> BTreeSet<String> {
        let convert = ["convert", &input, "--format", "folded", "-o", "-"];
        let folded = run(&[&convert[..], option].concat());
        let stacks = folded.out.lines().filter_map(|line| line.rsplit_once(' '));
        stacks
            .flat_map(|(stack, _)| stack.split(';'))
            .map(str::to_owned)
            .collect()
    };
    let flame = |option: &[&str]| {
        let page = page(&[&[input.as_str()], option].concat());
        between(&page, "<section id=\"flame\"", "</section>").to_owned()
    };
    let (all, whole) = (functions(&[]), flame(&[]));
    for option in [&["--no-idle"][..], &["--max-stack", "2"]] {
        let (left, asked) = (functions(option), flame(option));
        let mut gone = all
            .difference(&left)
            .filter(|name| whole.contains(&***name))
            .peekable();
        assert!(gone.peek().is_some(), "{option:?}");
        for name in gone {
            let is_part = left.iter().any(|other| other.contains(&**name));
            assert!(is_part || !asked.contains(&**name), "{option:?}: {name}");
        }
    }
}
