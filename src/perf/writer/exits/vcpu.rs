//! Virtual CPUs: threads, the host's CPUs they run on, their clocks.

use super::course::{Cause, Exiting, Step};
use super::payload::Payload;
use crate::perf::writer::shape::SplitMix64;
use crate::units::{Pid, Tid};

/// One exit in so many is not followed by an entry.
const UNENTERED: u64 = 1024;
/// Functions of the guest that exit, each at one place.
const PLACES: u64 = 64;

/// A virtual CPU of a made-up VM.
#[derive(Clone, Debug)]
pub(super) struct Vcpu {
    pub(super) pid: Pid,
    pub(super) tid: Tid,
    number: u32,
    is_amd: bool,
    /// The host's CPU that it runs on.
    pub(super) cpu: u32,
    /// When its next record is made.
    pub(super) due: u64,
    /// What it records next, from the place `next` on.
    steps: Vec<Step>,
    next: usize,
}

impl Vcpu {
    /// A CPU whose first exit is due at once.
    pub(super) fn new(pid: Pid, number: u16, is_amd: bool) -> Self {
        Self {
            pid,
            tid: Tid::new(pid.as_i32() + 1 + i32::from(number)),
            number: number.into(),
            is_amd,
            cpu: 0,
            due: 0,
            steps: Vec::new(),
            next: 0,
        }
    }

    /// What it records at the time it is due; then it is due again.
    ///
    /// One that slept goes on on any of the host's `cpus`.
    pub(super) fn step(&mut self, random: &mut SplitMix64, cpus: u16) -> Option<Payload> {
        if self.next == self.steps.len() {
            self.plan(random);
        }
        let step = *self.steps.get(self.next)?;
        self.next += 1;
        if step.slept {
            self.cpu = u32::try_from(random.below(cpus.into())).unwrap_or(0);
        }
        if self.next == self.steps.len() {
            self.plan(random);
        }
        self.due += self.steps.get(self.next)?.after;
        Some(step.payload)
    }

    /// The next exit, and how it is handled.
    fn plan(&mut self, random: &mut SplitMix64) {
        self.steps.clear();
        self.next = 0;
        let cause = Cause::any(random);
        let exiting = Exiting {
            vcpu: self.number,
            is_amd: self.is_amd,
            rip: 0xffff_ffff_8100_0000 + random.below(PLACES) * 0x40,
        };
        let in_guest = 2_000 + random.below(40_000);
        self.steps.push(exiting.exit(in_guest, cause));
        if random.below(UNENTERED) > 0 {
            exiting.handling(cause, random, &mut self.steps);
        }
    }
}
