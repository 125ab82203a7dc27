//! The records of a made-up capture.

use std::io;

use linux_perf_data::Feature;

use super::encoder::Encoder;
use super::event::WrittenEvent;
use super::exits::{KVM_EXIT, Payload};
use super::file::Description;
use super::load::{Load, Written};
use super::record::{FileIdentity, RecordWriter, WrittenRecord};
use super::sample::SampleValues;
use super::sections::FeatureSection;
use super::shape::{self, KERNEL_START, PROGRAM_START, SplitMix64};
use crate::bytes::ByteOrder;
use crate::perf::abi::{PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER};
use crate::perf::file::CpuCounts;
use crate::units::{Avma, Cpu, FileOffset, Pid, Tid, Timestamp};

/// Samples between two rounds of emptying the CPUs' buffers.
pub(super) const ROUND: usize = 1024;
/// The time of the first record.
const START: u64 = 1_000_000_000_000;
/// Ids of the events on the first CPU.
const CLOCK_IDS: u64 = 100_000;
const TRACEPOINT_IDS: u64 = 200_000;

impl Load {
    pub(super) fn description(&self) -> Description {
        let ids = |base: u64| (0..u64::from(self.cpus)).map(|cpu| base + cpu).collect();
        let mut clock = WrittenEvent::cpu_clock();
        clock.ids = ids(CLOCK_IDS);
        let mut events = vec![clock];
        if self.tracepoints > 0 {
            let mut exit = WrittenEvent::tracepoint("kvm:kvm_exit", KVM_EXIT.id);
            exit.ids = ids(TRACEPOINT_IDS);
            events.push(exit);
        }
        let cpus = CpuCounts {
            available: u32::from(self.cpus),
            online: u32::from(self.cpus),
        };
        let mut features = vec![
            FeatureSection::text(Feature::HOSTNAME, "load"),
            FeatureSection::text(Feature::OSRELEASE, "6.1.0-load"),
            FeatureSection::text(Feature::VERSION, "6.1"),
            FeatureSection::text(Feature::ARCH, "x86_64"),
            FeatureSection::cpus(cpus),
            FeatureSection::command_line(&["perf", "record", "-e", "cpu-clock", "-a", "-g"]),
            FeatureSection::event_names(&events),
        ];
        if self.tracepoints > 0 {
            features.push(FeatureSection::tracing_data(vec![KVM_EXIT.format()]));
        }
        Description { events, features }
    }

    /// What tells processes, threads and mappings, oldest first.
    pub(super) fn sideband(&self) -> Vec<(Pid, Tid, WrittenRecord<'static>)> {
        let mut entries = Vec::new();
        for process in 0..self.processes {
            for thread in 0..self.threads {
                let (pid, tid) = shape::task_at(process.into(), thread.into());
                let name: &[u8] = if thread == 0 {
                    b"qemu-load"
                } else {
                    b"CPU 0/KVM"
                };
                entries.push((pid, tid, WrittenRecord::Comm { pid, tid, name }));
                if thread == 0 {
                    entries.push((pid, tid, self.program(pid, tid)));
                }
            }
        }
        entries
    }

    fn program(&self, pid: Pid, tid: Tid) -> WrittenRecord<'static> {
        WrittenRecord::Mmap2 {
            pid,
            tid,
            start: Avma::new(PROGRAM_START),
            len: shape::code_len(self),
            // So that perf, which prints positions in the file, prints addresses.
            file_offset: FileOffset::new(PROGRAM_START),
            identity: FileIdentity::Inode {
                major: 8,
                minor: 1,
                inode: 4711,
                generation: 0,
            },
            prot: 5,
            flags: 2,
            name: b"/opt/load/program",
        }
    }
}

/// What a VMX exit because of port I/O to the ACPI PM timer records.
const TIMER_READ: Payload = Payload::Exit {
    vcpu: 0,
    rip: 0xffff_ffff_8100_1234,
    isa: 1,
    // IO_INSTRUCTION.
    reason: 30,
    // Exit qualification: port 0x608, in, four bytes.
    info1: 0x0608_000b,
    info2: 0,
};

/// Makes the records of a load, in one buffer for each CPU.
pub(super) struct Maker<'a, O> {
    load: &'a Load,
    events: &'a [WrittenEvent],
    random: SplitMix64,
    buffers: Vec<RecordWriter<O>>,
    seen: Vec<bool>,
    clock: u64,
    chain: Vec<u64>,
    /// What was made so far.
    pub(super) written: Written,
}

impl<'a, O: ByteOrder> Maker<'a, O> {
    pub(super) fn new(load: &'a Load, description: &'a Description) -> Self {
        let buffers = (0..load.cpus.max(1)).map(|_| RecordWriter::new());
        let stacks = usize::try_from(load.stacks).unwrap_or(0);
        Self {
            load,
            events: &description.events,
            random: SplitMix64::new(load.seed),
            buffers: buffers.collect(),
            seen: vec![false; stacks],
            clock: START,
            chain: Vec::new(),
            written: Written::default(),
        }
    }

    /// Appends an entry to the last CPU's buffer.
    fn entry(&mut self, misc: u16, entry: &WrittenRecord<'_>, values: &SampleValues<'_>) {
        let event = self.events.first();
        if let (Some(buffer), Some(event)) = (self.buffers.last_mut(), event) {
            buffer.entry(misc, entry, Some((&event.attr, values)));
            self.written.records += 1;
        }
    }

    /// The kernel's own mapping, which perf writes itself, before anything else.
    pub(super) fn kernel(&mut self) {
        let entry = WrittenRecord::Mmap {
            pid: Pid::KERNEL,
            tid: Tid::new(0),
            start: Avma::new(KERNEL_START),
            len: shape::code_len(self.load),
            file_offset: FileOffset::new(KERNEL_START),
            name: b"[kernel.kallsyms]_text",
        };
        self.entry(1, &entry, &SampleValues::default());
    }

    /// Appends what is older than the first sample.
    pub(super) fn sideband(&mut self, entries: Vec<(Pid, Tid, WrittenRecord<'static>)>) {
        let last = u64::from(self.load.cpus) - 1;
        for (pid, tid, entry) in entries {
            let values = SampleValues {
                id: CLOCK_IDS + last,
                pid,
                tid,
                time: Timestamp::from_nanos(START),
                cpu: Cpu(u32::from(self.load.cpus) - 1),
                ..SampleValues::default()
            };
            self.entry(2, &entry, &values);
        }
    }

    pub(super) fn sample(&mut self) {
        let load = self.load;
        let cpu = u32::try_from(self.random.below(load.cpus.into())).unwrap_or(0);
        let stack = u32::try_from(self.random.below(load.stacks.into())).unwrap_or(0);
        let is_tracepoint = self.random.below(100) < load.tracepoints.into();
        let is_guest = !is_tracepoint && self.random.below(100) < load.guest.into();
        self.clock += 1_000_000 / u64::from(load.cpus) + self.random.below(1_000);
        let (pid, tid) = shape::task_of(load, stack);
        if is_guest {
            self.chain.clear();
            self.chain.extend([PERF_CONTEXT_KERNEL, PERF_CONTEXT_USER]);
        } else {
            shape::chain_of(load, stack, &mut self.chain);
        }
        let time = Timestamp::from_nanos(self.clock);
        let mut payload = Encoder::<O>::new();
        if is_tracepoint {
            payload.kvm_payload(tid, &TIMER_READ);
        }
        let ids = if is_tracepoint {
            TRACEPOINT_IDS
        } else {
            CLOCK_IDS
        };
        let ip = self.chain.get(1).copied().filter(|_| !is_guest);
        let values = SampleValues {
            id: ids + u64::from(cpu),
            ip: ip.unwrap_or(KERNEL_START + 0x42),
            pid,
            tid,
            time,
            cpu: Cpu(cpu),
            period: 1_003_009,
            chain: &self.chain,
            raw: payload.bytes(),
            ..SampleValues::default()
        };
        let event = self.events.get(usize::from(is_tracepoint));
        let buffer = usize::try_from(cpu)
            .ok()
            .and_then(|cpu| self.buffers.get_mut(cpu));
        if let (Some(event), Some(buffer)) = (event, buffer) {
            buffer.sample(&event.attr, if is_guest { 4 } else { 1 }, &values);
        }
        self.count(stack, is_tracepoint, is_guest, time);
    }

    fn count(&mut self, stack: u32, is_tracepoint: bool, is_guest: bool, time: Timestamp) {
        let written = &mut self.written;
        written.records += 1;
        if written.samples + written.tracepoint_samples == 0 {
            written.times.0 = time;
        }
        written.times.1 = time;
        if is_tracepoint {
            written.tracepoint_samples += 1;
            return;
        }
        written.samples += 1;
        written.guest_samples += u64::from(is_guest);
        written.chain_entries += self.chain.len() as u64;
        let sum = |sum: u64, &entry: &u64| sum.wrapping_add(entry);
        written.address_sum = self.chain.iter().fold(written.address_sum, sum);
        let seen = usize::try_from(stack)
            .ok()
            .and_then(|stack| self.seen.get_mut(stack));
        if let Some(seen) = seen.filter(|seen| !is_guest && !**seen) {
            *seen = true;
            written.stacks += 1;
        }
    }

    /// Hands over and empties all buffers, and ends the round.
    pub(super) fn round(
        &mut self,
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        if let Some(buffer) = self.buffers.last_mut() {
            buffer.finished_round();
            self.written.records += 1;
        }
        for buffer in &mut self.buffers {
            write(buffer.bytes())?;
            buffer.clear();
        }
        Ok(())
    }
}
