//! Dumps of generated code as runtimes write them, `jit-PID.dump`.
//!
//! A header, then records, each with its length and its time: code that was made or moved. Debug and
//! unwinding records are passed over. A record that the end of the file cuts ends it: the dump may be
//! written while it is read.
//!
//! Source: tools/perf/Documentation/jitdump-specification.txt, Linux 6.1.

use hashbrown::HashMap;
use linux_perf_data::jitdump::{
    JitCodeLoadRecord, JitCodeMoveRecord, JitDumpHeader, JitDumpRecordHeader, JitDumpRecordType,
};
use linux_perf_data::linux_perf_event_reader::{Endianness, RawData};

use crate::symbol::elf::{ObjectSymbols, Places, SizedSymbol, SizedSymbols};
use crate::units::{Avma, FileOffset, Timestamp};

/// Times of records are those of the CPU's counter.
///
/// Source: `JITDUMP_FLAGS_ARCH_TIMESTAMP`, tools/perf/util/jitdump.h, Linux 6.1.
const ARCH_TIMESTAMP: u64 = 1;

/// A dump of generated code.
#[derive(Debug)]
pub struct JitDump {
    /// When it was begun.
    pub(super) begun: Timestamp,
    /// Whether its times are no nanoseconds, but counts of the CPU.
    pub(super) has_cpu_times: bool,
    /// Each function, in the order of the file, and so of where its bytes lie in it.
    functions: Vec<JitFunction>,
    /// What happened to them, in the order of the file.
    pub(super) events: Vec<JitEvent>,
    /// Records that could not be read.
    pub odd_records: u64,
}

/// A function whose bytes are in the dump.
#[derive(Debug)]
struct JitFunction {
    at: FileOffset,
    bytes: u64,
    name: Box<str>,
}

/// Code that came to lie at an address.
#[derive(Clone, Copy, Debug)]
pub(super) struct JitEvent {
    pub(super) at: Timestamp,
    pub(super) start: Avma,
    pub(super) bytes: u64,
    /// Where its bytes are in the dump.
    pub(super) file_offset: FileOffset,
    /// Where it lay until then.
    pub(super) moved_from: Option<Avma>,
}

impl JitDump {
    /// Reads a dump; `None` when it is none.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let header = JitDumpHeader::parse(RawData::Single(bytes)).ok()?;
        let endian = if header.magic == *b"JiTD" {
            Endianness::BigEndian
        } else {
            Endianness::LittleEndian
        };
        let mut dump = Self {
            begun: Timestamp::from_nanos(header.timestamp),
            has_cpu_times: header.flags & ARCH_TIMESTAMP != 0,
            functions: Vec::new(),
            events: Vec::new(),
            odd_records: 0,
        };
        let mut loaded = HashMap::new();
        let mut at = usize::try_from(header.total_size).ok()?;
        while let Some(rest) = bytes.get(at..)
            && let Ok(record) = JitDumpRecordHeader::parse(endian, RawData::Single(rest))
        {
            let Ok(len) = usize::try_from(record.total_size) else {
                break;
            };
            // The library's own reader takes the header's length from that of a shorter record.
            let Some(whole) = rest.get(..len) else { break };
            let Some(body) = whole.get(JitDumpRecordHeader::SIZE..) else {
                dump.odd_records += 1;
                break;
            };
            let time = Timestamp::from_nanos(record.timestamp);
            let body = RawData::Single(body);
            let is_read = match record.record_type {
                JitDumpRecordType::JIT_CODE_LOAD => {
                    let load = JitCodeLoadRecord::parse(endian, body).ok();
                    load.map(|load| dump.load(at, time, &load, &mut loaded))
                        .is_some()
                }
                JitDumpRecordType::JIT_CODE_MOVE => {
                    let moved = JitCodeMoveRecord::parse(endian, body).ok();
                    moved
                        .map(|moved| dump.move_code(time, &moved, &loaded))
                        .is_some()
                }
                _ => true,
            };
            dump.odd_records += u64::from(!is_read);
            at += len;
        }
        Some(dump)
    }

    /// Takes in a function that was made, whose record begins at a byte of the file.
    fn load(
        &mut self,
        at: usize,
        time: Timestamp,
        load: &JitCodeLoadRecord<'_>,
        loaded: &mut HashMap<u64, FileOffset>,
    ) {
        let name = load.function_name.as_slice();
        let code = at.saturating_add(load.code_bytes_offset_from_record_header_start());
        let function = JitFunction {
            at: FileOffset::new(code as u64),
            bytes: load.code_bytes.len() as u64,
            name: String::from_utf8_lossy(&name).into(),
        };
        if function.bytes == 0 {
            return;
        }
        loaded.insert(load.code_index, function.at);
        self.events.push(JitEvent {
            at: time,
            start: Avma::new(load.code_addr),
            bytes: function.bytes,
            file_offset: function.at,
            moved_from: None,
        });
        self.functions.push(function);
    }

    /// Takes in that a function was moved. One that was never made moves unnamed.
    fn move_code(
        &mut self,
        time: Timestamp,
        moved: &JitCodeMoveRecord,
        loaded: &HashMap<u64, FileOffset>,
    ) {
        if let Some(&file_offset) = loaded.get(&moved.code_index) {
            self.events.push(JitEvent {
                at: time,
                start: Avma::new(moved.new_code_addr),
                bytes: moved.code_size,
                file_offset,
                moved_from: Some(Avma::new(moved.old_code_addr)),
            });
        }
    }

    /// The functions that cover a place, by where their bytes lie in the file.
    pub fn symbols(&self, places: Places<'_>) -> ObjectSymbols {
        let points = places.points_of_addresses();
        let mut names = String::new();
        let mut symbols = Vec::new();
        for function in &self.functions {
            let start = function.at.as_u64();
            let end = start.saturating_add(function.bytes);
            let is_asked = points.as_ref().is_none_or(|points| points.hit(start, end));
            if is_asked
                && !function.name.is_empty()
                && let Ok(name) = u32::try_from(names.len())
                && let Ok(len) = u32::try_from(function.name.len())
            {
                names.push_str(&function.name);
                symbols.push(SizedSymbol {
                    start,
                    end,
                    name,
                    len,
                });
            }
        }
        let symbols = SizedSymbols::new(symbols.into(), names);
        ObjectSymbols::of_addresses(symbols, !self.functions.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: u32, time: u64, body: &[u8]) -> Vec<u8> {
        let len = u32::try_from(16 + body.len()).unwrap();
        let head = [kind.to_le_bytes(), len.to_le_bytes()].concat();
        [head, time.to_le_bytes().to_vec(), body.to_vec()].concat()
    }

    fn words(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// By hand, as the specification draws it: a header, a function, debug information, a move, and
    /// a record that is cut off.
    #[test]
    fn functions_are_where_their_bytes_are() {
        let head = [0x4a69_5444_u32, 1, 40, 62, 0, 7]
            .map(u32::to_le_bytes)
            .concat();
        let header = [head, words(&[1000, 0])].concat();
        let load = [
            words(&[7 << 32 | 7, 0x5000, 0x5000, 4, 3]),
            b"f x\0code".to_vec(),
        ]
        .concat();
        let debug = record(2, 1001, &words(&[0x5000, 0]));
        let moved = record(
            1,
            1003,
            &words(&[7 << 32 | 7, 0x6000, 0x5000, 0x6000, 4, 3]),
        );
        let cut = &record(0, 1004, &load)[..30];
        let load = record(0, 1002, &load);
        let bytes = [&*header, &debug, &load, &moved, cut].concat();
        let dump = JitDump::parse(&bytes).unwrap();
        assert_eq!(dump.begun, Timestamp::from_nanos(1000));
        assert_eq!(dump.odd_records, 0);
        let code = bytes.windows(4).position(|four| four == b"code").unwrap() as u64;
        let events: Vec<_> = dump
            .events
            .iter()
            .map(|event| {
                let from = event.moved_from.map(Avma::as_u64);
                (
                    event.at.as_nanos(),
                    event.start.as_u64(),
                    event.file_offset.as_u64(),
                    from,
                )
            })
            .collect();
        assert_eq!(
            events,
            [
                (1002, 0x5000, code, None),
                (1003, 0x6000, code, Some(0x5000))
            ]
        );
        let symbols = dump.symbols(Places::Everywhere);
        let at = |offset| symbols.svma_of(FileOffset::new(offset)).unwrap();
        assert_eq!(symbols.look_up(at(code + 3)).unwrap().name, "f x");
        assert!(symbols.look_up(at(code + 4)).is_err());
    }

    /// A record shorter than its own header would never end.
    #[test]
    fn damaged_records_are_counted() {
        let head = [0x4a69_5444_u32, 1, 40, 62, 0, 7]
            .map(u32::to_le_bytes)
            .concat();
        let header = [head, words(&[1000, 0])].concat();
        let short = [words(&[0]), words(&[0])].concat();
        let dump = JitDump::parse(&[header.clone(), short].concat()).unwrap();
        assert_eq!(dump.odd_records, 1);
        let dump = JitDump::parse(&[header, record(0, 1, b"short")].concat()).unwrap();
        assert_eq!(dump.odd_records, 1);
        assert!(JitDump::parse(b"\x7fELF").is_none());
    }
}
