//! The regions of a text, and which is inside of which.

use hashbrown::HashMap;

use super::entry::{EntryKind, RegionEntry};
use crate::qemu::memory_map::Bus;

/// How deep regions lie in each other at most: several times what QEMU's do.
pub(super) const MAX_DEPTH: usize = 64;

/// A region of a tree.
#[derive(Clone, Debug)]
pub(super) struct RegionNode {
    /// Its name, counted in [`RegionNames`].
    pub(super) name: u32,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) priority: i32,
    pub(super) kind: NodeKind,
    /// The regions inside, in the text's order.
    pub(super) children: Vec<usize>,
}

/// What a region of a tree is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum NodeKind {
    Region,
    /// A window to another one.
    Alias(AliasTarget),
    /// Switched off, with all inside.
    Disabled,
}

/// What an alias shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AliasTarget {
    /// The name of the region, counted in [`RegionNames`].
    pub(super) region: u32,
    /// What of it is at the alias' start, in bytes from the region's start.
    pub(super) offset: u64,
}

/// Names, each once.
#[derive(Debug, Default)]
pub(super) struct RegionNames {
    pub(super) list: Vec<Box<str>>,
    found: HashMap<Box<str>, u32>,
}

impl RegionNames {
    /// The number of a name.
    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.found.get(name) {
            return number;
        }
        // No more names than entries, which are limited.
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(name.into());
        self.found.insert(name.into(), number);
        number
    }

    pub(super) fn get(&self, number: u32) -> &str {
        let name = usize::try_from(number)
            .ok()
            .and_then(|at| self.list.get(at));
        name.map_or("", |name| name)
    }
}

/// What one `info mtree` prints.
#[derive(Debug, Default)]
pub(super) struct Dump {
    pub(super) nodes: Vec<RegionNode>,
    /// The outermost regions of the buses.
    pub(super) buses: Vec<BusRoots>,
    /// The blocks of regions that aliases lead to.
    pub(super) blocks: HashMap<u32, Vec<usize>>,
}

/// The outermost regions of a bus.
#[derive(Debug)]
pub(super) struct BusRoots {
    pub(super) bus: Bus,
    pub(super) roots: Vec<usize>,
}

/// What the next region without one around it belongs to.
#[derive(Debug, Default)]
enum Section {
    #[default]
    None,
    /// Address spaces of which nothing is needed, or what was read before.
    Passed,
    Buses(Vec<Bus>),
    Block(u32),
}

/// Where a region lies in the text.
#[derive(Clone, Copy, Debug)]
struct TreeLevel {
    indent: usize,
    node: usize,
}

/// All trees of a text.
#[derive(Debug, Default)]
pub(super) struct Forest {
    pub(super) names: RegionNames,
    pub(super) dumps: Vec<Dump>,
    section: Section,
    /// Whether the section has regions.
    is_begun: bool,
    levels: Vec<TreeLevel>,
}

impl Forest {
    /// Several headings may stand before one tree.
    pub(super) fn begin_address_space(&mut self, name: &str) {
        let bus = Bus::of_address_space(name);
        self.levels.clear();
        match (&mut self.section, bus) {
            (Section::Buses(buses), Some(bus)) if !self.is_begun => buses.push(bus),
            (Section::Buses(_), None) if !self.is_begun => {}
            (_, Some(bus)) => self.section = Section::Buses(vec![bus]),
            (_, None) => self.section = Section::Passed,
        }
        self.is_begun = false;
    }

    pub(super) fn begin_region(&mut self, name: &str) {
        self.levels.clear();
        self.section = Section::Block(self.names.number(name));
        self.is_begun = false;
    }

    /// Begins what a bare word heads, as in QEMU up to 1.3.
    pub(super) fn begin_section(&mut self, word: &str) {
        if Bus::of_address_space(word).is_some() {
            self.is_begun = true;
            self.begin_address_space(word);
        } else {
            self.begin_region(word);
        }
    }

    pub(super) fn end_section(&mut self) {
        self.levels.clear();
        self.section = Section::None;
    }

    /// Adds a region inside of those above it that are less indented.
    pub(super) fn add(&mut self, entry: &RegionEntry<'_>) {
        if !self.is_begun {
            self.begin_tree();
            self.is_begun = true;
        }
        let kind = match entry.kind {
            _ if entry.is_disabled => NodeKind::Disabled,
            EntryKind::Region { .. } => NodeKind::Region,
            EntryKind::Alias { target, offset } => NodeKind::Alias(AliasTarget {
                region: self.names.number(target),
                offset,
            }),
        };
        let node = RegionNode {
            name: self.names.number(entry.name),
            first: entry.first,
            last: entry.last,
            priority: entry.priority,
            kind,
            children: Vec::new(),
        };
        while self
            .levels
            .last()
            .is_some_and(|level| level.indent >= entry.indent)
        {
            self.levels.pop();
        }
        let parent = self.levels.last().map(|level| level.node);
        let Some(dump) = self.dumps.last_mut() else {
            return;
        };
        let at = dump.nodes.len();
        dump.nodes.push(node);
        self.levels.push(TreeLevel {
            indent: entry.indent,
            node: at,
        });
        match parent.and_then(|parent| dump.nodes.get_mut(parent)) {
            Some(parent) => parent.children.push(at),
            None => self.add_root(at),
        }
    }

    /// Makes room for a tree. A bus that was shown before is another answer of the monitor.
    fn begin_tree(&mut self) {
        let is_again = match (&self.section, self.dumps.last()) {
            (_, None) => true,
            (Section::Buses(buses), Some(dump)) => {
                dump.buses.iter().any(|shown| buses.contains(&shown.bus))
            }
            (Section::None | Section::Passed | Section::Block(_), Some(_)) => false,
        };
        if is_again {
            self.dumps.push(Dump::default());
        }
        let Some(dump) = self.dumps.last_mut() else {
            return;
        };
        if let Section::Buses(buses) = &self.section {
            let roots = buses.iter().map(|&bus| BusRoots {
                bus,
                roots: Vec::new(),
            });
            dump.buses.extend(roots);
        }
    }

    fn add_root(&mut self, node: usize) {
        let Some(dump) = self.dumps.last_mut() else {
            return;
        };
        match &self.section {
            Section::Buses(buses) => {
                let shown = dump
                    .buses
                    .iter_mut()
                    .filter(|shown| buses.contains(&shown.bus));
                shown.for_each(|shown| shown.roots.push(node));
            }
            Section::Block(name) => dump.blocks.entry(*name).or_default().push(node),
            Section::None | Section::Passed => {}
        }
    }
}
