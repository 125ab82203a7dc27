//! Flame graphs as interactive SVG.

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
