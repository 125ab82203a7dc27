//! Output: one file per format. Takes the call tree and its frames, makes bytes.

mod annotate;
mod chrome;
mod folded;
mod layout;
mod palette;
mod svg;
#[cfg(test)]
mod testing;
mod text;

pub use folded::{Annotate, write_folded};
pub use palette::short_words;
pub use svg::{Picture, subtitle_shares, write_svg};
pub use text::{share_in_words, with_spaces};
