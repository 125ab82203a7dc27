//! Lines to trees and flat views.

use super::entry::{self, RegionEntry};
use super::lines::lines;
use super::tree::{Forest, MAX_DEPTH};
use crate::qemu::memory_map::Bus;

/// Regions that are read of a text: hundreds of times what a large VM has.
const MAX_ENTRIES: usize = 1 << 16;

/// A flat view of one of the buses.
#[derive(Debug, Default)]
pub(super) struct FlatView {
    /// The buses that show it.
    pub(super) buses: Vec<Bus>,
    /// The region that answers where no other does.
    pub(super) root: String,
    pub(super) ranges: Vec<FlatRange>,
}

/// A range of a flat view.
#[derive(Debug)]
pub(super) struct FlatRange {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) name: String,
    /// What of the region is at `first`, in bytes.
    pub(super) offset: u64,
}

/// All that a text shows.
#[derive(Debug, Default)]
pub(super) struct MtreeSections {
    pub(super) forest: Forest,
    pub(super) views: Vec<FlatView>,
    /// Lines that name a region and could not be read.
    pub(super) unread_lines: u64,
}

/// Where in the text a line stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Tree,
    View,
}

impl MtreeSections {
    pub(super) fn of(text: &str) -> Self {
        let mut sections = Self::default();
        let mut inside = Inside::Nothing;
        // What a bare word before a region without indentation names.
        let mut word = String::new();
        let mut entries = 0_usize;
        for line in lines(text) {
            if let Some(entry) = entry::parse(&line) {
                entries += 1;
                if entries > MAX_ENTRIES {
                    sections.unread_lines += 1;
                    continue;
                }
                if entry.indent == 0 && !word.is_empty() {
                    sections.forest.begin_section(&word);
                    inside = Inside::Tree;
                }
                sections.add(&entry, inside);
            } else if entry::is_meant(&line) {
                sections.unread_lines += 1;
            } else if let Some(found) = sections.heading(&line) {
                inside = found;
            } else if inside == Inside::View && line.starts_with(' ') {
                sections.view_line(line.trim_start());
                continue;
            } else if !line.is_empty() {
                inside = Inside::Nothing;
                sections.forest.end_section();
                word = line.into_owned();
                continue;
            }
            word.clear();
        }
        sections
    }

    /// Takes a heading of QEMU 1.4 and later.
    fn heading(&mut self, line: &str) -> Option<Inside> {
        if let Some(name) = line.strip_prefix("address-space: ") {
            self.forest.begin_address_space(name);
            Some(Inside::Tree)
        } else if let Some(name) = line.strip_prefix("memory-region: ") {
            self.forest.begin_region(name);
            Some(Inside::Tree)
        } else if line.starts_with("FlatView #") {
            self.views.push(FlatView::default());
            Some(Inside::View)
        } else {
            None
        }
    }

    /// ` AS "memory", root: system`, ` Root memory region: system`.
    fn view_line(&mut self, line: &str) {
        let Some(view) = self.views.last_mut() else {
            return;
        };
        if let Some(rest) = line.strip_prefix("AS \"") {
            // Names may hold a quote.
            let name = rest.rsplit_once("\", root: ").map(|(name, _)| name);
            view.buses.extend(name.and_then(Bus::of_address_space));
        } else if let Some(name) = line.strip_prefix("Root memory region: ") {
            name.clone_into(&mut view.root);
        }
    }

    fn add(&mut self, entry: &RegionEntry<'_>, inside: Inside) {
        match inside {
            Inside::View => {
                let offset = match entry.kind {
                    entry::EntryKind::Region { offset } => offset,
                    entry::EntryKind::Alias { .. } => {
                        self.unread_lines += 1;
                        return;
                    }
                };
                if let Some(view) = self.views.last_mut() {
                    view.ranges.push(FlatRange {
                        first: entry.first,
                        last: entry.last,
                        name: entry.name.to_owned(),
                        offset,
                    });
                }
            }
            Inside::Tree if entry.indent / 2 < MAX_DEPTH && !entry.is_overflowed => {
                self.forest.add(entry);
            }
            Inside::Tree | Inside::Nothing => self.unread_lines += 1,
        }
    }
}
