//! A tree to the ranges that its regions answer for, as QEMU makes a flat view.
//!
//! Of the regions in one, those of higher priority come first, of equal priority and start the one
//! that is printed first. Each takes what is free of its range: the regions inside before itself.
//! Equal priorities at different starts leave open who came first: QEMU knows, the text does not.
//!
//! Source: `render_memory_region()`, `memory_region_update_container_subregions()` and the order in
//! `mtree_print_mr()`, `softmmu/memory.c`, QEMU 7.2.

use std::cmp::Reverse;

use hashbrown::HashMap;

use super::claims::{AddressRange, Budget, ClaimOwner, Claims, TooIntricate};
use super::containers::{is_container, is_empty_container, is_window};
use super::tree::{AliasTarget, Dump, MAX_DEPTH, NodeKind, RegionNames, RegionNode};
use crate::qemu::memory_map::RangeOwner;

/// What is taken for a container.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ContainerReading {
    /// Regions with others inside answer in the gaps, unless they are known not to.
    KnownContainers,
    /// No region with others inside answers.
    AllContainers,
}

/// Renders the trees of one answer of the monitor.
#[derive(Debug)]
pub(super) struct Renderer<'a> {
    dump: &'a Dump,
    names: &'a RegionNames,
    /// The one region of each name that has one.
    by_name: HashMap<u32, usize>,
    reading: ContainerReading,
    budget: &'a mut Budget,
    /// Aliases whose regions were not found.
    pub(super) open_aliases: u64,
}

/// Where a region is rendered.
#[derive(Clone, Copy, Debug)]
struct Placement {
    /// What is added to the addresses of the text.
    shift: i128,
    /// What is seen of it.
    clip: AddressRange,
    /// How many regions and aliases lie around it.
    depth: usize,
}

impl Placement {
    /// What is seen of a region there.
    fn seen(self, node: &RegionNode) -> Option<AddressRange> {
        let first = i128::from(node.first).checked_add(self.shift)?;
        let last = i128::from(node.last).checked_add(self.shift)?;
        let within = AddressRange {
            first: u64::try_from(first.max(0)).ok()?,
            last: u64::try_from(last.min(u64::MAX.into())).ok()?,
        };
        within.within(self.clip)
    }
}

impl<'a> Renderer<'a> {
    pub(super) fn new(
        dump: &'a Dump,
        names: &'a RegionNames,
        reading: ContainerReading,
        budget: &'a mut Budget,
    ) -> Self {
        let mut by_name: HashMap<u32, Option<usize>> = HashMap::new();
        for (at, node) in dump.nodes.iter().enumerate() {
            if node.kind == NodeKind::Region {
                let found = by_name.entry(node.name);
                found.and_modify(|found| *found = None).or_insert(Some(at));
            }
        }
        let by_name = by_name.into_iter();
        Self {
            dump,
            names,
            by_name: by_name.filter_map(|(name, at)| Some((name, at?))).collect(),
            reading,
            budget,
            open_aliases: 0,
        }
    }

    /// The ranges of an address space with these outermost regions. What they answer themselves is
    /// what a bus without devices does, and in none of the ranges.
    pub(super) fn render(&mut self, roots: &[usize]) -> Result<Claims, TooIntricate> {
        let mut claims = Claims::default();
        let whole = Placement {
            shift: 0,
            clip: AddressRange::ALL,
            depth: 0,
        };
        for &root in roots {
            let Some(node) = self.dump.nodes.get(root) else {
                continue;
            };
            let target = Placement {
                clip: whole.seen(node).unwrap_or(AddressRange::ALL),
                ..whole
            };
            if node.kind == NodeKind::Region {
                self.children(node, target, &mut claims)?;
            }
        }
        Ok(claims)
    }

    fn node(
        &mut self,
        at: usize,
        target: Placement,
        claims: &mut Claims,
    ) -> Result<(), TooIntricate> {
        self.budget.step()?;
        let dump = self.dump;
        let Some(node) = dump.nodes.get(at) else {
            return Ok(());
        };
        let Some(clip) = target.seen(node) else {
            return Ok(());
        };
        let inside = Placement {
            clip,
            depth: target.depth + 1,
            ..target
        };
        if inside.depth > 2 * MAX_DEPTH {
            return claims.give(clip, ClaimOwner::UNDECIDED, self.budget);
        }
        match node.kind {
            NodeKind::Disabled => Ok(()),
            NodeKind::Alias(shown) => self.alias(node, shown, inside, claims),
            NodeKind::Region => {
                self.children(node, inside, claims)?;
                if !self.answers(node) {
                    return Ok(());
                }
                let start = i128::from(node.first) + inside.shift;
                let offset = u64::try_from(i128::from(clip.first) - start).unwrap_or_default();
                let owner = ClaimOwner {
                    who: RangeOwner::Region(node.name),
                    offset,
                };
                claims.give(clip, owner, self.budget)
            }
        }
    }

    fn alias(
        &mut self,
        window: &RegionNode,
        shown: AliasTarget,
        inside: Placement,
        claims: &mut Claims,
    ) -> Result<(), TooIntricate> {
        let dump = self.dump;
        let blocks = dump.blocks.get(&shown.region).map(Vec::as_slice);
        let found = match blocks {
            Some([one]) => Some(*one),
            Some(_) => None,
            None => self.by_name.get(&shown.region).copied(),
        };
        let Some((at, region)) = found.and_then(|at| Some((at, dump.nodes.get(at)?))) else {
            self.open_aliases += 1;
            return claims.give(inside.clip, ClaimOwner::UNDECIDED, self.budget);
        };
        let start = i128::from(window.first) + inside.shift;
        let from = i128::from(region.first) + i128::from(shown.offset);
        let target = Placement {
            shift: start - from,
            ..inside
        };
        self.node(at, target, claims)
    }

    /// Whether a region answers where none of those inside does.
    fn answers(&self, node: &RegionNode) -> bool {
        let name = self.names.get(node.name);
        if is_window(name) {
            return false;
        }
        if node.children.is_empty() {
            return !is_empty_container(name);
        }
        self.reading == ContainerReading::KnownContainers && !is_container(name)
    }

    /// The regions inside of one: those of the highest priority first.
    fn children(
        &mut self,
        node: &RegionNode,
        target: Placement,
        claims: &mut Claims,
    ) -> Result<(), TooIntricate> {
        let dump = self.dump;
        let rank = |at: &usize| {
            dump.nodes
                .get(*at)
                .map(|node| (Reverse(node.priority), node.first))
        };
        let mut children = node.children.clone();
        children.retain(|at| {
            dump.nodes
                .get(*at)
                .is_some_and(|n| n.kind != NodeKind::Disabled)
        });
        children.sort_by_key(rank);
        let mut rest = children.as_slice();
        while let Some(&first) = rest.first() {
            let rivals = self.rivals(rest);
            let (these, others) = rest.split_at(rivals);
            rest = others;
            if rank(&first) == these.last().and_then(rank) {
                for &child in these {
                    self.node(child, target, claims)?;
                }
            } else {
                let contested = self.contested(these, target)?;
                claims.give_all(&contested, self.budget)?;
            }
        }
        Ok(())
    }

    /// How many of the regions from the first on are of one priority and overlap.
    fn rivals(&self, ranked: &[usize]) -> usize {
        let mut nodes = ranked.iter().map_while(|at| self.dump.nodes.get(*at));
        let Some(first) = nodes.next() else {
            return ranked.len().min(1);
        };
        let mut last = first.last;
        let others = nodes.take_while(|node| {
            let is_rival = node.priority == first.priority && node.first <= last;
            last = last.max(node.last);
            is_rival
        });
        1 + others.count()
    }

    /// What rivals claim: those of one start in the text's order, those of several against each
    /// other.
    fn contested(&mut self, rivals: &[usize], target: Placement) -> Result<Claims, TooIntricate> {
        let dump = self.dump;
        let start = |at: &usize| dump.nodes.get(*at).map(|node| node.first);
        let mut contested = Claims::default();
        for equal in rivals.chunk_by(|a, b| start(a) == start(b)) {
            let mut claims = Claims::default();
            for &child in equal {
                self.node(child, target, &mut claims)?;
            }
            contested.contest(&claims, self.budget)?;
        }
        Ok(contested)
    }
}
