//! Records to bytes.

use super::encoder::Encoder;
use super::event::WrittenEvent;
use super::sample::SampleValues;
use crate::bytes::ByteOrder;
use crate::perf::abi::{
    PERF_RECORD_COMM, PERF_RECORD_EXIT, PERF_RECORD_FINISHED_ROUND, PERF_RECORD_FORK,
    PERF_RECORD_HEADER_ATTR, PERF_RECORD_HEADER_BUILD_ID, PERF_RECORD_KSYMBOL, PERF_RECORD_LOST,
    PERF_RECORD_LOST_SAMPLES, PERF_RECORD_MISC_BUILD_ID_SIZE, PERF_RECORD_MISC_MMAP_BUILD_ID,
    PERF_RECORD_MMAP, PERF_RECORD_MMAP2, PERF_RECORD_SAMPLE,
};
use crate::perf::file::RecordedBuildId;
use crate::perf::record::Attr;
use crate::units::{Avma, BuildId, FileOffset, Pid, Tid, Timestamp};
use linux_perf_data::linux_perf_event_reader::AttrFlags;

/// How a `MMAP2` record tells which file it maps.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named as in `include/uapi/linux/perf_event.h`")]
pub enum FileIdentity {
    /// By device and inode.
    Inode {
        major: u32,
        minor: u32,
        inode: u64,
        generation: u64,
    },
    /// By build id, of which 20 bytes at most are written.
    BuildId(BuildId),
}

/// A record that is no sample.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "named as in `include/uapi/linux/perf_event.h`")]
pub enum WrittenRecord<'a> {
    Mmap {
        pid: Pid,
        tid: Tid,
        start: Avma,
        len: u64,
        file_offset: FileOffset,
        name: &'a [u8],
    },
    Mmap2 {
        pid: Pid,
        tid: Tid,
        start: Avma,
        len: u64,
        file_offset: FileOffset,
        identity: FileIdentity,
        /// `PROT_*` bits.
        prot: u32,
        /// `MAP_*` bits.
        flags: u32,
        name: &'a [u8],
    },
    Comm {
        pid: Pid,
        tid: Tid,
        name: &'a [u8],
    },
    Fork {
        pid: Pid,
        parent_pid: Pid,
        tid: Tid,
        parent_tid: Tid,
        time: Timestamp,
    },
    Exit {
        pid: Pid,
        parent_pid: Pid,
        tid: Tid,
        parent_tid: Tid,
        time: Timestamp,
    },
    Lost {
        id: u64,
        lost: u64,
    },
    LostSamples {
        lost: u64,
    },
    Ksymbol {
        start: Avma,
        len: u32,
        /// `PERF_RECORD_KSYMBOL_TYPE_*`.
        kind: u16,
        /// Bit 0: the symbol goes away.
        flags: u16,
        name: &'a [u8],
    },
    /// A record of any type; the body is padded to eight bytes.
    Other {
        record_type: u32,
        body: &'a [u8],
    },
}

/// Makes records, one behind the other.
///
/// A record's length is a 16-bit number: one that is made longer than 65 528 bytes states that
/// length and is cut off there, and reads as damaged.
#[derive(Clone, Debug, Default)]
pub struct RecordWriter<O> {
    out: Encoder<O>,
}

/// The longest record: the largest multiple of eight that 16 bits hold.
const MAX_RECORD_LEN: u16 = 65_528;

impl<O: ByteOrder> RecordWriter<O> {
    /// No records yet.
    pub fn new() -> Self {
        Self {
            out: Encoder::new(),
        }
    }

    /// The records.
    pub fn bytes(&self) -> &[u8] {
        self.out.bytes()
    }

    /// Forgets the records, keeping the room for them.
    pub fn clear(&mut self) {
        self.out.clear();
    }

    /// Appends a record whose body `fill` writes.
    pub fn record(&mut self, record_type: u32, misc: u16, fill: impl FnOnce(&mut Encoder<O>)) {
        let start = self.out.len();
        self.out.u32(record_type);
        self.out.u16(misc);
        self.out.u16(0);
        fill(&mut self.out);
        self.out.pad();
        let len = match u16::try_from(self.out.len() - start) {
            Ok(len) => len.min(MAX_RECORD_LEN),
            Err(_) => MAX_RECORD_LEN,
        };
        self.out.set_u16(start + 6, len);
        self.out.resize(start + usize::from(len));
    }

    /// Appends a sample of an event; the lowest three bits of `misc` are its CPU mode.
    pub fn sample(&mut self, attr: &Attr, misc: u16, values: &SampleValues<'_>) {
        self.record(PERF_RECORD_SAMPLE, misc, |out| out.sample(attr, values));
    }

    /// Appends a record that is no sample, with the trailer that an event with `sample_id_all`
    /// gives it: its attributes, and the values of time, task, CPU and id.
    pub fn entry(
        &mut self,
        misc: u16,
        entry: &WrittenRecord<'_>,
        trailer: Option<(&Attr, &SampleValues<'_>)>,
    ) {
        let with_build_id = matches!(
            entry,
            WrittenRecord::Mmap2 {
                identity: FileIdentity::BuildId(_),
                ..
            }
        );
        let misc = if with_build_id {
            misc | PERF_RECORD_MISC_MMAP_BUILD_ID
        } else {
            misc
        };
        self.record(entry.record_type(), misc, |out| {
            entry.write(out);
            let trailer = trailer.filter(|(attr, _)| attr.flags.contains(AttrFlags::SAMPLE_ID_ALL));
            if let Some((attr, values)) = trailer {
                out.sample_id(attr, values);
            }
        });
    }

    /// Appends the record by which perf says that earlier records are older than what follows.
    pub fn finished_round(&mut self) {
        self.record(PERF_RECORD_FINISHED_ROUND, 0, |_| {});
    }

    /// Appends an event's description, as pipe-mode data carries it.
    pub fn header_attr(&mut self, event: &WrittenEvent) {
        self.record(PERF_RECORD_HEADER_ATTR, 0, |out| {
            out.attr(&event.attr, event.attr_len);
            out.u64s(&event.ids);
        });
    }

    /// Appends an entry of the build id table, as pipe-mode data carries it.
    pub fn header_build_id(&mut self, entry: &RecordedBuildId) {
        self.build_id(PERF_RECORD_HEADER_BUILD_ID, entry);
    }

    pub(super) fn build_id(&mut self, record_type: u32, entry: &RecordedBuildId) {
        let is_kernel = entry.path.starts_with('[');
        let mode = match (entry.machine.as_i32() > 0, is_kernel) {
            (false, true) => 1,
            (false, false) => 2,
            (true, true) => 4,
            (true, false) => 5,
        };
        let misc = PERF_RECORD_MISC_BUILD_ID_SIZE | mode;
        self.record(record_type, misc, |out| {
            let id = entry.build_id.as_bytes();
            let id = id.get(..20).unwrap_or(id);
            out.i32(entry.machine.as_i32());
            out.raw(id);
            out.zeros(20 - id.len());
            out.raw(&[u8::try_from(id.len()).unwrap_or(20), 0, 0, 0]);
            out.padded_string(entry.path.as_bytes());
        });
    }
}

impl<O: ByteOrder> Encoder<O> {
    fn tasks(&mut self, ids: [i32; 4]) {
        for id in ids {
            self.i32(id);
        }
    }

    fn identity(&mut self, identity: &FileIdentity) {
        match identity {
            FileIdentity::Inode {
                major,
                minor,
                inode,
                generation,
            } => {
                self.u32(*major);
                self.u32(*minor);
                self.u64(*inode);
                self.u64(*generation);
            }
            FileIdentity::BuildId(id) => {
                let used = id.as_bytes().get(..20).unwrap_or(id.as_bytes());
                self.raw(&[u8::try_from(used.len()).unwrap_or(20), 0, 0, 0]);
                self.raw(used);
                self.zeros(20 - used.len());
            }
        }
    }
}

impl WrittenRecord<'_> {
    fn record_type(&self) -> u32 {
        match self {
            Self::Mmap { .. } => PERF_RECORD_MMAP,
            Self::Mmap2 { .. } => PERF_RECORD_MMAP2,
            Self::Comm { .. } => PERF_RECORD_COMM,
            Self::Fork { .. } => PERF_RECORD_FORK,
            Self::Exit { .. } => PERF_RECORD_EXIT,
            Self::Lost { .. } => PERF_RECORD_LOST,
            Self::LostSamples { .. } => PERF_RECORD_LOST_SAMPLES,
            Self::Ksymbol { .. } => PERF_RECORD_KSYMBOL,
            Self::Other { record_type, .. } => *record_type,
        }
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each type of record")]
    fn write<O: ByteOrder>(&self, out: &mut Encoder<O>) {
        match self {
            Self::Mmap {
                pid,
                tid,
                start,
                len,
                file_offset,
                name,
            } => {
                out.i32(pid.as_i32());
                out.i32(tid.as_i32());
                out.u64s(&[start.as_u64(), *len, file_offset.as_u64()]);
                out.padded_string(name);
            }
            Self::Mmap2 {
                pid,
                tid,
                start,
                len,
                file_offset,
                identity,
                prot,
                flags,
                name,
            } => {
                out.i32(pid.as_i32());
                out.i32(tid.as_i32());
                out.u64s(&[start.as_u64(), *len, file_offset.as_u64()]);
                out.identity(identity);
                out.u32(*prot);
                out.u32(*flags);
                out.padded_string(name);
            }
            Self::Comm { pid, tid, name } => {
                out.i32(pid.as_i32());
                out.i32(tid.as_i32());
                out.padded_string(name);
            }
            Self::Fork {
                pid,
                parent_pid,
                tid,
                parent_tid,
                time,
            }
            | Self::Exit {
                pid,
                parent_pid,
                tid,
                parent_tid,
                time,
            } => {
                out.tasks([
                    pid.as_i32(),
                    parent_pid.as_i32(),
                    tid.as_i32(),
                    parent_tid.as_i32(),
                ]);
                out.u64(time.as_nanos());
            }
            Self::Lost { id, lost } => out.u64s(&[*id, *lost]),
            Self::LostSamples { lost } => out.u64(*lost),
            Self::Ksymbol {
                start,
                len,
                kind,
                flags,
                name,
            } => {
                out.u64(start.as_u64());
                out.u32(*len);
                out.u16(*kind);
                out.u16(*flags);
                out.padded_string(name);
            }
            Self::Other { body, .. } => {
                out.raw(body);
                out.pad();
            }
        }
    }
}
