//! Why two sides cannot be compared so.

use std::borrow::Cow;
use std::fmt;

/// What stands against a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotComparable {
    /// The sides sample different events.
    DifferentEvents {
        /// That of the before side.
        before: String,
        /// That of the after side.
        after: String,
    },
    /// The samples of the sides stand for different things.
    DifferentSampling {
        /// How the before side was sampled.
        before: String,
        /// How the after side was sampled.
        after: String,
    },
    /// A side has nothing of what is divided by.
    NothingToDivideBy {
        /// `before` or `after`.
        side: &'static str,
        /// What is said of the side, as in "it `is idle throughout`".
        lacks: &'static str,
    },
    /// A side tells no times to divide by.
    NoTimes {
        /// `before` or `after`.
        side: &'static str,
        /// Whether it is folded text.
        is_text: bool,
    },
    /// A side has no samples of the event to divide by.
    NoSamplesOf {
        /// The event.
        event: String,
        /// `before` or `after`.
        side: &'static str,
        /// Whether it is folded text.
        is_text: bool,
        /// The events that the side has.
        known: Vec<String>,
    },
    /// A side sampled the event to divide by at a frequency.
    Frequency {
        /// `before` or `after`.
        side: &'static str,
        /// The event.
        event: String,
    },
    /// A side has no tags.
    NoTags {
        /// The normalisation that needs them.
        normalise: &'static str,
    },
}

/// A side as it is called where something is said of it.
struct Called {
    side: &'static str,
    is_text: bool,
}

impl fmt::Display for Called {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { side, is_text } = *self;
        let words = if is_text { " is folded text and" } else { "" };
        write!(f, "the {side} side{words}")
    }
}

impl NotComparable {
    /// What the user can do about it.
    pub(super) fn hint(&self) -> Option<Cow<'_, str>> {
        Some(Cow::Borrowed(match self {
            Self::DifferentEvents { .. } => {
                "choose one with -e, or state both: --before-filter event=A --after-filter event=B"
            }
            Self::DifferentSampling { .. } => {
                "--normalise share compares shares, which do not depend on it; or --weight period"
            }
            Self::NothingToDivideBy { .. } => "--normalise share compares shares of all samples",
            Self::NoTimes { .. } => "--normalise share needs nothing",
            Self::NoSamplesOf { is_text: true, .. } => {
                "--normalise share compares shares of all weights"
            }
            Self::NoSamplesOf { known, .. } => {
                return Some(format!("its events are: {}", known.join(", ")).into());
            }
            Self::Frequency { .. } => "record it with a period: perf record -e EVENT -c 1",
            Self::NoTags { .. } => "folded text and --no-tag have none; use --normalise share",
        }))
    }
}

impl fmt::Display for NotComparable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DifferentEvents { before, after } => write!(
                f,
                "the sides sample different events: {before} before, {after} after"
            ),
            Self::DifferentSampling { before, after } => write!(
                f,
                "samples of both sides do not stand for the same: {before} before, {after} after"
            ),
            Self::NothingToDivideBy { side, lacks } => {
                write!(f, "the {side} side {lacks}: nothing to divide by")
            }
            &Self::NoTimes { side, is_text } => {
                let side = Called { side, is_text };
                write!(f, "{side} tells no times: --normalise wall needs them")
            }
            &Self::NoSamplesOf {
                ref event,
                side,
                is_text,
                ..
            } => {
                let side = Called { side, is_text };
                write!(f, "{side} has no samples of event {event:?} to divide by")
            }
            Self::Frequency { side, event } => write!(
                f,
                "the {side} side sampled {event} at a frequency: its samples do not tell how often \
                 it occurred"
            ),
            Self::NoTags { normalise } => {
                write!(f, "--normalise {normalise} needs the tags of captures")
            }
        }
    }
}
