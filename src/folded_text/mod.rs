//! Folded text as tools write it: lines of `root;…;leaf WEIGHT`.
//!
//! What is read is what `flamegraph.pl`, `difffolded.pl` and inferno take, and what other programs
//! are known to write:
//!
//! - white space of any kind and number before the weight, also a tab; line ends of Windows;
//! - weights with a fraction or an exponent. They are whole multiples of one power of ten, so that
//!   sums are exact: `1.9` and `1` are 19 and 10 tenths;
//! - UTF-8 and UTF-16, with a byte order mark or without.
//!
//! A line that begins with `#` and white space is a comment, as in inferno; a task may be called
//! `#c`, so `#c;x 40` is a stack. Any other line without a weight is an error.
//!
//! What comes in is bytes; what goes out is stacks with whole weights, or the line that is wrong.
//!
//! | file | what is in it |
//! |---|---|
//! | `encoding` | bytes to text, and whether bytes are text |
//! | `lines` | lines to stacks with weights, and whether text is folded |
//! | `weight` | weights as decimal numbers |

mod encoding;
mod lines;
mod weight;

pub(crate) use encoding::decode_utf16;
pub use encoding::is_text;
pub use lines::{is_folded, parse};
pub use weight::decimal_words;
