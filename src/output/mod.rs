//! Output: one file per format. Takes the call tree and its frames, makes bytes.

mod annotate;
mod chrome;
mod diff_svg;
mod folded;
mod layout;
mod legend;
mod palette;
mod shades;
mod svg;
#[cfg(test)]
mod testing;

pub use diff_svg::{DiffBox, DiffPicture, DiffTag, WHOLE, WidthBy, write_diff_svg};
pub use folded::{Annotate, write_folded, write_folded_diff};
pub use palette::short_words;
pub use svg::{Picture, subtitle_shares, write_svg};
