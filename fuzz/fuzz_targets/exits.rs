//! A capture with tracepoints of VM exits, to the tables of its exits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vmflame::analysis::Request;
use vmflame::analysis::exits::{Dimension, ExitRequest, TimeBasis, recorded_exits};
use vmflame::report::exits::{ExitAnswer, exit_tables};
use vmflame::report::table::{as_json, as_text, write_csv};

fuzz_target!(|bytes: &[u8]| {
    let Some(capture) = vmflame_fuzz::open(bytes) else {
        return;
    };
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
        source: "fuzz",
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
