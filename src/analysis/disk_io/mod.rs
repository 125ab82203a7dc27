//! Requests to disks, from QEMU's receipt to its completion.
//!
//! Input: the steps of a trace. Output: [`DiskIo`]: per disk and direction how long requests took,
//! how many there were, and when.
//!
//! A request is known by its address in QEMU's memory, which serves the next request as soon as it
//! is done: a completion belongs to the last receipt of that address, and takes it away.
//!
//! | file | what it does |
//! |---|---|
//! | `pairing` | **receipts and completions to requests** |
//! | `stream` | the requests of one disk and direction |

mod pairing;
mod stream;

pub use pairing::{DiskInterval, DiskIo, SlowRequest, StreamKey, disk_io};
pub use stream::RequestStream;
