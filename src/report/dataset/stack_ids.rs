//! Ids of stacks, and the rows of their frames.

use hashbrown::{HashMap, HashSet};

use crate::dataset::{FrameRows, HashedFrame, StackHash, TableRows};
use crate::error::Result;
use crate::stack::{Frame, FrameIx, FrameKind, FrameTable};

/// Ids of stacks, each computed once.
#[derive(Debug)]
pub(super) struct StackIds<'p> {
    table: &'p FrameTable,
    /// Each frame of the table as ids are made of it.
    hashed: Vec<HashedFrame>,
    by_frames: HashMap<&'p [FrameIx], i64>,
}

impl<'p> StackIds<'p> {
    pub(super) fn of(table: &'p FrameTable) -> Self {
        let frames = (0..).map(FrameIx).take(table.len());
        Self {
            table,
            hashed: frames
                .map(|ix| HashedFrame::of(columns_of(table.get(ix))))
                .collect(),
            by_frames: HashMap::new(),
        }
    }

    pub(super) fn id_of(&mut self, frames: &'p [FrameIx]) -> i64 {
        *self.by_frames.entry(frames).or_insert_with(|| {
            let mut hash = StackHash::default();
            let hashed = frames
                .iter()
                .filter_map(|ix| self.hashed.get(ix.as_usize()));
            hashed.for_each(|frame| hash.add_hashed(frame));
            hash.finish()
        })
    }

    /// The rows of table frames: stacks that begin alike are neighbours, which is what compression
    /// lives on. Source lines are no part of a frame there, so that frames that differ by them only
    /// are one.
    pub(super) fn rows(&self) -> Result<TableRows> {
        let in_order = self.table.in_order();
        let mut ranks = vec![0_usize; self.table.len()];
        let mut rows = FrameRows::default();
        for (rank, &ix) in in_order.iter().enumerate() {
            rows.tell(columns_of(self.table.get(ix)))?;
            if let Some(place) = ranks.get_mut(ix.as_usize()) {
                *place = rank;
            }
        }
        let rank = |ix: &FrameIx| ranks.get(ix.as_usize()).copied().unwrap_or_default();
        let stacks = self.by_frames.iter();
        let mut stacks: Vec<(Vec<usize>, i64)> = stacks
            .map(|(frames, &id)| (frames.iter().map(rank).collect(), id))
            .collect();
        stacks.sort_unstable();
        let mut told = HashSet::new();
        for (frames, id) in stacks {
            if told.insert(id) {
                rows.add(id, frames);
            }
        }
        Ok(rows.finish())
    }
}

/// A frame by its columns.
fn columns_of(frame: &Frame) -> [&str; 4] {
    let kind = match frame.kind {
        FrameKind::Function => "function",
        FrameKind::Inlined => "inlined",
        // Those of the grouping are left out before: these are marks, such as `[truncated]`.
        FrameKind::Root | FrameKind::Unresolved => "unresolved",
        FrameKind::Guest => "guest",
    };
    [&frame.name, &frame.dso, frame.mode.word(), kind]
}
