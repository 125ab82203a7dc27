//! What `perf kvm stat report` of perf 6.1 says of a capture, number for number.
//!
//! Input: a capture and a [`LikePerfRequest`]. Output: a [`PerfTable`], whose text
//! [`report`](crate::report) writes. It is perf's algorithm with perf's flaws, kept apart from the
//! program's own pairing, so that anyone can check one against the other:
//!
//! - An interval ends at the thread's next `kvm_entry`, whatever happened meanwhile: sleep, the VMM,
//!   other tasks. A second exit before it takes the first one's place; the first one is lost.
//! - A thread is known from its first `kvm_entry` on; what came before does not count.
//! - On arm64 the interval begins at `kvm_entry` and ends at `kvm_exit`: it is time in the guest.
//! - The recorded `isa` is ignored: the names follow the recorder's CPU. Flags in a reason are not
//!   taken off, so that such a reason is `UNKNOWN`.
//! - A field that the format lacks is 0, among them the number of the virtual CPU on arm64.
//! - With a virtual CPU chosen, the shortest time is always 0.
//!
//! | file | what it does |
//! |---|---|
//! | `request` | what is measured, of whom, in which order |
//! | `host` | whose reasons are meant, and captures that perf refuses |
//! | `reasons` | names of reasons |
//! | `moment` | what a record means for an interval |
//! | `plan` | from a sample to that, by the formats of the capture |
//! | `round_queue` | perf's order of records: by time, within the rounds of the recorder |
//! | `welford` | perf's mean and deviation |
//! | `intervals` | the intervals of each thread, and the keys they are counted under |
//! | `replay` | all records of a capture, one after the other |
//! | `table` | the rows in perf's order |
//!
//! Source of all: tools/perf/builtin-kvm.c, `tools/perf/arch/{x86,arm64}/util/kvm-stat.c`,
//! tools/perf/util/ordered-events.c, Linux 6.1.

mod host;
mod intervals;
mod moment;
mod plan;
mod reasons;
mod replay;
mod request;
mod round_queue;
mod table;
mod welford;

pub use host::PerfRefusal;
pub use request::{LikePerfRequest, Measured, SortKey};
pub use table::{PerfRow, PerfTable, like_perf};
