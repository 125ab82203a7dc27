//! What is wanted of a capture.

use super::choice::TimeRequest;
use crate::fold::{Split, WeightKind};
use crate::locate::FrameScope;
use crate::name::{Grouping, StackFilter};
use crate::units::{Cpu, Pid, Tid};

/// What is wanted of a capture.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The event's name; `None` takes one with samples: clocks and cycles before other events, those
    /// before tracepoints, and with call chains before without.
    pub event: Option<String>,
    /// What a sample weighs.
    pub weight: WeightKind,
    /// Processes; empty for all.
    pub pids: Vec<Pid>,
    /// Threads; empty for all.
    pub tids: Vec<Tid>,
    /// Thread names; empty for all.
    pub comms: Vec<String>,
    /// Host CPUs; empty for all.
    pub cpus: Vec<Cpu>,
    /// Paths of cgroups; empty for all. Not together with [`Grouping::Cpu`].
    pub cgroups: Vec<String>,
    /// Times; empty for all.
    pub times: Vec<TimeRequest>,
    /// Which frames are shown.
    pub scope: FrameScope,
    /// The frames above the call chain.
    pub grouping: Grouping,
    /// Whether stacks are left untagged: all are host then.
    pub no_tag: bool,
    /// Whether idle stacks are left out.
    pub no_idle: bool,
    /// How many frames of a call chain are shown at most, those nearest to the leaf; `None` for all.
    /// Tags are those of whole stacks.
    pub max_stack: Option<usize>,
    /// Whether C++ and Rust names stay mangled.
    pub raw_names: bool,
    /// Rows for the tagger, with the name of the file they come from.
    pub rules: Option<(String, std::path::PathBuf)>,
    /// Into how many slices of time stacks are kept apart; 0 for none. Cannot be had together with
    /// what is grouped or filtered by CPU or cgroup, which wins.
    pub slices: u32,
    /// Worker threads.
    pub threads: usize,
}

impl Request {
    /// What folding must keep apart.
    pub(super) fn split(&self) -> Split {
        if self.cgroups.is_empty() {
            self.grouping.split()
        } else {
            Split::Cgroup
        }
    }

    /// Which stacks stay, by what their names and tags tell.
    pub(super) fn filter(&self) -> StackFilter<'_> {
        StackFilter {
            comms: &self.comms,
            cgroups: &self.cgroups,
            no_idle: self.no_idle,
        }
    }
}
