//! Cohorts compared: what was planted in a made-up fleet is what is marked.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use crate::fleet::engine;
use crate::folder::{Folder, json, run};
use crate::two_kernels::TwoKernels;
use serde_json::Value as Json;

fn fleet(name: &str, hosts: u64) -> Folder {
    let folder = Folder::new(name);
    let days = 2;
    TwoKernels {
        hosts,
        days,
        seed: 5,
    }
    .write(&folder);
    folder
}

/// The command that compares two cohorts.
fn comparison<'a>(folder: &'a Folder, engine: &'a str, sides: [&'a str; 2]) -> Vec<&'a str> {
    let [before, after] = sides;
    let mut command = vec!["diff", folder.path(), "--before", before];
    command.extend(["--after", after, "--engine", engine]);
    command
}

/// The rows of a comparison.
fn compared(folder: &Folder, engine: &str, sides: [&str; 2]) -> Vec<Json> {
    let command = [comparison(folder, engine, sides), vec!["--json"]].concat();
    let told = json(&command);
    told["tables"]["changes"]["rows"]
        .as_array()
        .unwrap()
        .clone()
}

fn find<'r>(rows: &'r [Json], kind: &str, name: &str) -> &'r Json {
    let is_it = |row: &&Json| row["kind"] == kind && row["name"] == name;
    rows.iter()
        .find(is_it)
        .unwrap_or_else(|| panic!("{kind} {name}: {rows:?}"))
}

/// The kernel 6.12 takes 40 times as long for the PM timer, on 10 hosts of 40, which no host is of
/// both: the sides are groups. That one host has 100 times as many page faults marks nothing.
#[test]
fn a_planted_kernel_is_marked_and_one_bad_host_is_not() {
    let Some(engine) = engine() else {
        return;
    };
    let engine = engine.to_str().unwrap();
    let folder = fleet("diff-kernels", 40);
    let kernels = ["kernel = '6.1'", "kernel = '6.12'"];
    let rows = compared(&folder, engine, kernels);
    let slow = find(&rows, "register-time", "port 0x608");
    assert_eq!(slow["mark"], "*", "{slow}");
    assert_eq!(
        (&slow["hosts_before"], &slow["hosts_after"]),
        (&Json::from(30), &Json::from(10))
    );
    assert_eq!(slow["paired"], "no");
    // 200 to 220 a second of 1 µs and of 40 µs each.
    let [before, after] = ["before", "after"].map(|side| slow[side].as_f64().unwrap());
    assert!(
        (0.2..0.22).contains(&before) && (8.0..8.8).contains(&after),
        "{slow}"
    );
    let change = slow["change"].as_f64().unwrap();
    assert!((change - (after - before)).abs() < 1e-9);
    // The buckets of 1000 ns and of 40 000 ns end at 1024 and at 40 960.
    let median = find(&rows, "reason-p50", "IO_INSTRUCTION");
    for (side, micros) in [("before", 1.024), ("after", 40.96)] {
        let found = median[side].as_f64().unwrap();
        assert!((found / micros - 1.0).abs() < 1e-9, "{median}");
    }
    assert_eq!(median["mark"], "*");
    for (kind, name) in [
        ("reason", "EPT_VIOLATION"),
        ("register", "port 0x608"),
        ("tag", "guest"),
        ("frame", "vcpu_run"),
    ] {
        assert_eq!(find(&rows, kind, name)["mark"], "", "{kind} {name}");
    }
    assert_eq!(find(&rows, "tag", "guest")["before"], 90.0);
    assert_eq!(find(&rows, "tag", "exits")["before"], 10.0);
    // Marked rows come first.
    let marks: Vec<bool> = rows.iter().map(|row| row["mark"] == "*").collect();
    assert!(marks.is_sorted_by(|a, b| a >= b));
    // By another way: the mean of hosts' means.
    let sql = "SELECT avg(mean) AS mean FROM (SELECT c.host, avg(e.time_ns / 1e6 / (c.duration_ns / 1e9)) \
               AS mean FROM exits e JOIN captures c USING (date, hour, capture) WHERE c.kernel = '6.12' \
               AND e.register = 'port 0x608' GROUP BY c.host)";
    let told = json(&[
        "fleet",
        folder.path(),
        "--sql",
        sql,
        "--engine",
        engine,
        "--json",
    ]);
    let mean = told["tables"]["answer"]["rows"][0]["mean"]
        .as_f64()
        .unwrap();
    assert!((mean / after - 1.0).abs() < 1e-9);
}

/// The same hosts on two days are compared with themselves: what is new on the second is marked, and
/// nothing else; the other way round it is gone.
#[test]
fn hosts_of_both_sides_are_compared_with_themselves() {
    let Some(engine) = engine() else {
        return;
    };
    let engine = engine.to_str().unwrap();
    let folder = fleet("diff-days", 60);
    let days = ["date = '2026-11-25'", "date = '2026-11-26'"];
    for (sides, sign) in [(days, 1.0), ([days[1], days[0]], -1.0)] {
        let rows = compared(&folder, engine, sides);
        for row in &rows {
            let is_planted = row["name"] == "MSR_READ" || row["name"] == "msr 0x40000020";
            let is_time = row["kind"].as_str().unwrap().contains("-p");
            assert_eq!(row["mark"] == "*", is_planted && !is_time, "{row}");
            assert_eq!(row["paired"], "yes");
        }
        let new = find(&rows, "register", "msr 0x40000020");
        assert_eq!(new["hosts_after"], 60);
        assert!(new["change"].as_f64().unwrap() * sign > 0.0);
        assert_eq!(new[if sign > 0.0 { "before" } else { "after" }], 0.0);
    }
}

/// Conditions fail a build as they do of two captures, in both directions.
#[test]
fn conditions_are_held_against_cohorts() {
    let Some(engine) = engine() else {
        return;
    };
    let engine = engine.to_str().unwrap();
    let folder = fleet("diff-gates", 40);
    let gate = |conditions: &[&str]| {
        let mut arguments = comparison(&folder, engine, ["kernel = '6.1'", "kernel = '6.12'"]);
        for condition in conditions {
            arguments.extend(["--fail-if", condition]);
        }
        run(&arguments)
    };
    for (condition, code, word) in [
        ("exit-time:port:0x608 > +10%", 1, "failed"),
        ("exit-p99:IO_INSTRUCTION > +20%", 1, "failed"),
        ("exit-reason:IO_INSTRUCTION/s > +10%", 0, "passed"),
        ("exit-reason:EPT_VIOLATION/s < -50%", 0, "within the noise"),
        ("exit:pio > +1pt", 0, "passed"),
        ("exit:mmio > +1pt", 0, "passed"),
        ("frame:vcpu_run < -1pt", 0, "passed"),
        ("frame:nowhere > +1pt", 2, "cannot be judged"),
        ("port:0x608 > +1", 2, "write /s"),
        ("ready-time > 5%", 2, "ready"),
        ("event:kvm:kvm_exit/s > +10%", 2, "no occurrences"),
    ] {
        let done = gate(&[condition]);
        assert_eq!(done.code, Some(code), "{condition}: {}", done.err);
        assert!(done.err.contains(word), "{condition}: {}", done.err);
    }
}

/// What cannot be compared is said: too few hosts, sides that are not apart, empty sides.
#[test]
fn what_cannot_be_compared_is_said() {
    let Some(engine) = engine() else {
        return;
    };
    let engine = engine.to_str().unwrap();
    let folder = fleet("diff-few", 8);
    let diff = |before: &str, after: &str| run(&comparison(&folder, engine, [before, after]));
    // Two hosts of eight have the kernel.
    let few = diff("kernel = '6.1'", "kernel = '6.12'");
    assert_eq!(few.code, Some(0), "{}", few.err);
    assert!(few.out.contains("too few hosts: "), "{}", few.out);
    assert!(few.out.contains("* marks 0 of "), "{}", few.out);
    for (before, after, part) in [
        ("kernel = '6.1'", "cpus IS NULL", "passes both conditions"),
        ("kernel = '6.1'", "kernel = '7.0'", "--after: nothing"),
        ("kernel = '6.1'", "tag = 'guest'", "column of samples"),
        ("kernel = '6.1'", "kernel = 1; x", "no part of a condition"),
    ] {
        let done = diff(before, after);
        assert_eq!(done.code, Some(2), "{before} {after}");
        assert!(done.err.contains(part), "{}", done.err);
    }
    let refused = run(&["diff", folder.path()]);
    assert!(refused.err.contains("error"), "{}", refused.err);
}
