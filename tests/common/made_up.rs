//! Made-up samples and captures.

use std::io::Write as _;
use std::path::Path;

use vmflame::bytes::Spool;
use vmflame::error::Result;
use vmflame::perf::Capture;
use vmflame::perf::writer::{ReadMember, ReadValues, RegisterValues, SampleValues};
use vmflame::units::{Cpu, Pid, Tid, Timestamp};

/// Numbers that look random, the same for the same seed: splitmix64.
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, below: u64) -> u64 {
        self.next() % below
    }

    pub(crate) fn words(&mut self, most: u64) -> Vec<u64> {
        (0..self.below(most + 1)).map(|_| self.next()).collect()
    }

    pub(crate) fn bytes(&mut self, most: u64) -> Vec<u8> {
        let words = self.words(most.div_ceil(8));
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }
}

/// The values of a sample, owned.
pub(crate) struct Made {
    numbers: [u64; 16],
    chain: Vec<u64>,
    raw: Vec<u8>,
    branches: Vec<[u64; 3]>,
    counters: Vec<u64>,
    members: Vec<ReadMember>,
    registers: (u64, Vec<u64>),
    stack: Vec<u8>,
    aux: Vec<u8>,
}

impl Made {
    pub(crate) fn new(random: &mut Random) -> Self {
        let branches: Vec<[u64; 3]> = (0..random.below(5))
            .map(|_| [random.next(), random.next(), random.next()])
            .collect();
        let counters = branches.iter().map(|_| random.next()).collect();
        // At least one member: a single value is the first one.
        let members = (0..=random.below(3)).map(|_| ReadMember {
            value: random.next(),
            id: random.next(),
            lost: random.next(),
        });
        Self {
            numbers: std::array::from_fn(|ix| ix as u64 * 1_000_003 + 7),
            members: members.collect(),
            chain: random.words(9).iter().map(|word| word >> 8).collect(),
            // Raw data ends on eight bytes with its 32-bit length.
            raw: [random.bytes(40), vec![1, 2, 3, 4]].concat(),
            registers: (random.below(3), (0..64).map(|_| random.next()).collect()),
            stack: random.bytes(64),
            aux: random.bytes(32),
            branches,
            counters,
        }
    }

    pub(crate) fn values(&self, id: u64, time: u64) -> SampleValues<'_> {
        let n = &self.numbers;
        let registers = RegisterValues {
            abi: self.registers.0,
            values: &self.registers.1,
        };
        SampleValues {
            id,
            ip: n[0],
            pid: Pid::new(11),
            tid: Tid::new(-12),
            time: Timestamp::from_nanos(time),
            data_avma: n[1],
            stream_id: n[2],
            cpu: Cpu(6),
            period: n[3],
            read: ReadValues {
                time_enabled: n[4],
                time_running: n[5],
                members: &self.members,
            },
            chain: &self.chain,
            raw: &self.raw,
            branches: &self.branches,
            hw_index: n[6],
            branch_counters: &self.counters,
            user_registers: registers,
            user_stack: &self.stack,
            user_stack_filled: n[7],
            weight: n[8],
            data_src: n[9],
            transaction: n[10],
            intr_registers: registers,
            phys_addr: n[11],
            cgroup: n[12],
            data_page_size: n[13],
            code_page_size: n[14],
            aux: &self.aux,
        }
    }
}

/// Opens a capture that is in memory.
///
/// # Errors
/// As [`Capture::from_spool`].
pub(crate) fn open(bytes: &[u8]) -> Result<Capture> {
    let mut spool = Spool::default();
    spool.write_all(bytes).unwrap();
    Capture::from_spool(Path::new("made up"), spool)
}
