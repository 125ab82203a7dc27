//! Output: one file per format. Takes the call tree and its frames, makes bytes.

mod folded;
mod svg;
#[cfg(test)]
mod testing;

pub use folded::{Annotate, write_folded, write_folded_diff};
pub use svg::{
    DiffBox, DiffPicture, DiffTag, Picture, WHOLE, WidthBy, short_words, subtitle_shares,
    write_diff_svg, write_svg,
};
