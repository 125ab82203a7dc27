//! What a made-up capture of VM exits is like, and what it holds.

use crate::perf::writer::setting::{Setting, settings};
use crate::units::Timestamp;

/// What a made-up capture of VM exits is like: `kvm_exit`, `kvm_entry`, and what comes between them.
///
/// The same description gives the same bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExitLoad {
    /// Bytes of records, reached within a round.
    pub size: u64,
    /// Virtual CPUs of each VM, each a thread.
    pub vcpus: u16,
    /// VMs, each a process.
    pub vms: u16,
    /// CPUs of the host: each has a buffer, and the file holds one after the other.
    pub cpus: u16,
    /// Whether the host is of AMD and not of Intel.
    pub is_amd: bool,
    /// Chooses among the captures that fit the description.
    pub seed: u64,
}

/// What a made-up capture of VM exits holds: what readers must find.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ExitsWritten {
    /// Bytes of records.
    pub data_len: u64,
    /// Records of all kinds.
    pub records: u64,
    /// Samples of `kvm_exit`.
    pub exits: u64,
    /// Samples of `kvm_entry`.
    pub entries: u64,
    /// Samples of `kvm_pio`.
    pub pios: u64,
    /// Samples of `kvm_mmio`.
    pub mmios: u64,
    /// Samples of `kvm_msr`.
    pub msrs: u64,
    /// Exits that the same thread's next exit follows without an entry between them, as kernels
    /// 5.8 to 5.10 record when they go back into the guest on their fast path.
    pub unentered: u64,
    /// Time of the first and of the last sample.
    pub times: (Timestamp, Timestamp),
}

impl ExitsWritten {
    /// Samples of all events.
    pub fn samples(&self) -> u64 {
        self.exits + self.entries + self.pios + self.mmios + self.msrs
    }
}

impl Default for ExitLoad {
    fn default() -> Self {
        Self {
            size: 64 << 20,
            vcpus: 8,
            vms: 1,
            cpus: 8,
            is_amd: false,
            seed: 1,
        }
    }
}

impl ExitLoad {
    /// Reads a description such as `size=1300M,vcpus=8,amd=1`; what it leaves out is as in
    /// [`ExitLoad::default`].
    ///
    /// # Errors
    /// Says in one line what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut load = Self::default();
        for setting in settings(text) {
            let Setting { key, value, number } = setting?;
            let small = || match u16::try_from(number) {
                Ok(number @ 1..=4096) => Ok(number),
                _ => Err(format!("{key}={value} is not from 1 to 4096")),
            };
            match key {
                "size" => load.size = number,
                "vcpus" => load.vcpus = small()?,
                "vms" => load.vms = small()?,
                "cpus" => load.cpus = small()?,
                "amd" => load.is_amd = number != 0,
                "seed" => load.seed = number,
                _ => {
                    return Err(format!(
                        "{key:?} is none of size, vcpus, vms, cpus, amd, seed"
                    ));
                }
            }
        }
        Ok(load)
    }
}
