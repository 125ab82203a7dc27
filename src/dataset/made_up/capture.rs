//! A capture of a made-up host, as rows.

use std::collections::BTreeMap;

use super::cause::{CAUSES, MadeUpCause};
use super::host::{MadeUpHost, MadeUpVm, VCPUS, VcpuExits};
use super::load::{DURATION_NS, FIRST_SECOND, FleetLoad};
use super::stacks::{StackPool, TAG_DEPTH, VARIANTS};
use super::truth::FleetTruth;
use crate::dataset::add::CaptureRows;
use crate::dataset::buckets::{bucket_of, least_of};
use crate::dataset::partition::Partition;
use crate::dataset::schema::TableName;
use crate::dataset::stack_hash::ContentHash;
use crate::dataset::table_rows::TableRows;
use crate::dataset::values::Value;
use crate::error::Result;
use crate::perf::writer::SplitMix64;

/// What a sample of `cpu-clock` at 999 Hz stands for.
const PERIOD_NS: u64 = 1_001_001;

/// How exits spread over buckets around their mean, in hundredths, and how far below it the first is.
const SPREAD: [u64; 6] = [5, 20, 35, 25, 10, 5];
const SPREAD_BELOW: i64 = 2;
const LAST_SPREAD: i64 = 5;

/// The tag of guest code.
const GUEST: &str = "guest";

/// Samples of a vCPU with one stack.
#[derive(Clone, Copy)]
struct MadeUpSamples {
    tag: &'static str,
    stack: i64,
    samples: u64,
}

/// What is written of a capture meanwhile.
pub(super) struct CaptureMaker<'f> {
    load: &'f FleetLoad,
    host: &'f MadeUpHost,
    pool: &'f StackPool,
    hour: u64,
    capture: i64,
    random: SplitMix64,
    vms: TableRows,
    samples: TableRows,
    exits: TableRows,
    histogram: TableRows,
    /// By the place of their cause, over all VMs.
    sums: BTreeMap<usize, VcpuExits>,
    sampled: u64,
}

impl<'f> CaptureMaker<'f> {
    pub(super) fn new(
        load: &'f FleetLoad,
        host: &'f MadeUpHost,
        pool: &'f StackPool,
        hour: u64,
    ) -> Self {
        let mut hash = ContentHash::default();
        hash.add(&load.seed.to_le_bytes());
        hash.add(&hour.to_le_bytes());
        hash.add(host.name.as_bytes());
        let capture = hash.finish();
        Self {
            load,
            host,
            pool,
            hour,
            capture,
            random: SplitMix64::new(capture.cast_unsigned()),
            vms: TableRows::new(TableName::Vms),
            samples: TableRows::new(TableName::Samples),
            exits: TableRows::new(TableName::Exits),
            histogram: TableRows::new(TableName::ExitHistogram),
            sums: BTreeMap::new(),
            sampled: 0,
        }
    }

    /// Its rows; what is planted in them is added to `truth`.
    pub(super) fn rows(mut self, truth: &mut FleetTruth) -> Result<CaptureRows> {
        let host = self.host;
        for vm in &host.vms {
            self.add_vm(vm)?;
        }
        let kernel = host.kernel(self.load, self.hour);
        for (&place, &sum) in &self.sums {
            truth.add(host, kernel, place, sum);
        }
        truth.add_capture(host, self.sampled);
        let at = FIRST_SECOND + 3600 * self.hour;
        let capture = self.capture_row(kernel, at)?;
        Ok(CaptureRows {
            capture: self.capture,
            partition: Partition::of_seconds(at),
            tables: vec![capture, self.vms, self.samples, self.exits, self.histogram],
        })
    }

    fn add_vm(&mut self, vm: &MadeUpVm) -> Result<()> {
        self.vms.push(&[
            Value::Int(self.capture),
            Value::Int(vm.pid),
            Value::Text(&vm.name),
            Value::Text(if vm.is_windows { "Windows" } else { "Linux" }),
            Value::Text("hint"),
            Value::Text("8.2"),
            Value::count(VCPUS),
        ])?;
        let mut of_vm: BTreeMap<usize, VcpuExits> = BTreeMap::new();
        for vcpu in 0..VCPUS {
            let found = self.host.exits(self.load, vm, self.hour, &mut self.random);
            self.add_samples(vm, vcpu, &found)?;
            for exits in found {
                self.add_exits(vm, vcpu, exits)?;
                of_vm.entry(exits.place).or_default().add(exits);
            }
        }
        for (place, exits) in of_vm {
            self.add_histogram(vm, place, exits)?;
            self.sums.entry(place).or_default().add(exits);
        }
        Ok(())
    }

    fn reason(&self, cause: &MadeUpCause) -> &'static str {
        cause.reason(self.host.is_amd())
    }

    fn add_exits(&mut self, vm: &MadeUpVm, vcpu: u64, found: VcpuExits) -> Result<()> {
        let Some(cause) = CAUSES.get(found.place) else {
            return Ok(());
        };
        let vmm_ns = found.time_ns / 1000 * cause.vmm;
        let nothing = Value::Int(0);
        self.exits.push(&[
            Value::Int(self.capture),
            Value::Int(vm.pid),
            Value::count(vm.pid.cast_unsigned() + 3 + vcpu),
            Value::count(vcpu),
            Value::Text(self.reason(cause)),
            Value::text_or_absent(cause.register),
            Value::text_or_absent(cause.direction),
            Value::text_or_absent(cause.device),
            Value::Flag(!cause.device.is_empty()),
            Value::count(found.exits),
            nothing,
            Value::count(found.exits),
            Value::count(found.time_ns - vmm_ns),
            Value::count(vmm_ns),
            nothing,
            nothing,
            nothing,
            Value::count(found.time_ns),
        ])
    }

    fn add_histogram(&mut self, vm: &MadeUpVm, place: usize, found: VcpuExits) -> Result<()> {
        let Some(cause) = CAUSES.get(place) else {
            return Ok(());
        };
        let mean = bucket_of(found.time_ns / found.exits.max(1));
        let mut rest = found.exits;
        for (ordinal, part) in (0..).zip(SPREAD) {
            // What division leaves over is in the last.
            let exits = if ordinal == LAST_SPREAD {
                rest
            } else {
                found.exits * part / 100
            };
            rest -= exits;
            let bucket = (mean + ordinal - SPREAD_BELOW).max(ordinal);
            if exits > 0 {
                self.histogram.push(&[
                    Value::Int(self.capture),
                    Value::Int(vm.pid),
                    Value::Text(self.reason(cause)),
                    Value::text_or_absent(cause.register),
                    Value::text_or_absent(cause.direction),
                    Value::Int(bucket),
                    Value::count(least_of(bucket).unwrap_or_default()),
                    Value::count(exits),
                ])?;
            }
        }
        Ok(())
    }

    /// A vCPU is busy for half of the time or more: samples of its exits, the rest in the guest.
    fn add_samples(&mut self, vm: &MadeUpVm, vcpu: u64, found: &[VcpuExits]) -> Result<()> {
        let vcpus = VCPUS * self.host.vms.len() as u64;
        let variants = self.load.stacks / (vcpus * found.len() as u64).max(1);
        let variants = variants.clamp(1, VARIANTS);
        let all = DURATION_NS / PERIOD_NS * (500 + self.random.below(500)) / 1000;
        let mut rest = all;
        let pool = self.pool;
        for exits in found {
            let samples = (exits.time_ns / PERIOD_NS).min(rest);
            rest -= samples;
            let first = self.random.below(VARIANTS);
            let parts = variants.min(samples);
            for part in 0..parts {
                let count = samples / parts + u64::from(part < samples % parts);
                let stack = pool.of_cause(exits.place, (first + part) % VARIANTS).stack;
                let tag = CAUSES
                    .get(exits.place)
                    .map_or("exit:other", |cause| cause.tag);
                let row = MadeUpSamples {
                    tag,
                    stack,
                    samples: count,
                };
                self.add_sample(vm, vcpu, row)?;
            }
        }
        let row = MadeUpSamples {
            tag: GUEST,
            stack: pool.guest.stack,
            samples: rest,
        };
        self.add_sample(vm, vcpu, row)
    }

    fn add_sample(&mut self, vm: &MadeUpVm, vcpu: u64, row: MadeUpSamples) -> Result<()> {
        let MadeUpSamples {
            tag,
            stack,
            samples,
        } = row;
        if samples == 0 {
            return Ok(());
        }
        self.sampled += samples;
        let weight = Value::count(samples * PERIOD_NS);
        let depth = if tag == GUEST { 0 } else { TAG_DEPTH };
        self.samples.push(&[
            Value::Int(self.capture),
            Value::Int(vm.pid),
            Value::count(vcpu),
            Value::Text("qemu-system-x86"),
            Value::Text(if vcpu == 0 { "CPU 0/KVM" } else { "CPU 1/KVM" }),
            Value::Text(tag),
            Value::Int(depth),
            Value::Int(stack),
            Value::count(samples),
            weight,
            weight,
        ])
    }

    fn capture_row(&self, kernel: &str, at: u64) -> Result<TableRows> {
        let exits = Value::count(self.sums.values().map(|sum| sum.exits).sum());
        let samples = Value::count(self.sampled);
        let source = format!("made up: {}.data", self.host.name);
        let nothing = Value::Int(0);
        let mut rows = TableRows::new(TableName::Captures);
        rows.push(&[
            Value::Int(self.capture),
            Value::Text(&self.host.name),
            Value::Text("x86_64"),
            Value::Text(kernel),
            Value::Text(self.host.cpu),
            Value::Int(64),
            Value::count(at),
            Value::Text("option"),
            Value::count(DURATION_NS),
            Value::Text("perf.data"),
            Value::Flag(false),
            samples,
            nothing,
            Value::Text("cpu-clock"),
            Value::Text("ns"),
            Value::Text("clock"),
            samples,
            Value::count(self.sampled * PERIOD_NS),
            nothing,
            exits,
            exits,
            nothing,
            Value::count(self.host.vms.len() as u64),
            nothing,
            Value::Text(&source),
            Value::Text(concat!("vmflame ", env!("CARGO_PKG_VERSION"))),
        ])?;
        Ok(rows)
    }
}
