//! What is wrong with a monitor of QEMU's.

use std::fmt;

use crate::text::{one_line, shortened};

/// Why a monitor does not answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MonitorFault {
    /// Nobody greets in so many seconds: the monitor's one client is somebody else.
    NoGreeting {
        /// How long was waited.
        seconds: u64,
    },
    /// It takes longer to answer.
    NoAnswer {
        /// What was asked.
        command: &'static str,
        /// How long was waited.
        seconds: u64,
    },
    /// The other side closed the connection.
    Closed,
    /// The other side speaks something else than QMP.
    NotQmp {
        /// What it said.
        said: String,
    },
    /// QEMU does not do what it is asked.
    Refused {
        /// What was asked.
        command: &'static str,
        /// QEMU's reason.
        cause: String,
    },
    /// An answer is of another form than QEMU's.
    WrongAnswer {
        /// What was asked.
        command: &'static str,
    },
}

impl MonitorFault {
    /// What the user can do about it.
    pub(super) fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoGreeting { .. } => {
                "a monitor serves one client, and libvirt holds those of its VMs: virsh \
                 qemu-monitor-command VM --hmp 'info mtree -f' >mtree-f.txt, then --mtree \
                 mtree-f.txt; for stat --live, start the VM with one more -qmp"
            }
            Self::NotQmp { .. } => {
                "a socket of -qmp is needed; what `info mtree -f` prints at another monitor is \
                 taken by --mtree FILE"
            }
            Self::Refused { command, .. } if command.starts_with("query-stats") => {
                "QEMU 7.1 and later tell KVM's counters; root can read those of older ones from \
                 debugfs, or count tracepoints: vmflame stat --live --tracepoints"
            }
            Self::NoAnswer { .. }
            | Self::Closed
            | Self::Refused { .. }
            | Self::WrongAnswer { .. } => return None,
        })
    }
}

impl fmt::Display for MonitorFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGreeting { seconds } => write!(f, "no greeting of QEMU's within {seconds} s"),
            Self::NoAnswer { command, seconds } => {
                write!(f, "no answer to {command} within {seconds} s")
            }
            Self::Closed => f.write_str("QEMU closed the connection"),
            Self::NotQmp { said } => {
                let said = one_line(said);
                write!(
                    f,
                    "this is no QMP monitor: it says {:?}",
                    shortened(&said, 60)
                )
            }
            Self::Refused { command, cause } => {
                let cause = one_line(cause);
                write!(f, "QEMU refuses {command}: {}", shortened(&cause, 200))
            }
            Self::WrongAnswer { command } => write!(f, "the answer to {command} is none of QEMU's"),
        }
    }
}
