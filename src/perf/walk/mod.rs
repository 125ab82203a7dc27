//! All records: the walk over them on several threads, also over damaged and compressed ones.

mod counts;
mod length_match;
mod resync;
mod scan;
mod segments;
mod step;
mod unpack;
mod visitor;

pub use counts::RecordCounts;
pub(crate) use length_match::{LengthMatch, Seen};
pub(crate) use resync::{find_run, first_believed, next_record, resync};
pub(crate) use scan::{ArrivingRegion, Region, Scan, scan, scan_arriving};
pub use scan::{Damage, Length, Record};
pub(crate) use segments::{Segment, Unpacked};
pub(crate) use unpack::{Piece, ZSTD_MAGIC};
pub use visitor::{Both, Visitor};
