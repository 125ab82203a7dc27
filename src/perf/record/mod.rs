//! One record, and the event that it belongs to.
//!
//! Input: the bytes of a record and the events of the capture. Output: its header, where the fields
//! of a sample lie, what a sideband record says, and whether the record's length fits its kind.
//!
//! | file | what it does |
//! |---|---|
//! | `header` | the eight bytes that each record begins with |
//! | `attr` | `struct perf_event_attr`: what an event counts, what its samples hold |
//! | `events` | the events of a capture, and to which of them a record belongs |
//! | `ids` | from ids that the kernel gave to events |
//! | `event_name` | names of events, without what perf appends to them |
//! | `layout` | where each field of a sample lies, **the model of this folder** |
//! | `plain` | samples whose fields all lie at the same places |
//! | `chained` | the same of what tells a stack |
//! | `uniform` | samples of several events that lie alike, in one step |
//! | `tail` | the fields behind the call chain |
//! | `group` | counters that were read with a sample |
//! | `inode` | which file a process mapped |
//! | `sideband` | records that tell what samples mean |
//! | `measure` | how long a sample is by what is in it |
//! | `length_match`, `kinds` | how the length of a record fits what its kind says |

mod attr;
mod chained;
mod event_name;
mod events;
mod group;
mod header;
mod ids;
mod inode;
mod kinds;
mod layout;
mod length_match;
mod measure;
mod plain;
mod sideband;
mod tail;
#[cfg(test)]
mod testing;
mod uniform;

pub use attr::Attr;
pub(crate) use attr::MIN_ATTR_SIZE;
pub use chained::{ChainedLayout, ChainedSample};
pub use event_name::{event_name_without_settings, plain_event_name};
pub use events::{Event, Events};
pub use group::group_values;
pub use header::{RECORD_HEADER_LEN, RecordHeader};
pub use inode::MappedInode;
pub(crate) use kinds::{fit_of_kernels, fit_of_perfs, has_known_misc};
pub use layout::{SampleHead, SampleLayout};
pub(crate) use length_match::LengthMatch;
pub use plain::{PlainLayout, PlainSample};
pub use sideband::{MappingRecord, Sideband, is_sideband};
pub use tail::{Registers, SampleTail};
pub use uniform::{UniformSample, UniformSamples};
