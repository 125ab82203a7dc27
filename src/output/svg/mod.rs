//! Flame graphs as interactive SVG.
//!
//! In: a call tree and what the picture says beside its boxes. Out: one SVG document. inferno places
//! the boxes. What they look like, what surrounds them, the style sheet and the script are ours:
//! nothing of inferno's own script or style is in the document.
//!
//! | file | what it does |
//! |---|---|
//! | `picture` | the picture of one profile |
//! | `diff_picture` | the picture of a comparison, with a view of each side |
//! | `diff_views` | how wide the boxes of its views are |
//! | `extent`, `measures` | what of a tree is drawn, and how large things are |
//! | `drawn_tree` | what boxes are called |
//! | `wide` | which nodes are wide enough for a box, and where |
//! | `layout` | the boxes in their places, as inferno reads them |
//! | `stretches` | the lines that inferno draws them of, and where it draws them |
//! | `label` | the texts in boxes |
//! | `narrow` | what is not drawn, for the sums of the script |
//! | `pixels` | how numbers of pixels are written |
//! | `drawing` | inferno's drawing, read box by box |
//! | `annotate` | the pass over inferno's drawing that gives boxes their looks |
//! | `chrome`, `legend`, `shares` | what surrounds the boxes |
//! | `palette`, `shades`, `kinds` | the colours of tags, of kinds of code, and of changes |
//! | `script/shares.js` | search, shares and their words; knows no document |
//! | `script/boxes.js` | the boxes as a tree |
//! | `script/ruler.js` | how wide texts are |
//! | `script/head.js` | what surrounds the boxes follows the window |
//! | `script/picture.js` | zoom, search, marks, views, keyboard, printing |
//!
//! The parts of the script are texts that `chrome` puts one behind the other into one function: an
//! SVG that is opened from a disk loads no modules. `script/shares.js` stands on its own. It is one
//! expression that makes the constant `shares` with `expression`, `matched`, `own`, `byKey`, `words`
//! and `exact`; it asks for no document, and its nodes are any objects with `name`, `children` and
//! `weights`. A page that needs the same arithmetic includes its text with `include_str!` before its
//! own, as `tests/output/shares.rs` does to run it in node. Colours are no part of it: they are
//! classes, whose rules `palette`, `kinds` and `shades` write.

mod annotate;
mod chrome;
mod diff_picture;
mod diff_views;
mod drawing;
mod drawn_tree;
mod extent;
mod kinds;
mod label;
mod layout;
mod legend;
mod measures;
mod narrow;
mod palette;
mod picture;
mod pixels;
mod shades;
mod shares;
mod stretches;
mod wide;

pub use diff_picture::{DiffPicture, DiffTag, write_diff_svg};
pub use diff_views::{DiffBox, WHOLE, WidthBy};
pub use extent::{DrawnPart, Growth};
pub(crate) use kinds::CodeKind;
pub use palette::{Colors, short_words};
pub(crate) use palette::{DARK_INK, Paint, Rgb, Shade};
pub use picture::{Picture, write_svg};
pub(crate) use shades::{LESS, MORE, SAME, STEPS};
