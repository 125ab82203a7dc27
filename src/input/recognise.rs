//! What a file is, guessed from its first bytes.
//!
//! A new format has its magic here, a variant of [`FileKind`], and a folder beside `src/perf/`
//! that reads it.

use std::io::Read as _;

use crate::bytes::Compression;
use crate::error::FoundInstead;
use crate::folded_text::{is_folded, is_text};
use crate::tracepoint::text::is_trace_text;

/// What a file is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FileKind {
    /// A perf.data of any version and byte order, with sections or in pipe mode.
    PerfData,
    /// A trace.dat of trace-cmd.
    TraceDat,
    /// An ELF file.
    Elf,
    /// A text of events: a line among its first ones tells of one.
    TraceText,
    /// Folded text: its first line that is no comment is a stack with a weight.
    Folded,
    /// Text of another kind, which begins with these bytes.
    Text(Box<[u8]>),
    /// Anything else, which begins with these bytes.
    Unknown(Box<[u8]>),
    /// What is packed in it cannot be told without unpacking all of it.
    Packed,
}

/// The first bytes of a perf.data: version 2 and version 1, each in both byte orders.
///
/// Source: `PERF_MAGIC` and `__perf_magic2`, `tools/perf/util/header.c`, Linux 6.12.
const PERF_DATA: [&[u8]; 4] = [b"PERFILE2", b"2ELIFREP", b"PERFFILE", b"ELIFFREP"];

/// The first bytes of a trace.dat.
///
/// Source: `trace-cmd.dat(5)`, trace-cmd 3.1.
const TRACE_DAT: &[u8] = b"\x17\x08\x44tracing";

/// Bytes that tell what is packed: as many as [`is_text`] looks at.
pub(super) const LOOKED_AT: u64 = LOOKED_AT_LEN as u64;
const LOOKED_AT_LEN: usize = 1 << 12;

/// Bytes of an unknown file that its error shows.
const SHOWN: usize = 8;

impl FileKind {
    /// What a file is that holds these bytes, or begins with them.
    pub fn of(bytes: &[u8]) -> Self {
        match Compression::of(bytes) {
            Some(compression) => Self::within(compression, bytes),
            None => Self::of_plain(bytes),
        }
    }

    /// What is packed: what is neither a capture nor text is not unpacked to its end.
    fn within(compression: Compression, packed: &[u8]) -> Self {
        let mut start = Vec::new();
        let reader = compression.unwrap(packed);
        let read = reader.and_then(|reader| reader.take(LOOKED_AT).read_to_end(&mut start));
        // What cannot be unpacked is told by whoever unpacks all of it.
        if start.is_empty() || Compression::of(&start).is_some() {
            return Self::Packed;
        }
        let kind = Self::of_plain(&start);
        if read.is_err() && matches!(kind, Self::Elf | Self::Unknown(_)) {
            return Self::Packed;
        }
        kind
    }

    fn of_plain(bytes: &[u8]) -> Self {
        let start = || bytes.get(..SHOWN).unwrap_or(bytes).into();
        if PERF_DATA.iter().any(|magic| bytes.starts_with(magic)) {
            Self::PerfData
        } else if bytes.starts_with(TRACE_DAT) {
            Self::TraceDat
        } else if bytes.starts_with(b"\x7fELF") {
            Self::Elf
        } else if is_trace_text(bytes.get(..LOOKED_AT_LEN).unwrap_or(bytes)) {
            Self::TraceText
        } else if is_folded(bytes) {
            Self::Folded
        } else if is_text(bytes) {
            Self::Text(start())
        } else {
            Self::Unknown(start())
        }
    }

    /// Whether it is text, packed or not.
    pub(super) const fn is_text(&self) -> bool {
        matches!(self, Self::TraceText | Self::Folded | Self::Text(_))
    }

    /// Whether it is read though it is no capture.
    pub(super) const fn is_opened(&self) -> bool {
        self.is_text() || matches!(self, Self::TraceDat)
    }

    /// What errors call it where a capture is needed; `None` where only who reads it can tell.
    pub(super) fn instead_of_capture(&self) -> Option<FoundInstead> {
        match self {
            Self::PerfData | Self::Packed => None,
            Self::TraceDat => Some(FoundInstead::TraceDat),
            Self::Elf => Some(FoundInstead::Elf),
            Self::TraceText => Some(FoundInstead::TraceText),
            Self::Folded => Some(FoundInstead::Folded),
            Self::Unknown(start) if start.is_empty() => Some(FoundInstead::Nothing),
            Self::Text(start) | Self::Unknown(start) => Some(FoundInstead::Unknown(start.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Packing;

    /// As perf, trace-cmd, `ld`, `stackcollapse-perf.pl` and people write them.
    #[test]
    fn first_bytes_tell_what_a_file_is() {
        let cases: [(&[u8], FileKind); 7] = [
            (b"PERFILE2\x68\0\0\0", FileKind::PerfData),
            (b"\x17\x08\x44tracing6\0", FileKind::TraceDat),
            (b"\x7fELF\x02\x01\x01\0", FileKind::Elf),
            (
                b"cpus=2\n  kvm-pit/746-754 [000] 570.096126: kvm_set_irq: gsi 0 level 1 source 2\n",
                FileKind::TraceText,
            ),
            (b"# made by x\na;b 12\n", FileKind::Folded),
            (b"hello world\n", FileKind::Text((*b"hello wo").into())),
            (b"\0\x01\x02", FileKind::Unknown([0, 1, 2].into())),
        ];
        for (bytes, kind) in cases {
            assert_eq!(FileKind::of(bytes), kind, "{bytes:?}");
            let mut packed = Vec::new();
            let all = |out: &mut dyn std::io::Write| out.write_all(bytes);
            Packing::Zstd.pack(&mut packed, all).unwrap();
            assert_eq!(FileKind::of(&packed), kind, "packed {bytes:?}");
        }
        assert_eq!(FileKind::of(b""), FileKind::Unknown([].into()));
        assert_eq!(FileKind::of(b"\x28\xb5\x2f\xfd\xff"), FileKind::Packed);
    }
}
