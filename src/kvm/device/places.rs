//! Where QEMU's machines have their devices.

use std::ops::RangeInclusive;

use super::ranges;
use super::regions::{Place, bus_of};
use crate::qemu::Bus;

const PLACES: &str = include_str!("places.tsv");

#[derive(Clone, Debug)]
struct PlaceRow {
    bus: Bus,
    range: RangeInclusive<u64>,
    region: &'static str,
}

fn parse(line: &'static str) -> Option<PlaceRow> {
    let mut columns = line.split('\t');
    let bus = bus_of(columns.next()?)?;
    let machines = columns.next()?;
    if !machines
        .split(',')
        .all(|name| ["pc", "q35"].contains(&name))
    {
        return None;
    }
    let range = ranges::parse(columns.next()?, columns.next()?)?;
    let region = columns.next()?;
    Some(PlaceRow { bus, range, region })
}

/// The table.
#[derive(Clone, Debug)]
pub(super) struct DevicePlaces {
    rows: Vec<PlaceRow>,
}

impl DevicePlaces {
    pub(super) fn new() -> Self {
        Self {
            rows: ranges::rows(PLACES).filter_map(parse).collect(),
        }
    }

    /// What is found at a port or an address by default.
    pub(super) fn find(&self, bus: Bus, number: u64) -> Option<Place<'static>> {
        let mut rows = self.rows.iter();
        let fits = |row: &&PlaceRow| row.bus == bus && row.range.contains(&number);
        let row = rows.find(fits)?;
        Some(Place {
            bus,
            region: row.region,
            offset: number - row.range.start(),
            bytes: (row.range.end() - row.range.start()).checked_add(1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row that is none would be passed over, and one of two would never be found.
    #[test]
    fn all_lines_are_rows_and_none_overlap() {
        let rows = ranges::rows(PLACES).map(|line| parse(line).unwrap_or_else(|| panic!("{line}")));
        let mut rows: Vec<PlaceRow> = rows.collect();
        rows.sort_by_key(|row| (row.bus, *row.range.start()));
        for pair in rows.windows(2) {
            if pair[0].bus == pair[1].bus {
                assert!(pair[0].range.end() < pair[1].range.start(), "{pair:?}");
            }
        }
    }
}
