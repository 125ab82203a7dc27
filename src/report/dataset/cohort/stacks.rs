//! Merged stacks of a cohort.

use hashbrown::HashMap;

use super::answers::{AnswerRow, EngineAnswers};
use super::facts::CohortFacts;
use crate::stack::{CallTree, Frame, FrameIx, FrameKind, FrameTable, Tag, TaggedStack};
use crate::units::CpuMode;

/// What a sample of a cohort weighs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CohortWeight {
    /// One each.
    Samples,
    /// What it stands for, in the unit of its capture.
    Period,
}

/// The frames above the call chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CohortGrouping {
    /// None.
    None,
    /// The process, then the thread where its name differs.
    Process,
    /// The thread's name.
    Comm,
}

/// What of the stacks of a cohort is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CohortWish {
    /// What a sample weighs.
    pub weight: CohortWeight,
    /// The frames above the call chain.
    pub grouping: CohortGrouping,
    /// Whether stacks are tagged.
    pub is_tagged: bool,
    /// Whether idle loops are left out.
    pub no_idle: bool,
}

/// A stack of a cohort.
#[derive(Clone, PartialEq, Eq, Debug)]
struct CohortStack {
    frames: Vec<FrameIx>,
    tag: Tag,
    deciding: usize,
    weight: u64,
}

/// Merged stacks of a cohort.
#[derive(Debug)]
pub struct CohortStacks {
    /// Of how many captures.
    pub facts: CohortFacts,
    /// Frames.
    pub frames: FrameTable,
    /// Weight by tag, tags without weight left out, in display order. Empty when nothing was tagged.
    pub totals: Vec<(Tag, u64)>,
    /// Samples.
    pub samples: u64,
    /// What they weigh.
    pub total: u64,
    stacks: Vec<CohortStack>,
}

impl CohortStacks {
    /// Reads the answers to [`stack_question`](crate::dataset::stack_question); `None` where they are
    /// none, such as those of stacks without frames in the dataset.
    pub fn of(answers: &EngineAnswers, wish: CohortWish) -> Option<Self> {
        let mut frames = FrameTable::default();
        let mut chains: HashMap<i64, Vec<FrameIx>> = HashMap::new();
        for row in answers.rows(2) {
            let chain = chains.entry(row.int("stack")?).or_default();
            // Each depth once, from the outermost on.
            if row.count("depth") != chain.len() as u64 {
                return None;
            }
            chain.push(frames.intern(frame_of(row)?));
        }
        let mut found = Self {
            facts: CohortFacts::of(answers),
            frames,
            totals: Vec::new(),
            samples: 0,
            total: 0,
            stacks: Vec::new(),
        };
        for row in answers.rows(1) {
            let tag = Tag::from_name(row.text("tag")?)?;
            if wish.no_idle && tag == Tag::Idle {
                continue;
            }
            let chain = match row.int("stack")? {
                0 => &[][..],
                stack => chains.get(&stack)?,
            };
            found.add(row, tag, chain, wish);
        }
        found.add_totals(wish.is_tagged);
        Some(found)
    }

    fn add(&mut self, row: &AnswerRow, tag: Tag, chain: &[FrameIx], wish: CohortWish) {
        let names = [row.text("process"), row.text("comm")].map(Option::unwrap_or_default);
        let roots = match (wish.grouping, names) {
            (CohortGrouping::None, _) => vec![],
            (CohortGrouping::Comm, [_, comm]) => vec![comm],
            (CohortGrouping::Process, [process, comm]) if process == comm => vec![process],
            (CohortGrouping::Process, names) => names.to_vec(),
        };
        let roots = roots.into_iter().map(|name| self.frames.intern(root(name)));
        let mut frames: Vec<FrameIx> = roots.collect();
        let depth = row.value("tag_depth").map(|_| row.count("tag_depth"));
        let depth = depth.and_then(|depth| usize::try_from(depth).ok());
        let deciding = frames.len() + depth.unwrap_or(chain.len()).min(chain.len());
        frames.extend(chain);
        let weight = match wish.weight {
            CohortWeight::Samples => row.count("samples"),
            CohortWeight::Period => row.count("weight"),
        };
        self.samples = self.samples.saturating_add(row.count("samples"));
        self.total = self.total.saturating_add(weight);
        let (tag, deciding) = if wish.is_tagged {
            (tag, deciding)
        } else {
            (Tag::Host, frames.len())
        };
        self.stacks.push(CohortStack {
            frames,
            tag,
            deciding,
            weight,
        });
    }

    fn add_totals(&mut self, is_tagged: bool) {
        for tag in Tag::ALL.into_iter().filter(|_| is_tagged) {
            let of_tag = self.stacks.iter().filter(|stack| stack.tag == tag);
            let weight = of_tag.fold(0_u64, |sum, stack| sum.saturating_add(stack.weight));
            if weight > 0 {
                self.totals.push((tag, weight));
            }
        }
    }

    /// The call tree of all stacks.
    pub fn tree(&self) -> CallTree {
        let tagged = self.stacks.iter().map(|stack| TaggedStack {
            frames: &stack.frames,
            tag: stack.tag,
            deciding: stack.deciding,
            weight: stack.weight,
        });
        CallTree::build(&self.frames, tagged)
    }
}

fn root(name: &str) -> Frame {
    Frame {
        name: name.into(),
        dso: "".into(),
        mode: CpuMode::Unknown,
        kind: FrameKind::Root,
        line: None,
    }
}

fn frame_of(row: &AnswerRow) -> Option<Frame> {
    let mode = row.text("mode")?;
    let modes = [
        CpuMode::Unknown,
        CpuMode::Kernel,
        CpuMode::User,
        CpuMode::Hypervisor,
        CpuMode::GuestKernel,
        CpuMode::GuestUser,
    ];
    let kind = match row.text("kind")? {
        "function" => FrameKind::Function,
        "inlined" => FrameKind::Inlined,
        "unresolved" => FrameKind::Unresolved,
        "guest" => FrameKind::Guest,
        _ => return None,
    };
    Some(Frame {
        name: row.text("frame")?.into(),
        dso: row.text("object").unwrap_or_default().into(),
        mode: modes.into_iter().find(|known| known.word() == mode)?,
        kind,
        line: None,
    })
}
