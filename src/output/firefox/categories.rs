//! Tags as categories, each with one of the viewer's colours.

use std::io;

use crate::output::json::JsonWriter;
use crate::stack::Tag;

/// The category of a tag, by its number in the file.
pub(super) fn category(tag: Tag) -> usize {
    let mut tags = Tag::ALL.iter();
    tags.position(|known| *known == tag).unwrap_or_default()
}

/// Writes the categories: all tags in display order.
pub(super) fn write(json: &mut JsonWriter<'_>) -> io::Result<()> {
    json.key("categories")?;
    json.list()?;
    for tag in Tag::ALL {
        json.object()?;
        json.member("name", tag.as_str())?;
        json.member("color", color(tag))?;
        json.members("subcategories", ["Other"])?;
        json.end_object()?;
    }
    json.end_list()
}

/// A colour by its name in the viewer. Grey is what has no category, transparent what is idle.
///
/// Source: `CategoryColor`, src/types/profile.ts of the viewer.
const fn color(tag: Tag) -> &'static str {
    match tag {
        Tag::Guest => "green",
        Tag::ExitPio | Tag::ExitMmio | Tag::ExitDoorbell => "red",
        Tag::ExitApic | Tag::ExitTimer | Tag::ExitIrq | Tag::ExitIrqWindow => "magenta",
        Tag::ExitMsr | Tag::ExitCpuid | Tag::ExitReg | Tag::ExitHypercall => "orange",
        Tag::ExitMemory => "brown",
        Tag::ExitEmulate | Tag::ExitException | Tag::ExitNested => "lightred",
        Tag::ExitHlt | Tag::ExitPause | Tag::ExitOther => "yellow",
        Tag::Entry => "blue",
        Tag::Halt => "lightblue",
        Tag::Vmm => "purple",
        Tag::Io => "lightgreen",
        Tag::Idle => "transparent",
        Tag::Host => "grey",
    }
}
