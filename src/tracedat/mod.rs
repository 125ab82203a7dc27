//! trace.dat: what `trace-cmd record` writes.
//!
//! Input: the bytes of a file of version 6 or 7, unpacked. Output: a [`TraceDat`] with the formats of
//! its events, and their occurrences in the order of their times.
//!
//! ```text
//! version 6   head │ formats, kallsyms, command lines │ CPUs │ options │ where data lies │ pages …
//! version 7   head │ sections in any order: formats, …, options that say where the others lie, pages …
//!
//! a CPU's pages   time, commit │ event │ event │ … │     each event's time is told from the one before
//! ```
//!
//! | file | what is in it |
//! |---|---|
//! | `head` | version, byte order, sizes, compression |
//! | `section` | version 7: a section's bytes |
//! | `preamble` | formats of events, names of tasks |
//! | `options` | what else was recorded: clocks, statistics, buffers |
//! | `contents` | all of that, of either version |
//! | `unpacked` | pages that were compressed |
//! | `page` | a page of a kernel ring buffer to events |
//! | `clock` | times as they are recorded to nanoseconds |
//! | `merge` | the events of all CPUs in one order |
//! | `damage` | what could not be read |
//! | `trace_dat` | [`TraceDat`] |
//!
//! Source: trace-cmd.dat(5), versions 6 and 7, trace-cmd 3.1.6; `include/linux/ring_buffer.h` and
//! `kernel/trace/ring_buffer.c`, Linux 6.12.

mod clock;
mod contents;
mod damage;
mod head;
mod merge;
mod options;
mod page;
mod preamble;
mod section;
mod trace_dat;
mod unpacked;

pub use clock::ClockUnit;
pub use damage::{TraceDamage, TracePart};
pub use options::CpuStatistics;
pub use page::Missed;
pub use trace_dat::{Buffer, TraceDat, TraceWalk};
