//! **The way back: records to bytes.** For tests, benches and `vmflame bench --generate`; nothing
//! that reads a capture uses it.
//!
//! Input: a [`Description`] and records, or a [`Load`] or [`ExitLoad`], which describe captures of
//! any size.
//! Output: a valid perf.data file. What a [`FileWriter`] or [`PipeWriter`] is given, the readers
//! give back.
//!
//! | file | what it does |
//! |---|---|
//! | `encoder` | numbers and strings in either byte order |
//! | `event`, `sample`, `record`, `sections` | events, samples, other records, feature sections |
//! | `file` | the file around them, or the pipe |
//! | `load` | what a made-up capture is like, and what it holds |
//! | `setting` | the words of a description of one |
//! | `shape`, `maker`, `generate` | its tasks and stacks, its records, the whole |
//! | `exits` | a made-up capture of VM exits |
//!
//! ```
//! use vmflame::bytes::Little;
//! use vmflame::perf::writer::{Description, FileWriter, RecordWriter, WrittenEvent, WrittenRecord};
//! use vmflame::units::{Pid, Tid};
//!
//! let description = Description { events: vec![WrittenEvent::cpu_clock()], features: vec![] };
//! let mut file = FileWriter::<Little, _>::new(std::io::Cursor::new(Vec::new()), &description)?;
//! let mut records = RecordWriter::<Little>::new();
//! let comm = WrittenRecord::Comm { pid: Pid::new(7), tid: Tid::new(7), name: b"qemu" };
//! records.entry(0, &comm, None);
//! file.write(records.bytes())?;
//! let bytes = file.finish()?.into_inner();
//! assert_eq!(bytes.get(..8), Some(&b"PERFILE2"[..]));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Fields are written as they are given; what does not fit a 16-bit record length is the caller's
//! mistake, see [`RecordWriter`].

mod encoder;
mod event;
mod exits;
mod file;
mod generate;
mod load;
mod maker;
mod record;
mod sample;
mod sections;
mod setting;
mod shape;

pub use crate::bytes::Little;
pub use encoder::Encoder;
pub use event::WrittenEvent;
pub use exits::{ExitLoad, ExitsWritten};
pub use file::{Description, FileWriter, PipeWriter};
pub use load::{Load, Written};
pub use record::{FileIdentity, RecordWriter, WrittenRecord};
pub use sample::{ReadMember, ReadValues, RegisterValues, SampleValues};
pub use sections::FeatureSection;
#[cfg(feature = "fleet")]
pub(crate) use setting::{Setting, settings};
#[cfg(feature = "fleet")]
pub(crate) use shape::SplitMix64;
