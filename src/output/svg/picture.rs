//! The interactive, annotated SVG.

use std::io::{self, Write};

use super::annotate::Look;
use super::chrome::Chrome;
use super::layout::Layout;
use super::legend::LegendEntry;
use super::palette::{Shade, class, plain_fill, rules, short_words};
use crate::output::svg::annotate;
use crate::stack::{CallTree, FrameTable, NodeIx, Tag};
use crate::text::{
    counted, one_line, percent, push_format, push_percent, quantity, share_in_words, shortened,
};

/// Letters of a name that a tooltip shows, and a search finds.
const MAX_NAME: usize = 1000;
/// The same for the name of a DSO.
const MAX_DSO: usize = 200;

/// Exits that the subtitle names; the others are in the legend.
const NAMED_EXITS: usize = 4;

/// What a picture says beside its boxes. Texts may be hostile; they are made safe.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Shown above all, as in `perf.data`.
    pub title: String,
    /// Shown below the title in as many lines as it needs. Empty for none.
    pub subtitle: String,
    /// What the weights count: `samples`, `ns`, or the events of a period.
    pub unit: String,
    /// The weight of each tag; tags without weight may be left out. Empty when stacks were not
    /// tagged: then there is no legend.
    pub totals: Vec<(Tag, u64)>,
    /// Boxes narrower than this many pixels, in a picture 1200 pixels wide, are not drawn.
    ///
    /// `None` is 0.1, or more where the file would grow beyond 3 MB.
    pub min_width: Option<f64>,
}

impl Picture {
    /// The tags with weight, in display order.
    fn present(&self) -> Vec<(Tag, u64)> {
        in_order(&self.totals)
    }
}

/// Draws `tree` as one SVG document and returns the number of boxes in it.
///
/// The same input gives the same bytes. `out` gets many small writes: give it a buffer. A tree
/// without weight gives a picture with a single box that says so.
///
/// # Errors
/// When `out` fails, or when the weights add up to more than a browser can count (2^53).
pub fn write_svg(
    tree: &CallTree,
    table: &FrameTable,
    picture: &Picture,
    out: &mut dyn Write,
) -> io::Result<usize> {
    let total = tree.root().total;
    let weight = |node| tree.get(node).total;
    let text_bytes = |node: NodeIx| {
        let frame = table.get(tree.get(node).frame);
        frame.name.len().min(MAX_NAME) + frame.dso.len().min(MAX_DSO)
    };
    let layout = Layout::new(tree, &weight, &text_bytes, picture.min_width)?;
    let chrome = chrome_of(picture, total, layout.len());
    if layout.is_empty() {
        return chrome.write_alone("no samples", out).map(|()| 0);
    }
    let hosts = host_nodes(tree, picture);
    let mut look_of = |node: NodeIx, look: &mut Look| {
        let (shown, name) = (tree.get(node), &mut look.name);
        if node == NodeIx::ROOT {
            name.push_str("all");
        } else {
            let raw = table.get(shown.frame);
            name.push_str(&shortened(&one_line(&raw.name), MAX_NAME));
        }
        look.facts.push_str(&quantity(shown.total, &picture.unit));
        look.facts.push_str(", ");
        push_percent(&mut look.facts, shown.total, total);
        if let Some(tag) = shown.tag {
            push_format(&mut look.facts, format_args!(", {}", tag.words()));
        }
        if node != NodeIx::ROOT && !table.get(shown.frame).dso.is_empty() {
            let dso = one_line(&table.get(shown.frame).dso);
            push_format(
                &mut look.facts,
                format_args!(", {}", shortened(&dso, MAX_DSO)),
            );
        }
        let shade = Shade::of(&look.name);
        look.class = class(shown.tag, shade);
        look.fill = plain_fill(shown.tag, shade);
        if let Some(tag) = shown.tag {
            look.attributes.push(("data-tag", tag.as_str().to_owned()));
        } else if hosts.get(node.as_usize()) == Some(&true) {
            look.attributes
                .push(("data-tag", Tag::Host.as_str().to_owned()));
        }
    };
    annotate::write(&layout, &chrome, &mut look_of, out)?;
    Ok(layout.len())
}

/// Which nodes without a tag have host work in or below them.
fn host_nodes(tree: &CallTree, picture: &Picture) -> Vec<bool> {
    let present = picture.present();
    if !present.iter().any(|&(tag, _)| tag == Tag::Host) {
        return Vec::new();
    }
    let mut hosts = vec![false; tree.len()];
    // A node's children were made after it.
    for ix in (0..tree.len()).rev() {
        let at = NodeIx(u32::try_from(ix).unwrap_or(u32::MAX));
        let node = tree.get(at);
        let below = tree.children(at).any(|child| hosts[child.as_usize()]);
        hosts[ix] = node.tag.is_none() && (node.own > 0 || below);
    }
    hosts
}

fn chrome_of(picture: &Picture, total: u64, boxes: usize) -> Chrome {
    let present = picture.present();
    let description = format!(
        "Flame graph of {} in {}. The width of a box is its share; callees are above \
         their callers. The legend lists what the CPU was doing; choosing an entry marks its boxes.",
        quantity(total, &picture.unit),
        counted(boxes as u64, "box"),
    );
    let chrome = Chrome::new(&picture.title, &picture.subtitle, &description);
    let tags: Vec<Tag> = present.iter().map(|&(tag, _)| tag).collect();
    let legend = if tags.iter().all(|&tag| tag == Tag::Host) {
        Vec::new()
    } else {
        let entries = present.iter();
        entries
            .map(|&(tag, weight)| entry_of(tag, weight, total, &picture.unit))
            .collect()
    };
    chrome.with_legend(legend, rules(&tags))
}

fn entry_of(tag: Tag, weight: u64, total: u64, unit: &str) -> LegendEntry {
    let share = share_in_words(weight, total);
    let mut exact = format!("{}, ", quantity(weight, unit));
    push_percent(&mut exact, weight, total);
    let shown = (tag != Tag::Host).then_some(tag);
    let exit = if tag.is_exit() { "exit: " } else { "" };
    LegendEntry {
        key: tag.as_str().to_owned(),
        label: format!("{exit}{}", short_words(tag)),
        hint: format!("{}: {exact}", tag.words()),
        status: format!("{}: {exact}", tag.words()),
        class: class(shown, Shade::PLAIN),
        fill: plain_fill(shown, Shade::PLAIN),
        share,
    }
}

/// `totals` with each tag once and without empty ones, in display order.
fn in_order(totals: &[(Tag, u64)]) -> Vec<(Tag, u64)> {
    let weight_of = |tag: Tag| {
        let same = totals.iter().filter(|&&(other, _)| other == tag);
        same.fold(0_u64, |sum, &(_, weight)| sum.saturating_add(weight))
    };
    let all = Tag::ALL.into_iter().map(|tag| (tag, weight_of(tag)));
    all.filter(|&(_, weight)| weight > 0).collect()
}

/// The part of a subtitle that tells what the CPU was doing:
/// `guest 12 % · VM exits 61 % (port I/O 31 %, APIC 22 %, …) · idle 27 %`.
///
/// Shares are of the sum of `totals`. The largest exits are named, largest first; other work
/// only from one percent up. Empty when there is nothing but host work.
pub fn subtitle_shares(totals: &[(Tag, u64)]) -> String {
    let present = in_order(totals);
    let sum = |wanted: &dyn Fn(Tag) -> bool| {
        let chosen = present.iter().filter(|&&(tag, _)| wanted(tag));
        chosen.fold(0_u64, |sum, &(_, weight)| sum.saturating_add(weight))
    };
    let total = sum(&|_| true);
    if sum(&|tag| tag != Tag::Host) == 0 {
        return String::new();
    }
    let mut exits: Vec<_> = present.iter().filter(|(tag, _)| tag.is_exit()).collect();
    exits.sort_by_key(|&&(_, weight)| std::cmp::Reverse(weight));
    let named = exits.iter().take(NAMED_EXITS).map(|&&(tag, weight)| {
        let share = share_in_words(weight, total);
        format!("{} {share}", short_words(tag))
    });
    let mut named: Vec<String> = named.collect();
    if exits.len() > NAMED_EXITS {
        named.push("…".to_owned());
    }
    let share = |tag, weight| format!("{} {}", short_words(tag), share_in_words(weight, total));
    let mut parts = Vec::new();
    for &(tag, weight) in present.iter().filter(|(tag, _)| *tag == Tag::Guest) {
        parts.push(share(tag, weight));
    }
    if !exits.is_empty() {
        let all = share_in_words(sum(&Tag::is_exit), total);
        parts.push(format!("VM exits {all} ({})", named.join(", ")));
    }
    for &(tag, weight) in &present {
        let worth_naming = percent(weight, total) >= 1.0;
        if tag != Tag::Guest && !tag.is_exit() && worth_naming {
            parts.push(share(tag, weight));
        }
    }
    parts.join(" · ")
}
