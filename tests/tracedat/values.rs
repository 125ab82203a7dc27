//! The text of a report, read as input, against the payloads of its file: value by value.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

use std::collections::BTreeMap;
use std::path::Path;

use vmflame::bytes::Storage;
use vmflame::kvm::exit::ToldReasons;
use vmflame::tracedat::TraceDat;
use vmflame::tracepoint::text::TraceText;
use vmflame::tracepoint::{Formats, Occurrence, Values};

use crate::common::shared::shared;
use crate::reports::{open, report_text, reported};

/// What one event tells, by field.
type Told = BTreeMap<String, u64>;

/// An event without what reports do not tell exactly.
#[derive(PartialEq, Eq, Debug)]
struct Event {
    micros: u64,
    cpu: u32,
    tid: i32,
    name: String,
}

fn event(found: &Occurrence<'_>, formats: &Formats) -> Event {
    Event {
        micros: (found.time.as_nanos() + 500) / 1000,
        cpu: found.cpu.unwrap().0,
        tid: found.tid.as_i32(),
        name: formats.get(found.event).unwrap().name.clone(),
    }
}

/// What a text tells of each event.
fn told(text: &TraceText) -> Vec<(Event, Told)> {
    let reasons = ToldReasons::default();
    let mut all = Vec::new();
    text.walk(|found| {
        let Values::Text(values) = found.values else {
            panic!("a payload in a text");
        };
        let values = text.values(found.event, values).unwrap_or_default();
        let numbers = values.numbers().map(|one| (one.name.to_owned(), one.value));
        let mut told: Told = numbers.collect();
        if let Some(reason) = values.text("exit_reason") {
            let reason = reasons.find(reason).unwrap();
            told.insert("exit_reason".to_owned(), reason.number.into());
            told.extend(reason.isa.map(|isa| ("isa".to_owned(), isa.into())));
        }
        all.push((event(&found, text.formats()), told));
    });
    all
}

/// Compares all that a report tells with the payloads; returns how many values were equal, by event
/// and field.
pub(crate) fn compare(
    trace: &TraceDat,
    report: impl Into<Vec<u8>>,
) -> BTreeMap<(String, String), u64> {
    let path = trace.path().display();
    let text = TraceText::of(trace.path(), Storage::Memory(report.into()));
    let text = text.unwrap_or_else(|| panic!("{path}: no events"));
    assert_eq!(
        text.counts().unread,
        0,
        "{path}: {:?}",
        text.counts().unread_lines
    );
    let mut rows = told(&text).into_iter();
    let order = trace.formats().endian();
    let mut equal = BTreeMap::new();
    trace.walk(|found| {
        let (row, told) = rows.next().unwrap_or_else(|| panic!("{path}: {found:?}"));
        let format = trace.formats().get(found.event).unwrap();
        // Systems that say nothing of guests are not told.
        let mut expected = event(&found, trace.formats());
        if !row.name.contains(':') {
            expected.name = expected.name.split_once(':').unwrap().1.to_owned();
        }
        assert_eq!(row, expected, "{path}");
        let Values::Payload(payload) = found.values else {
            panic!("a text in a trace.dat");
        };
        for (name, value) in told {
            let Some(field) = format.field(&name) else {
                continue;
            };
            let recorded = field.number(payload, order).unwrap();
            // libtraceevent's plugin does not say that a task was made to stop.
            let bits = match name.as_str() {
                "prev_state" => 56,
                _ => 64 - 8 * field.len,
            };
            assert_eq!(value << bits, recorded << bits, "{path}: {row:?}: {name}");
            *equal.entry((row.name.clone(), name)).or_default() += 1;
        }
    });
    assert!(rows.next().is_none());
    equal
}

/// All values that trace-cmd prints of kvm's events are read as they were recorded.
#[test]
fn reports_read_as_input_tell_what_was_recorded() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let mut equal: BTreeMap<(String, String), u64> = BTreeMap::new();
    for found in reported(&captures) {
        for (key, count) in compare(&open(&found.trace), report_text(&found.report)) {
            *equal.entry(key).or_default() += count;
        }
    }
    // What every table is made of is among it.
    for (event, fields) in [
        (
            "kvm:kvm_exit",
            "exit_reason isa guest_rip info1 info2 esr_ec ret vcpu_pc",
        ),
        ("kvm:kvm_entry", "vcpu_id rip vcpu_pc"),
        ("kvm:kvm_pio", "rw port size count val"),
        ("kvm:kvm_mmio", "type len gpa val"),
        ("kvm:kvm_msr", "write ecx data"),
        ("kvm:kvm_cpuid", "function index"),
        ("kvm:kvm_apic", "rw reg val"),
        ("kvm:kvm_hypercall", "nr"),
        (
            "kvm:kvm_page_fault",
            "vcpu_id guest_rip fault_address error_code",
        ),
        ("kvm:kvm_guest_fault", "ipa hsr vcpu_pc"),
        ("kvm:kvm_userspace_exit", "reason"),
        ("kvm:kvm_halt_poll_ns", "vcpu_id new grow old"),
        ("kvm:kvm_vcpu_wakeup", "waited ns valid"),
        ("kvm:kvm_set_irq", "gsi level"),
        ("kvm:kvm_msi_set_irq", "address data"),
        ("kvm:kvm_apic_accept_irq", "apicid vec"),
        ("kvm:kvm_inj_virq", "vector soft"),
        ("kvm:kvm_eoi", "apicid vector"),
        ("kvm:kvm_emulate_insn", "csbase rip failed"),
    ] {
        for field in fields.split(' ') {
            let key = (event.to_owned(), field.to_owned());
            assert!(equal.contains_key(&key), "{event}: {field} was never told");
        }
    }
}

/// The same of whatever lies in `$VMFLAME_TRACE_DATS`, as `trace-cmd report` prints it here: with
/// and without plugins, with flags, and raw.
#[test]
fn reports_made_here_tell_what_was_recorded() {
    let Some(folder) = std::env::var_os("VMFLAME_TRACE_DATS") else {
        return;
    };
    for entry in std::fs::read_dir(Path::new(&folder)).unwrap() {
        let path = entry.unwrap().path();
        for options in [vec![], vec!["-N"], vec!["-l"], vec!["-R"], vec!["-t", "-l"]] {
            let mut command = std::process::Command::new("trace-cmd");
            let report = command.arg("report").args(&options).arg(&path);
            let report = report.output().unwrap().stdout;
            // Flags and a clock's plain numbers stand in one word.
            let is_of_cycles = path.to_string_lossy().contains("tsc");
            if is_of_cycles && options.contains(&"-l") {
                continue;
            }
            compare(&open(&path), String::from_utf8_lossy(&report).into_owned());
        }
    }
}
