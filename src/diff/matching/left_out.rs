//! Which frames are left out because one side has none of them.

use hashbrown::{HashMap, HashSet};

use crate::diff::sides::Side;
use crate::stack::{FrameIx, Tag};
use crate::symbol::IDLE_ENTRY;
use crate::units::CpuMode;

/// Where each stack's first frame is that does not tell which CPU was idle: the boot CPU comes to
/// `cpu_startup_entry` by `start_kernel` and `rest_init`, all others by `start_secondary`. Kernel
/// frames before it are of no concern.
pub(crate) fn idle_entry(side: &Side, frames: &[FrameIx]) -> usize {
    let is_entry = |&ix: &FrameIx| {
        let frame = side.frames.get(ix);
        frame.mode == CpuMode::Kernel && &*frame.name == IDLE_ENTRY
    };
    frames.iter().position(is_entry).unwrap_or(0)
}

/// Callers and callees of the vCPU loop's kernel frames on one side, by key.
#[derive(Debug, Default)]
struct Edges {
    /// (caller, callee)
    calls: HashSet<(FrameIx, FrameIx)>,
    /// (caller, frame, callee): samples.
    through: HashMap<(FrameIx, FrameIx, FrameIx), u64>,
    /// All frames.
    seen: HashSet<FrameIx>,
}

impl Edges {
    /// `united` gives each of the side's frames its key's index.
    fn of(side: &Side, united: &[FrameIx]) -> Self {
        let mut edges = Self::default();
        let key = |ix: FrameIx| united.get(ix.as_usize()).copied().unwrap_or(ix);
        for stack in &side.stacks {
            let frames = side.frames_of(stack);
            edges.seen.extend(frames.iter().map(|&ix| key(ix)));
            for pair in frames.windows(2) {
                edges.calls.insert((key(pair[0]), key(pair[1])));
            }
            for three in frames.windows(3) {
                let is_kernel = |ix: FrameIx| side.frames.get(ix).mode == CpuMode::Kernel;
                if stack.tagged.tag != Tag::Host && three.iter().all(|&ix| is_kernel(ix)) {
                    let path = (key(three[0]), key(three[1]), key(three[2]));
                    *edges.through.entry(path).or_insert(0) += stack.count.samples;
                }
            }
        }
        edges
    }

    /// Kernel frames that this side shows between callers and callees which call each other
    /// directly on the other side, where the frame never occurs: there the compiler inlined the
    /// function, or it is tail-called away. Most of the frame's samples must agree.
    fn absent_in(&self, other: &Self) -> HashSet<FrameIx> {
        let mut votes: HashMap<FrameIx, (u64, u64)> = HashMap::new();
        // Sums do not depend on the order.
        for (&(caller, frame, callee), &samples) in &self.through {
            if !other.seen.contains(&frame) {
                let (with, all) = votes.entry(frame).or_default();
                *all += samples;
                if other.calls.contains(&(caller, callee)) {
                    *with += samples;
                }
            }
        }
        let agreed = votes.into_iter().filter(|&(_, (with, all))| with * 2 > all);
        agreed.map(|(frame, _)| frame).collect()
    }
}

/// Frames to leave out of each side where others follow them; see [`Edges::absent_in`].
pub(crate) fn inlined_elsewhere(
    sides: [&Side; 2],
    united: [&[FrameIx]; 2],
) -> [HashSet<FrameIx>; 2] {
    let [before, after] = [
        Edges::of(sides[0], united[0]),
        Edges::of(sides[1], united[1]),
    ];
    [before.absent_in(&after), after.absent_in(&before)]
}
