//! What the offsets of QEMU's memory regions are.

use std::ops::RangeInclusive;

use super::ranges;
use crate::qemu::Bus;

const REGIONS: &str = include_str!("regions.tsv");

/// The bus that a table spells so.
pub(super) fn bus_of(name: &str) -> Option<Bus> {
    Some(match name {
        "port" => Bus::Port,
        "gpa" => Bus::Gpa,
        _ => return None,
    })
}

/// A place in a memory region.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place<'a> {
    pub(super) bus: Bus,
    /// QEMU's name of the region.
    pub(super) region: &'a str,
    /// Bytes from the region's start.
    pub(super) offset: u64,
    /// How long the region is; `None` when that is not known.
    pub(super) bytes: Option<u64>,
}

#[derive(Clone, Debug)]
struct RegionRow {
    /// What the name begins with, or all of it.
    name: &'static str,
    /// Whether names may go on.
    is_start: bool,
    /// `None` for both.
    bus: Option<Bus>,
    /// `None` for any length.
    bytes: Option<u64>,
    offsets: RangeInclusive<u64>,
    what: &'static str,
}

impl RegionRow {
    fn fits(&self, place: Place<'_>) -> bool {
        let is_named = if self.is_start {
            place.region.starts_with(self.name)
        } else {
            place.region == self.name
        };
        is_named
            && self.bus.is_none_or(|bus| bus == place.bus)
            && self.bytes.is_none_or(|bytes| place.bytes == Some(bytes))
            && self.offsets.contains(&place.offset)
    }
}

fn parse(line: &'static str) -> Option<RegionRow> {
    let mut columns = line.split('\t');
    let name = columns.next()?;
    let bus = match columns.next()? {
        "any" => None,
        name => Some(bus_of(name)?),
    };
    let bytes = match columns.next()? {
        "-" => None,
        bytes => Some(u64::from_str_radix(bytes, 16).ok()?),
    };
    let offsets = ranges::parse_or_all(columns.next()?, columns.next()?)?;
    let what = columns.next()?;
    Some(RegionRow {
        name: name.trim_end_matches('*'),
        is_start: name.ends_with('*'),
        bus,
        bytes,
        offsets,
        what,
    })
}

/// The table.
#[derive(Clone, Debug)]
pub(super) struct Regions {
    rows: Vec<RegionRow>,
}

impl Regions {
    pub(super) fn new() -> Self {
        Self {
            rows: ranges::rows(REGIONS).filter_map(parse).collect(),
        }
    }

    /// What the guest finds there, where the region's name tells.
    pub(super) fn what(&self, place: Place<'_>) -> Option<&'static str> {
        self.rows
            .iter()
            .find(|row| row.fits(place))
            .map(|row| row.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that is none would be passed over.
    #[test]
    fn all_lines_are_rows() {
        for line in ranges::rows(REGIONS) {
            assert!(parse(line).is_some(), "{line}");
            assert_eq!(line.split('\t').count(), 6, "{line}");
        }
    }

    /// Both ports of an IDE channel are regions of one name.
    #[test]
    fn regions_of_one_name_are_told_by_their_length() {
        let regions = Regions::new();
        let ide = |offset, bytes| {
            regions.what(Place {
                bus: Bus::Port,
                region: "ide",
                offset,
                bytes,
            })
        };
        assert_eq!(ide(7, Some(8)), Some("ATA status and command"));
        assert_eq!(ide(0, Some(1)), Some("ATA alternate status and control"));
        assert_eq!(ide(0, None), None);
    }
}
