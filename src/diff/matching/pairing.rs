//! One table for the frames of both sides, in which a frame stands for at most one of each side.
//!
//! # The law
//!
//! 1. A name that both sides have is matched with itself, whatever else could be meant.
//! 2. Only what is left over on both sides is matched loosely, one to one, the nearest names first;
//!    see [`STEPS`].
//! 3. Where several could be meant, tasks are matched in the order of the pids in their names: VMs
//!    that are started in the same order meet, and so do the threads of each. All others are matched
//!    by their samples, the largest with the largest, so that two recordings of one load differ as
//!    little as they can; last by name.
//! 4. What is left over then is on one side only. Frames of one side are never merged.
//!
//! Folded text has names only, so where one side is folded text, a frame is its name.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;

use super::loose_name::{Looseness, NameStep, ObjectStep, loosened, number_of};
use crate::before_after::{SideRole, Sides};
use crate::diff::sides::Side;
use crate::stack::{Frame, FrameIx, FrameKind, FrameTable};
use crate::units::CpuMode;

/// How frames of both sides are matched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Matching {
    /// Names, objects and modes must be equal.
    Exact,
    /// Also code whose name says another thing in another build, kernel or run is the same.
    #[default]
    Loose,
}

/// What may differ between two frames that are matched, the nearest first.
const STEPS: [Looseness; 8] = [
    step(NameStep::Exact, ObjectStep::Loose),
    step(NameStep::Exact, ObjectStep::Any),
    step(NameStep::Near, ObjectStep::Loose),
    step(NameStep::Near, ObjectStep::Any),
    step(NameStep::Base, ObjectStep::Loose),
    step(NameStep::Base, ObjectStep::Any),
    step(NameStep::Kind, ObjectStep::Loose),
    step(NameStep::Kind, ObjectStep::Any),
];

const fn step(name: NameStep, object: ObjectStep) -> Looseness {
    Looseness { name, object }
}

/// The frames of both sides in one table.
#[derive(Debug, Default)]
pub(crate) struct Pairing {
    /// Frames, as the after side names them where it has them.
    pub(crate) frames: FrameTable,
    /// Where each side's frames are in the table.
    pub(crate) maps: Sides<Vec<FrameIx>>,
    /// What the before side calls frames that are shown by another name.
    pub(crate) former: BTreeMap<FrameIx, Arc<str>>,
}

impl Pairing {
    /// Matches the frames of both sides. With `is_plain` (folded text) a frame is its name.
    pub(crate) fn new(
        sides: Sides<&Side>,
        matching: Matching,
        is_plain: bool,
        threads: usize,
    ) -> Self {
        let names = |role: SideRole| DistinctNames::of(sides[role], is_plain);
        let names = Sides::at_once(threads, names);
        let mut partners = exact_partners(&names);
        if matching == Matching::Loose {
            let mut order = Order::of(sides, &names);
            // Where a frame is its name, objects do not matter.
            let matters = |step: &Looseness| !is_plain || step.object == ObjectStep::Any;
            for step in STEPS.into_iter().filter(matters) {
                let matched = partners.iter().flatten().count();
                if matched == partners.len().min(names.after.keys.len()) {
                    break;
                }
                let left = left_over(&names, &partners, step, is_plain);
                for mut group in left {
                    let [before, after] = [group.before.len(), group.after.len()];
                    if before.max(after) > 1 && before.min(after) > 0 {
                        order.apply(SideRole::Before, &mut group.before);
                        order.apply(SideRole::After, &mut group.after);
                    }
                    for (before, after) in group.before.into_iter().zip(group.after) {
                        partners[before] = Some(after);
                    }
                }
            }
        }
        Self::of_partners(sides, &names, &partners)
    }

    /// `partners` are those of the before side's names.
    fn of_partners(
        sides: Sides<&Side>,
        names: &Sides<DistinctNames>,
        partners: &[Option<usize>],
    ) -> Self {
        let mut pairing = Self::default();
        // The after side first: its names and objects are shown.
        let after: Vec<FrameIx> = names
            .after
            .shown
            .iter()
            .map(|frame| pairing.frames.intern(frame.clone()))
            .collect();
        let mut before = Vec::with_capacity(partners.len());
        for (frame, partner) in names.before.shown.iter().zip(partners) {
            let place = match partner.and_then(|partner| after.get(partner)) {
                Some(&place) => place,
                None => pairing.frames.intern(frame.clone()),
            };
            if pairing.frames.get(place).name != frame.name {
                pairing.former.insert(place, frame.name.clone());
            }
            before.push(place);
        }
        let places = Sides { before, after };
        pairing.maps = Sides::from_fn(|role| {
            let place = |&name: &usize| places[role][name];
            debug_assert_eq!(names[role].of_frame.len(), sides[role].frames.len());
            names[role].of_frame.iter().map(place).collect()
        });
        pairing
    }
}

/// The frames of a side that are told apart.
struct DistinctNames {
    /// What tells each of them from the others.
    keys: Vec<Frame>,
    /// How each is shown: of several frames that are one name, the first.
    shown: Vec<Frame>,
    /// By frame of the side.
    of_frame: Vec<usize>,
}

impl DistinctNames {
    fn of(side: &Side, is_plain: bool) -> Self {
        let mut names = Self {
            keys: Vec::new(),
            shown: Vec::new(),
            of_frame: vec![0; side.frames.len()],
        };
        let mut known: HashMap<Frame, usize> = HashMap::new();
        // Frames are numbered in no particular order.
        for ix in side.frames.in_order() {
            let frame = side.frames.get(ix);
            let key = if is_plain {
                by_name_alone(frame)
            } else {
                frame.clone()
            };
            let name = *known.entry(key).or_insert_with_key(|key| {
                names.keys.push(key.clone());
                names.shown.push(frame.clone());
                names.keys.len() - 1
            });
            names.of_frame[ix.as_usize()] = name;
        }
        names
    }
}

pub(crate) fn by_name_alone(frame: &Frame) -> Frame {
    Frame {
        name: frame.name.clone(),
        dso: "".into(),
        mode: CpuMode::Unknown,
        kind: FrameKind::Function,
        line: None,
    }
}

/// For each name of the before side the same name of the after side.
fn exact_partners(names: &Sides<DistinctNames>) -> Vec<Option<usize>> {
    let Sides { before, after } = names;
    let keys = after.keys.iter().zip(0_usize..);
    let of_after: HashMap<&Frame, usize> = keys.collect();
    let partners = before.keys.iter().map(|key| of_after.get(key).copied());
    partners.collect()
}

/// The names of the before side without a partner, in groups that are the same at a step, with those
/// of the after side that are the same as they.
fn left_over(
    names: &Sides<DistinctNames>,
    partners: &[Option<usize>],
    step: Looseness,
    is_plain: bool,
) -> Vec<Sides<Vec<usize>>> {
    let mut is_taken = vec![false; names.after.keys.len()];
    for &after in partners.iter().flatten() {
        is_taken[after] = true;
    }
    let mut groups: Vec<Sides<Vec<usize>>> = Vec::new();
    let mut group_of: HashMap<Frame, usize> = HashMap::new();
    for (name, key) in names.before.keys.iter().enumerate() {
        if partners[name].is_none() {
            let group = group_of
                .entry(loosened(key, step, is_plain))
                .or_insert(groups.len());
            if *group == groups.len() {
                groups.push(Sides::default());
            }
            groups[*group].before.push(name);
        }
    }
    for (name, key) in names.after.keys.iter().enumerate() {
        if !is_taken[name]
            && let Some(&group) = group_of.get(&loosened(key, step, is_plain))
        {
            groups[group].after.push(name);
        }
    }
    groups
}

/// The order in which names are matched when several could be meant.
struct Order<'a> {
    sides: Sides<&'a Side>,
    names: &'a Sides<DistinctNames>,
    /// Samples of stacks with each name, of sides where that was asked for.
    samples: Sides<Option<Vec<u64>>>,
}

impl<'a> Order<'a> {
    fn of(sides: Sides<&'a Side>, names: &'a Sides<DistinctNames>) -> Self {
        Self {
            sides,
            names,
            samples: Sides::default(),
        }
    }

    /// Puts names of a side into order.
    fn apply(&mut self, role: SideRole, group: &mut [usize]) {
        let names = &self.names[role];
        let samples =
            self.samples[role].get_or_insert_with(|| samples_with_names(self.sides[role], names));
        group.sort_by_cached_key(|&name| {
            let number = number_of(&names.keys[name].name).unwrap_or(0);
            // Names are numbered in the order of their bytes.
            (number, Reverse(samples[name]), name)
        });
    }
}

fn samples_with_names(side: &Side, names: &DistinctNames) -> Vec<u64> {
    let mut samples = vec![0_u64; names.keys.len()];
    // The last stack that counted for each name: recursion counts once.
    let mut counted = vec![usize::MAX; names.keys.len()];
    for (at, stack) in side.stacks.iter().enumerate() {
        for frame in side.frames_of(stack) {
            let Some(&name) = names.of_frame.get(frame.as_usize()) else {
                continue;
            };
            if counted[name] != at {
                counted[name] = at;
                samples[name] = samples[name].saturating_add(stack.count.samples);
            }
        }
    }
    samples
}
