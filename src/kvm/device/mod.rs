//! Which device's register a guest touched: a port, a guest-physical address, an APIC register, an MSR.
//!
//! Input: a [`Register`]. Output: its [`DeviceName`], which says what it rests on, or none: a wrong
//! name is worse than no name.
//!
//! | file | what it does |
//! |---|---|
//! | `register` | what an exit touches: [`Register`] |
//! | `device_name` | what it is called, and what that rests on |
//! | `device_map` | **the procedure**: the VM's own memory map before assumptions |
//! | `interfaces` | registers of the CPU and of hypervisors' interfaces (`interfaces.tsv`) |
//! | `regions` | what the offsets of QEMU's memory regions are (`regions.tsv`) |
//! | `places` | where QEMU's machines have their regions (`places.tsv`) |
//! | `ranges` | ranges of numbers, as the tables spell them |
//!
//! A register without a name is one row of a table; their heads explain the columns.

mod device_map;
mod device_name;
mod interfaces;
mod places;
mod ranges;
mod regions;
mod register;

pub use device_map::DeviceMap;
pub use device_name::{DeviceName, Origin};
pub use register::Register;
