//! How far the length of a record can be believed.

/// How the length of a record fits what is in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LengthMatch {
    /// Exactly.
    Exact,
    /// It may have this length; nothing in it tells which it has.
    Free,
    /// The events are not known, or hold fields that this program does not know.
    Untold,
    /// It may have been written by a newer perf; or it is of an event that nothing describes.
    Doubtful,
    /// Not: its header, or what follows it, is damaged.
    Odd,
    /// Of a kind that this program does not know.
    Foreign,
}
