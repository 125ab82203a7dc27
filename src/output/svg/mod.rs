//! Flame graphs as interactive SVG.
//!
//! In: a call tree and what the picture says beside its boxes. Out: one SVG document. inferno places
//! the boxes; what they look like and what surrounds them is ours.
//!
//! | file | what it does |
//! |---|---|
//! | `picture` | the picture of one profile |
//! | `diff_picture` | the picture of a comparison, with a view of each side |
//! | `layout` | which boxes are drawn, as inferno reads them |
//! | `annotate` | the pass over inferno's drawing that gives boxes their looks |
//! | `chrome`, `legend` | what surrounds the boxes |
//! | `palette`, `shades` | the colours of tags, and of changes |

mod annotate;
mod chrome;
mod diff_picture;
mod layout;
mod legend;
mod palette;
mod picture;
mod shades;

pub use diff_picture::{DiffBox, DiffPicture, DiffTag, WHOLE, WidthBy, write_diff_svg};
pub use palette::short_words;
pub use picture::{Picture, subtitle_shares, write_svg};
