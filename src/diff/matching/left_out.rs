//! Which frames are left out because one side has none of them.

use hashbrown::{HashMap, HashSet};

use crate::before_after::Sides;
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

/// A frame above another one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Call {
    caller: FrameIx,
    callee: FrameIx,
}

/// A frame that a call goes through.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Passing {
    caller: FrameIx,
    frame: FrameIx,
    callee: FrameIx,
}

/// Samples that speak for a frame's absence.
#[derive(Clone, Copy, Debug, Default)]
struct Votes {
    /// Those whose caller and callee meet on the other side.
    agreed: u64,
    all: u64,
}

/// Callers and callees of the vCPU loop's kernel frames on one side, by key.
#[derive(Debug, Default)]
struct Edges {
    calls: HashSet<Call>,
    /// Samples by the frame between a caller and a callee.
    through: HashMap<Passing, u64>,
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
                edges.calls.insert(Call {
                    caller: key(pair[0]),
                    callee: key(pair[1]),
                });
            }
            for three in frames.windows(3) {
                let is_kernel = |ix: FrameIx| side.frames.get(ix).mode == CpuMode::Kernel;
                if stack.tagged.tag != Tag::Host && three.iter().all(|&ix| is_kernel(ix)) {
                    let passing = Passing {
                        caller: key(three[0]),
                        frame: key(three[1]),
                        callee: key(three[2]),
                    };
                    *edges.through.entry(passing).or_insert(0) += stack.count.samples;
                }
            }
        }
        edges
    }

    /// Kernel frames that this side shows between callers and callees which call each other
    /// directly on the other side, where the frame never occurs: there the compiler inlined the
    /// function, or it is tail-called away. Most of the frame's samples must agree.
    fn absent_in(&self, other: &Self) -> HashSet<FrameIx> {
        let mut votes: HashMap<FrameIx, Votes> = HashMap::new();
        // Sums do not depend on the order.
        for (passing, &samples) in &self.through {
            if !other.seen.contains(&passing.frame) {
                let votes = votes.entry(passing.frame).or_default();
                votes.all += samples;
                let call = Call {
                    caller: passing.caller,
                    callee: passing.callee,
                };
                if other.calls.contains(&call) {
                    votes.agreed += samples;
                }
            }
        }
        let agreed = votes.into_iter();
        let agreed = agreed.filter(|(_, votes)| votes.agreed * 2 > votes.all);
        agreed.map(|(frame, _)| frame).collect()
    }
}

/// Frames to leave out of each side where others follow them; see [`Edges::absent_in`].
pub(crate) fn inlined_elsewhere(
    sides: Sides<&Side>,
    united: &Sides<Vec<FrameIx>>,
) -> Sides<HashSet<FrameIx>> {
    let edges = Sides::from_fn(|role| Edges::of(sides[role], &united[role]));
    Sides {
        before: edges.before.absent_in(&edges.after),
        after: edges.after.absent_in(&edges.before),
    }
}
