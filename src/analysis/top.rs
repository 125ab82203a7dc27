//! Functions by what they weigh: themselves, and with all that they call.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::profile::Profile;
use crate::stack::{Frame, FrameKind, Tag};
use crate::units::CpuMode;

/// What tells functions apart.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct ListedFunction {
    /// Its name; of code without one, as the pictures have it.
    pub name: String,
    /// The short name of its object; empty when there is none.
    pub object: String,
    /// The mode of its code.
    pub mode: CpuMode,
}

/// What a function weighs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopFunction {
    /// Which it is.
    pub key: ListedFunction,
    /// Weight of the stacks that end in it.
    pub own: u64,
    /// Weight of the stacks that it occurs in: once each, however often it does.
    pub total: u64,
    /// The same by the tags of the stacks; nothing where stacks were not tagged.
    pub by_tag: BTreeMap<Tag, u64>,
}

/// Which functions come first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum TopOrder {
    /// Those that weigh the most themselves.
    #[default]
    Own,
    /// Those that weigh the most with what they call.
    Total,
}

/// The functions of a profile's stacks, in an order. Names of tasks are no functions; inlined ones
/// are.
pub fn top_functions(profile: &Profile, order: TopOrder) -> Vec<TopFunction> {
    let mut functions: BTreeMap<ListedFunction, TopFunction> = BTreeMap::new();
    let is_tagged = !profile.totals.is_empty();
    for stack in profile.stacks.iter() {
        let frames = profile.stacks.frames(stack).iter();
        let frames = frames.map(|&frame| profile.frames.get(frame));
        let frames = frames.filter(|frame| frame.kind != FrameKind::Root);
        let keys: Vec<ListedFunction> = frames.map(ListedFunction::of).collect();
        let leaf = keys.last().cloned();
        for key in keys.into_iter().collect::<BTreeSet<_>>() {
            let is_leaf = Some(&key) == leaf.as_ref();
            let function = functions.entry(key).or_insert_with_key(TopFunction::new);
            function.total = function.total.saturating_add(stack.weight);
            if is_leaf {
                function.own = function.own.saturating_add(stack.weight);
            }
            if is_tagged {
                let sum = function.by_tag.entry(stack.tag).or_default();
                *sum = sum.saturating_add(stack.weight);
            }
        }
    }
    let mut functions: Vec<TopFunction> = functions.into_values().collect();
    // Those that weigh alike stay in the order of their names.
    functions.sort_by_key(|function| match order {
        TopOrder::Own => Reverse([function.own, function.total]),
        TopOrder::Total => Reverse([function.total, function.own]),
    });
    functions
}

impl ListedFunction {
    fn of(frame: &Frame) -> Self {
        Self {
            name: frame.name.to_string(),
            object: frame.dso.to_string(),
            mode: frame.mode,
        }
    }
}

impl TopFunction {
    fn new(key: &ListedFunction) -> Self {
        Self {
            key: key.clone(),
            own: 0,
            total: 0,
            by_tag: BTreeMap::new(),
        }
    }
}
