//! All records: the walk over them on several threads, also over damaged and compressed ones.

mod counts;
mod item;
mod resync;
mod scan;
mod seen;
mod segments;
mod step;
mod unpack;
mod unpacked;
mod visitor;

pub use counts::RecordCounts;
pub(crate) use item::Region;
pub use item::{Damage, Length, Record};
pub(crate) use resync::{find_run, first_believed, resync};
pub(crate) use scan::{ArrivingRegion, Scan, scan, scan_arriving};
pub(crate) use seen::Seen;
pub(crate) use segments::UnpackedSegment;
pub(crate) use unpack::{PackedPiece, ZSTD_MAGIC};
pub(crate) use unpacked::Unpacked;
pub use visitor::{Both, Visitor};
