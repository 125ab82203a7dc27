//! Fields and names of values against the text of `perf script`, sample by sample.
//!
//! By default those whose text is small; all with `VMFLAME_ALL_CAPTURES=1`.

#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "a test may stop"
)]

use regex::Regex;

use crate::common::oracle::captures::{Recording, recordings};
use crate::common::shared::shared;
use vmflame::bytes::ByteOrder;
use vmflame::perf::{Capture, Record, Visitor};
use vmflame::tracepoint::{EventFormat, Formats, Occurrence, SampleReader, TracedRecord, Values};

/// Texts up to this size, as stored, are compared by default.
const SMALL_SCRIPT: u64 = 120_000;

/// A line: microseconds, CPU, thread, event, values.
type Told = (u64, u32, i32, String, String);

#[test]
fn payloads_say_what_perf_prints() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let all = std::env::var_os("VMFLAME_ALL_CAPTURES").is_some();
    let mut compared = 0;
    for machine in ["svm", "arm64", "vmx"] {
        for recording in recordings(&captures, machine) {
            let is_wanted = all || recording.script_bytes() < SMALL_SCRIPT;
            if is_wanted && !recording.is_offline {
                compared += compare(&recording);
            }
        }
    }
    assert!(compared > 20_000, "{compared} lines were compared");
}

/// Compares the samples of tracepoints whose text is known here; tells how many.
fn compare(recording: &Recording) -> usize {
    let capture = Capture::open(&recording.opened()).unwrap();
    let formats = Formats::of_capture(&capture);
    let reader = SampleReader::new(&capture, &formats);
    if !reader.has_tracepoints() {
        return 0;
    }
    let telling = Telling {
        formats: &formats,
        reader: &reader,
    };
    let mut ours: Vec<Told> = capture.scan(2, &telling).gathered.concat();
    let mut perfs = told_by_perf(&recording.script_text());
    if ours.is_empty() || perfs.is_empty() {
        return 0;
    }
    ours.sort();
    perfs.sort();
    for (own, perf) in ours.iter().zip(&perfs) {
        assert_eq!(own, perf, "{}", recording.name);
    }
    assert_eq!(ours.len(), perfs.len(), "{}", recording.name);
    ours.len()
}

/// The lines of `perf script` for events whose text is known here.
fn told_by_perf(text: &str) -> Vec<Told> {
    let line = Regex::new(
        r"^\s*(\S.*?)\s+(-?\d+)\s+\[(\d+)\]\s+(\d+)\.(\d{6}):(?:\s+\d+)?\s+(\w+:\w+):(.*)$",
    );
    let line = line.unwrap();
    let lines = text.lines().filter_map(|text| {
        let parts = line.captures(text)?;
        let micros =
            parts[4].parse::<u64>().unwrap() * 1_000_000 + parts[5].parse::<u64>().unwrap();
        let event = parts[6].to_owned();
        let is_known = KNOWN.contains(&event.as_str());
        is_known.then(|| {
            let values = parts[7].trim().to_owned();
            (
                micros,
                parts[3].parse().unwrap(),
                parts[2].parse().unwrap(),
                event,
                values,
            )
        })
    });
    lines.collect()
}

/// The events whose text is known here.
const KNOWN: [&str; 12] = [
    "kvm:kvm_entry",
    "kvm:kvm_exit",
    "kvm:kvm_pio",
    "kvm:kvm_mmio",
    "kvm:kvm_fast_mmio",
    "kvm:kvm_apic",
    "kvm:kvm_msr",
    "kvm:kvm_page_fault",
    "kvm:kvm_userspace_exit",
    "kvm:kvm_guest_fault",
    "kvm:kvm_eoi",
    "sched:sched_switch",
];

struct Telling<'t> {
    formats: &'t Formats,
    reader: &'t SampleReader<'t>,
}

impl<'a> Visitor<'a> for Telling<'_> {
    type Gathered = Vec<Told>;

    fn begin(&self) -> Vec<Told> {
        Vec::new()
    }

    fn record<O: ByteOrder>(&self, told: &mut Vec<Told>, record: Record<'a>) {
        // perf prints no sample that is called a guest's, as arm64's are that fire at the switch.
        if record.header.cpu_mode().is_guest() {
            return;
        }
        if let TracedRecord::Occurrence { occurrence, .. } = self.reader.read::<O>(&record) {
            let format = self.formats.get(occurrence.event).unwrap();
            if KNOWN.contains(&format.name.as_str()) {
                told.push((
                    occurrence.time.as_nanos() / 1000,
                    occurrence.cpu.unwrap().0,
                    occurrence.tid.as_i32(),
                    format.name.clone(),
                    Payload::of(format, &occurrence, self.formats)
                        .text()
                        .trim()
                        .to_owned(),
                ));
            }
        }
    }
}

/// The values of an occurrence.
struct Payload<'p> {
    format: &'p EventFormat,
    bytes: &'p [u8],
    order: vmflame::bytes::Endian,
}

impl<'p> Payload<'p> {
    fn of(format: &'p EventFormat, occurrence: &Occurrence<'p>, formats: &Formats) -> Self {
        let Values::Payload(bytes) = occurrence.values else {
            unreachable!("perf.data holds payloads");
        };
        Self {
            format,
            bytes,
            order: formats.endian(),
        }
    }

    fn number(&self, field: &str) -> u64 {
        let field = self.format.field(field).unwrap();
        field.number(self.bytes, self.order).unwrap()
    }

    fn string(&self, field: &str) -> String {
        let field = self.format.field(field).unwrap();
        let text = field.text(self.bytes, self.order).unwrap();
        String::from_utf8_lossy(text).into_owned()
    }

    /// The name of a field's value; the number as `__print_symbolic()` prints it where it has none.
    fn name(&self, field: &str) -> String {
        let value = self.number(field);
        let isa = self.format.field("isa").map(|_| self.number("isa"));
        let isa = isa.map(|isa| u32::try_from(isa).unwrap());
        let name = self.format.value_names.symbolic(field, isa, value);
        name.map_or_else(|| format!("{value:#x}"), ToOwned::to_owned)
    }

    fn either(&self, field: &str, set: &str, unset: &str) -> String {
        if self.number(field) == 0 { unset } else { set }.to_owned()
    }

    /// As the `print fmt` of Linux 6.1 says.
    fn text(&self) -> String {
        let n = |field: &str| self.number(field);
        match self.format.name.as_str() {
            "kvm:kvm_entry" if self.format.field("vcpu_pc").is_some() => {
                format!("PC: {:#018x}", n("vcpu_pc"))
            }
            "kvm:kvm_entry" => format!(
                "vcpu {}, rip {:#x}{}",
                n("vcpu_id"),
                n("rip"),
                self.either("immediate_exit", "[immediate exit]", "")
            ),
            "kvm:kvm_exit" if self.format.field("esr_ec").is_some() => format!(
                "{}: HSR_EC: {:#06x} ({}), PC: {:#018x}",
                self.name("ret"),
                n("esr_ec"),
                self.name("esr_ec"),
                n("vcpu_pc")
            ),
            "kvm:kvm_exit" => format!(
                "vcpu {} reason {} rip {:#x} info1 {:#018x} info2 {:#018x} intr_info {:#010x} error_code {:#010x}",
                n("vcpu_id"),
                self.name("exit_reason"),
                n("guest_rip"),
                n("info1"),
                n("info2"),
                n("intr_info"),
                n("error_code")
            ),
            "kvm:kvm_pio" => format!(
                "pio_{} at {:#x} size {} count {} val {:#x} {}",
                self.either("rw", "write", "read"),
                n("port"),
                n("size"),
                n("count"),
                n("val"),
                if n("count") > 1 { "(...)" } else { "" }
            ),
            "kvm:kvm_mmio" => format!(
                "mmio {} len {} gpa {:#x} val {:#x}",
                self.name("type"),
                n("len"),
                n("gpa"),
                n("val")
            ),
            "kvm:kvm_fast_mmio" => format!("fast mmio at gpa {:#x}", n("gpa")),
            "kvm:kvm_apic" => format!(
                "apic_{} {} = {:#x}",
                self.either("rw", "write", "read"),
                self.name("reg"),
                n("val")
            ),
            "kvm:kvm_msr" => format!(
                "msr_{} {:x} = {:#x}{}",
                self.either("write", "write", "read"),
                n("ecx"),
                n("data"),
                self.either("exception", " (#GP)", "")
            ),
            "kvm:kvm_page_fault" => format!(
                "vcpu {} rip {:#x} address {:#018x} error_code {:#x}",
                n("vcpu_id"),
                n("guest_rip"),
                n("fault_address"),
                n("error_code")
            ),
            "kvm:kvm_userspace_exit" => match n("errno").cast_signed() {
                -4 => "reason restart (4)".to_owned(),
                errno if errno < 0 => format!("reason error ({})", -errno),
                _ => format!("reason {} ({})", self.name("reason"), n("reason")),
            },
            "kvm:kvm_guest_fault" => format!(
                "ipa {:#x}, hsr {:#08x}, hxfar {:#08x}, pc {:#016x}",
                n("ipa"),
                n("hsr"),
                n("hxfar"),
                n("vcpu_pc")
            ),
            "kvm:kvm_eoi" => format!("apicid {:x} vector {}", n("apicid"), n("vector")),
            "sched:sched_switch" => format!(
                "prev_comm={} prev_pid={} prev_prio={} prev_state={}{} ==> next_comm={} next_pid={} next_prio={}",
                self.string("prev_comm"),
                n("prev_pid"),
                n("prev_prio"),
                self.states(),
                if n("prev_state") & 0x100 == 0 {
                    ""
                } else {
                    "+"
                },
                self.string("next_comm"),
                n("next_pid"),
                n("next_prio")
            ),
            other => unreachable!("{other}"),
        }
    }

    /// The state of a task: flags, or `R` when none is set.
    fn states(&self) -> String {
        let names = &self.format.value_names;
        let flags = names.flags("prev_state", None, self.number("prev_state"));
        flags.unwrap_or_else(|| "R".to_owned())
    }
}
