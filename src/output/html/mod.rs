//! One page of HTML that needs nothing beside it: no network, no other file.
//!
//! In: sections that are written into a [`Markup`], pictures of call trees, and data for the page's
//! script. Out: one document. All that can be read without scripts is in the markup; the script reads
//! the data block and puts its own pictures in front.
//!
//! | file | what it does |
//! |---|---|
//! | `markup` | elements that are always closed, texts that are always escaped |
//! | `document` | the whole document: head, policy, style, script, data |
//! | `still` | a flame graph that needs no script |
//! | `shares` | bars of what a whole consists of |
//! | `colours` | the colours of tags and kinds of code, for rules of style and for the script |
//! | `page.css` | the style |
//! | `page.js` | the script, built of `web/` |
//!
//! The policy in the head of the document allows nothing but the one script and the one style, by
//! their hashes: what a capture holds is never run, also where an escape would be missing.

mod colours;
mod document;
mod markup;
mod shares;
mod still;

pub(crate) use colours::{
    PaletteColour, change_colours, class_of_tag, kind_colours, kind_key, tag_colours,
};
pub(crate) use document::{Document, write_document, write_plain_document};
pub(crate) use markup::Markup;
pub(crate) use shares::{SharePart, write_share_bar};
pub(crate) use still::{StillPicture, StillSums, write_still};
