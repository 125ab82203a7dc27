//! What a file is not, or lacks.

use std::fmt;

use super::dataset_fault::DatasetFault;
use super::trace_dat_fault::TraceDatFault;
use crate::text::{counted, size_words};

/// What is wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum BadFile {
    /// It is no perf.data that can be read.
    NotPerfData(FoundInstead),
    /// A perf.data that ends inside its header.
    CutHeader,
    /// A perf.data that describes no events.
    NoEvents,
    /// A perf.data none of whose events records addresses.
    NoAddresses,
    /// A directory or an archive without a perf.data.
    NoCapture,
    /// A directory or an archive whose perf.data is a directory, a device or the like.
    IrregularCapture,
    /// A directory or an archive with so many captures.
    SeveralCaptures(usize),
    /// An archive of more files than it may have.
    TooManyFiles {
        /// As many as it may have.
        most: u64,
    },
    /// An archive of more bytes than it may have.
    TooManyBytes {
        /// As many as it may have.
        most: u64,
    },
    /// It is no text of symbols as `/proc/kallsyms` is.
    NotKallsyms,
    /// It is the file of another kernel than the recorded one.
    OtherKernel {
        /// Its build id and the recorded one.
        what: String,
    },
    /// It is no table of symbols in text form.
    NotSymbolTable {
        /// What its bytes are not.
        cause: String,
    },
    /// A line of a table of symbols in text form has another form.
    WrongSymbol {
        /// The line, counted from 1.
        line: usize,
    },
    /// It is a map of generated code of a process which is not the recorded one, or may not be.
    MapOfOtherProcess {
        /// The pid that both have.
        pid: i32,
    },
    /// It is a map of generated code that another user wrote.
    MapOfOtherUser,
    /// Lines of a map of generated code are none.
    OddMapLines {
        /// How many.
        lines: u64,
    },
    /// Records of a dump of generated code are damaged.
    OddDumpRecords {
        /// How many.
        records: u64,
    },
    /// It is no object file.
    NotObject {
        /// What its parser says.
        cause: String,
    },
    /// It is an object file of another format.
    NotElf,
    /// It is a debug file of another build than the one that its object names by a checksum.
    OtherChecksum,
    /// It is a debug file that refers to another, which is not to be had.
    NoCommonDebugFile {
        /// What the other is called.
        name: String,
    },
    /// Debug information in it makes no sense or causes too much work.
    BadDebugInfo {
        /// What its parser says.
        cause: String,
    },
    /// A row of a file of rules is none.
    WrongRule {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// It is no memory map of a VM.
    NotMemoryMap {
        /// What it is not, or what is wrong with it.
        cause: &'static str,
    },
    /// It is a trace.dat that cannot be read.
    TraceDat(TraceDatFault),
    /// It is a dataset, or belongs to one, that cannot be used.
    Dataset(DatasetFault),
    /// It is no trace of QEMU's with requests to disks.
    NoDiskRequests,
    /// It is a binary trace of QEMU's that does not name its events.
    OldSimpleTrace {
        /// The version of its format.
        version: u64,
    },
    /// It is no folded text.
    NotFolded {
        /// Where and why, in one line.
        what: String,
    },
}

/// What a file is that is no perf.data which can be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FoundInstead {
    /// Nothing is in it.
    Nothing,
    /// A perf.data of another time.
    Version1,
    /// A perf.data of another program.
    Simpleperf,
    /// A perf.data whose header was overwritten.
    DamagedHeader,
    /// A trace.dat of trace-cmd.
    TraceDat,
    /// An ELF file.
    Elf,
    /// A text of events.
    TraceText,
    /// Folded text.
    Folded,
    /// Anything else, which begins with these bytes.
    Unknown(Box<[u8]>),
}

/// What the user can do about files that unpack to too much.
pub(crate) const MORE_UNPACKED: &str = "--max-unpacked SIZE,FILES allows more";

impl BadFile {
    /// What the user can do about it.
    pub(super) const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NotPerfData(found) => return found.hint(),
            Self::TraceDat(fault) => return fault.hint(),
            Self::Dataset(fault) => return fault.hint(),
            Self::NoEvents => "its header is damaged, or the recorder was stopped at once",
            Self::NoAddresses => "record again with call chains: perf record -g",
            Self::NoCapture => {
                "a capture directory holds perf.data, and beside it kallsyms or buildid/"
            }
            Self::SeveralCaptures(_) => "name one of them",
            Self::TooManyFiles { .. } | Self::TooManyBytes { .. } => MORE_UNPACKED,
            Self::NotMemoryMap { .. } => {
                "it is what QEMU's monitor prints: virsh qemu-monitor-command VM --hmp 'info mtree \
                 -f' >mtree-f.txt"
            }
            Self::NoDiskRequests => {
                "record one: qemu-system-x86_64 … -trace 'virtio_blk_*' -msg timestamp=on -D \
                 trace.log; virtio_scsi_cmd_* for virtio-scsi"
            }
            Self::OldSimpleTrace { .. } => "QEMU 2.8 and later write version 4, which names them",
            Self::NotFolded { .. } => {
                "a line of folded text is `root;…;leaf WEIGHT`; vmflame convert --format folded \
                 writes it"
            }
            Self::CutHeader
            | Self::IrregularCapture
            | Self::NotKallsyms
            | Self::OtherKernel { .. }
            | Self::NotSymbolTable { .. }
            | Self::WrongSymbol { .. }
            | Self::MapOfOtherProcess { .. }
            | Self::MapOfOtherUser
            | Self::OddMapLines { .. }
            | Self::OddDumpRecords { .. }
            | Self::NotObject { .. }
            | Self::NotElf
            | Self::OtherChecksum
            | Self::BadDebugInfo { .. }
            | Self::WrongRule { .. } => return None,
            Self::NoCommonDebugFile { .. } => {
                "install the package that it comes with, or name its directory with --debug-dir"
            }
        })
    }
}

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPerfData(found) => found.fmt(f),
            Self::TraceDat(fault) => fault.fmt(f),
            Self::Dataset(fault) => fault.fmt(f),
            Self::CutHeader => f.write_str("the file ends inside its header"),
            Self::NoEvents => f.write_str("the file describes no events"),
            Self::NoAddresses => f.write_str("no event of the capture records addresses"),
            Self::NoCapture => f.write_str("there is no perf.data in it"),
            Self::IrregularCapture => f.write_str("the perf.data in it is no regular file"),
            Self::SeveralCaptures(count) => write!(f, "there are {count} captures in it"),
            Self::TooManyFiles { most } => {
                let files = counted(*most, "file");
                write!(f, "the archive unpacks to more than {files}")
            }
            Self::TooManyBytes { most } => {
                let size = size_words(*most);
                write!(f, "the archive unpacks to more than {size}")
            }
            Self::NotKallsyms => f.write_str("not a kallsyms text"),
            Self::OtherKernel { what } => f.write_str(what),
            Self::NotSymbolTable { cause } => write!(f, "not a symbol table: {cause}"),
            Self::MapOfOtherProcess { pid } => write!(
                f,
                "not used: it was not written while the recorded process {pid} lived, or another \
                 one of this pid may have written it"
            ),
            Self::MapOfOtherUser => f.write_str("not used: another user wrote it"),
            Self::OddDumpRecords { records } => write!(
                f,
                "{records} of its records are damaged: functions may have no names"
            ),
            Self::OddMapLines { lines } => write!(
                f,
                "{lines} of its lines are no entries of a map of generated code, and were not read"
            ),
            Self::WrongSymbol { line } => {
                write!(f, "line {line} is not `SVMA BYTES NAME` in hexadecimal")
            }
            Self::NotObject { cause } => write!(f, "not an object file: {cause}"),
            Self::NotElf => f.write_str("not an ELF file"),
            Self::OtherChecksum => {
                f.write_str("not used: the checksum is not the one that the object names")
            }
            Self::NoCommonDebugFile { name } => {
                write!(f, "it refers to a debug file that is not there: {name}")
            }
            Self::BadDebugInfo { cause } => write!(f, "debug information not used: {cause}"),
            Self::WrongRule { line, what } => write!(f, "line {line}: {what}"),
            Self::NotMemoryMap { cause } => write!(f, "not a memory map: {cause}"),
            Self::NoDiskRequests => {
                f.write_str("no trace of QEMU's that tells of requests to disks")
            }
            Self::OldSimpleTrace { version } => {
                write!(
                    f,
                    "a trace of version {version}, which does not name its events"
                )
            }
            Self::NotFolded { what } => f.write_str(what),
        }
    }
}

impl FoundInstead {
    /// What the user can do about it.
    const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Nothing => return None,
            Self::Version1 => "only version 2 can be read: record again with a newer perf",
            Self::Simpleperf => "record with perf, or convert it with simpleperf's own tools",
            Self::DamagedHeader => "the file was zeroed or cut off; record again",
            Self::TraceDat | Self::TraceText => {
                "vmflame exits tells of the exits in it; for stacks, record with perf: \
                 perf record -a -g -e 'kvm:*'"
            }
            Self::Folded => {
                "vmflame diff compares folded texts; flamegraph.pl and inferno draw them"
            }
            Self::Elf | Self::Unknown(_) => "record one: perf record -a -g -- sleep 10",
        })
    }
}

impl fmt::Display for FoundInstead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nothing => "the file is empty",
            Self::Version1 => "a perf.data of version 1, as written before Linux 2.6.33",
            Self::Simpleperf => "a perf.data of Android's simpleperf, which is not read",
            Self::DamagedHeader => {
                "the header of this perf.data is damaged: its size makes no sense"
            }
            Self::TraceDat => "a trace.dat of trace-cmd, which has events and no call stacks",
            Self::TraceText => "a text of events, without call stacks that could be drawn",
            Self::Elf => "not a perf.data file: it is an ELF file",
            Self::Folded => "folded text, which has no samples to read",
            Self::Unknown(start) => {
                let start = String::from_utf8_lossy(start);
                return write!(f, "not a perf.data file: it begins with {start:?}");
            }
        })
    }
}
