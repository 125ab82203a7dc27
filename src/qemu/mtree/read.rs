//! A text to a map.

use super::claims::{AddressRange, Budget, ClaimOwner, Claims, Owned, TooIntricate};
use super::containers::is_window;
use super::render::{ContainerReading, Renderer};
use super::sections::{FlatView, MtreeSections};
use super::tree::Forest;
use crate::qemu::memory_map::{Bus, MapGaps, MappedRange, MemoryMap, RangeOwner};

/// Why a text gives no map.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoMap {
    /// It shows no address space `I/O` or `memory`.
    NoAddressSpace,
    /// To find out what it shows would take too long: no QEMU prints such.
    TooIntricate,
}

impl NoMap {
    /// What is said of such a text.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::NoAddressSpace => "it shows neither ports (I/O) nor memory",
            Self::TooIntricate => "its regions show each other too often",
        }
    }
}

impl MemoryMap {
    /// Reads what `info mtree` or `info mtree -f` printed.
    ///
    /// # Errors
    /// When the text shows neither ports nor memory.
    pub fn parse(text: &str) -> Result<Self, NoMap> {
        let MtreeSections {
            mut forest,
            views,
            unread_lines,
        } = MtreeSections::of(text);
        let mut map = Self {
            gaps: MapGaps {
                unread_lines,
                ..MapGaps::default()
            },
            ..Self::default()
        };
        let mut budget = Budget::new();
        for bus in [Bus::Port, Bus::Gpa] {
            let shown = views.iter().filter(|view| view.buses.contains(&bus));
            let claims = of_views(shown, &mut forest, &mut budget);
            let claims = match claims {
                Ok(None) => of_trees(bus, &forest, &mut map.gaps, &mut budget),
                found => found,
            };
            let claims = claims.map_err(|TooIntricate| NoMap::TooIntricate)?;
            let ranges: Vec<MappedRange> =
                claims.iter().flat_map(Claims::ranges).map(mapped).collect();
            let contested = ranges
                .iter()
                .filter(|range| range.owner == RangeOwner::Undecided)
                .count();
            map.gaps.contested_ranges += u64::try_from(contested).unwrap_or(u64::MAX);
            match bus {
                Bus::Port => map.ports = ranges,
                Bus::Gpa => map.memory = ranges,
            }
            map.shown.extend(claims.map(|_| bus));
        }
        map.names = forest.names.list;
        if map.shown.is_empty() {
            return Err(NoMap::NoAddressSpace);
        }
        Ok(map)
    }
}

fn mapped(Owned { extent, owner }: Owned) -> MappedRange {
    MappedRange {
        first: extent.first,
        last: extent.last,
        offset: owner.offset,
        owner: owner.who,
    }
}

/// What flat views show of a bus; `None` without any.
fn of_views<'a>(
    views: impl Iterator<Item = &'a FlatView>,
    forest: &mut Forest,
    budget: &mut Budget,
) -> Result<Option<Claims>, TooIntricate> {
    let mut all: Option<Claims> = None;
    for view in views {
        let mut claims = Claims::default();
        for range in &view.ranges {
            // The outermost region answers where no device does.
            let is_nothing = range.name == view.root || is_window(&range.name);
            let owner = if is_nothing {
                ClaimOwner::NOBODY
            } else {
                ClaimOwner {
                    who: RangeOwner::Region(forest.names.number(&range.name)),
                    offset: range.offset,
                }
            };
            let extent = AddressRange {
                first: range.first,
                last: range.last,
            };
            claims.give(extent, owner, budget)?;
        }
        overlay(&mut all, claims, budget)?;
    }
    Ok(all)
}

/// What trees show of a bus; `None` without any.
fn of_trees(
    bus: Bus,
    forest: &Forest,
    gaps: &mut MapGaps,
    budget: &mut Budget,
) -> Result<Option<Claims>, TooIntricate> {
    let mut all: Option<Claims> = None;
    for dump in &forest.dumps {
        for shown in dump.buses.iter().filter(|shown| shown.bus == bus) {
            // A region with others inside may answer in the gaps or not: where something else
            // would answer if it does not, the text does not decide.
            let mut both: Option<Claims> = None;
            for reading in [
                ContainerReading::KnownContainers,
                ContainerReading::AllContainers,
            ] {
                let mut renderer = Renderer::new(dump, &forest.names, reading, budget);
                let claims = renderer.render(&shown.roots)?;
                let open = renderer.open_aliases;
                if reading == ContainerReading::KnownContainers {
                    gaps.open_aliases += open;
                }
                overlay(&mut both, claims, budget)?;
            }
            overlay(&mut all, both.unwrap_or_default(), budget)?;
        }
    }
    Ok(all)
}

fn overlay(
    all: &mut Option<Claims>,
    claims: Claims,
    budget: &mut Budget,
) -> Result<(), TooIntricate> {
    match all {
        None => *all = Some(claims),
        Some(all) => all.contest(&claims, budget)?,
    }
    Ok(())
}
