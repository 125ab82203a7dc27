//! What of a side was measured, and why the rest was not.
//!
//! What was recorded and does not occur is 0. What was not recorded, has no name or was left out is
//! no 0: nothing can be said of it.

use std::collections::BTreeSet;

use crate::diff::matching::loose_object;
use crate::diff::sides::{LeftOut, Side, plain_event};
use crate::name::FrameScope;
use crate::stack::{Frame, FrameIx, FrameKind, Tag};

/// What of a side was measured.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// Whether it is folded text, which has neither tags nor events.
    is_text: bool,
    has_stacks: bool,
    is_tagged: bool,
    left_out: LeftOut,
    /// Objects none of whose functions has a name, as [`loose_object`] writes them.
    unnamed: BTreeSet<String>,
    /// Events that were recorded.
    events: Vec<String>,
}

impl Coverage {
    pub(crate) fn of(side: &Side) -> Self {
        let (mut named, mut unnamed) = (BTreeSet::new(), BTreeSet::new());
        for ix in (0..).map(FrameIx).take(side.frames.len()) {
            let frame = side.frames.get(ix);
            match frame.kind {
                _ if frame.dso.is_empty() => {}
                FrameKind::Function | FrameKind::Inlined => {
                    named.insert(loose_object(&frame.dso));
                }
                FrameKind::Unresolved => drop(unnamed.insert(loose_object(&frame.dso))),
                FrameKind::Root | FrameKind::Guest => {}
            }
        }
        unnamed.retain(|object| !named.contains(object));
        Self {
            is_text: side.origin.event.is_none() && side.events.is_empty(),
            has_stacks: !side.stacks.is_empty(),
            is_tagged: side.is_tagged,
            left_out: side.left_out,
            unnamed,
            events: side.events.iter().map(|event| event.name.clone()).collect(),
        }
    }

    /// Why samples say nothing of this side; `None` when they do.
    pub(crate) fn lacks_stacks(&self) -> Option<String> {
        (!self.has_stacks).then(|| "has no stacks".to_owned())
    }

    /// Why functions with what they call were not measured in full; `None` when they were.
    pub(crate) fn lacks_callers(&self) -> Option<String> {
        let is_cut = self.left_out.outer_frames;
        is_cut.then(|| "was read with --max-stack, which leaves callers out".to_owned())
    }

    /// Why a tag was not measured, or all exits where none is given; `None` when it was.
    pub(crate) fn lacks_tag(&self, tag: Option<Tag>) -> Option<String> {
        if self.is_text {
            return Some("is folded text, which has no tags".to_owned());
        }
        if let Some(lacks) = self.lacks_stacks() {
            return Some(lacks);
        }
        if let Some(option) = hidden_by(self.left_out.scope, tag) {
            return Some(format!(
                "was read with {option}, which leaves such samples out"
            ));
        }
        if !self.is_tagged {
            return Some("has no tags (--no-tag)".to_owned());
        }
        if tag == Some(Tag::Idle) && self.left_out.idle {
            return Some("was compared without its idle samples".to_owned());
        }
        // The mode of the CPU tells guest code, the task tells idle.
        let needs_names = !matches!(tag, Some(Tag::Guest | Tag::Idle));
        let is_of_kvm = |object: &&String| *object == "kernel" || object.starts_with("kvm");
        let unnamed = self.unnamed.iter().find(is_of_kvm).filter(|_| needs_names);
        unnamed.map(|object| format!("has no names for the functions of [{object}]"))
    }

    /// Whether a function of this kind could not be seen under its name.
    pub(crate) fn lacks_names_of(&self, frame: &Frame) -> bool {
        frame.kind == FrameKind::Function && self.unnamed.contains(&loose_object(&frame.dso))
    }

    /// Why an event was not measured, though the other side may have it.
    pub(crate) fn lacks_event(&self, name: &str) -> Option<String> {
        if self.is_text {
            return Some("is folded text, which has no events".to_owned());
        }
        let is_same = |known: &String| known == name || plain_event(known) == plain_event(name);
        let is_known = self.events.iter().any(is_same);
        (!is_known).then(|| "did not record it".to_owned())
    }
}

/// The option that leaves samples of a tag out.
fn hidden_by(scope: FrameScope, tag: Option<Tag>) -> Option<&'static str> {
    let (hides, option) = match scope {
        FrameScope::All => return None,
        FrameScope::Kernel => (
            matches!(tag, Some(Tag::Guest | Tag::Vmm | Tag::Io | Tag::Host)),
            "--kernel-only",
        ),
        // The way into the kernel is user code; what begins in the kernel has none.
        FrameScope::User => (
            matches!(tag, Some(Tag::Guest | Tag::Io | Tag::Idle | Tag::Host)),
            "--user-only",
        ),
    };
    hides.then_some(option)
}
