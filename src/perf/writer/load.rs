//! What a made-up capture is like, and what it holds.

use super::setting::{Setting, settings};
use crate::units::Timestamp;

/// Different functions on one level of the stacks, as a power of two.
pub(super) const FAN_BITS: u32 = 6;

/// What a made-up capture is like: a host with VMs, sampled by `cpu-clock` with call chains.
///
/// The same description gives the same bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Load {
    /// Bytes of records, reached within a round of 1024 samples.
    pub size: u64,
    /// Different stacks to choose from.
    pub stacks: u32,
    /// Frames of the deepest stacks.
    pub depth: u16,
    /// Processes.
    pub processes: u16,
    /// Threads of each process.
    pub threads: u16,
    /// CPUs of the host: each has a buffer, and the file holds one after the other.
    pub cpus: u16,
    /// Percent of the samples that hit guest code.
    pub guest: u8,
    /// Percent of the samples that are of a tracepoint.
    pub tracepoints: u8,
    /// Whether the records that name processes and mappings follow the first samples in the file,
    /// though they are older.
    pub late: bool,
    /// Chooses among the captures that fit the description.
    pub seed: u64,
}

/// What a made-up capture holds: what readers must find.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Written {
    /// Bytes of records.
    pub data_len: u64,
    /// Records of all kinds.
    pub records: u64,
    /// Samples of `cpu-clock`.
    pub samples: u64,
    /// Those of them that hit guest code.
    pub guest_samples: u64,
    /// Samples of the tracepoint.
    pub tracepoint_samples: u64,
    /// Different stacks of the samples of `cpu-clock`, guest code aside.
    pub stacks: u64,
    /// Call chain entries of the samples of `cpu-clock`, markers among them.
    pub chain_entries: u64,
    /// Sum of all addresses of these call chains, wrapping around.
    pub address_sum: u64,
    /// Time of the first and of the last sample.
    pub times: (Timestamp, Timestamp),
}

impl Default for Load {
    fn default() -> Self {
        Self {
            size: 64 << 20,
            stacks: 1_000,
            depth: 24,
            processes: 4,
            threads: 4,
            cpus: 2,
            guest: 10,
            tracepoints: 0,
            late: false,
            seed: 1,
        }
    }
}

impl Load {
    /// Reads a description such as `size=8G,stacks=1000,late=1`; what it leaves out is as in
    /// [`Load::default`].
    ///
    /// # Errors
    /// Says in one line what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut load = Self::default();
        for setting in settings(text) {
            let Setting { key, value, number } = setting?;
            let too_large = |_| format!("{key}={value} is too large");
            match key {
                "size" => load.size = number,
                "stacks" => load.stacks = u32::try_from(number).map_err(too_large)?,
                "depth" => load.depth = u16::try_from(number).map_err(too_large)?,
                "processes" => load.processes = u16::try_from(number).map_err(too_large)?,
                "threads" => load.threads = u16::try_from(number).map_err(too_large)?,
                "cpus" => load.cpus = u16::try_from(number).map_err(too_large)?,
                "guest" => load.guest = u8::try_from(number).map_err(too_large)?,
                "tracepoints" => load.tracepoints = u8::try_from(number).map_err(too_large)?,
                "late" => load.late = number != 0,
                "seed" => load.seed = number,
                _ => {
                    return Err(format!(
                        "{key:?} is none of size, stacks, depth, processes, threads, cpus, guest, \
                         tracepoints, late, seed"
                    ));
                }
            }
        }
        load.check()?;
        Ok(load)
    }

    fn check(&self) -> Result<(), String> {
        let ranges = [
            ("stacks", u64::from(self.stacks), 1..=1 << 31),
            ("depth", u64::from(self.depth), 2..=512),
            ("processes", u64::from(self.processes), 1..=10_000),
            ("threads", u64::from(self.threads), 1..=10_000),
            ("cpus", u64::from(self.cpus), 1..=4096),
            ("guest", u64::from(self.guest), 0..=100),
            ("tracepoints", u64::from(self.tracepoints), 0..=100),
        ];
        for (key, value, range) in ranges {
            if !range.contains(&value) {
                let (first, last) = (range.start(), range.end());
                return Err(format!("{key}={value} is not from {first} to {last}"));
            }
        }
        let needed = levels_for(self.stacks);
        if self.depth < needed {
            let stacks = self.stacks;
            return Err(format!(
                "{stacks} different stacks need depth={needed} at least"
            ));
        }
        Ok(())
    }
}

/// How many levels, counted from the leaf, it takes to tell so many stacks apart.
pub(super) fn levels_for(stacks: u32) -> u16 {
    let bits = u32::BITS - stacks.saturating_sub(1).leading_zeros();
    u16::try_from(bits.div_ceil(FAN_BITS)).unwrap_or(u16::MAX)
}
