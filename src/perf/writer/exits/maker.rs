//! The records of a made-up capture of VM exits, through the buffers of the host's CPUs.

use std::io;

use linux_perf_data::Feature;

use super::formats::KvmTracepoint;
use super::load::{ExitLoad, ExitsWritten};
use super::payload::Payload;
use super::vcpu::Vcpu;
use crate::bytes::ByteOrder;
use crate::perf::abi::PERF_SAMPLE_CALLCHAIN;
use crate::perf::file::CpuCounts;
use crate::perf::writer::encoder::Encoder;
use crate::perf::writer::event::WrittenEvent;
use crate::perf::writer::file::Description;
use crate::perf::writer::record::{RecordWriter, WrittenRecord};
use crate::perf::writer::sample::SampleValues;
use crate::perf::writer::sections::FeatureSection;
use crate::perf::writer::shape::{KERNEL_START, SplitMix64};
use crate::units::{Cpu, Pid, Tid, Timestamp};

/// Records of each CPU between two rounds of emptying their buffers: `perf kvm stat record` asks for
/// buffers of 4 MiB, and is woken up when one is half full.
///
/// Source: `kvm_events_record()`, tools/perf/builtin-kvm.c; the watermark in `ring_buffer_init()`,
/// `kernel/events/ring_buffer.c`; Linux 6.1.
const ROUND: usize = 20_000;
/// Records that the other CPUs make while the buffer of one is emptied.
const MEANWHILE: usize = 24;
/// The time of the first record.
const START: u64 = 1_000_000_000_000;

impl ExitLoad {
    /// Events and features as `perf kvm stat record -a` writes them, so far as readers need them.
    pub(super) fn description(&self) -> Description {
        let mut first_id = 10;
        let events = Payload::TRACEPOINTS.iter().map(|tracepoint| {
            let name = format!("kvm:{}", tracepoint.name);
            let mut event = WrittenEvent::tracepoint(&name, tracepoint.id);
            event.attr.sample_type &= !PERF_SAMPLE_CALLCHAIN;
            event.ids = (first_id..).take(self.cpus.into()).collect();
            first_id += u64::from(self.cpus);
            event
        });
        let events: Vec<_> = events.collect();
        let cpus = CpuCounts {
            available: self.cpus.into(),
            online: self.cpus.into(),
        };
        let cpuid = if self.is_amd {
            "AuthenticAMD,25,1,1"
        } else {
            "GenuineIntel,6,85,4"
        };
        let command = ["perf", "kvm", "--host", "stat", "record", "-a"];
        let formats = Payload::TRACEPOINTS.iter();
        let features = vec![
            FeatureSection::text(Feature::HOSTNAME, "load"),
            FeatureSection::text(Feature::OSRELEASE, "6.1.0-load"),
            FeatureSection::text(Feature::VERSION, "6.1"),
            FeatureSection::text(Feature::ARCH, "x86_64"),
            FeatureSection::text(Feature::CPUID, cpuid),
            FeatureSection::cpus(cpus),
            FeatureSection::command_line(&command),
            FeatureSection::event_names(&events),
            FeatureSection::tracing_data(formats.map(KvmTracepoint::format).collect()),
        ];
        Description { events, features }
    }
}

/// Makes the records of a load, in one buffer for each CPU.
pub(super) struct ExitMaker<'a, O> {
    cpus: u16,
    events: &'a [WrittenEvent],
    random: SplitMix64,
    buffers: Vec<RecordWriter<O>>,
    vcpus: Vec<Vcpu>,
    /// Whether the last of `kvm_exit` and `kvm_entry` of the virtual CPU was an exit.
    is_out: Vec<bool>,
    payload: Encoder<O>,
    /// What was made so far.
    pub(super) written: ExitsWritten,
}

impl<'a, O: ByteOrder> ExitMaker<'a, O> {
    pub(super) fn new(load: &ExitLoad, description: &'a Description) -> Self {
        let mut random = SplitMix64::new(load.seed);
        let mut vcpus = Vec::new();
        for vm in 0..load.vms {
            let pid = Pid::new(1_000 + i32::from(vm) * 10_000);
            for number in 0..load.vcpus {
                let mut vcpu = Vcpu::new(pid, number, load.is_amd);
                vcpu.due = START + random.below(20_000);
                vcpu.cpu = u32::from(number % load.cpus);
                vcpus.push(vcpu);
            }
        }
        Self {
            cpus: load.cpus,
            events: &description.events,
            random,
            buffers: (0..load.cpus).map(|_| RecordWriter::new()).collect(),
            is_out: vec![false; vcpus.len()],
            vcpus,
            payload: Encoder::new(),
            written: ExitsWritten::default(),
        }
    }

    /// The names of the threads, which perf writes itself, before anything else.
    pub(super) fn names(&mut self) {
        let named = self.vcpus.iter().enumerate().map(|(ix, vcpu)| {
            let name = format!("CPU {}/KVM", ix % self.vcpus.len());
            (vcpu.pid, vcpu.tid, name)
        });
        let named: Vec<(Pid, Tid, String)> = named.collect();
        let (Some(buffer), Some(event)) = (self.buffers.first_mut(), self.events.first()) else {
            return;
        };
        for (pid, tid, name) in named {
            let name = name.as_bytes();
            let values = SampleValues::default();
            let entry = WrittenRecord::Comm { pid, tid, name };
            buffer.entry(0, &entry, Some((&event.attr, &values)));
            self.written.records += 1;
        }
    }

    /// Makes as many records as wake up the recorder, then hands over and empties one after the other
    /// while the rest goes on, and ends the round.
    pub(super) fn round(
        &mut self,
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        for _ in 0..ROUND * self.buffers.len() {
            self.sample();
        }
        for cpu in 0..self.buffers.len() {
            for _ in 0..MEANWHILE {
                self.sample();
            }
            self.hand_over(cpu, &mut write)?;
        }
        Ok(())
    }

    /// Hands over what was made while the last round was handed over.
    pub(super) fn rest(
        &mut self,
        mut write: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        (0..self.buffers.len()).try_for_each(|cpu| self.hand_over(cpu, &mut write))
    }

    /// Empties the buffer of a CPU; behind the last one's the round ends.
    fn hand_over(
        &mut self,
        cpu: usize,
        write: &mut impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        let is_last = cpu + 1 == self.buffers.len();
        let Some(buffer) = self.buffers.get_mut(cpu) else {
            return Ok(());
        };
        if is_last {
            buffer.finished_round();
            self.written.records += 1;
        }
        write(buffer.bytes())?;
        buffer.clear();
        Ok(())
    }

    /// The next record of the virtual CPU that is due first.
    fn sample(&mut self) {
        let due = |&ix: &usize| self.vcpus.get(ix).map(|vcpu| vcpu.due);
        let Some(ix) = (0..self.vcpus.len()).min_by_key(due) else {
            return;
        };
        let Some(vcpu) = self.vcpus.get_mut(ix) else {
            return;
        };
        let time = Timestamp::from_nanos(vcpu.due);
        let Some(payload) = vcpu.step(&mut self.random, self.cpus) else {
            return;
        };
        self.payload.clear();
        self.payload.kvm_payload(vcpu.tid, &payload);
        let event = self.events.get(payload.event());
        let cpu = usize::try_from(vcpu.cpu).unwrap_or(0);
        if let (Some(event), Some(buffer)) = (event, self.buffers.get_mut(cpu)) {
            let values = SampleValues {
                id: event.ids.get(cpu).copied().unwrap_or(0),
                ip: KERNEL_START + 0x40 * payload.event() as u64,
                pid: vcpu.pid,
                tid: vcpu.tid,
                time,
                cpu: Cpu(vcpu.cpu),
                period: 1,
                raw: self.payload.bytes(),
                ..SampleValues::default()
            };
            buffer.sample(&event.attr, 1, &values);
        }
        self.count(ix, &payload, time);
    }

    fn count(&mut self, ix: usize, payload: &Payload, time: Timestamp) {
        let written = &mut self.written;
        if written.samples() == 0 {
            written.times.0 = time;
        }
        written.times.1 = time;
        written.records += 1;
        let Some(is_out) = self.is_out.get_mut(ix) else {
            return;
        };
        match payload {
            Payload::Entry { .. } => {
                written.entries += 1;
                *is_out = false;
            }
            Payload::Exit { .. } => {
                written.exits += 1;
                written.unentered += u64::from(*is_out);
                *is_out = true;
            }
            Payload::Pio { .. } => written.pios += 1,
            Payload::Mmio { .. } => written.mmios += 1,
            Payload::Msr { .. } => written.msrs += 1,
        }
    }
}
