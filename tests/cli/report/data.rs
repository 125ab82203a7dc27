//! The data that the page's script reads: what it draws must add up to what is written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::reading::{between, case, page, run};

/// The data of a page, unpacked as a browser does: base64, then gzip.
fn data(page: &str) -> Value {
    let packed = between(page, "id=\"data\">", "</script>");
    let packed = STANDARD.decode(packed).unwrap();
    serde_json::from_reader(flate2::read::GzDecoder::new(&packed[..])).unwrap()
}

/// A list of numbers, of which each may be the difference to the one before.
fn numbers(list: &Value, is_coded: bool) -> Vec<i64> {
    let mut before = 0;
    let list = list.as_array().unwrap().iter().map(|number| {
        let number = number.as_i64().unwrap();
        before = if is_coded { before + number } else { number };
        before
    });
    list.collect()
}

fn sum(list: &Value) -> u64 {
    list.as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_u64().unwrap())
        .sum()
}

/// Every number that refers to a list is in it, and rows add up to the whole.
fn check_graph(side: &Value, graph: &Value) {
    let (names, threads) = (&graph["names"], &side["threads"]);
    let len = |list: &Value| i64::try_from(list.as_array().unwrap().len()).unwrap();
    let frames = &graph["frames"];
    for &name in &numbers(&frames["name"], false) {
        assert!((0..len(names)).contains(&name));
    }
    let nodes = &graph["nodes"];
    for (own, up) in (0..).zip(numbers(&nodes["up"], false)) {
        assert!(
            (0..=own).contains(&up),
            "a parent stands before its children"
        );
    }
    for &frame in &numbers(&nodes["frame"], false) {
        assert!((0..len(&frames["name"])).contains(&frame));
    }
    let rows = &graph["rows"];
    assert_eq!(rows["coding"], "delta");
    let buckets = side["times"]["buckets"].as_i64().unwrap_or(1);
    for (column, end) in [
        ("node", len(&nodes["up"])),
        ("thread", len(threads)),
        ("bucket", buckets),
    ] {
        let all = numbers(&rows[column], true);
        assert_eq!(all.len(), rows["weight"].as_array().unwrap().len());
        assert!(
            all.iter().all(|number| (0..end).contains(number)),
            "{column}"
        );
    }
    assert_eq!(sum(&rows["weight"]), graph["total"].as_u64().unwrap());
}

/// The sum of what `convert` writes as folded text, by the last word of each line.
fn folded_total(arguments: &[&str]) -> u64 {
    let ran = run(&[&["convert", "--format", "folded"], arguments].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let weights = ran.out.lines().map(|line| line.rsplit_once(' ').unwrap().1);
    weights.map(|weight| weight.parse::<u64>().unwrap()).sum()
}

/// What filters show in the page is a sum of these rows: of all, it is what `convert` draws.
#[test]
fn rows_add_up_to_what_convert_draws() {
    for (name, samples, exits) in [
        ("svm-bad", true, false),
        ("svm-bad-tracepoints", true, true),
        ("vmx-bad-tracepoints", true, true),
        ("trace-dat/svm-7-zstd.dat", false, true),
    ] {
        let input = case(name);
        let data = data(&page(&[&input]));
        let side = &data["sides"][0];
        let graphs = &side["graphs"];
        assert_eq!(graphs["cpu"].is_object(), samples, "{name}");
        assert_eq!(graphs["exits"].is_object(), exits, "{name}");
        if samples {
            check_graph(side, &graphs["cpu"]);
            let drawn = folded_total(&[&input]);
            assert_eq!(graphs["cpu"]["total"].as_u64(), Some(drawn), "{name}");
        }
        if exits {
            check_graph(side, &graphs["exits"]);
            let drawn = folded_total(&[&input, "--weight", "exit-time"]);
            assert_eq!(graphs["exits"]["total"].as_u64(), Some(drawn), "{name}");
            let told = run(&["exits", &input, "--json"]);
            let told: Value = serde_json::from_str(&told.out).unwrap();
            let rows = &side["exits"]["rows"];
            assert_eq!(
                Some(sum(&rows["count"])),
                told["facts"]["exits"].as_u64(),
                "{name}"
            );
        }
    }
}

/// Each side has its own times, and changes have their colours.
#[test]
fn two_sides_are_told_apart() {
    let (before, after) = (case("svm-bad"), case("svm-good"));
    let page = page(&[&before, "--after", &after]);
    let data = data(&page);
    let sides = data["sides"].as_array().unwrap();
    for (side, label) in sides.iter().zip(["before", "after"]) {
        assert_eq!(side["label"], label);
        check_graph(side, &side["graphs"]["cpu"]);
    }
    assert_eq!(data["changes"]["less"].as_array().unwrap().len(), 4);
    let found = super::reading::read(&page);
    let told = run(&["diff", &before, &after, "--json"]);
    let told: Value = serde_json::from_str(&told.out).unwrap();
    let heads = &found.tables["changes-heads"].rows;
    let guest = heads.iter().find(|row| row["what"] == "guest").unwrap();
    for side in ["before", "after"] {
        let shown: f64 = guest[side].parse().unwrap();
        let told = told["tags"]["guest"][side].as_f64().unwrap();
        assert!(
            (shown * 100.0 - told).abs() < 1e-3,
            "{side}: {shown} {told}"
        );
    }
}
