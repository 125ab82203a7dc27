//! Captures of VM exits, made up: what `perf kvm stat record -a` would write on a busy host.
//!
//! Input: an [`ExitLoad`]. Output: a perf.data file, and [`ExitsWritten`], what is in it.
//!
//! | file | what it does |
//! |---|---|
//! | `load` | what the capture is like, and what it holds |
//! | `formats` | the kvm tracepoints: their fields, their texts in tracefs |
//! | `payload` | what a tracepoint records, as bytes |
//! | `course` | why a virtual CPU exits, and what is recorded until it is entered again |
//! | `vcpu` | virtual CPUs: threads, the host CPUs they run on, their clocks |
//! | `maker`, `generate` | the records, through the buffers of the host's CPUs; the whole |

mod course;
mod formats;
mod generate;
mod load;
mod maker;
mod payload;
mod vcpu;

pub(super) use formats::KVM_EXIT;
pub use load::{ExitLoad, ExitsWritten};
pub(super) use payload::Payload;
