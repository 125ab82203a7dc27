//! What folded text shows of frames, made once for each.

use hashbrown::HashMap;

use super::annotate::{Annotate, perf_suffix};
use super::safe_name::{NAMELESS, safe_name};
use crate::intern::Interner;
use crate::stack::{FrameIx, FrameTable, Tag};
use crate::text::push_format;
use crate::units::index;

index! {
    /// Index of a text in its [`FrameTexts`].
    pub(super) TextIx
}

impl TextIx {
    /// The text of what has no name.
    pub(super) const NAMELESS: Self = Self(0);
}

/// What is shown of the frames of a table, each text once.
#[derive(Debug)]
pub(super) struct FrameTexts<'a> {
    table: &'a FrameTable,
    annotate: Annotate,
    texts: Interner<String, TextIx>,
    /// By frame, and by tag where it is shown.
    known: HashMap<(FrameIx, Option<Tag>), TextIx>,
}

impl<'a> FrameTexts<'a> {
    pub(super) fn new(table: &'a FrameTable, annotate: Annotate) -> Self {
        let mut texts = Interner::default();
        let _: TextIx = texts.intern_ref(NAMELESS);
        Self {
            table,
            annotate,
            texts,
            known: HashMap::new(),
        }
    }

    /// The text of an index that this handed out.
    pub(super) fn get(&self, ix: TextIx) -> &str {
        self.texts.get(ix).map_or(NAMELESS, String::as_str)
    }

    /// What is shown of a frame that carries a tag.
    pub(super) fn of(&mut self, frame: FrameIx, tag: Option<Tag>) -> TextIx {
        let tag = tag.filter(|_| self.annotate == Annotate::Tag);
        let Self {
            table,
            annotate,
            texts,
            known,
        } = self;
        let make = || texts.intern(text(table, *annotate, frame, tag));
        *known.entry((frame, tag)).or_insert_with(make)
    }
}

fn text(table: &FrameTable, annotate: Annotate, frame: FrameIx, tag: Option<Tag>) -> String {
    let frame = table.get(frame);
    let mut name = safe_name(&frame.name);
    if let Some(line) = &frame.line {
        push_format(&mut name, format_args!(" ({})", safe_name(line)));
    }
    match annotate {
        Annotate::None => (),
        Annotate::Perf => name.push_str(perf_suffix(frame)),
        Annotate::Tag => {
            if let Some(tag) = tag {
                push_format(&mut name, format_args!("_[{tag}]"));
            }
        }
    }
    name
}
