//! The feature sections: what the recorder wrote about itself and its machine.

use std::ops::Range;

use linux_perf_data::{Feature, FeatureSet};

use super::header::FileSection;
use super::numa_nodes::NumaNodes;
use crate::bytes::{ByteOrder, Cursor, c_string, position, slice_at};
use crate::perf::abi::PERF_RECORD_MISC_BUILD_ID_SIZE;
use crate::units::{BuildId, Pid, Timestamp};

/// An entry of the recorded build id table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedBuildId {
    /// The DSO's path as recorded: a file, `[kernel.kallsyms]`, `[kvm]`, `[vdso]`.
    pub path: String,
    /// Its build id.
    pub build_id: BuildId,
    /// The machine it belongs to: -1 for the host, else the pid of a guest's VMM.
    pub machine: Pid,
}

/// CPUs of the sampled machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CpuCounts {
    /// CPUs that the machine could hold.
    pub available: u32,
    /// CPUs that were online.
    pub online: u32,
}

/// The feature sections of a capture, as byte ranges of its header file.
#[derive(Clone, Debug, Default)]
pub struct Features {
    sections: Vec<(Feature, Vec<u8>)>,
}

impl Features {
    /// Reads the descriptors at `table` of `file`, one for each feature of `set`.
    ///
    /// Features whose section does not lie in the file are left out; the second value says which.
    /// So are those that would take the sum of all sections over the length of the file, which
    /// only sections that lie over each other do.
    pub fn read<O: ByteOrder>(file: &[u8], table: u64, set: FeatureSet) -> (Self, Vec<Feature>) {
        let mut at = Cursor::<O>::new(file.get(position(table)..).unwrap_or_default());
        let mut features = Self::default();
        let mut missing = Vec::new();
        let mut room = file.len();
        for feature in set.iter() {
            let found = FileSection::read(&mut at).and_then(|section| section.of(file));
            match found.filter(|bytes| bytes.len() <= room) {
                Some(bytes) => {
                    room -= bytes.len();
                    features.insert(feature, bytes);
                }
                None => missing.push(feature),
            }
        }
        (features, missing)
    }

    /// Adds a feature's section.
    pub fn insert(&mut self, feature: Feature, bytes: &[u8]) {
        self.sections.push((feature, bytes.to_vec()));
    }

    /// A feature's bytes; `None` when the capture lacks it.
    pub fn section(&self, feature: Feature) -> Option<&[u8]> {
        self.sections
            .iter()
            .find(|(f, _)| *f == feature)
            .map(|(_, bytes)| bytes.as_slice())
    }

    /// The features there are, in file order.
    pub fn iter(&self) -> impl Iterator<Item = Feature> {
        self.sections.iter().map(|(feature, _)| *feature)
    }

    /// A feature that holds one string: host name, kernel release, perf version, architecture, CPU.
    pub fn string<O: ByteOrder>(&self, feature: Feature) -> Option<String> {
        let text = Cursor::<O>::new(self.section(feature)?).header_string()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// The architecture of the recorded machine, as `uname -m` names it.
    pub fn machine<O: ByteOrder>(&self) -> Option<String> {
        self.string::<O>(Feature::ARCH)
    }

    /// The recorder's command line, one argument an item.
    pub fn command_line<O: ByteOrder>(&self) -> Option<Vec<String>> {
        let mut at = Cursor::<O>::new(self.section(Feature::CMDLINE)?);
        let count = at.u32()?;
        let mut arguments = Vec::new();
        for _ in 0..count {
            arguments.push(String::from_utf8_lossy(at.header_string()?).into_owned());
        }
        Some(arguments)
    }

    /// The number of CPUs.
    pub fn cpus<O: ByteOrder>(&self) -> Option<CpuCounts> {
        let mut at = Cursor::<O>::new(self.section(Feature::NRCPUS)?);
        Some(CpuCounts {
            available: at.u32()?,
            online: at.u32()?,
        })
    }

    /// How many last branches a CPU keeps; `None` when the capture does not tell.
    ///
    /// Source: `process_cpu_pmu_caps()`, tools/perf/util/header.c, Linux 6.1.
    pub fn branch_places<O: ByteOrder>(&self) -> Option<u64> {
        let mut at = Cursor::<O>::new(self.section(Feature::CPU_PMU_CAPS)?);
        for _ in 0..at.u32()? {
            let (name, value) = (at.header_string()?, at.header_string()?);
            if name == b"branches" {
                return std::str::from_utf8(value).ok()?.parse().ok();
            }
        }
        None
    }

    /// Memory of the machine in KiB.
    pub fn total_memory_kib<O: ByteOrder>(&self) -> Option<u64> {
        Cursor::<O>::new(self.section(Feature::TOTAL_MEM)?).u64()
    }

    /// The NUMA nodes; `None` when the capture does not tell them, or tells them damaged.
    pub fn numa_nodes<O: ByteOrder>(&self) -> Option<NumaNodes> {
        NumaNodes::parse::<O>(self.section(Feature::NUMA_TOPOLOGY)?)
    }

    /// Time of the first and the last sample.
    pub fn sample_times<O: ByteOrder>(&self) -> Option<Range<Timestamp>> {
        let mut at = Cursor::<O>::new(self.section(Feature::SAMPLE_TIME)?);
        let first = Timestamp::from_nanos(at.u64()?);
        let last = Timestamp::from_nanos(at.u64()?);
        (first <= last && last > Timestamp::default()).then_some(first..last)
    }

    /// The build id table; entries that are damaged are left out.
    pub fn build_ids<O: ByteOrder>(&self) -> Vec<RecordedBuildId> {
        let mut bytes = self.section(Feature::BUILD_ID).unwrap_or_default();
        let mut table = Vec::new();
        while let Some(len) = Cursor::<O>::new(bytes.get(6..).unwrap_or_default()).u16() {
            let len = usize::from(len);
            let Some(record) = bytes.get(8..len) else {
                break;
            };
            let misc = Cursor::<O>::new(bytes.get(4..6).unwrap_or_default())
                .u16()
                .unwrap_or(0);
            table.extend(parse_build_id::<O>(misc, record));
            bytes = bytes.get(len..).unwrap_or_default();
        }
        table
    }
}

/// The name of a feature, without `HEADER_`; its number when it is newer than all that are known.
///
/// Source: the enumeration of `HEADER_*` in `tools/perf/util/header.h`, Linux 7.1. No section of those
/// from 32 on is read: they tell of scheduling domains, the machine by its ELF number, and the length
/// of a cache line.
pub fn feature_name(feature: Feature) -> String {
    match feature.0 {
        32 => "CPU_DOMAIN_INFO".to_owned(),
        33 => "E_MACHINE".to_owned(),
        34 => "CLN_SIZE".to_owned(),
        number @ 35..128 | number @ 133.. => number.to_string(),
        _ => feature.to_string(),
    }
}

/// Decodes a `struct perf_record_header_build_id` without its header.
///
/// Source: `tools/lib/perf/include/perf/event.h`, Linux 6.12. Entries of a perf before 5.11 do not
/// state their length: trailing groups of four zero bytes are padding then.
pub(crate) fn parse_build_id<O: ByteOrder>(misc: u16, body: &[u8]) -> Option<RecordedBuildId> {
    let mut at = Cursor::<O>::new(body);
    let machine = Pid::new(at.i32()?);
    let field = at.take(24)?;
    let len = if misc & PERF_RECORD_MISC_BUILD_ID_SIZE == 0 {
        let id = field.get(..20)?;
        let used = id
            .chunks(4)
            .rposition(|group| group.iter().any(|&b| b != 0));
        used.map_or(0, |last| 4 * (last + 1))
    } else {
        usize::from(*field.get(20)?).min(20)
    };
    let build_id = BuildId::new(slice_at(field, 0, len)?)?;
    let path = String::from_utf8_lossy(c_string(at.rest())).into_owned();
    Some(RecordedBuildId {
        path,
        build_id,
        machine,
    })
}
