//! The same exits, whatever tells of them: a file and the text that another program made of it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use vmflame::analysis::exits::{
    Dimension, ExitRequest, RecordedExits, exits_of_text, exits_of_trace_dat, recorded_exits,
};
use vmflame::bytes::{Storage, UnpackLimit};
use vmflame::input::{Input, Opened};
use vmflame::kvm::exit::{ExitStats, View};
use vmflame::tracepoint::text::TraceText;

use crate::common::shared::shared;
use crate::reports::{Reported, reported};

/// What is told by both. Interrupts of the host are not: trace-cmd's plugin leaves them out.
const TOLD: [Dimension; 10] = [
    Dimension::Reason,
    Dimension::Port,
    Dimension::Mmio,
    Dimension::Apic,
    Dimension::Msr,
    Dimension::Cpuid,
    Dimension::Hypercall,
    Dimension::Gpa,
    Dimension::Rip,
    Dimension::Register,
];

/// The exits of a file, opened as the program opens it.
fn exits(path: &Path) -> RecordedExits {
    let mut request = ExitRequest {
        views: TOLD.iter().map(|by| vec![*by]).collect(),
        ..ExitRequest::default()
    };
    request.filter.threads = 2;
    match Input::resolve(path)
        .unwrap()
        .open(UnpackLimit::default())
        .unwrap()
    {
        Opened::Capture(capture) => recorded_exits(&capture, &request).unwrap(),
        Opened::TraceDat(trace) => exits_of_trace_dat(&trace, &request).unwrap(),
        Opened::TraceText(text) => exits_of_text(&text, &request).unwrap(),
        Opened::Text(_) => panic!("{}: no text of events", path.display()),
    }
}

/// What a text tells of: reasons and registers, and how many exits.
pub(crate) struct ToldKeys {
    pub(crate) keys: BTreeSet<String>,
    pub(crate) exits: u64,
}

/// What a text tells of exits.
pub(crate) fn told_keys(text: Vec<u8>) -> ToldKeys {
    let views = [Dimension::Reason, Dimension::Register];
    let request = ExitRequest {
        views: views.iter().map(|by| vec![*by]).collect(),
        ..ExitRequest::default()
    };
    let text = TraceText::of(Path::new("text"), Storage::Memory(text)).unwrap();
    let found = exits_of_text(&text, &request).unwrap();
    let rows = found.survey.views().iter().flat_map(View::rows);
    ToldKeys {
        keys: rows.map(|row| format!("{:?}", row.values)).collect(),
        exits: found.survey.counts().exits,
    }
}

/// Compares the rows of all views: how many exits and occurrences, and their time but for what a text
/// rounds.
pub(crate) fn compare(whole: &Path, text: &Path) {
    let name = text.display();
    let (whole, text) = (exits(whole), exits(text));
    assert_eq!(text.undecoded, 0, "{name}");
    assert_eq!(text.survey.counts(), whole.survey.counts(), "{name}");
    for ((by, whole), text) in TOLD
        .iter()
        .zip(whole.survey.views())
        .zip(text.survey.views())
    {
        let rows = |view: &View| -> BTreeMap<String, ExitStats> {
            let rows = view.rows().into_iter();
            rows.map(|row| (format!("{:?}", row.values), row.stats.clone()))
                .collect()
        };
        let (whole, text) = (rows(whole), rows(text));
        let names = |rows: &BTreeMap<String, ExitStats>| rows.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&text), names(&whole), "{name}: {by:?}");
        for (key, told) in &text {
            let recorded = &whole[key];
            let counts = |stats: &ExitStats| (stats.exits, stats.occurrences);
            assert_eq!(counts(told), counts(recorded), "{name}: {by:?}: {key}");
            let [told, recorded] = [told, recorded].map(|stats| stats.parts.wall());
            let rounding = 1000 * text[key].exits;
            assert!(
                told.abs_diff(recorded) <= rounding,
                "{name}: {by:?}: {key}: {told} {recorded}"
            );
        }
    }
}

/// trace.dat files and what trace-cmd reports of them.
#[test]
fn a_report_gives_the_tables_of_its_trace_dat() {
    let Some(captures) = shared("captures") else {
        return;
    };
    for Reported { trace, report } in reported(&captures) {
        compare(&trace, &report);
        assert!(exits(&report).survey.counts().exits > 0);
    }
}

/// Captures of perf's and what `perf script` prints of them: tracepoints alone, and among samples
/// with call chains.
#[test]
fn a_script_gives_the_tables_of_its_capture() {
    let Some(captures) = shared("captures") else {
        return;
    };
    for (case, kind) in [
        ("svm/good-fp", "kvm"),
        ("svm/good-fp", "both"),
        ("svm/linux-fp", "kvm"),
        ("svm/two", "kvm"),
    ] {
        let folder = captures.join(case);
        let (_, tag) = case.split_once('/').unwrap();
        let found = |endings: &[&str]| -> PathBuf {
            let mut paths = endings
                .iter()
                .map(|ending| folder.join(format!("{tag}.{kind}.{ending}")));
            paths.find(|path| path.exists()).unwrap()
        };
        let capture = found(&["data", "data.zst"]);
        compare(&capture, &found(&["script.txt", "script.txt.xz"]));
    }
}

/// How vCPUs got their CPUs, and who had them meanwhile, is the same by a capture of perf's and by
/// what `perf script` prints of it, but for the microseconds to which that is rounded.
#[test]
fn a_script_gives_the_schedule_of_its_capture() {
    let Some(captures) = shared("captures") else {
        return;
    };
    for case in ["bad-fp", "badst-debian", "linux-fp"] {
        let folder = captures.join("svm").join(case);
        let found = |ending: &str| exits(&folder.join(format!("{case}.sched.{ending}")));
        let (whole, text) = (found("data"), found("script.txt.xz"));
        let [whole, text] = [&whole, &text].map(|found| found.schedule.as_ref().unwrap());
        let mut compared = 0;
        for told in text.tasks() {
            let tid = told.task.tid;
            let own = whole.tasks().iter().find(|vcpu| vcpu.task.tid == tid);
            let own = own.unwrap();
            assert_eq!(
                (told.preempted, told.woken),
                (own.preempted, own.woken),
                "{case}: {tid}"
            );
            // Each stretch of time begins and ends with a rounded one.
            let rounding = 1000 * (2 * (own.preempted + own.woken) + 2);
            for (told, own) in [
                (told.running_ns, own.running_ns),
                (told.ready_ns, own.ready_ns),
                (told.asleep_ns, own.asleep_ns),
            ] {
                assert!(
                    told.abs_diff(own) <= rounding,
                    "{case}: {tid}: {told} {own}"
                );
            }
            for (rival, own) in &own.rivals {
                let told = told.rivals.get(rival).copied().unwrap_or_default();
                assert!(told.abs_diff(*own) <= rounding, "{case}: {tid}: {rival}");
                assert!(whole.name(*rival).is_none() || text.name(*rival) == whole.name(*rival));
            }
            compared += told.preempted + told.woken;
        }
        assert!(compared > 0, "{case}");
    }
}
