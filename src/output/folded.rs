//! Folded text: `root;…;leaf WEIGHT`, one line per stack.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::before_after::Sides;
use crate::folded_text::decimal_words;
use crate::stack::{CallTree, Frame, FrameKind, FrameTable, NodeIx};
use crate::text::{one_line, push_format};
use crate::units::CpuMode;

/// Stands for a frame whose name has nothing to show, and for a stack without frames.
const NAMELESS: &str = "[unknown]";

/// What is appended to the names of frames.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum Annotate {
    /// Nothing.
    #[default]
    None,
    /// `_[i]` for inlined functions, `_[k]` for kernel code of host or guest, `_[j]` for code from a
    /// `perf-PID.map`, as `stackcollapse-perf.pl --all` marks them.
    Perf,
    /// The tag of the frame, as in `_[exit:pio]`; nothing where the frame carries none.
    Tag,
}

/// A part of the output that continues a known path.
struct PathPart {
    /// Bytes of the path that it continues.
    prefix: usize,
    /// What it adds: a name with its weight for a line, a name and `;` for all lines below.
    key: String,
    /// The nodes to go on with; none when the key ends a line.
    nodes: Vec<NodeIx>,
}

/// Writes the stacks of `tree`, each line once, in the order of their bytes.
///
/// Lines read the same in `flamegraph.pl`, inferno and speedscope. To that end a name differs from
/// the capture's where the format gives characters a meaning: `;` becomes `:`; white space becomes
/// a space and is trimmed; control characters are spelled out as in `\u{1b}`; the last space before
/// a final number becomes `_`, because readers take the number for a second weight (`worker 3`);
/// a leading `#` that starts a comment gets `_` in front; a name of nothing is `[unknown]`. Nodes
/// with equal texts, such as two that differ in their tag only, give one line.
///
/// # Errors
/// When `out` fails.
pub fn write_folded(
    tree: &CallTree,
    table: &FrameTable,
    annotate: Annotate,
    out: &mut dyn Write,
) -> io::Result<()> {
    let source = Source {
        tree,
        table,
        annotate,
    };
    let mut path = String::new();
    // The next part to write is the last.
    let mut waiting = source.parts(&[NodeIx::ROOT], 0);
    while let Some(part) = waiting.pop() {
        path.truncate(part.prefix);
        path.push_str(&part.key);
        if part.nodes.is_empty() {
            path.push('\n');
            out.write_all(path.as_bytes())?;
        } else {
            waiting.append(&mut source.parts(&part.nodes, path.len()));
        }
    }
    Ok(())
}

/// Writes `root;…;leaf BEFORE AFTER` for the stacks of a union of two profiles, each line once, in
/// the order of their bytes; `weights` are those of stacks that end at a node, in units that have
/// so many `decimals` on either side.
///
/// Lines read the same as those of `difffolded.pl`. Names are made safe as in [`write_folded`].
///
/// # Errors
/// When `out` fails.
pub fn write_folded_diff(
    tree: &CallTree,
    table: &FrameTable,
    weights: &dyn Fn(NodeIx) -> Sides<u64>,
    decimals: Sides<u32>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut lines: BTreeMap<String, Sides<u64>> = BTreeMap::new();
    // The path of the node that was looked at last; each of the waiting continues a part of it.
    let mut path = String::new();
    let mut waiting = vec![(NodeIx::ROOT, 0)];
    while let Some((node, prefix)) = waiting.pop() {
        path.truncate(prefix);
        if node != NodeIx::ROOT {
            if prefix > 0 {
                path.push(';');
            }
            path.push_str(&safe_name(&table.get(tree.get(node).frame).name));
        }
        let own = weights(node);
        if own != Sides::default() {
            let name = if path.is_empty() { NAMELESS } else { &path };
            let sum = lines.entry(name.to_owned()).or_default();
            *sum = sum.zip(own).map(|(sum, own)| sum.saturating_add(own));
        }
        waiting.extend(tree.children(node).map(|child| (child, path.len())));
    }
    for (path, weights) in lines {
        let before = decimal_words(weights.before, decimals.before);
        let after = decimal_words(weights.after, decimals.after);
        writeln!(out, "{path} {before} {after}")?;
    }
    Ok(())
}

struct Source<'a> {
    tree: &'a CallTree,
    table: &'a FrameTable,
    annotate: Annotate,
}

impl Source<'_> {
    /// What stands below `nodes`, which have one path between them: lines and parts in the
    /// descending order of their bytes.
    ///
    /// A key with `;` sorts as its lines do: no name has a `;`, so two keys differ before it ends.
    fn parts(&self, nodes: &[NodeIx], prefix: usize) -> Vec<PathPart> {
        let mut below: BTreeMap<String, Vec<NodeIx>> = BTreeMap::new();
        for &node in nodes {
            for child in self.tree.children(node) {
                below.entry(self.text(child)).or_default().push(child);
            }
        }
        let bare = self.tree.root().own;
        if nodes == [NodeIx::ROOT] && bare > 0 {
            below.entry(NAMELESS.to_owned()).or_default();
        }
        let mut parts = Vec::with_capacity(below.len());
        for (text, nodes) in below {
            let mut weight = nodes.iter().fold(0_u64, |sum, &node| {
                sum.saturating_add(self.tree.get(node).own)
            });
            if prefix == 0 && text == NAMELESS {
                weight = weight.saturating_add(bare);
            }
            if weight > 0 {
                parts.push(PathPart {
                    prefix,
                    key: format!("{text} {weight}"),
                    nodes: Vec::new(),
                });
            }
            let is_inner = |&node: &NodeIx| self.tree.children(node).next().is_some();
            if nodes.iter().any(is_inner) {
                parts.push(PathPart {
                    prefix,
                    key: text + ";",
                    nodes,
                });
            }
        }
        parts.sort_unstable_by(|a, b| b.key.cmp(&a.key));
        parts
    }

    fn text(&self, node: NodeIx) -> String {
        let node = self.tree.get(node);
        let frame = self.table.get(node.frame);
        let mut name = safe_name(&frame.name);
        if let Some(line) = &frame.line {
            push_format(&mut name, format_args!(" ({})", safe_name(line)));
        }
        match self.annotate {
            Annotate::None => name,
            Annotate::Perf => name + perf_suffix(frame),
            Annotate::Tag => node
                .tag
                .map_or(name.clone(), |tag| format!("{name}_[{tag}]")),
        }
    }
}

/// Source: `stackcollapse-perf.pl`, `FlameGraph` at commit 41fee1f, lines 361 to 395: the module
/// decides; a name of a process or thread is not code.
fn perf_suffix(frame: &Frame) -> &'static str {
    match frame.kind {
        FrameKind::Root => return "",
        FrameKind::Inlined => return "_[i]",
        FrameKind::Function | FrameKind::Unresolved | FrameKind::Guest => (),
    }
    match frame.mode {
        CpuMode::Kernel | CpuMode::GuestKernel => "_[k]",
        CpuMode::User | CpuMode::GuestUser | CpuMode::Unknown if is_jit_map(&frame.dso) => "_[j]",
        CpuMode::User | CpuMode::GuestUser | CpuMode::Unknown | CpuMode::Hypervisor => "",
    }
}

/// Whether `dso` is a `perf-PID.map`, the text table that JIT compilers write.
fn is_jit_map(dso: &str) -> bool {
    let file = dso.rsplit('/').next().unwrap_or(dso);
    let digits = file
        .strip_prefix("perf-")
        .and_then(|rest| rest.strip_suffix(".map"));
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// `raw` without anything that the format gives a meaning.
fn safe_name(raw: &str) -> String {
    let line = one_line(raw);
    let line = line.trim();
    if line.is_empty() {
        return NAMELESS.to_owned();
    }
    let mut name = line.replace(';', ":");
    if let Some(space) = name.rfind(' ')
        && looks_like_weight(&name[space + 1..])
    {
        name.replace_range(space..=space, "_");
    }
    if name == "#" || name.starts_with("# ") {
        name.insert(0, '_');
    }
    name
}

/// Whether readers take the last word of a name for a weight: digits, perhaps with a point.
fn looks_like_weight(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::testing::{Sample, tree_of};
    use crate::stack::Tag;

    fn folded(samples: &[Sample<'_>], annotate: Annotate) -> String {
        let (tree, table) = tree_of(samples);
        let mut out = Vec::new();
        write_folded(&tree, &table, annotate, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_are_in_the_order_of_their_bytes() {
        let samples = [
            ("clone;y", None, 1),
            ("clone", None, 2),
            ("clone3;x", None, 3),
            ("clone!", None, 4),
            ("clone b", None, 5),
            ("clone b;c", None, 6),
            ("a;b;c", None, 7),
            ("é", None, 8),
        ];
        let text = folded(&samples, Annotate::None);
        let mut sorted: Vec<&str> = text.lines().collect();
        sorted.sort_unstable();
        assert_eq!(text.lines().collect::<Vec<_>>(), sorted);
        assert_eq!(sorted.len(), samples.len());
    }

    #[test]
    fn nodes_that_differ_in_their_tag_only_give_one_line() {
        let samples = [
            ("q;!f;g", Some(Tag::ExitPio), 2),
            ("q;!f;g", Some(Tag::Entry), 3),
            ("q;f;g", None, 4),
        ];
        assert_eq!(folded(&samples, Annotate::None), "q;f;g 9\n");
        assert_eq!(
            folded(&samples, Annotate::Tag),
            "q;f;g 4\nq;f_[entry];g_[entry] 3\nq;f_[exit:pio];g_[exit:pio] 2\n"
        );
        assert_eq!(folded(&samples, Annotate::Perf), "q_[k];f_[k];g_[k] 9\n");
    }

    #[test]
    fn names_lose_what_the_format_gives_a_meaning() {
        assert_eq!(safe_name("fn(&[u8; 8])"), "fn(&[u8: 8])");
        assert_eq!(safe_name("a\nb\r"), "a b");
        assert_eq!(safe_name("\x1b[0m"), "\\u{1b}[0m");
        assert_eq!(safe_name(" \t"), "[unknown]");
        assert_eq!(safe_name("worker 3"), "worker_3");
        assert_eq!(safe_name("CPU 0/KVM"), "CPU 0/KVM");
        assert_eq!(safe_name("v 1.5"), "v_1.5");
        assert_eq!(safe_name("# comment"), "_# comment");
    }

    #[test]
    fn only_files_named_as_jit_maps_are_jit_code() {
        assert!(is_jit_map("perf-123.map") && is_jit_map("/tmp/perf-1.map"));
        assert!(!is_jit_map("perf-.map") && !is_jit_map("libperf-1.map"));
    }

    /// inferno reads our text back: every stack with its weight, nothing ignored.
    #[test]
    fn inferno_reads_names_that_end_in_numbers() {
        let samples = [("worker 3", None, 5), ("#", None, 2), ("x;y 1.0", None, 4)];
        let text = folded(&samples, Annotate::None);
        let mut svg = Vec::new();
        let mut options = inferno::flamegraph::Options::default();
        inferno::flamegraph::from_lines(&mut options, text.lines(), &mut svg).unwrap();
        let svg = String::from_utf8(svg).unwrap();
        assert!(svg.contains("total_samples=\"11\""), "{svg}");
        assert!(svg.contains(">worker_3 (5 samples, 45.45%)<"));
    }
}
