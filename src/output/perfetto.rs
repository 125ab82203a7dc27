//! Perfetto's traces: samples with their stacks, exits as slices on the tracks of vCPUs.
//!
//! Times are those of the capture's clock.
//!
//! Source: perfetto's messages `Trace`, `PerfSample`, `InternedData`, `TrackEvent`, as the package
//! perfetto 0.59 of Python states them.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::protobuf::Message;
use super::recording::{CallerTable, SampledExit, ThreadOfRecording, ViewedRecording};
use crate::units::{Cpu, Timestamp};

/// The number of the one sequence of packets that there is.
const SEQUENCE: u64 = 1;

/// `SEQ_INCREMENTAL_STATE_CLEARED`, `SEQ_NEEDS_INCREMENTAL_STATE`.
const CLEARED: u64 = 1;
const NEEDS_STATE: u64 = 2;

/// The fields of `TracePacket`.
mod packet {
    pub(super) const PROCESS_TREE: u32 = 2;
    pub(super) const TIMESTAMP: u32 = 8;
    pub(super) const SEQUENCE_ID: u32 = 10;
    pub(super) const TRACK_EVENT: u32 = 11;
    pub(super) const INTERNED_DATA: u32 = 12;
    pub(super) const SEQUENCE_FLAGS: u32 = 13;
    pub(super) const DEFAULTS: u32 = 59;
    pub(super) const TRACK_DESCRIPTOR: u32 = 60;
    pub(super) const PERF_SAMPLE: u32 = 66;
}

/// Writes a recording for Perfetto.
///
/// # Errors
/// When `out` fails.
pub fn write_perfetto(recording: &ViewedRecording<'_>, out: &mut dyn Write) -> io::Result<()> {
    let stacks = CallerTable::of(recording.tree);
    let mut writing = Packets {
        recording,
        whole: Message::default(),
        out,
    };
    writing.names_of_stacks(&stacks)?;
    writing.process_tree()?;
    writing.tracks()?;
    writing.samples()?;
    for exit in &recording.exits {
        writing.slice(exit)?;
    }
    Ok(())
}

struct Packets<'w> {
    recording: &'w ViewedRecording<'w>,
    /// The field of the file that is being written.
    whole: Message,
    out: &'w mut dyn Write,
}

/// The numbers of what is named once; 0 is none.
fn number_of(position: usize) -> u64 {
    position as u64 + 1
}

/// The number of a thread's track.
fn track_of(thread: usize) -> u64 {
    // Far from the numbers of tracks that readers make themselves.
    0x7666_0000_0000_0000 | thread as u64
}

/// A text, or bytes, under a number.
fn interned(number: u64, text: &str) -> Message {
    let mut message = Message::default();
    message.number(1, number);
    message.text(2, text);
    message
}

impl Packets<'_> {
    fn write(&mut self, mut packet: Message, flags: u64) -> io::Result<()> {
        packet.number(packet::SEQUENCE_ID, SEQUENCE);
        packet.number(packet::SEQUENCE_FLAGS, flags);
        self.whole.clear();
        self.whole.message(1, &packet);
        self.out.write_all(self.whole.as_bytes())
    }

    /// Names of functions and objects, frames and stacks.
    fn names_of_stacks(&mut self, stacks: &CallerTable) -> io::Result<()> {
        let mut data = Message::default();
        let mut objects: BTreeMap<&str, u64> = BTreeMap::new();
        for (at, &ix) in stacks.frames().iter().enumerate() {
            let frame = self.recording.frames.get(ix);
            let known = number_of(objects.len());
            let object = *objects.entry(&frame.dso).or_insert(known);
            if object == known {
                data.message(17, &interned(object, &frame.dso));
                let mut mapping = Message::default();
                mapping.number(1, object);
                mapping.number(7, object);
                data.message(19, &mapping);
            }
            data.message(5, &interned(number_of(at), &frame.name));
            let mut told = Message::default();
            told.number(1, number_of(at));
            told.number(2, number_of(at));
            told.number(3, object);
            data.message(6, &told);
        }
        let mut timebase = Message::default();
        timebase.text(10, &self.recording.facts.event);
        let mut of_samples = Message::default();
        of_samples.message(1, &timebase);
        let mut defaults = Message::default();
        defaults.message(12, &of_samples);
        let mut packet = Message::default();
        packet.message(packet::INTERNED_DATA, &data);
        packet.message(packet::DEFAULTS, &defaults);
        self.write(packet, CLEARED)?;
        for at in 0..stacks.iter().len() {
            let mut frames: Vec<u64> = stacks
                .callers_of(Some(at))
                .map(|entry| number_of(entry.frame as usize))
                .collect();
            // The outermost comes first.
            frames.reverse();
            let mut stack = Message::default();
            stack.number(1, number_of(at));
            stack.repeated(2, frames);
            let mut data = Message::default();
            data.message(7, &stack);
            let mut packet = Message::default();
            packet.message(packet::INTERNED_DATA, &data);
            self.write(packet, NEEDS_STATE)?;
        }
        Ok(())
    }

    /// Processes and their threads.
    fn process_tree(&mut self) -> io::Result<()> {
        let mut tree = Message::default();
        let mut processes: BTreeMap<i32, &str> = BTreeMap::new();
        for thread in &self.recording.threads {
            processes.insert(thread.thread.pid.as_i32(), &thread.process);
        }
        for (pid, name) in processes {
            let mut process = Message::default();
            process.signed(1, pid.into());
            process.text(3, name);
            tree.message(1, &process);
        }
        for thread in &self.recording.threads {
            let mut told = Message::default();
            told.signed(1, thread.thread.tid.as_i32().into());
            told.text(2, &thread.name);
            told.signed(3, thread.thread.pid.as_i32().into());
            tree.message(2, &told);
        }
        let mut packet = Message::default();
        packet.number(packet::TIMESTAMP, self.first());
        packet.message(packet::PROCESS_TREE, &tree);
        self.write(packet, NEEDS_STATE)
    }

    fn first(&self) -> u64 {
        let times = self.recording.times();
        times.map_or(0, |(first, _)| first.as_nanos())
    }

    /// A track for each thread with exits.
    fn tracks(&mut self) -> io::Result<()> {
        let recording = self.recording;
        let mut with_exits: Vec<u32> = recording.exits.iter().map(|exit| exit.thread).collect();
        with_exits.dedup();
        for at in with_exits {
            let at = at as usize;
            if let Some(thread) = recording.threads.get(at) {
                let mut packet = Message::default();
                packet.message(packet::TRACK_DESCRIPTOR, &track(at, thread));
                self.write(packet, NEEDS_STATE)?;
            }
        }
        Ok(())
    }

    /// Samples. Each tells how far its event had counted on its CPU, so that what it stands for is the
    /// difference to the one before.
    fn samples(&mut self) -> io::Result<()> {
        let mut counts: BTreeMap<Option<Cpu>, u64> = BTreeMap::new();
        for sample in &self.recording.samples {
            let count = counts.entry(sample.cpu).or_default();
            *count = count.saturating_add(sample.period);
            let mut told = Message::default();
            if let Some(cpu) = sample.cpu {
                told.always(1, cpu.0.into());
            }
            if let Some(thread) = self.recording.threads.get(sample.thread as usize) {
                told.always(2, u64::from(thread.thread.pid.as_i32().cast_unsigned()));
                told.always(3, u64::from(thread.thread.tid.as_i32().cast_unsigned()));
            }
            if let Some(stack) = CallerTable::position(sample.node) {
                told.number(4, number_of(stack));
            }
            told.number(6, *count);
            let mut packet = Message::default();
            packet.number(packet::TIMESTAMP, sample.at.map_or(0, Timestamp::as_nanos));
            packet.message(packet::PERF_SAMPLE, &told);
            self.write(packet, NEEDS_STATE)?;
        }
        Ok(())
    }

    /// An exit, as the begin and the end of a slice.
    fn slice(&mut self, exit: &SampledExit) -> io::Result<()> {
        let track = track_of(exit.thread as usize);
        let Some(kind) = self.recording.kind(exit.kind) else {
            return Ok(());
        };
        let mut begin = Message::default();
        for (key, value) in [("reached", &kind.reached), ("device", &kind.device)] {
            if let Some(value) = value {
                let mut note = Message::default();
                note.text(10, key);
                note.text(6, value);
                begin.message(4, &note);
            }
        }
        let times = [("kernel_ns", exit.kernel_nanos), ("vmm_ns", exit.vmm_nanos)];
        for (key, value) in times {
            let mut note = Message::default();
            note.text(10, key);
            note.always(3, value);
            begin.message(4, &note);
        }
        if let Some(rip) = exit.rip {
            let mut note = Message::default();
            note.text(10, "rip");
            note.always(7, rip);
            begin.message(4, &note);
        }
        begin.number(9, 1);
        begin.number(11, track);
        begin.text(22, kind.tag.as_str());
        begin.text(23, &kind.reason);
        let mut end = Message::default();
        end.number(9, 2);
        end.number(11, track);
        let start = exit.start.as_nanos();
        for (at, event) in [(start, begin), (start.saturating_add(exit.nanos), end)] {
            let mut packet = Message::default();
            packet.number(packet::TIMESTAMP, at);
            packet.message(packet::TRACK_EVENT, &event);
            self.write(packet, NEEDS_STATE)?;
        }
        Ok(())
    }
}

/// A thread's track.
fn track(at: usize, thread: &ThreadOfRecording) -> Message {
    let mut told = Message::default();
    told.signed(1, thread.thread.pid.as_i32().into());
    told.signed(2, thread.thread.tid.as_i32().into());
    told.text(5, &thread.name);
    let mut message = Message::default();
    message.number(1, track_of(at));
    message.message(4, &told);
    message
}
