//! Stacks located in parallel, then named.

use std::rc::Rc;
use std::thread;

use super::locate::{LocatedStack, Location, Locator, Map, TaskKey};
use super::naming::Task;
use crate::fold::Settled;
use crate::perf::bytes::ByteOrder;
use crate::stack::FrameIx;

/// How many stacks are located before they are named.
const BLOCK: usize = 4096;

/// A locator with what is known of what it found.
#[derive(Debug)]
pub(super) struct Lane<'m, 'a> {
    locator: Locator<'m, 'a>,
    /// The frame of each of the locator's locations.
    frames: Vec<FrameIx>,
    /// What is known of each of the locator's tasks.
    tasks: Vec<Rc<Task>>,
}

impl<'m, 'a> Lane<'m, 'a> {
    fn new(map: &Map<'m>) -> Self {
        Self {
            locator: Locator::new(map.clone()),
            frames: Vec::new(),
            tasks: Vec::new(),
        }
    }

    /// Each different location so far, and how many samples show it.
    pub(super) fn locations(&self) -> &[(Location, u64)] {
        self.locator.locations()
    }

    /// Names the locations that the last block brought.
    pub(super) fn name(&mut self, mut frame_of: impl FnMut(Location) -> FrameIx) {
        let new = self.locator.locations().iter().skip(self.frames.len());
        self.frames
            .extend(new.map(|&(location, _)| frame_of(location)));
    }

    /// Takes note of the tasks that the last block brought.
    pub(super) fn meet(&mut self, task_of: impl FnMut(TaskKey) -> Rc<Task>) {
        let new = self.locator.tasks().iter().skip(self.tasks.len());
        self.tasks.extend(new.copied().map(task_of));
    }

    /// The stacks of the last block, each with its task and the frames of its chain, root first.
    pub(super) fn stacks(
        &self,
    ) -> impl Iterator<Item = (&LocatedStack<'a>, &Task, impl Iterator<Item = FrameIx>)> {
        self.locator.stacks().iter().map(|located| {
            // What the block brought has been named and met.
            let path = self.locator.path(located).iter().rev();
            let frames = path.map(|&at| self.frames[at as usize]);
            (located, &*self.tasks[located.task as usize], frames)
        })
    }
}

/// Locates all stacks, one block in each lane at the same time, and hands each block to
/// `use_block`, in the order of the stacks whatever the number of `threads`.
pub(super) fn in_lanes<'m, 'a, O: ByteOrder>(
    stacks: &Settled<'a>,
    map: &Map<'m>,
    threads: usize,
    mut use_block: impl FnMut(&mut Lane<'m, 'a>),
) -> Vec<Lane<'m, 'a>> {
    let mut lanes: Vec<Lane<'m, 'a>> = (0..threads.max(1)).map(|_| Lane::new(map)).collect();
    let mut blocks = stacks.parts(BLOCK);
    loop {
        let taken: Vec<_> = blocks.by_ref().take(lanes.len()).collect();
        let used = taken.len();
        if used == 0 {
            return lanes;
        }
        thread::scope(|scope| {
            let locators = lanes.iter_mut().map(|lane| &mut lane.locator);
            let mut work = locators.zip(taken);
            let own = work.next();
            for (locator, block) in work {
                scope.spawn(move || locator.locate::<O>(block));
            }
            if let Some((locator, block)) = own {
                locator.locate::<O>(block);
            }
        });
        lanes.iter_mut().take(used).for_each(&mut use_block);
    }
}
