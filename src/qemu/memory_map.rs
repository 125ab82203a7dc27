//! What region of a VM answers at a port or an address.

/// What an address counts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Bus {
    /// Ports of x86: QEMU's address space `I/O`.
    Port,
    /// Guest-physical addresses: QEMU's address space `memory`.
    Gpa,
}

impl Bus {
    /// The bus of QEMU's address space of that name; `None` for those of single devices and CPUs.
    pub(super) fn of_address_space(name: &str) -> Option<Self> {
        Some(match name {
            "I/O" => Self::Port,
            "memory" => Self::Gpa,
            _ => return None,
        })
    }
}

/// A range that one region answers for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MappedRange {
    pub(super) first: u64,
    pub(super) last: u64,
    /// What of the region is at `first`, in bytes from the region's start.
    pub(super) offset: u64,
    pub(super) owner: RangeOwner,
}

/// Who answers for a range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RangeOwner {
    /// The region of that name, counted in the map's names.
    Region(u32),
    /// The text says that no device does.
    Nobody,
    /// The text does not decide who does.
    Undecided,
}

/// What answers at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Found<'a> {
    /// A region.
    Region(RegionAt<'a>),
    /// No device: reads give all ones, writes are lost.
    NoDevice,
    /// The text does not say.
    Unknown,
}

/// A region, and where in it an address lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RegionAt<'a> {
    /// QEMU's name of the region: `acpi-tmr`.
    pub name: &'a str,
    /// Bytes from the region's start.
    pub offset: u64,
    /// How long the part of the region is that is seen from its start on; `None` behind a cut.
    pub bytes: Option<u64>,
}

/// What a text left open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MapGaps {
    /// Lines that name a region and could not be read.
    pub unread_lines: u64,
    /// Aliases of regions that the text does not show, or that several regions could be.
    pub open_aliases: u64,
    /// Ranges that more than one region may answer for.
    pub contested_ranges: u64,
}

/// The regions that answer for ports and for guest-physical addresses.
///
/// Ranges are in order and do not overlap. What the text tells nothing about is in none of them.
#[derive(Clone, Debug, Default)]
pub struct MemoryMap {
    pub(super) names: Vec<Box<str>>,
    pub(super) ports: Vec<MappedRange>,
    pub(super) memory: Vec<MappedRange>,
    pub(super) gaps: MapGaps,
    /// The buses that the text shows.
    pub(super) shown: Vec<Bus>,
}

impl MemoryMap {
    /// What answers at an address.
    pub fn find(&self, bus: Bus, address: u64) -> Found<'_> {
        let ranges = match bus {
            Bus::Port => &self.ports,
            Bus::Gpa => &self.memory,
        };
        let behind = ranges.partition_point(|range| range.first <= address);
        let range = behind.checked_sub(1).and_then(|at| ranges.get(at));
        let Some(range) = range.filter(|range| address <= range.last) else {
            return Found::Unknown;
        };
        match range.owner {
            RangeOwner::Nobody => Found::NoDevice,
            RangeOwner::Undecided => Found::Unknown,
            RangeOwner::Region(number) => {
                let region = self.region_at(number, *range, address);
                region.map_or(Found::Unknown, Found::Region)
            }
        }
    }

    /// The region that answers at an address; `None` where none does, and where the text does not
    /// say.
    pub fn region(&self, bus: Bus, address: u64) -> Option<RegionAt<'_>> {
        match self.find(bus, address) {
            Found::Region(region) => Some(region),
            Found::NoDevice | Found::Unknown => None,
        }
    }

    fn region_at(&self, number: u32, range: MappedRange, address: u64) -> Option<RegionAt<'_>> {
        let is_start = range.offset == 0;
        Some(RegionAt {
            name: self.names.get(usize::try_from(number).ok()?)?,
            offset: range
                .offset
                .checked_add(address.checked_sub(range.first)?)?,
            bytes: (range.last - range.first)
                .checked_add(1)
                .filter(|_| is_start),
        })
    }

    /// Whether the text shows a bus at all.
    pub fn shows(&self, bus: Bus) -> bool {
        self.shown.contains(&bus)
    }

    /// What the text left open.
    pub const fn gaps(&self) -> MapGaps {
        self.gaps
    }
}
