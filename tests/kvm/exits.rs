//! Exits, against perf's own words about the same captures.
//!
//! What testdata holds is counted from `perf script -F event,trace` (perf 6.1.192) of the same file,
//! with awk: one line an occurrence. Times are those of `perf kvm stat report`, of captures that are
//! no part of the repository.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail with the test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::common::shared::shared;
use vmflame::analysis::Request;
use vmflame::analysis::exits::{Dimension, ExitRequest, RecordedExits, TimeBasis, recorded_exits};
use vmflame::input::Input;
use vmflame::kvm::exit::{DimensionValue, ExitStats, ReasonNames};
use vmflame::perf::Capture;
use vmflame::report::exits::{ExitAnswer, exit_tables};
use vmflame::report::table::{Cell, Table, TableReport};

fn exits_with(path: &Path, by: &[Dimension], filter: Request) -> RecordedExits {
    let input = Input::resolve(path).unwrap();
    let capture = Capture::open(&input.data).unwrap();
    let request = ExitRequest {
        filter: Request {
            threads: 2,
            ..filter
        },
        views: vec![by.to_vec()],
        basis: TimeBasis::Wall,
        slowest: 10,
        all_threads: false,
        each: false,
    };
    recorded_exits(&capture, &request).unwrap()
}

fn exits(path: &Path, by: &[Dimension]) -> RecordedExits {
    exits_with(path, by, Request::default())
}

fn tables(recorded: &RecordedExits) -> TableReport {
    exit_tables(ExitAnswer {
        recorded,
        devices: &recorded.devices(),
        guests: &vmflame::symbol::GuestKernels::default(),
        source: "capture",
        slow_stacks: &[],
        kernel_stacks: &[],
    })
}

/// The words of some cells, row by row, with a blank between them.
fn words(table: &Table, keys: &[&str]) -> Vec<String> {
    let places = keys.iter().map(|key| {
        let mut columns = table.columns.iter();
        columns.position(|column| column.key == *key)
    });
    let places: Vec<Option<usize>> = places.collect();
    let row = |row: &Vec<Cell>| {
        let cells = places.iter().map(|place| match place.map(|at| &row[at]) {
            Some(Cell::Text(text)) => text.clone(),
            Some(Cell::Count(count)) => count.to_string(),
            Some(Cell::Hex(value)) => format!("{value:#x}"),
            Some(other) => format!("{other:?}"),
            None => "-".to_owned(),
        });
        cells.collect::<Vec<String>>().join(" ")
    };
    let mut rows: Vec<String> = table.rows.iter().map(row).collect();
    rows.sort();
    rows
}

fn shown(case: &str, by: Dimension, keys: &[&str]) -> Vec<String> {
    let path = Path::new("testdata").join(case);
    let recorded = exits(&path, &[by]);
    assert!(recorded.survey.counts().adds_up());
    words(&tables(&recorded).tables[0], keys)
}

/// The counts of the milestone, on AMD: `kvm_exit: … reason`, `kvm_pio: pio_read at 0x608`,
/// `kvm_mmio: … gpa 0xfee00080`.
#[test]
fn counts_are_those_of_perf_script_on_amd() {
    let case = "svm-bad-tracepoints";
    assert_eq!(
        shown(case, Dimension::Reason, &["reason", "count"]),
        [
            "cpuid 2",
            "interrupt 17",
            "io 42",
            "msr 4",
            "npf 51",
            "vintr 1"
        ]
    );
    assert_eq!(
        shown(
            case,
            Dimension::Port,
            &["port", "direction", "count", "accesses"]
        ),
        [
            "0x20 write 7 7",
            "0x608 read 26 26",
            "0x70 write 2 2",
            "0x71 read 2 2",
            "0xc010 write 1 1",
            "0xc013 read 2 2",
            "0xcf8 write 1 1",
            "0xcfc read 1 1",
        ]
    );
    assert_eq!(
        shown(
            case,
            Dimension::Apic,
            &["apic", "direction", "count", "accesses"]
        ),
        [
            "0x300 write 3 3",
            "0x380 write 3 3",
            "0x390 read 3 3",
            "0x80 read 13 13",
            "0x80 write 25 25",
            "0xb0 write 3 3",
        ]
    );
    assert_eq!(
        shown(case, Dimension::Msr, &["msr", "direction", "accesses"]),
        ["0x10 read 1", "0x1b read 2", "0x1b write 1"]
    );
    assert_eq!(
        shown(case, Dimension::Cpuid, &["cpuid", "accesses"]),
        ["0x1 1", "0x40000000 1"]
    );
}

/// The same on Intel, where the VMM answers HPET reads: `kvm_mmio` tells of each twice.
#[test]
fn counts_are_those_of_perf_script_on_intel() {
    let case = "vmx-bad-tracepoints";
    assert_eq!(
        shown(case, Dimension::Reason, &["reason", "count"]),
        [
            "CPUID 28",
            "EPT_MISCONFIG 14",
            "EPT_VIOLATION 285",
            "EXTERNAL_INTERRUPT 9",
            "IO_INSTRUCTION 138",
            "MSR_READ 14",
            "MSR_WRITE 7",
        ]
    );
    assert_eq!(
        shown(case, Dimension::Mmio, &["mmio", "direction", "accesses"]),
        [
            "0xfe003000 write 7",
            "0xfed000f0 read 7",
            "0xfee00080 read 28",
            "0xfee00080 write 55",
            "0xfee000b0 write 28",
            "0xfee00300 write 28",
            "0xfee00310 write 14",
            "0xfee00380 write 7",
            "0xfee00390 read 35",
        ]
    );
    assert_eq!(
        shown(
            case,
            Dimension::Apic,
            &["apic", "direction", "count", "accesses"]
        ),
        [
            "0x300 write 28 28",
            "0x310 write 14 14",
            "0x380 write 7 7",
            "0x390 read 35 35",
            "0x80 read 28 28",
            "0x80 write 55 55",
            "0xb0 write 28 28",
        ]
    );
}

/// One access is one row of one device, however many tracepoints tell of it.
#[test]
fn no_access_counts_twice() {
    for case in ["svm-bad-tracepoints", "vmx-bad-tracepoints"] {
        let path = Path::new("testdata").join(case);
        let recorded = exits(&path, &[Dimension::Register]);
        let view = &recorded.survey.views()[0];
        for row in view.rows() {
            let DimensionValue::Access(access) = row.values[0] else {
                continue;
            };
            let told = row.stats.accesses;
            assert!(told == 0 || told == row.stats.exits, "{case}: {access:?}");
        }
        let exits = view.total().exits;
        assert_eq!(exits, recorded.survey.counts().exits, "{case}");
    }
}

/// Without tracepoints there is no table; it says so and what to record.
#[test]
fn an_empty_table_says_why() {
    let recorded = exits(Path::new("testdata/pvm"), &[Dimension::Reason]);
    let report = tables(&recorded);
    let table = &report.tables[0];
    assert!(table.rows.is_empty());
    assert!(table.notes[0].contains("no kvm tracepoints"), "{table:?}");
    assert!(table.notes[1].contains("perf kvm stat record"));
}

/// Parts of the time add up to the whole, and threads that are left out leave nothing.
#[test]
fn filters_take_exits_by_their_beginning() {
    use vmflame::analysis::parse_times;
    let path = Path::new("testdata/vmx-bad-tracepoints");
    let count = |filter: Request| {
        let counts = exits_with(path, &[Dimension::Reason], filter)
            .survey
            .counts();
        assert!(counts.adds_up());
        counts.exits
    };
    let all = count(Request::default());
    let halves = ["0,46.79", "46.790000001,"].map(|range| {
        count(Request {
            times: parse_times(range).unwrap(),
            ..Request::default()
        })
    });
    assert_eq!(halves.iter().sum::<u64>(), all);
    assert!(halves.iter().all(|&half| half > 0));
    let other = Request {
        tids: vec![vmflame::units::Tid::new(1)],
        ..Request::default()
    };
    assert_eq!(count(other), 0);
}

/// A row of `perf kvm stat report`.
#[derive(Debug)]
struct PerfRow {
    samples: u64,
    /// Least, greatest and mean in microseconds.
    times: [f64; 3],
}

fn perf_rows(text: &str) -> BTreeMap<String, PerfRow> {
    let row = |line: &str| {
        let mut words = line.split_whitespace();
        let name = words.next()?;
        let samples = words.next()?.parse().ok()?;
        let times = words.skip(2).take(3);
        let times = times.map(|word| word.trim_end_matches("us").parse::<f64>().ok());
        let times: Option<Vec<f64>> = times.collect();
        let times = times?.try_into().ok()?;
        Some((name.to_owned(), PerfRow { samples, times }))
    };
    text.lines().filter_map(row).collect()
}

/// Captures with perf's table of exits beside them: the table and the capture.
fn with_tables(folder: &Path, found: &mut Vec<[PathBuf; 2]>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = path.to_string_lossy().into_owned();
        if path.is_dir() {
            with_tables(&path, found);
        } else if let Some(stem) = text.strip_suffix(".kvmstat-vmexit.txt") {
            let captures = ["data", "data.zst"]
                .map(|end| format!("{stem}.{end}"))
                .into_iter();
            let capture = captures.map(PathBuf::from).find(|path| path.exists());
            found.extend(capture.map(|capture| [path, capture]));
        }
    }
}

/// perf misses what comes before a thread's first entry, and takes the guest's own time for that of
/// exits on arm64; all else must be the same, to the hundredth of a microsecond.
#[test]
fn times_are_those_of_perf_kvm_stat() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let mut found = Vec::new();
    with_tables(&captures, &mut found);
    assert!(found.len() > 20, "{}", found.len());
    for [table, capture] in found {
        let recorded = exits(&capture, &[Dimension::Reason]);
        let counts = recorded.survey.counts();
        assert!(counts.adds_up(), "{}", capture.display());
        let names = ReasonNames::new(&recorded.formats);
        let mut own: BTreeMap<String, ExitStats> = BTreeMap::new();
        for row in recorded.survey.views()[0].rows() {
            if let DimensionValue::Reason(reason) = row.values[0] {
                own.insert(names.name(reason).text, row.stats.clone());
            }
        }
        let is_arm = capture.to_string_lossy().contains("arm");
        let first_ones = 2 * recorded.survey.vcpus().len() as u64;
        for (name, perf) in perf_rows(&std::fs::read_to_string(&table).unwrap()) {
            let place = format!("{} {name} {perf:?}", capture.display());
            let own = own.get(&name).unwrap_or_else(|| panic!("{place}: missing"));
            let counted = if is_arm { own.exits } else { own.timed };
            assert!(
                counted.abs_diff(perf.samples) <= first_ones,
                "{place}: {counted}"
            );
            if counted == perf.samples && !is_arm {
                let mean = own.total(TimeBasis::Wall) as f64 / own.timed as f64;
                let times = [own.least as f64, own.greatest as f64, mean];
                for (own, perf) in times.into_iter().zip(perf.times) {
                    assert!((own / 1e3 - perf).abs() < 0.0051, "{place}: {own}");
                }
            }
        }
    }
}
