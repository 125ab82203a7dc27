//! A capture with tracepoints of VM exits, to the tables of its exits and of its events.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use vmflame::analysis::Request;
use vmflame::analysis::exits::{Dimension, ExitRequest, TimeBasis, recorded_exits};
use vmflame::analysis::stat::{EventPatterns, StatRequest, stat_of_capture};
use vmflame::perf::Capture;
use vmflame::report::exits::{ExitAnswer, exit_tables};
use vmflame::report::stat::{StatAnswer, stat_tables};
use vmflame::report::table::{as_json, as_text, write_csv};
use vmflame::symbol::GuestKernels;

/// The events of the capture by VM and over time: the series add up.
fn count(capture: &Capture) {
    let request = StatRequest {
        filter: Request {
            threads: 1,
            ..Request::default()
        },
        events: EventPatterns::new(vec!["*".to_owned()]),
        interval_ns: 1_000_000,
        by_reason: true,
    };
    let Ok(stat) = stat_of_capture(capture, &request) else {
        return;
    };
    assert!(stat.tally.adds_up(), "{:?}", stat.tally);
    for series in stat.series.values().filter(|_| stat.stretches.is_some()) {
        let stretches = series.stretches.values();
        let sum = stretches.fold(0, |sum: u64, one| sum.saturating_add(*one));
        assert!(sum <= series.total);
    }
    let report = stat_tables(StatAnswer {
        stat: &stat,
        vm_names: &BTreeMap::new(),
        wanted: &request.events,
        source: "fuzz",
    });
    for table in &report.tables {
        write_csv(table, Vec::new()).expect("memory takes all");
    }
    assert!(as_text(&report, Some(80)).starts_with("fuzz\n"));
}

fuzz_target!(|bytes: &[u8]| {
    let Some(capture) = vmflame_fuzz::open(bytes) else {
        return;
    };
    count(&capture);
    let request = ExitRequest {
        filter: Request {
            threads: 1,
            ..Request::default()
        },
        views: vec![
            vec![Dimension::Reason, Dimension::Vcpu],
            vec![Dimension::Device, Dimension::Second],
            vec![Dimension::Gpa, Dimension::Rip],
        ],
        basis: TimeBasis::Handled,
        slowest: 3,
        ..ExitRequest::default()
    };
    let Ok(exits) = recorded_exits(&capture, &request) else {
        return;
    };
    assert!(exits.tally.adds_up(), "{:?}", exits.tally);
    let counts = exits.survey.counts();
    assert!(counts.adds_up(), "{counts:?}");
    for view in exits.survey.views() {
        assert_eq!(view.total().exits, counts.exits);
    }
    let report = exit_tables(ExitAnswer {
        recorded: &exits,
        devices: &exits.devices(),
        guests: &GuestKernels::default(),
        source: "fuzz",
        slow_stacks: &[],
        kernel_stacks: &[],
    });
    for table in &report.tables {
        assert!(
            table
                .rows
                .iter()
                .all(|row| row.len() == table.columns.len())
        );
        write_csv(table, Vec::new()).expect("memory takes all");
    }
    assert_eq!(as_json(&report)["schema_version"], 1);
    assert!(as_text(&report, Some(80)).starts_with("fuzz\n"));
});
