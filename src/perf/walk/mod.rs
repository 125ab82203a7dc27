//! All records: the walk over them on several threads, also over damaged and compressed ones.

mod counts;
mod length_match;
mod resync;
mod scan;
mod segments;
mod step;
mod unpack;

pub use counts::RecordCounts;
pub(crate) use length_match::{LengthMatch, Seen};
pub(crate) use resync::{find_run, first_believed, next_record, resync};
pub use scan::{Damage, Length, Record, ScanItem, scan};
pub(crate) use scan::{Region, Scan, scan_arriving};
pub(crate) use segments::{Segment, Unpacked};
pub(crate) use unpack::{Piece, ZSTD_MAGIC};
