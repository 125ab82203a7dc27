//! Bytes wherever they are kept, and numbers in either byte order.
//!
//! Input: paths and streams. Output: [`Storage`], a slice of bytes that was mapped, read or
//! unpacked; and what reads numbers from such a slice. Nothing here knows what the bytes mean.
//!
//! | file | what it does |
//! |---|---|
//! | `mapping` | maps files, and memory in large pages, for the allocator too: the only `unsafe` of the program |
//! | `scratch` | files and folders that must not outlive the process |
//! | `storage` | the bytes of a file, mapped or in memory |
//! | `spool` | the bytes of a stream, in memory while they are few |
//! | `kept` | copies of bytes that stay where they are |
//! | `unpack_limit` | how much is unpacked at most |
//! | `checksum` | CRC-32 |
//! | `compression` | what is compressed is recognised and unpacked |
//! | `block` | blocks of stated lengths are unpacked |
//! | `packing` | the way back: an output is compressed |
//! | `order` | reads numbers of either byte order |

mod block;
mod checksum;
mod compression;
mod kept;
mod mapping;
mod order;
mod packing;
mod scratch;
mod spool;
mod storage;
mod unpack_limit;

pub(crate) use block::BlockCompression;
pub(crate) use checksum::checksum;
pub use compression::Compression;
pub(crate) use compression::crc32;
pub(crate) use kept::KeptBytes;
pub use mapping::LargePageAllocator;
pub(crate) use mapping::MappedFile;
pub use order::{Big, ByteOrder, Cursor, Endian, Little, u64_at};
pub(crate) use order::{c_string, position, slice_at, u16_at, u32_at, with_order};
pub use packing::Packing;
pub use scratch::{HalfFile, ScratchFolder, sweep};
pub(crate) use spool::IN_MEMORY;
pub use spool::Spool;
pub use storage::Storage;
pub(crate) use unpack_limit::MORE_UNPACKED;
pub use unpack_limit::UnpackLimit;
