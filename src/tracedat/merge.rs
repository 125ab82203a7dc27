//! The events of all CPUs, in one order.
//!
//! ```text
//! CPU 0   … handed out … │ 17  20  21 …
//! CPU 1   … handed out … │ 12  40     …      12 is next, then 17
//!                          ↑ heads
//! ```
//!
//! Each CPU's events are in the order of their times, so no event is earlier than the head of its CPU:
//! the earliest head is the earliest event that was not handed out. Heads of one time go by the order
//! of buffers and CPUs in the file, as trace-cmd has it.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::marker::PhantomData;
use std::slice::Chunks;

use super::clock::ClockReading;
use super::damage::TraceDamage;
use super::page::{Missed, Page, PageEvents, PageStep, RawEvent};
use super::preamble::PageLayout;
use crate::bytes::ByteOrder;
use crate::units::{Cpu, Timestamp};

/// The pages of one CPU of one buffer.
#[derive(Clone, Copy, Debug)]
pub(super) struct CpuBytes<'a> {
    pub(super) cpu: Cpu,
    pub(super) pages: &'a [u8],
    pub(super) page_len: usize,
}

/// An event with its CPU.
#[derive(Clone, Copy, Debug)]
pub(super) struct TimedEvent<'a> {
    pub(super) time: Timestamp,
    pub(super) cpu: Cpu,
    pub(super) payload: &'a [u8],
}

/// The events of one CPU that are not handed out yet.
#[derive(Debug)]
struct CpuEvents<'a, O> {
    cpu: Cpu,
    pages: Chunks<'a, u8>,
    current: PageEvents<'a>,
    last_time: Timestamp,
    missed: Missed,
    damage: TraceDamage,
    order: PhantomData<O>,
}

impl<'a, O: ByteOrder> CpuEvents<'a, O> {
    fn next_event(&mut self, layout: PageLayout, clock: &ClockReading) -> Option<TimedEvent<'a>> {
        loop {
            match self.current.step::<O>() {
                PageStep::Event(RawEvent { time, payload }) => {
                    let mut time = clock.time(time, self.cpu);
                    if time < self.last_time {
                        self.damage.times_backwards += 1;
                        time = self.last_time;
                    }
                    self.last_time = time;
                    return Some(TimedEvent {
                        time,
                        cpu: self.cpu,
                        payload,
                    });
                }
                PageStep::Broken(bytes) => self.damage.page_bytes += bytes,
                PageStep::End => {
                    let bytes = self.pages.next()?;
                    match Page::open::<O>(bytes, layout) {
                        Some(page) => {
                            self.current = page.events;
                            self.missed.add(&page.missed);
                            self.damage.page_bytes += page.missing;
                        }
                        None => self.damage.page_bytes += bytes.len() as u64,
                    }
                }
            }
        }
    }
}

/// Hands the events of all CPUs to `visit`, in the order of their times.
#[derive(Debug)]
pub(super) struct Merge<'a, O> {
    cpus: Vec<CpuEvents<'a, O>>,
    layout: PageLayout,
    clock: &'a ClockReading,
}

impl<'a, O: ByteOrder> Merge<'a, O> {
    pub(super) fn new(
        cpus: impl Iterator<Item = CpuBytes<'a>>,
        layout: PageLayout,
        clock: &'a ClockReading,
    ) -> Self {
        let cpus = cpus.map(|bytes| CpuEvents {
            cpu: bytes.cpu,
            pages: bytes.pages.chunks(bytes.page_len.max(1)),
            current: PageEvents::NONE,
            last_time: Timestamp::default(),
            missed: Missed::default(),
            damage: TraceDamage::default(),
            order: PhantomData,
        });
        Self {
            cpus: cpus.collect(),
            layout,
            clock,
        }
    }

    /// Runs to the end; returns what is missing, and adds to `damage` what could not be read.
    pub(super) fn run(
        mut self,
        damage: &mut TraceDamage,
        mut visit: impl FnMut(TimedEvent<'a>),
    ) -> Missed {
        let mut heads: Vec<Option<TimedEvent<'a>>> = Vec::new();
        let mut order = BinaryHeap::new();
        for (at, cpu) in self.cpus.iter_mut().enumerate() {
            let head = cpu.next_event(self.layout, self.clock);
            order.extend(head.map(|event| Reverse((event.time, at))));
            heads.push(head);
        }
        while let Some(mut earliest) = order.peek_mut() {
            let Reverse((_, at)) = *earliest;
            let (Some(head), Some(cpu)) = (heads.get_mut(at), self.cpus.get_mut(at)) else {
                PeekMut::pop(earliest);
                continue;
            };
            let next = cpu.next_event(self.layout, self.clock);
            let event = std::mem::replace(head, next);
            match next {
                Some(next) => *earliest = Reverse((next.time, at)),
                None => drop(PeekMut::pop(earliest)),
            }
            if let Some(event) = event {
                visit(event);
            }
        }
        let mut missed = Missed::default();
        for cpu in &self.cpus {
            missed.add(&cpu.missed);
            damage.add_pages(&cpu.damage);
        }
        missed
    }
}
