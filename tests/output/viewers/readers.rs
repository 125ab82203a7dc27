//! What programs of others make of the files.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::{CASES, Stacks, convert, folded};
use crate::common::shared::skipped;

/// A file of this test's own.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("viewers");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    path
}

/// What a program prints; `None`, said once, where it or what it needs is not installed.
fn printed(program: &str, arguments: &[&str], what: &str) -> Option<String> {
    let answer = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output();
    let Ok(answer) = answer else {
        skipped(&format!("{program} is not installed ({what})"));
        return None;
    };
    // What the scripts say when a package is not there.
    if answer.status.code() == Some(77) {
        skipped(&format!("{what} is not installed for {program}"));
        return None;
    }
    assert!(
        answer.status.success(),
        "{what}: {}{}",
        String::from_utf8_lossy(&answer.stdout),
        String::from_utf8_lossy(&answer.stderr)
    );
    Some(String::from_utf8_lossy(&answer.stdout).into_owned())
}

/// Python with the packages of the readers: `VMFLAME_PYTHON`, or the one in PATH.
fn python() -> String {
    std::env::var("VMFLAME_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

/// `STACK<TAB>WEIGHT` lines.
fn read(text: &str) -> Stacks {
    let mut stacks = Stacks::new();
    for line in text.lines() {
        let (stack, weight) = line.rsplit_once('\t').unwrap();
        *stacks.entry(stack.to_owned()).or_default() += weight.parse::<u64>().unwrap();
    }
    stacks
}

/// A sample that `go tool pprof -raw` tells.
struct RawSample {
    values: Vec<u64>,
    /// Root first.
    names: Vec<String>,
    labels: String,
}

/// What `go tool pprof -raw` tells.
fn raw_pprof(text: &str) -> Vec<RawSample> {
    let mut functions: BTreeMap<u64, String> = BTreeMap::new();
    let (mut samples, mut labels, mut part) = (Vec::new(), Vec::new(), "");
    for line in text.lines() {
        match line {
            "Samples:" | "Locations" | "Mappings" => part = line,
            _ if part == "Samples:" && line.contains(":[") => labels.push(line.trim().to_owned()),
            _ if part == "Samples:" => {
                let Some((values, places)) = line.split_once(": ") else {
                    continue;
                };
                let numbers = |text: &str| -> Vec<u64> {
                    let words = text.split_whitespace();
                    words.map(|word| word.parse().unwrap()).collect()
                };
                samples.push((numbers(values), numbers(places)));
            }
            _ if part == "Locations" => {
                // `     1: 0x0 M=1 name file:0:0 s=0`
                let (number, rest) = line.trim().split_once(": 0x0 ").unwrap();
                let name = rest.split_once(' ').map_or(rest, |(first, behind)| {
                    if first.starts_with("M=") {
                        behind
                    } else {
                        rest
                    }
                });
                let end = name.rfind(" s=").unwrap();
                let end = name[..end].rfind(' ').unwrap();
                functions.insert(number.parse().unwrap(), name[..end].to_owned());
            }
            _ => {}
        }
    }
    assert_eq!(samples.len(), labels.len());
    let pairs = samples.into_iter().zip(labels);
    let named = pairs.map(|((values, places), labels): ((_, Vec<u64>), _)| RawSample {
        values,
        names: places
            .iter()
            .rev()
            .map(|place| functions[place].clone())
            .collect(),
        labels,
    });
    named.collect()
}

/// Stacks that Go's pprof tells are those of folded text, in samples and by period.
#[test]
fn go_reads_pprof() {
    for case in CASES {
        let path = file(
            &format!("{case}.pb"),
            &convert(case, &["--format", "pprof"]),
        );
        let arguments = ["tool", "pprof", "-raw", path.to_str().unwrap()];
        let Some(text) = printed("go", &arguments, "go tool pprof") else {
            return;
        };
        let samples = raw_pprof(&text);
        for (at, weight) in ["samples", "period"].into_iter().enumerate() {
            let mut stacks = Stacks::new();
            for sample in &samples {
                *stacks.entry(sample.names.join(";")).or_default() += sample.values[at];
            }
            assert!(
                stacks == folded(case, &["--weight", weight]),
                "{case} {weight}"
            );
        }
        let is_told = |key: &str| {
            let key = format!("{key}:[");
            samples.iter().all(|sample| sample.labels.contains(&key))
        };
        assert!(
            ["tag", "thread", "role", "pid", "tid"]
                .into_iter()
                .all(is_told)
        );
    }
}

/// Where tracepoints tell exits, samples within them have the exit's reason and device.
#[test]
fn go_reads_labels_of_exits() {
    let bytes = convert(
        "svm-bad-tracepoints",
        &["-e", "kvm:kvm_exit", "--format", "pprof"],
    );
    let path = file("exits.pb", &bytes);
    let arguments = ["tool", "pprof", "-raw", path.to_str().unwrap()];
    let Some(text) = printed("go", &arguments, "go tool pprof") else {
        return;
    };
    let samples = raw_pprof(&text);
    let of = |what: &str| -> u64 {
        let told = samples.iter().filter(|sample| sample.labels.contains(what));
        told.map(|sample| sample.values[0]).sum()
    };
    // `perf kvm stat report` of the same capture: 42 io, 50 npf, 17 interrupt, 4 msr, 2 cpuid, 1 vintr
    // with times, and one exit that the end of the capture cuts off.
    assert_eq!([of("exit_reason:["), of("")], [116, 117]);
    for (reason, exits) in [("io", 42), ("npf", 50), ("interrupt", 17), ("msr", 4)] {
        assert_eq!(of(&format!("exit_reason:[{reason}]")), exits, "{reason}");
    }
    assert_eq!(of("device:[acpi-tmr (ACPI PM timer)]"), 26);
    assert_eq!(of("exit_target:[port 0x608 read]"), 26);
}

const PERFETTO: &str = r#"
import sys
from collections import Counter
try:
    from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb
except ImportError:
    sys.exit(77)
trace = pb.Trace()
trace.ParseFromString(open(sys.argv[1], "rb").read())
names, frames, stacks, told, open_slices = {}, {}, {}, Counter(), 0
tracks, last = {}, 0
for packet in trace.packet:
    for one in packet.interned_data.function_names:
        names[one.iid] = one.str.decode()
    for one in packet.interned_data.frames:
        frames[one.iid] = one.function_name_id
    for one in packet.interned_data.callstacks:
        stacks[one.iid] = list(one.frame_ids)
    if packet.HasField("track_descriptor"):
        tracks[packet.track_descriptor.uuid] = packet.track_descriptor.thread.tid
    if packet.HasField("perf_sample"):
        sample = packet.perf_sample
        told[";".join(names[frames[one]] for one in stacks[sample.callstack_iid])] += 1
        assert packet.timestamp >= last
        last = packet.timestamp
    if packet.HasField("track_event"):
        event = packet.track_event
        assert event.track_uuid in tracks
        if event.type == event.TYPE_SLICE_BEGIN:
            told["exit:" + event.name] += 1
for stack, weight in told.items():
    print(stack, weight, sep="\t")
"#;

/// Perfetto's own message classes tell the stacks of folded text, and the exits that perf counts.
#[test]
fn python_reads_perfetto() {
    for case in CASES {
        let path = file(
            &format!("{case}.pftrace"),
            &convert(case, &["--format", "perfetto"]),
        );
        let arguments = ["-c", PERFETTO, path.to_str().unwrap()];
        let Some(text) = printed(&python(), &arguments, "perfetto") else {
            return;
        };
        let mut stacks = read(&text);
        let exits: u64 = ["IO_INSTRUCTION", "EPT_VIOLATION", "io", "npf"]
            .into_iter()
            .filter_map(|reason| stacks.remove(&format!("exit:{reason}")))
            .sum();
        stacks.retain(|stack, _| !stack.starts_with("exit:"));
        assert!(stacks == folded(case, &[]), "{case}");
        // `perf kvm stat report`: 138 IO_INSTRUCTION, 285 EPT_VIOLATION; 42 io, 50 npf.
        let expected = match case {
            "vmx-bad-tracepoints" => 138 + 285,
            "svm-bad-tracepoints" => 42 + 50,
            _ => 0,
        };
        assert_eq!(exits, expected, "{case}");
    }
}

const OTLP: &str = r#"
import sys
from collections import Counter
try:
    from opentelemetry.proto.profiles.v1development import profiles_pb2 as pb
except ImportError:
    sys.exit(77)
data = pb.ProfilesData()
data.ParseFromString(open(sys.argv[1], "rb").read())
tables = data.dictionary
texts = tables.string_table
assert texts[0] == ""
for table in (tables.mapping_table, tables.location_table, tables.function_table,
              tables.link_table, tables.stack_table, tables.attribute_table):
    assert table[0].ByteSize() == 0
told = Counter()
for profile in data.resource_profiles[0].scope_profiles[0].profiles:
    kind = texts[profile.sample_type.type_strindex]
    for sample in profile.samples:
        places = tables.stack_table[sample.stack_index].location_indices
        names = [texts[tables.function_table[tables.location_table[place].lines[0].function_index]
                 .name_strindex] for place in places]
        told[kind + ";" + ";".join(reversed(names))] += sample.values[0]
        labels = {texts[tables.attribute_table[one].key_strindex] for one in sample.attribute_indices}
        assert {"tag", "thread", "role", "pid", "tid"} <= labels, labels
for stack, weight in told.items():
    print(stack, weight, sep="\t")
"#;

/// OpenTelemetry's own message classes tell the stacks of folded text, in samples and by period.
#[test]
fn python_reads_otlp() {
    for case in CASES {
        let path = file(
            &format!("{case}.otlp"),
            &convert(case, &["--format", "otlp"]),
        );
        let arguments = ["-c", OTLP, path.to_str().unwrap()];
        let Some(text) = printed(&python(), &arguments, "opentelemetry-proto") else {
            return;
        };
        let mut by_kind: BTreeMap<String, Stacks> = BTreeMap::new();
        for (stack, weight) in read(&text) {
            let (kind, stack) = stack.split_once(';').unwrap();
            let stacks = by_kind.entry(kind.to_owned()).or_default();
            stacks.insert(stack.to_owned(), weight);
        }
        assert!(
            by_kind.remove("samples").unwrap() == folded(case, &[]),
            "{case}"
        );
        let (_, periods) = by_kind.pop_first().unwrap();
        assert!(periods == folded(case, &["--weight", "period"]), "{case}");
    }
}

const CSV: &str = r#"
import csv, sys
path = {}
for row in csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")):
    above = path.get(row["parent"])
    path[row["id"]] = row["name"] if above is None else above + ";" + row["name"]
    assert int(row["depth"]) == path[row["id"]].count(";") or ";" in row["name"]
    if row["self"] != "0":
        print(path[row["id"]], row["self"], sep="\t")
"#;

/// Python's own reader of CSV tells the stacks of folded text.
#[test]
fn python_reads_csv() {
    for case in CASES {
        let path = file(&format!("{case}.csv"), &convert(case, &["--format", "csv"]));
        let arguments = ["-c", CSV, path.to_str().unwrap()];
        let Some(text) = printed(&python(), &arguments, "csv") else {
            return;
        };
        assert!(read(&text) == folded(case, &[]), "{case}");
    }
}

/// The schema of speedscope's package, checked by `ajv`; both from npm, in the folder that
/// `VMFLAME_NODE_MODULES` names.
const SCHEMA: &str = r"
const folder = process.argv[1];
const fs = require('fs');
let Ajv, schema;
try {
    Ajv = require(folder + '/ajv').default;
    schema = JSON.parse(fs.readFileSync(folder + '/speedscope/dist/release/file-format-schema.json'));
} catch (error) {
    process.exit(77);
}
delete schema.$schema;
const check = new Ajv({strict: false, allErrors: true}).compile(schema);
for (const file of process.argv.slice(2)) {
    if (!check(JSON.parse(fs.readFileSync(file)))) {
        console.error(file, check.errors.slice(0, 3));
        process.exit(1);
    }
}
";

#[test]
fn speedscope_files_are_of_its_schema() {
    let Ok(folder) = std::env::var("VMFLAME_NODE_MODULES") else {
        skipped("VMFLAME_NODE_MODULES does not say where ajv and speedscope are");
        return;
    };
    let paths = CASES.map(|case| {
        let bytes = convert(case, &["--format", "speedscope"]);
        file(&format!("{case}.speedscope.json"), &bytes)
    });
    let mut arguments = vec!["-e", SCHEMA, &folder];
    arguments.extend(paths.iter().map(|path| path.to_str().unwrap()));
    drop(printed("node", &arguments, "ajv"));
}
