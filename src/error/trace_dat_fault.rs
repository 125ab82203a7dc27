//! Why a trace.dat cannot be read.

use std::fmt;

/// Why a trace.dat cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TraceDatFault {
    /// It ends inside its head.
    CutHead,
    /// It is of a version that is not read.
    Version(String),
    /// Its sections are compressed in a way that is not read.
    Compression(String),
    /// Its pages are laid out as in Linux 2.6.30 and before.
    OldRingBuffer,
    /// It holds the text of a latency tracer, and no events.
    LatencyText,
    /// It does not say where events lie.
    NoBuffers,
}

impl TraceDatFault {
    /// What the user can do about it.
    pub(super) const fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Version(_) | Self::Compression(_) => {
                "trace-cmd convert -i trace.dat -o other.dat --file-version 7 --compression zstd \
                 writes it in a form that is read"
            }
            Self::NoBuffers => {
                "the recorder was killed or the file is cut: trace-cmd restore makes a file of the \
                 trace.dat.cpu* that a killed recorder leaves"
            }
            Self::LatencyText => "record events: trace-cmd record -e kvm -e sched",
            Self::CutHead | Self::OldRingBuffer => return None,
        })
    }
}

impl fmt::Display for TraceDatFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutHead => f.write_str("a trace.dat that ends inside its head"),
            Self::Version(version) => {
                write!(
                    f,
                    "a trace.dat of version {version:?}; versions 6 and 7 are read"
                )
            }
            Self::Compression(name) => {
                write!(f, "a trace.dat compressed with {name:?}, which is not read")
            }
            Self::OldRingBuffer => {
                f.write_str("a trace.dat of Linux 2.6.30 or before, which is not read")
            }
            Self::LatencyText => {
                f.write_str("a trace.dat with the text of a latency tracer, and no events")
            }
            Self::NoBuffers => f.write_str("a trace.dat that does not say where its events lie"),
        }
    }
}
