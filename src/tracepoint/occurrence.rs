//! Something that a tracepoint recorded.

use super::formats::FormatIx;
use crate::units::{Cpu, Pid, Tid, Timestamp};

/// Something that a tracepoint recorded, as far as its source tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Occurrence<'a> {
    /// When it happened, by the clock of its source.
    pub time: Timestamp,
    /// The CPU on which it happened; `None` when the source does not say.
    pub cpu: Option<Cpu>,
    /// The process; `None` when the source does not say, as trace-cmd's and ftrace's do not.
    pub pid: Option<Pid>,
    /// The thread in which it happened.
    pub tid: Tid,
    /// Its tracepoint.
    pub event: FormatIx,
    /// What it recorded.
    pub values: Values<'a>,
}

/// The values of an occurrence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Values<'a> {
    /// Bytes as the tracepoint's format describes them, from `common_type` on.
    Payload(&'a [u8]),
    /// What a text dump prints behind the event's name: `reason HLT rip 0x7c00 …`.
    Text(&'a str),
}
