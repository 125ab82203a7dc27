//! What QEMU tells of its machines, against other answers of the same QEMU.

mod blockio;
#[path = "../common/mod.rs"]
mod common;
mod live;
mod monitor;
mod mtree;
mod vms;
