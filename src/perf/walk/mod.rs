//! All records: the walk over them on several threads, also over damaged and compressed ones.
//!
//! Input: [`Region`]s of bytes and the events whose samples they hold. Output: each record, in file
//! order, to a [`Visitor`]; bytes that are no record, as [`Damage`].
//!
//! | file | what it does |
//! |---|---|
//! | `item` | what a walk goes over, and what it meets |
//! | `visitor` | takes what is met |
//! | `scan` | the walk, cut into parts for threads; **begin here** |
//! | `ahead` | the bytes it comes to next: in place, or copied |
//! | `plain_record` | the step from one sample to the next |
//! | `counts` | records by type |
//! | `seen` | a record as it looks by itself: the evidence by which it is believed |
//! | `step` | where evidence leaves doubt: a record, a longer or shorter one, or damage |
//! | `resync` | where records begin again behind damage |
//! | `unpack` | compressed records, unpacked and cut into segments |
//! | `segments` | those segments, chained one to the next |
//! | `unpacked` | the chain, for threads that walk it while it grows |

mod ahead;
mod counts;
mod item;
mod plain_record;
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
pub use item::{Damage, Length, Record, SampleAtHand};
pub use plain_record::{PlainRecord, PlainSamples, Upcoming};
pub(crate) use resync::{find_run, first_believed, resync};
pub(crate) use scan::{ArrivingRegion, Scan, scan, scan_arriving};
pub(crate) use seen::Seen;
pub(crate) use segments::UnpackedSegment;
pub(crate) use unpack::{PackedPiece, ZSTD_MAGIC};
pub(crate) use unpacked::Unpacked;
pub use visitor::{Both, Visitor};
