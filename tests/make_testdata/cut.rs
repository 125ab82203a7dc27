//! Captures and kallsyms texts cut to what a test needs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use vmflame::bytes::Little;
use vmflame::perf::Capture;
use vmflame::perf::abi::PERF_RECORD_SAMPLE;

/// Where the header of a perf.data file states its data section (offset, then length), and which
/// features it has. Source: `struct perf_file_header`, tools/perf/util/header.h, Linux 6.1.
const DATA: usize = 40;
const FEATURES: usize = 72;
/// `HEADER_SAMPLE_TIME`, the same file.
const SAMPLE_TIME: usize = 21;

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

fn usize_at(bytes: &[u8], at: usize) -> usize {
    usize::try_from(u64_at(bytes, at)).unwrap()
}

fn put(bytes: &mut [u8], at: usize, value: usize) {
    bytes[at..at + 8].copy_from_slice(&(value as u64).to_le_bytes());
}

/// Leaves out all samples from `keep` microseconds after the first one on; everything else stays.
///
/// Returns the file and the time in microseconds from which on samples are left out.
pub(crate) fn cut_capture(capture: &Capture, file: &[u8], keep: u64) -> (Vec<u8>, u64) {
    let (start, len) = (usize_at(file, DATA), usize_at(file, DATA + 8));
    let records = records(&file[start..start + len]);
    let time = |record: &[u8]| {
        let is_sample = u32::from_le_bytes(record[..4].try_into().unwrap()) == PERF_RECORD_SAMPLE;
        let event =
            is_sample.then(|| capture.events().of_sample::<Little>(&record[8..]).unwrap())?;
        let layout = &capture.events().get(event).unwrap().layout;
        Some(
            layout
                .head::<Little>(&record[8..])
                .unwrap()
                .time
                .unwrap()
                .as_nanos(),
        )
    };
    let times: Vec<Option<u64>> = records.iter().map(|record| time(record)).collect();
    let first = times.iter().flatten().min().unwrap();
    let until = (first / 1000).saturating_add(keep);
    let mut out = file[..start].to_vec();
    let mut last = 0;
    for (record, time) in records.iter().zip(&times) {
        if time.is_none_or(|time| time / 1000 < until) {
            out.extend_from_slice(record);
            last = last.max(time.unwrap_or(0));
        }
    }
    let shift = start + len - out.len();
    put(&mut out, DATA + 8, len - shift);
    let table = out.len();
    out.extend_from_slice(&file[start + len..]);
    let mut entry = table;
    for feature in 0..256 {
        if u64_at(file, FEATURES + feature / 64 * 8) >> (feature % 64) & 1 == 0 {
            continue;
        }
        let at = usize_at(&out, entry) - shift;
        put(&mut out, entry, at);
        if feature == SAMPLE_TIME {
            put(&mut out, at + 8, usize::try_from(last).unwrap());
        }
        entry += 16;
    }
    (out, until)
}

fn records(mut data: &[u8]) -> Vec<&[u8]> {
    let mut records = Vec::new();
    while !data.is_empty() {
        let len = usize::from(u16::from_le_bytes([data[6], data[7]]));
        let (record, rest) = data.split_at(len);
        records.push(record);
        data = rest;
    }
    records
}

/// All aligned words of a capture: whatever code addresses it holds are among them.
pub(crate) fn numbers_in(file: &[u8]) -> BTreeSet<u64> {
    let words = file.chunks_exact(8);
    words
        .map(|word| u64::from_le_bytes(word.try_into().unwrap()))
        .collect()
}

/// The lines of a kallsyms text that say which function each of `addresses` (or the byte before
/// it) lies in and where that function ends, and the anchors of the kernel.
pub(crate) fn cut_kallsyms(text: &[u8], addresses: &BTreeSet<u64>) -> String {
    let text = String::from_utf8_lossy(text);
    let mut lines: Vec<(u64, &str)> = text
        .lines()
        .map(|line| {
            let (start, rest) = line.split_once(' ').unwrap();
            (u64::from_str_radix(start, 16).unwrap(), rest)
        })
        .collect();
    lines.sort_by_key(|&(start, _)| start);
    let starts = |types: &str| -> Vec<u64> {
        let of_type = lines.iter().filter(|(_, rest)| types.contains(&rest[..1]));
        of_type.map(|&(start, _)| start).collect()
    };
    // What names an address, and what ends it: data follows the last function.
    let (functions, symbols) = (starts("tTwW"), starts("tTwWdDbBrR"));
    let mut kept: BTreeSet<u64> = BTreeSet::new();
    for address in addresses.range(0xffff_8000_0000_0000..0xffff_ffff_ffff_f000) {
        for address in [address - 1, *address] {
            let above = functions.partition_point(|&start| start <= address);
            let Some(&start) = above.checked_sub(1).and_then(|ix| functions.get(ix)) else {
                continue;
            };
            let end = symbols.partition_point(|&other| other <= start);
            kept.insert(start);
            kept.extend(symbols.get(end));
        }
    }
    let anchors = ["_text", "_stext", "_etext"];
    let is_anchor = |rest: &str| anchors.contains(&&rest[2..]);
    let mut out = String::new();
    for (start, rest) in lines {
        if kept.contains(&start) || is_anchor(rest) {
            writeln!(out, "{start:016x} {rest}").unwrap();
        }
    }
    out
}
