//! Small captures whose files are known by hand, and JSON of others as its reader tells it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::wire::Message;
use super::{CASES, Stacks, convert, folded};

/// pprof's file, read here: values of stacks, and the labels of the first sample with a guest's tag.
#[test]
fn pprof_holds_stacks_and_labels() {
    let bytes = convert("vmx-bad", &["--format", "pprof"]);
    let profile = Message::read(&bytes);
    let texts = profile.texts(6);
    let text = |number: u64| texts[usize::try_from(number).unwrap()];
    let types = profile.messages(1);
    let types: Vec<[&str; 2]> = types
        .iter()
        .map(|told| [text(told.number(1)), text(told.number(2))])
        .collect();
    assert_eq!(types, [["samples", "count"], ["cpu", "nanoseconds"]]);
    assert_eq!(text(profile.number(14)), "samples");
    let mut functions = BTreeMap::new();
    for function in profile.messages(5) {
        functions.insert(function.number(1), text(function.number(2)));
    }
    let mut places = BTreeMap::new();
    for place in profile.messages(4) {
        let line = &place.messages(4)[0];
        places.insert(place.number(1), functions[&line.number(1)]);
    }
    let mut stacks = Stacks::new();
    let mut guest = None;
    for sample in profile.messages(2) {
        let names = sample.numbers(1);
        let names: Vec<&str> = names.iter().rev().map(|place| places[place]).collect();
        *stacks.entry(names.join(";")).or_default() += sample.numbers(2)[0];
        let labels: BTreeMap<&str, &str> = sample
            .messages(3)
            .iter()
            .map(|label| (text(label.number(1)), text(label.number(2))))
            .collect();
        if labels["tag"] == "guest" {
            guest.get_or_insert(labels);
        }
    }
    assert!(stacks == folded("vmx-bad", &[]));
    // HOW.md of the case: mini-vmm runs one vCPU on its thread mini-vcpu0.
    let guest = guest.unwrap();
    assert_eq!((guest["thread"], guest["role"]), ("mini-vcpu0", "vcpu"));
    assert!(guest["vm"].starts_with("mini-vmm "));
}

fn json(case: &str, format: &str) -> Value {
    serde_json::from_slice(&convert(case, &["--format", format])).unwrap()
}

fn list<'v>(value: &'v Value, key: &str) -> &'v Vec<Value> {
    value[key].as_array().unwrap()
}

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn add(stacks: &mut Stacks, names: &[&str], weight: u64) {
    *stacks.entry(names.join(";")).or_default() += weight;
}

/// speedscope's profiles of all threads together are the folded text.
#[test]
fn speedscope_holds_all_stacks() {
    for case in CASES {
        let file = json(case, "speedscope");
        let frames: Vec<&str> = list(&file["shared"], "frames")
            .iter()
            .map(|frame| frame["name"].as_str().unwrap())
            .collect();
        let mut stacks = Stacks::new();
        for profile in list(&file, "profiles") {
            let pairs = list(profile, "samples")
                .iter()
                .zip(list(profile, "weights"));
            let mut sum = 0;
            for (stack, weight) in pairs {
                let weight = weight.as_u64().unwrap();
                let names: Vec<&str> = stack
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|at| frames[number(at)])
                    .collect();
                add(&mut stacks, &names, weight);
                sum += weight;
            }
            assert_eq!(profile["endValue"], sum);
        }
        assert!(stacks == folded(case, &[]), "{case}");
        assert!(number(&file["activeProfileIndex"]) < list(&file, "profiles").len());
    }
}

/// Firefox's threads together are the folded text; markers are the exits that perf counts.
#[test]
fn firefox_holds_all_stacks_and_exits() {
    for case in CASES {
        let file = json(case, "firefox");
        let categories: Vec<&str> = list(&file["meta"], "categories")
            .iter()
            .map(|category| category["name"].as_str().unwrap())
            .collect();
        let (mut stacks, mut exits) = (Stacks::new(), BTreeMap::new());
        for thread in list(&file, "threads") {
            let texts = list(thread, "stringArray");
            let (table, frames) = (&thread["stackTable"], &thread["frameTable"]);
            let samples = &thread["samples"];
            for (stack, weight) in list(samples, "stack").iter().zip(list(samples, "weight")) {
                let (mut at, mut names) = (Some(stack), Vec::new());
                while let Some(stack) = at.filter(|stack| !stack.is_null()) {
                    let frame = &frames["func"][number(&table["frame"][number(stack)])];
                    let name = &thread["funcTable"]["name"][number(frame)];
                    names.push(texts[number(name)].as_str().unwrap());
                    at = Some(&table["prefix"][number(stack)]);
                }
                names.reverse();
                add(&mut stacks, &names, weight.as_u64().unwrap());
            }
            let times: Vec<f64> = list(samples, "time")
                .iter()
                .map(|time| time.as_f64().unwrap())
                .collect();
            assert!(times.is_sorted() && times.first().is_none_or(|&first| first >= 0.0));
            let markers = &thread["markers"];
            for (at, category) in list(markers, "category").iter().enumerate() {
                let name = texts[number(&markers["name"][at])].as_str().unwrap();
                *exits.entry(name.to_owned()).or_insert(0) += 1;
                let data = &markers["data"][at];
                assert_eq!(data["tag"], categories[number(category)]);
                let [from, to] = ["startTime", "endTime"].map(|key| markers[key][at].as_f64());
                assert!(from < to, "{case}");
            }
        }
        assert!(stacks == folded(case, &[]), "{case}");
        // `perf kvm stat report` of the same captures.
        let expected = match case {
            "vmx-bad-tracepoints" => Some(("IO_INSTRUCTION", 138)),
            "svm-bad-tracepoints" => Some(("npf", 50)),
            _ => None,
        };
        assert_eq!(exits.is_empty(), expected.is_none(), "{case}");
        if let Some((reason, count)) = expected {
            assert_eq!(exits[reason], count, "{case}");
        }
    }
}

/// The stacks of a profile of V8 in a trace, one for each sample.
fn v8_stacks(chunk: &Value, stacks: &mut Stacks) {
    let profile = &chunk["args"]["data"]["cpuProfile"];
    let mut paths: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
    for node in list(profile, "nodes") {
        let name = node["callFrame"]["functionName"].as_str().unwrap();
        // The root names no parent.
        let parent = node.get("parent").map(number);
        let path = parent.map_or(Vec::new(), |parent| [&paths[&parent][..], &[name]].concat());
        paths.insert(number(&node["id"]), path);
    }
    for sample in list(profile, "samples") {
        add(stacks, &paths[&number(sample)], 1);
    }
    let deltas = list(&chunk["args"]["data"], "timeDeltas");
    assert_eq!(deltas.len(), list(profile, "samples").len());
}

/// Trace events hold the folded text twice, by weight and as profiles, and exits as slices.
#[test]
fn trace_events_hold_all_stacks_and_exits() {
    for case in CASES {
        let file = json(case, "chrome");
        let mut stacks = Stacks::new();
        for sample in list(&file, "samples") {
            let (mut at, mut names) = (sample["sf"].as_str(), Vec::new());
            while let Some(frame) = at {
                let frame = &file["stackFrames"][frame];
                names.push(frame["name"].as_str().unwrap());
                at = frame["parent"].as_str();
            }
            names.reverse();
            add(&mut stacks, &names, sample["weight"].as_u64().unwrap());
        }
        let expected = folded(case, &[]);
        assert!(stacks == expected, "{case}");
        let (mut by_thread, mut exits) = (Stacks::new(), 0);
        let (mut ids, mut nodes) = (BTreeSet::new(), 0);
        for event in list(&file, "traceEvents") {
            match event["name"].as_str().unwrap() {
                "ProfileChunk" => {
                    v8_stacks(event, &mut by_thread);
                    let own = list(&event["args"]["data"]["cpuProfile"], "nodes");
                    nodes += own.len();
                    ids.extend(own.iter().map(|node| number(&node["id"])));
                }
                "IO_INSTRUCTION" | "npf" => {
                    exits += 1;
                    assert_eq!(event["ph"], "X");
                    assert!(event["args"]["data"]["kernel_ns"].is_u64());
                }
                _ => {}
            }
        }
        assert!(by_thread == expected, "{case}");
        assert_eq!(
            ids.len(),
            nodes,
            "{case}: Firefox wants one number for one node"
        );
        let expected = match case {
            "vmx-bad-tracepoints" => 138,
            "svm-bad-tracepoints" => 50,
            _ => 0,
        };
        assert_eq!(exits, expected, "{case}");
    }
}

/// The call tree as JSON: what ends at nodes is the folded text, and totals add up.
#[test]
fn json_holds_the_call_tree() {
    for more in [&[][..], &["--reverse"], &["--weight", "period"]] {
        let bytes = convert("vmx-bad", &[&["--format", "json"], more].concat());
        let file: Value = serde_json::from_slice(&bytes).unwrap();
        let mut paths: BTreeMap<usize, Vec<&str>> = BTreeMap::new();
        let (mut stacks, mut roots) = (Stacks::new(), 0);
        for node in list(&file, "nodes") {
            let name = node["name"].as_str().unwrap();
            let parent = &node["parent"];
            let above = if parent.is_null() {
                roots += node["total"].as_u64().unwrap();
                Vec::new()
            } else {
                paths[&number(parent)].clone()
            };
            let path = [&above[..], &[name]].concat();
            let own = node["self"].as_u64().unwrap();
            if own > 0 {
                add(&mut stacks, &path, own);
            }
            paths.insert(number(&node["id"]), path);
        }
        assert_eq!(file["total"], roots);
        assert!(stacks == folded("vmx-bad", more), "{more:?}");
    }
}
