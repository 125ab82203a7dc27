//! The shares that the legend shows.

use super::drawn_tree::DrawnTree;
use super::kinds::CodeKind;
use super::legend::{Legend, LegendEntry, LegendGroup};
use super::palette::{Colors, Paint, Shade, short_words};
use crate::stack::{NodeIx, Tag};
use crate::text::{push_percent, quantity, share_in_words};

/// The categories of exits.
const EXITS: LegendGroup = LegendGroup {
    name: "exits",
    words: "Categories of VM exits",
    is_open: true,
};
/// The kinds of code of the host's own work.
const HOST: LegendGroup = LegendGroup {
    name: "host",
    words: "Kinds of host code",
    is_open: false,
};

/// Weights by what the colours tell.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// Of everything.
    pub(crate) all: u64,
    /// By tag, in display order, none that is empty. Empty when tags are not shown.
    tags: Vec<(Tag, u64)>,
    /// By kind of code, of what no tag but `host` colours.
    kinds: Vec<(CodeKind, u64)>,
    colors: Colors,
}

impl Totals {
    /// Adds up what ends at each node.
    pub(crate) fn of(drawn: DrawnTree<'_>, colors: Colors, totals: &[(Tag, u64)]) -> Self {
        let mut kinds = CodeKind::ALL.map(|kind| (kind, 0_u64));
        for ix in 0..drawn.tree.len() {
            let at = NodeIx(u32::try_from(ix).unwrap_or(u32::MAX));
            let node = drawn.tree.get(at);
            let is_coloured =
                colors == Colors::Object || node.tag.is_none_or(|tag| tag == Tag::Host);
            if node.own > 0 && is_coloured {
                let sum = &mut kinds[drawn.kind_of(at) as usize].1;
                *sum = sum.saturating_add(node.own);
            }
        }
        let tags = match colors {
            Colors::Tag => in_order(totals),
            Colors::Object | Colors::Name => Vec::new(),
        };
        let kinds = match colors {
            Colors::Name => Vec::new(),
            Colors::Tag | Colors::Object => kinds
                .into_iter()
                .filter(|&(_, weight)| weight > 0)
                .collect(),
        };
        Self {
            all: drawn.tree.root().total,
            tags,
            kinds,
            colors,
        }
    }

    /// The paints that boxes may have.
    pub(crate) fn paints(&self) -> Vec<Paint> {
        let mut paints = vec![Paint::Plain];
        if self.colors == Colors::Name {
            paints.push(Paint::Name);
            return paints;
        }
        // Guest frames have their colour also where stacks are not tagged.
        paints.push(Paint::Tag(Tag::Guest));
        let tags = self.tags.iter().map(|&(tag, _)| tag);
        let others = tags.filter(|tag| !matches!(tag, Tag::Host | Tag::Guest));
        paints.extend(others.map(Paint::Tag));
        paints.extend(CodeKind::ALL.map(Paint::Kind));
        paints
    }
}

/// `totals` with each tag once and without empty ones, in display order.
pub(super) fn in_order(totals: &[(Tag, u64)]) -> Vec<(Tag, u64)> {
    let weight_of = |tag: Tag| {
        let same = totals.iter().filter(|&&(other, _)| other == tag);
        same.fold(0_u64, |sum, &(_, weight)| sum.saturating_add(weight))
    };
    let all = Tag::ALL.into_iter().map(|tag| (tag, weight_of(tag)));
    all.filter(|&(_, weight)| weight > 0).collect()
}

/// An entry and what it weighs, for the order of a legend.
struct Weighed {
    weight: u64,
    entry: LegendEntry,
    /// What it opens to.
    within: Vec<LegendEntry>,
}

/// The legend: what weighs most first, and what an entry opens to behind it.
pub(crate) fn legend_of(totals: &Totals, unit: &str) -> Vec<Legend> {
    let writer = EntryWriter {
        whole: totals.all,
        unit,
    };
    // Every profile of a whole machine has idle CPUs.
    let is_vm = (totals.tags.iter()).any(|&(tag, _)| !matches!(tag, Tag::Host | Tag::Idle));
    let mut top: Vec<Weighed> = Vec::new();
    let within = is_vm.then_some(HOST);
    let mut kinds: Vec<_> = totals.kinds.clone();
    kinds.sort_by_key(|&(_, weight)| std::cmp::Reverse(weight));
    let kinds = kinds.into_iter().map(|(kind, weight)| Weighed {
        weight,
        entry: writer.of_kind(kind, weight, within),
        within: Vec::new(),
    });
    let kinds: Vec<Weighed> = kinds.collect();
    top.extend(writer.exits_of(&totals.tags));
    let others = totals.tags.iter().filter(|(tag, _)| !tag.is_exit());
    for &(tag, weight) in others {
        // The kinds stand for the host where it is all there is.
        if tag == Tag::Host && !is_vm {
            continue;
        }
        let within = if tag == Tag::Host {
            kinds.iter().map(|kind| kind.entry.clone()).collect()
        } else {
            Vec::new()
        };
        let entry = writer.of_tag(tag, weight);
        top.push(Weighed {
            weight,
            entry,
            within,
        });
    }
    if !is_vm {
        top.extend(kinds);
    }
    top.sort_by_key(|item| std::cmp::Reverse(item.weight));
    let entries = top
        .into_iter()
        .flat_map(|item| std::iter::once(item.entry).chain(item.within));
    vec![Legend {
        words: "Legend: share by what the CPU does",
        entries: entries.collect(),
    }]
}

/// Makes entries of weights.
struct EntryWriter<'a> {
    whole: u64,
    unit: &'a str,
}

impl EntryWriter<'_> {
    fn entry(&self, weight: u64, words: &str, paint: Paint) -> LegendEntry {
        let mut hint = format!("{words}: {}, ", quantity(weight, self.unit));
        push_percent(&mut hint, weight, self.whole);
        LegendEntry {
            key: String::new(),
            label: String::new(),
            share: share_in_words(weight, self.whole),
            hint,
            class: paint.class(Shade::PLAIN),
            fill: paint.plain_fill(Shade::PLAIN),
            opens: None,
            within: None,
        }
    }

    fn of_tag(&self, tag: Tag, weight: u64) -> LegendEntry {
        let paint = if tag == Tag::Host {
            Paint::Plain
        } else {
            Paint::Tag(tag)
        };
        LegendEntry {
            key: tag.as_str().to_owned(),
            label: short_words(tag).to_owned(),
            opens: (tag == Tag::Host).then_some(HOST),
            within: tag.is_exit().then_some(EXITS),
            ..self.entry(weight, tag.words(), paint)
        }
    }

    /// All exits, in the colour of the largest category.
    fn of_exits(&self, weight: u64, largest: Tag) -> LegendEntry {
        LegendEntry {
            key: "exit:".to_owned(),
            label: "VM exits".to_owned(),
            opens: Some(EXITS),
            ..self.entry(weight, "All VM exits", Paint::Tag(largest))
        }
    }

    /// All exits, which open to their categories; `None` without any.
    fn exits_of(&self, tags: &[(Tag, u64)]) -> Option<Weighed> {
        let mut exits: Vec<_> = tags.iter().filter(|(tag, _)| tag.is_exit()).collect();
        exits.sort_by_key(|&&(_, weight)| std::cmp::Reverse(weight));
        let largest = exits.first()?.0;
        let weights = exits.iter().map(|&&(_, weight)| weight);
        let weight = weights.fold(0_u64, u64::saturating_add);
        Some(Weighed {
            weight,
            entry: self.of_exits(weight, largest),
            within: exits
                .iter()
                .map(|&&(tag, weight)| self.of_tag(tag, weight))
                .collect(),
        })
    }

    fn of_kind(&self, kind: CodeKind, weight: u64, within: Option<LegendGroup>) -> LegendEntry {
        LegendEntry {
            key: format!("kind:{}", kind.key()),
            label: kind.words().to_owned(),
            within,
            ..self.entry(weight, kind.explained(), Paint::Kind(kind))
        }
    }
}
