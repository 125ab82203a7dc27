//! One record: its header, the events that samples belong to, and where the fields of a sample lie.

mod attr;
mod event_name;
mod events;
mod group;
mod header;
mod ids;
mod kinds;
mod layout;
mod length_match;
mod measure;
mod sideband;
mod tail;

pub use attr::Attr;
pub(crate) use attr::MIN_ATTR_SIZE;
pub use event_name::{event_name_without_settings, plain_event_name};
pub use events::{Event, Events};
pub use group::group_values;
pub use header::{RECORD_HEADER_LEN, RecordHeader};
pub(crate) use kinds::{fit_of_kernels, fit_of_perfs, has_known_misc};
pub use layout::{SampleHead, SampleLayout};
pub(crate) use length_match::LengthMatch;
pub use sideband::{MappingRecord, Sideband, is_sideband};
pub use tail::{Registers, SampleTail};
