//! Output: bytes of each format.
//!
//! In: a call tree and its frames; of a comparison, the tree of both sides. Out: bytes.
//!
//! | file or folder | format |
//! |---|---|
//! | `folded` | `root;…;leaf WEIGHT` as text, of one profile or of two |
//! | `svg` | interactive flame graphs, of one profile or of two |
//! | `html` | a page that holds a whole report |
//!
//! A new format is one file or folder here, which takes the tree, its frames and a `Write`.

mod folded;
pub(crate) mod html;
mod svg;
#[cfg(test)]
mod testing;

pub use crate::bytes::{HalfFile, Packing, ScratchFolder, sweep};
pub use folded::{Annotate, write_folded, write_folded_diff};
pub use svg::{
    Colors, DiffBox, DiffPicture, DiffTag, DrawnPart, Growth, Picture, WHOLE, WidthBy, short_words,
    write_diff_svg, write_svg,
};
