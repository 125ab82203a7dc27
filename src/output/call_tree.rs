//! The call tree itself, as JSON and as CSV.

use std::io::{self, Write};

use super::json::JsonWriter;
use crate::stack::{CallTree, Frame, FrameKind, FrameTable, NodeIx, Tag};

/// What is said of a call tree as a whole.
#[derive(Clone, Debug)]
pub struct TreeFacts {
    /// The name of the capture, and of its host.
    pub title: String,
    /// What weights count: `samples`, `ns`, or the name of an event.
    pub unit: String,
    /// Whether callers stand below what they called.
    pub is_reversed: bool,
}

/// Writes a call tree as JSON: a list of nodes, each behind its parent, which it names by number.
///
/// # Errors
/// When `out` fails.
pub(super) fn write_tree_json(
    tree: &CallTree,
    frames: &FrameTable,
    facts: &TreeFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut json = JsonWriter::new(out);
    json.object()?;
    json.member("schema_version", 1_u32)?;
    json.member("kind", "call_tree")?;
    json.member("title", &facts.title)?;
    json.member("unit", &facts.unit)?;
    json.member("reversed", facts.is_reversed)?;
    json.member("total", tree.root().total)?;
    json.key("nodes")?;
    json.list()?;
    for node in NamedNode::all(tree, frames) {
        json.line()?;
        json.object()?;
        json.member("id", node.ix.0)?;
        json.member("parent", node.parent)?;
        json.member("name", &*node.frame.name)?;
        json.member("object", text_of(&node.frame.dso))?;
        json.member("kind", kind_word(node.frame.kind))?;
        json.member("mode", node.frame.mode.word())?;
        json.member("tag", node.tag)?;
        json.member("line", node.frame.line.as_deref())?;
        json.member("self", node.own)?;
        json.member("total", node.total)?;
        json.end_object()?;
    }
    json.end_list()?;
    json.end_object()?;
    json.end()
}

/// The columns of a call tree as CSV.
const COLUMNS: [&str; 11] = [
    "id", "parent", "depth", "name", "object", "kind", "mode", "tag", "line", "self", "total",
];

/// Writes a call tree as CSV with a head, a row for each node behind that of its parent, as RFC 4180
/// has it. What is not told is empty.
///
/// # Errors
/// When `out` fails.
pub(super) fn write_tree_csv(
    tree: &CallTree,
    frames: &FrameTable,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut writer = csv::Writer::from_writer(out);
    writer.write_record(COLUMNS)?;
    let mut depths: Vec<usize> = vec![0];
    for node in NamedNode::all(tree, frames) {
        let above = node.parent.and_then(|parent| depths.get(parent as usize));
        let depth = above.map_or(0, |above| above + 1);
        depths.push(depth);
        let parent = node
            .parent
            .map_or(String::new(), |parent| parent.to_string());
        let numbers = [u64::from(node.ix.0), depth as u64, node.own, node.total];
        let [id, depth, own, total] = numbers.map(|number| number.to_string());
        writer.write_record([
            &*id,
            &parent,
            &depth,
            &node.frame.name,
            &node.frame.dso,
            kind_word(node.frame.kind),
            node.frame.mode.word(),
            node.tag.unwrap_or_default(),
            node.frame.line.as_deref().unwrap_or_default(),
            &own,
            &total,
        ])?;
    }
    writer.flush()
}

/// A node with its frame.
struct NamedNode<'t> {
    ix: NodeIx,
    /// `None` below the root, which is not written.
    parent: Option<u32>,
    frame: &'t Frame,
    tag: Option<&'static str>,
    own: u64,
    total: u64,
}

impl<'t> NamedNode<'t> {
    fn all(tree: &'t CallTree, frames: &'t FrameTable) -> impl Iterator<Item = Self> + use<'t> {
        let nodes = (0..).map(NodeIx).zip(tree.parents()).skip(1);
        nodes.map(move |(ix, parent)| {
            let node = tree.get(ix);
            Self {
                ix,
                parent: Some(parent)
                    .filter(|&parent| parent != NodeIx::ROOT)
                    .map(|parent| parent.0),
                frame: frames.get(node.frame),
                tag: node.tag.map(Tag::as_str),
                own: node.own,
                total: node.total,
            }
        })
    }
}

fn text_of(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

const fn kind_word(kind: FrameKind) -> &'static str {
    match kind {
        FrameKind::Root => "group",
        FrameKind::Function => "function",
        FrameKind::Inlined => "inlined",
        FrameKind::Unresolved => "unnamed",
        FrameKind::Guest => "guest",
    }
}
