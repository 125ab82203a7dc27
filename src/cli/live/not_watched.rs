//! Why a running host is not watched.

use std::fmt;

use vmflame::error::{Error, Problem};

/// Why a running host is not watched.
#[derive(Debug)]
pub(in crate::cli) enum NotWatched {
    /// Nothing may be read: why, for each place.
    NothingReadable { causes: Vec<String> },
    /// Tracepoints that the kernel does not have.
    NoTracepoints { wanted: String },
    /// A filter that counters know nothing of.
    OfCaptures { option: &'static str },
}

impl NotWatched {
    /// What the user can do about it.
    const fn hint(&self) -> &'static str {
        match self {
            Self::NothingReadable { .. } => {
                "root may read them; without root: vmflame stat --live --qmp SOCKET, at the socket of \
                 a VM that runs with -qmp unix:SOCKET,server=on,wait=off"
            }
            Self::NoTracepoints { .. } => {
                "those of the kernel are in /sys/kernel/tracing/events; kvm has some once its module \
                 is loaded"
            }
            Self::OfCaptures { .. } => "--vm and -p choose VMs, -e chooses counters or tracepoints",
        }
    }
}

impl fmt::Display for NotWatched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingReadable { causes } => write!(
                f,
                "no counters of this host's VMs can be read: {}",
                causes.join("; ")
            ),
            Self::NoTracepoints { wanted } => {
                write!(f, "the kernel has no tracepoint called {wanted}")
            }
            Self::OfCaptures { option } => {
                write!(f, "{option} is for captures: counters do not tell it")
            }
        }
    }
}

impl From<NotWatched> for Error {
    fn from(why: NotWatched) -> Self {
        let error = Self::from(Problem::Arguments(why.to_string()));
        error.with_hint(why.hint())
    }
}
