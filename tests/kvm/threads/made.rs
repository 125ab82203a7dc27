//! Captures whose times are told by drawings.

#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::Cursor;
use std::path::Path;

use vmflame::bytes::Little;
use vmflame::perf::writer::{
    Description, Encoder, FeatureSection, FileWriter, RecordWriter, SampleValues, WrittenEvent,
    WrittenRecord,
};
use vmflame::perf::{CpuCounts, Feature};
use vmflame::units::{Cpu, Pid, Tid, Timestamp};

const MILLI: u64 = 1_000_000;
/// The time at which the recordings begin, in milliseconds.
const BEGIN: u64 = 1000;

/// A thread, a CPU and a time in milliseconds from the beginning.
#[derive(Clone, Copy)]
pub(super) struct At(i32, i32, u32, u64);

pub(super) struct Made {
    events: Vec<WrittenEvent>,
    records: RecordWriter<Little>,
}

impl Made {
    fn new(events: Vec<WrittenEvent>) -> Self {
        let numbered = (1..).zip(events).map(|(id, event)| WrittenEvent {
            ids: vec![id],
            ..event
        });
        Self {
            events: numbered.collect(),
            records: RecordWriter::new(),
        }
    }

    fn values(&self, event: usize, at: At) -> SampleValues<'static> {
        let At(pid, tid, cpu, millis) = at;
        SampleValues {
            id: self.events[event].ids[0],
            ip: 0x40_1010,
            pid: Pid::new(pid),
            tid: Tid::new(tid),
            time: Timestamp::from_nanos((BEGIN + millis) * MILLI),
            cpu: Cpu(cpu),
            period: MILLI,
            ..SampleValues::default()
        }
    }

    fn sample(&mut self, event: usize, misc: u16, at: At) {
        let values = self.values(event, at);
        self.records.sample(&self.events[event].attr, misc, &values);
    }

    fn raw(&mut self, event: usize, at: At, raw: &[u8]) {
        let values = SampleValues {
            raw,
            ..self.values(event, at)
        };
        self.records.sample(&self.events[event].attr, 1, &values);
    }

    /// A record about threads at a time.
    fn entry(&mut self, at: At, entry: &WrittenRecord<'_>) {
        let values = self.values(0, at);
        let attr = &self.events[0].attr;
        self.records.entry(0, entry, Some((attr, &values)));
    }

    fn comm(&mut self, at: At, name: &str) {
        let comm = WrittenRecord::Comm {
            pid: Pid::new(at.0),
            tid: Tid::new(at.1),
            name: name.as_bytes(),
        };
        self.entry(at, &comm);
    }

    fn fork(&mut self, at: At) {
        let time = Timestamp::from_nanos((BEGIN + at.3) * MILLI);
        let fork = WrittenRecord::Fork {
            pid: Pid::new(at.0),
            parent_pid: Pid::new(1),
            tid: Tid::new(at.1),
            parent_tid: Tid::new(1),
            time,
        };
        self.entry(at, &fork);
    }

    /// Writes the capture, of a host with CPU 0 on node 0 and CPU 1 on node 1.
    pub(super) fn write(self, place: &Path) {
        let mut nodes = Encoder::<Little>::new();
        nodes.u32(2);
        for (node, cpus) in [(0, "0"), (1, "1")] {
            nodes.u32(node);
            nodes.u64s(&[1 << 20, 1 << 19]);
            nodes.header_string(cpus);
        }
        let features = vec![
            FeatureSection::event_names(&self.events),
            FeatureSection::text(Feature::OSRELEASE, "6.1.0"),
            FeatureSection::text(Feature::ARCH, "x86_64"),
            FeatureSection::cpus(CpuCounts {
                available: 4,
                online: 2,
            }),
            FeatureSection::bytes_of(Feature::NUMA_TOPOLOGY, nodes.into_bytes()),
        ];
        let description = Description {
            features,
            events: self.events,
        };
        let mut out = FileWriter::<Little, _>::new(Cursor::new(Vec::new()), &description).unwrap();
        out.write(self.records.bytes()).unwrap();
        std::fs::write(place, out.finish().unwrap().into_inner()).unwrap();
    }
}

/// The payload of a `sched_switch` of Linux 6.1; see its file `format`.
fn switch(prev: i32, prev_state: u64, next: i32, next_name: &str) -> Vec<u8> {
    let mut raw = vec![0; 64];
    raw[24..28].copy_from_slice(&prev.to_le_bytes());
    raw[32..40].copy_from_slice(&prev_state.to_le_bytes());
    raw[40..40 + next_name.len()].copy_from_slice(next_name.as_bytes());
    raw[56..60].copy_from_slice(&next.to_le_bytes());
    raw
}

/// The payload of a `sched_wakeup`.
fn wakeup(tid: i32, cpu: u32) -> Vec<u8> {
    let mut raw = vec![0; 36];
    raw[24..28].copy_from_slice(&tid.to_le_bytes());
    raw[32..36].copy_from_slice(&cpu.to_le_bytes());
    raw
}

const RUNNABLE: u64 = 0x100;
const SLEEPS: u64 = 1;
const DEAD: u64 = 0x20;

/// Two vCPUs on CPU 0, all else on CPU 1, for 100 ms.
///
/// ```text
///        0    5  8 10   20 25  30 35 36  40  50 51  61  70   80  90 95 96  100
/// CPU 0  101 ──────┤102 ───────┤ idle  ┤102 ┤101 ──────────────────────────
/// CPU 1  300 ┤200┤310 ──┤400┤ idle ───────────┤400'┤310 ?┤300 ┤320 ┤idle┤320
/// ```
/// At 70 it is 320 that stops running where 310 was seen last: a switch is missing. 400 ends, and the
/// id is used again by another process.
pub(super) fn switches() -> Made {
    let mut made = Made::new(vec![
        WrittenEvent::tracepoint("sched:sched_switch", 300),
        WrittenEvent::tracepoint("sched:sched_wakeup", 301),
    ]);
    for (pid, tid, name) in [
        (100, 100, "qemu-system-x86"),
        (100, 101, "CPU 0/KVM"),
        (100, 102, "CPU 1/KVM"),
        (200, 200, "vhost-100"),
        (300, 300, "twin"),
        (310, 310, "twin"),
        (400, 400, "short"),
    ] {
        made.comm(At(pid, tid, 0, 0), name);
    }
    made.raw(1, At(100, 101, 0, 0), &wakeup(200, 1));
    made.raw(
        0,
        At(300, 300, 1, 5),
        &switch(300, SLEEPS, 200, "vhost-100"),
    );
    made.raw(0, At(200, 200, 1, 8), &switch(200, SLEEPS, 310, "twin"));
    made.raw(
        0,
        At(100, 101, 0, 10),
        &switch(101, RUNNABLE, 102, "CPU 1/KVM"),
    );
    made.raw(0, At(310, 310, 1, 20), &switch(310, RUNNABLE, 400, "short"));
    // A thread that ends has no id any more.
    made.raw(0, At(-1, -1, 1, 25), &switch(400, DEAD, 0, "swapper/1"));
    made.raw(0, At(100, 102, 0, 30), &switch(102, SLEEPS, 0, "swapper/0"));
    made.raw(1, At(0, 0, 0, 35), &wakeup(102, 0));
    made.raw(0, At(0, 0, 0, 36), &switch(0, 0, 102, "CPU 1/KVM"));
    made.raw(
        0,
        At(100, 102, 0, 40),
        &switch(102, RUNNABLE, 101, "CPU 0/KVM"),
    );
    made.raw(1, At(0, 0, 1, 50), &wakeup(400, 1));
    made.raw(0, At(0, 0, 1, 51), &switch(0, 0, 400, "other"));
    made.raw(0, At(500, 400, 1, 61), &switch(400, SLEEPS, 310, "twin"));
    made.raw(0, At(320, 320, 1, 70), &switch(320, SLEEPS, 300, "twin"));
    made.raw(
        0,
        At(300, 300, 1, 80),
        &switch(300, RUNNABLE, 320, "before"),
    );
    made.raw(0, At(320, 320, 1, 90), &switch(320, SLEEPS, 0, "swapper/1"));
    made.raw(1, At(0, 0, 1, 95), &wakeup(320, 1));
    made.raw(0, At(0, 0, 1, 96), &switch(0, 0, 320, "after"));
    made.raw(1, At(320, 320, 1, 100), &wakeup(300, 1));
    made
}

/// A sample each millisecond on each of two CPUs, 100 ms long: on CPU 0 a vCPU with 30 samples in the
/// guest and 30 in the VMM, another thread of the VM with 20, and 20 of the idle task; on CPU 1 a
/// thread that ends after 10, another one with its id and its process's id for 30, and one that takes
/// another name after 25 of its 60.
pub(super) fn samples(event: WrittenEvent) -> Made {
    let mut made = Made::new(vec![event]);
    for (pid, tid, name) in [
        (1, 1, "init"),
        (100, 100, "qemu-system-x86"),
        (100, 101, "CPU 0/KVM"),
        (400, 400, "short"),
        (320, 320, "before"),
    ] {
        made.comm(At(pid, tid, 0, 0), name);
    }
    let (user, guest, kernel) = (2, 5, 1);
    for millis in 1..=100 {
        match millis {
            1..=30 => made.sample(0, guest, At(100, 101, 0, millis)),
            31..=60 => made.sample(0, user, At(100, 101, 0, millis)),
            61..=80 => made.sample(0, user, At(100, 100, 0, millis)),
            _ => made.sample(0, kernel, At(0, 0, 0, millis)),
        }
        if millis == 11 {
            made.fork(At(400, 400, 1, millis));
        }
        if millis == 66 {
            made.comm(At(320, 320, 1, millis), "after");
        }
        match millis {
            1..=40 => made.sample(0, user, At(400, 400, 1, millis)),
            _ => made.sample(0, user, At(320, 320, 1, millis)),
        }
    }
    made
}
