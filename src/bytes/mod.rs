//! Bytes wherever they are kept: mapped files, memory, temporary files, compressed or not; and
//! numbers in either byte order.

mod mapping;
mod order;
mod packing;
mod scratch;
mod storage;
mod unpack_limit;

pub(crate) use mapping::MappedFile;
pub use order::{Big, ByteOrder, Cursor, Endian, Little, u64_at};
pub(crate) use order::{c_string, position, slice_at, u16_at, u32_at, with_order};
pub use packing::Packing;
pub(crate) use scratch::ScratchFolder;
pub use scratch::{HalfFile, sweep};
pub(crate) use storage::IN_MEMORY;
pub use storage::{Compression, Spool, Storage};
pub(crate) use unpack_limit::MORE_UNPACKED;
pub use unpack_limit::UnpackLimit;
