//! A call tree with its weights, kept apart by thread and by time.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use serde_json::{Value, json};

use super::people::People;
use super::time_grid::{TimeGrid, as_number, differences};
use crate::analysis::Profile;
use crate::kvm::exit::Task;
use crate::output::html::kind_key;
use crate::report::exits::{ExitGraph, ExitStack};
use crate::stack::{CallTree, FrameTable, NodeIx, Tag, TaggedStack};
use crate::units::Timestamp;

/// The kinds of code, by which frames name theirs: those of the palette, in its order.
pub(super) const KINDS: [&str; 6] = ["kernel", "program", "library", "runtime", "unknown", "root"];

/// What ends at a node, of one thread, at a time.
#[derive(Clone, Copy, Debug)]
struct Ended {
    node: NodeIx,
    thread: i64,
    when: When,
    weight: u64,
}

/// When something happened.
#[derive(Clone, Copy, Debug)]
enum When {
    At(Option<Timestamp>),
    Slice(u64),
}

impl TimeGrid {
    fn bucket(&self, when: When) -> u64 {
        match when {
            When::At(at) => self.bucket_of(at),
            When::Slice(slice) => self.bucket_of_slice(slice),
        }
    }
}

/// A graph before it is JSON.
pub(super) struct GraphData<'g> {
    title: String,
    unit: &'g str,
    frames: &'g FrameTable,
    tree: CallTree,
    ended: Vec<Ended>,
}

/// What is the same of several rows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct GraphRowKey {
    thread: i64,
    node: u32,
    bucket: u64,
}

impl<'g> GraphData<'g> {
    /// The samples of a profile; `None` where it was made without them.
    pub(super) fn of_samples(profile: &'g Profile, people: &People) -> Option<Self> {
        let samples = profile.samples.as_ref()?;
        let tagged = profile.stacks.iter().map(|stack| TaggedStack {
            frames: profile.stacks.frames(stack),
            tag: stack.tag,
            deciding: stack.deciding,
            weight: stack.weight,
        });
        let (tree, leaves) = CallTree::with_leaves(&profile.frames, tagged);
        let threads = samples.threads().iter().map(|thread| {
            let task = Task {
                pid: Some(thread.thread.pid),
                tid: thread.thread.tid,
            };
            people.number_of(task)
        });
        let threads: Vec<i64> = threads.collect();
        let ended = samples.iter().map(|row| Ended {
            node: leaves
                .get(row.stack as usize)
                .copied()
                .unwrap_or(NodeIx::ROOT),
            thread: threads.get(row.thread as usize).copied().unwrap_or(-1),
            when: When::At(samples.time(row)),
            weight: row.weight,
        });
        Some(Self {
            title: format!("samples of {}", profile.event_name),
            unit: &profile.unit,
            frames: &profile.frames,
            ended: ended.collect(),
            tree,
        })
    }

    /// The time of exits.
    pub(super) fn of_exits(exits: &'g ExitGraph, people: &People) -> Self {
        let stacks = exits.stacks.iter().map(ExitStack::tagged);
        let (tree, leaves) = CallTree::with_leaves(&exits.frames, stacks);
        let ended = exits.stacks.iter().zip(leaves).map(|(stack, node)| Ended {
            node,
            thread: stack.vcpu.map_or(-1, |task| people.number_of(task)),
            when: When::Slice(stack.slice),
            weight: stack.weight,
        });
        Self {
            title: "time of exits".to_owned(),
            unit: &exits.unit,
            frames: &exits.frames,
            ended: ended.collect(),
            tree,
        }
    }

    /// When the last of it happened.
    pub(super) fn last(&self) -> Option<Timestamp> {
        let times = self.ended.iter().filter_map(|ended| match ended.when {
            When::At(at) => at,
            When::Slice(_) => None,
        });
        times.max()
    }

    /// How many rows there are with these buckets.
    pub(super) fn rows(&self, grid: &TimeGrid) -> usize {
        self.summed(grid).len()
    }

    fn summed(&self, grid: &TimeGrid) -> BTreeMap<GraphRowKey, u64> {
        let mut sums: HashMap<(NodeIx, i64, u64), u64> = HashMap::new();
        for ended in self.ended.iter().filter(|ended| ended.node != NodeIx::ROOT) {
            let key = (ended.node, ended.thread, grid.bucket(ended.when));
            let sum = sums.entry(key).or_default();
            *sum = sum.saturating_add(ended.weight);
        }
        let rows = sums.into_iter().map(|((node, thread, bucket), weight)| {
            // The root is no node of the script's.
            let node = node.0.saturating_sub(1);
            let key = GraphRowKey {
                node,
                thread,
                bucket,
            };
            (key, weight)
        });
        rows.collect()
    }

    /// As the script reads it.
    pub(super) fn as_json(&self, grid: &TimeGrid) -> Value {
        let mut frames = FrameLists::default();
        // How far the parent stands before a node; 0 of one that has none.
        let mut up = vec![0_u32; self.tree.len()];
        let mut of_nodes = Vec::with_capacity(self.tree.len());
        for at in (0..self.tree.len()).filter_map(|at| u32::try_from(at).ok()) {
            let at = NodeIx(at);
            for child in self.tree.children(at) {
                if let Some(up) = up.get_mut(child.as_usize())
                    && at != NodeIx::ROOT
                {
                    *up = child.0.saturating_sub(at.0);
                }
            }
            if at != NodeIx::ROOT {
                let node = self.tree.get(at);
                let frame = self.frames.get(node.frame);
                of_nodes.push(frames.number(&frame.name, node.tag, kind_key(frame)));
            }
        }
        let up = up.get(1..).unwrap_or_default();
        let rows = self.summed(grid);
        json!({
            "unit": self.unit,
            "title": self.title,
            "total": self.tree.root().total,
            "names": frames.names,
            "frames": { "name": frames.name, "tag": frames.tag, "kind": frames.kind },
            "nodes": { "up": up, "frame": of_nodes },
            "rows": {
                "coding": "delta",
                "node": differences(rows.keys().map(|row| row.node.into())),
                "thread": differences(rows.keys().map(|row| row.thread)),
                "bucket": differences(rows.keys().map(|row| as_number(row.bucket))),
                "weight": rows.values().copied().collect::<Value>(),
            },
        })
    }
}

/// Names, and what boxes show of them, each once.
#[derive(Debug, Default)]
struct FrameLists {
    names: Vec<String>,
    name: Vec<usize>,
    tag: Vec<i64>,
    kind: Vec<i64>,
    known_names: HashMap<String, usize>,
    known: HashMap<(usize, i64, i64), usize>,
}

impl FrameLists {
    /// The number of a name with a tag and a kind of code.
    fn number(&mut self, name: &str, tag: Option<Tag>, kind: &str) -> usize {
        let next = self.names.len();
        let number = *self.known_names.entry_ref(name).or_insert_with(|| {
            self.names.push(name.to_owned());
            next
        });
        let position = |place: Option<usize>| place.and_then(|at| i64::try_from(at).ok());
        let tag = tag.map(|tag| tag as usize);
        let tag = position(tag).unwrap_or(-1);
        let kind = position(KINDS.iter().position(|known| *known == kind)).unwrap_or(-1);
        let next = self.name.len();
        *self.known.entry((number, tag, kind)).or_insert_with(|| {
            self.name.push(number);
            self.tag.push(tag);
            self.kind.push(kind);
            next
        })
    }
}
