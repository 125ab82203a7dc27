//! A small fleet of two kernels, with what differs between them planted by hand.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use crate::common::made_up::Random;
use crate::folder::Folder;
use vmflame::dataset::{
    CaptureRows, ContentHash, Partition, StackHash, Store, TableName, TableRows, Value, ValueKind,
    add_captures, bucket_of, least_of,
};

/// What the fleet is like. Its host 7 loses most; the kernel 6.12 takes 40 times as long for the PM
/// timer; MSR 0x40000020 is read on the second day only.
pub(crate) struct TwoKernels {
    pub(crate) hosts: u64,
    pub(crate) days: u64,
    pub(crate) seed: u64,
}

/// Recorded in each hour.
const DURATION: u64 = 10_000_000_000;

const FIRST: u64 = 1_795_564_800;

/// An exit of a host: what it is and how long it takes.
struct Cause {
    reason: &'static str,
    register: &'static str,
    exits: u64,
    each_ns: u64,
}

impl TwoKernels {
    fn kernel(host: u64) -> &'static str {
        if host.is_multiple_of(4) {
            "6.12"
        } else {
            "6.1"
        }
    }

    fn causes(&self, host: u64, day: u64, random: &mut Random) -> Vec<Cause> {
        let noise = |random: &mut Random, exits: u64| exits + random.below(exits / 10);
        let slow = if Self::kernel(host) == "6.12" { 40 } else { 1 };
        let many = if host == 7 { 100 } else { 1 };
        let mut causes = vec![
            Cause {
                reason: "IO_INSTRUCTION",
                register: "port 0x608",
                exits: noise(random, 2000),
                each_ns: 1000 * slow,
            },
            Cause {
                reason: "EPT_VIOLATION",
                register: "memory",
                exits: noise(random, 500) * many,
                each_ns: 20_000,
            },
        ];
        if day > 0 && host.is_multiple_of(2) {
            causes.push(Cause {
                reason: "MSR_READ",
                register: "msr 0x40000020",
                exits: noise(random, 100),
                each_ns: 700,
            });
        }
        assert!(self.hosts > 7);
        causes
    }

    /// A capture of a host.
    fn capture(&self, host: u64, at: u64) -> CaptureRows {
        let mut random = Random(self.seed ^ host << 32 ^ at);
        let mut hash = ContentHash::default();
        hash.add(&[host.to_le_bytes(), at.to_le_bytes()].concat());
        let capture = hash.finish();
        let causes = self.causes(host, (at - FIRST) / 86_400, &mut random);
        let exits: u64 = causes.iter().map(|cause| cause.exits).sum();
        let name = format!("host-{host}");
        let mut told = Rows::new(TableName::Captures, capture);
        told.add(&[
            ("host", Value::Text(&name)),
            ("kernel", Value::Text(Self::kernel(host))),
            ("recorded_at", Value::count(at)),
            ("duration_ns", Value::count(DURATION)),
            ("cpu_time", Value::Text("clock")),
            ("samples", Value::Int(1000)),
            ("weight", Value::count(DURATION)),
            ("exits", Value::count(exits)),
            ("timed", Value::count(exits)),
            ("vms", Value::Int(1)),
        ]);
        let mut vms = Rows::new(TableName::Vms, capture);
        let guest = if host.is_multiple_of(3) {
            "Windows"
        } else {
            "Linux"
        };
        vms.add(&[
            ("vm", Value::Int(42)),
            ("name", Value::Text("vm")),
            ("guest", Value::Text(guest)),
        ]);
        let [samples, frames] = samples(capture);
        let [rows, histogram] = exit_rows(capture, &causes);
        CaptureRows {
            capture,
            partition: Partition::of_seconds(at),
            tables: vec![told.0, vms.0, samples.0, frames.0, rows.0, histogram.0],
        }
    }

    pub(crate) fn write(&self, folder: &Folder) {
        let store = Store::begin(&folder.0).unwrap();
        for day in 0..self.days {
            for hour in [3, 15] {
                let at = FIRST + day * 86_400 + hour * 3600;
                let all = (0..self.hosts).map(|host| self.capture(host, at));
                let all: Vec<CaptureRows> = all.collect();
                for part in all.chunks(all.len().div_ceil(3)) {
                    add_captures(&store, part).unwrap();
                }
            }
        }
    }
}

/// The exits of a capture and their lengths.
fn exit_rows(capture: i64, causes: &[Cause]) -> [Rows; 2] {
    let (mut rows, mut histogram) = (
        Rows::new(TableName::Exits, capture),
        Rows::new(TableName::ExitHistogram, capture),
    );
    for cause in causes {
        let time = Value::count(cause.exits * cause.each_ns);
        let same = [
            ("vm", Value::Int(42)),
            ("reason", Value::Text(cause.reason)),
            ("register", Value::Text(cause.register)),
            ("exits", Value::count(cause.exits)),
        ];
        let of_row = [
            ("thread", Value::Int(43)),
            ("timed", Value::count(cause.exits)),
            ("kernel_ns", time),
            ("time_ns", time),
        ];
        rows.add(&[&same[..], &of_row].concat());
        let bucket = bucket_of(cause.each_ns);
        let least = Value::count(least_of(bucket).unwrap());
        let of_bucket = [("bucket", Value::Int(bucket)), ("least_ns", least)];
        histogram.add(&[&same[..], &of_bucket].concat());
    }
    [rows, histogram]
}

/// Nine tenths in the guest, one in an exit.
fn samples(capture: i64) -> [Rows; 2] {
    let mut hash = StackHash::default();
    let frame = ["vcpu_run", "[kvm]", "kernel", "function"];
    hash.add(frame);
    let mut samples = Rows::new(TableName::Samples, capture);
    for (tag, count) in [("guest", 900), ("exit:pio", 100)] {
        let weight = count * DURATION / 1000;
        samples.add(&[
            ("vm", Value::Int(42)),
            ("process", Value::Text("qemu")),
            ("comm", Value::Text("CPU 0/KVM")),
            ("tag", Value::Text(tag)),
            ("stack", Value::Int(hash.finish())),
            ("samples", Value::count(count)),
            ("weight", Value::count(weight)),
            ("cpu_ns", Value::count(weight)),
        ]);
    }
    let mut frames = Rows::new(TableName::Frames, capture);
    let [name, object, mode, kind] = frame.map(Value::Text);
    frames.add(&[
        ("stack", Value::Int(hash.finish())),
        ("frame", name),
        ("object", object),
        ("mode", mode),
        ("kind", kind),
    ]);
    [samples, frames]
}

/// Rows by the names of their columns. What is not named is absent, or nothing.
struct Rows(TableRows, i64);

impl Rows {
    fn new(table: TableName, capture: i64) -> Self {
        Self(TableRows::new(table), capture)
    }

    fn add(&mut self, named: &[(&str, Value<'_>)]) {
        let columns = self.0.schema().columns.iter();
        let row = columns.map(|column| {
            let found = named.iter().find(|(name, _)| *name == column.name);
            match (found, column.kind) {
                (Some((_, value)), _) => *value,
                (None, _) if column.name == "capture" => Value::Int(self.1),
                (None, _) if !column.absence.is_empty() => Value::Absent,
                (None, ValueKind::Int) => Value::Int(0),
                (None, ValueKind::Real) => Value::Real(0.0),
                (None, ValueKind::Flag) => Value::Flag(false),
                (None, ValueKind::Text) => Value::Text("made up"),
            }
        });
        let row: Vec<Value<'_>> = row.collect();
        self.0.push(&row).unwrap();
    }
}
