//! The text in a box, as far as there is room. The script cuts labels in the same way.

use std::borrow::Cow;

use super::measures::{FONT_SIZE, FRAMES_WIDTH};

/// Width of a letter in em, on the safe side: `DejaVu Sans Mono` has 0.602. The script measures.
const LETTER: f64 = 0.61;
/// Space between an edge of a box and its text.
pub(crate) const TEXT_PADDING: f64 = 3.0;
/// Fewer letters are no label.
const LETTERS: usize = 3;

/// What fits of a name into a box that is so many pixels wide; `None` where that says nothing.
pub(crate) fn label_of(name: &str, width: f64) -> Option<Cow<'_, str>> {
    let room = width - 2.0 * TEXT_PADDING;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and at most the picture's width"
    )]
    let letters = (room.clamp(0.0, FRAMES_WIDTH) / (FONT_SIZE as f64 * LETTER)) as usize;
    if letters < LETTERS {
        return None;
    }
    if name.chars().nth(letters).is_none() {
        return Some(Cow::Borrowed(name));
    }
    let kept = name.chars().take(letters - 1);
    Some(Cow::Owned(kept.chain(['…']).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A letter takes 7.32 pixels: three do not fit into 27 less the padding, four do into 36.
    #[test]
    fn labels_fill_their_boxes_and_say_where_they_are_cut() {
        assert_eq!(label_of("memcpy", 27.0), None);
        assert_eq!(label_of("memcpy", 36.0).as_deref(), Some("mem…"));
        assert_eq!(label_of("memcpy", 50.0).as_deref(), Some("memcpy"));
        assert_eq!(label_of("éé", 28.0).as_deref(), Some("éé"));
    }
}
