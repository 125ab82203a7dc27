//! What changed between two profiles, and whether it is more than noise.
//!
//! In: two `Side`s, made of captures or of folded text. Out: a `Comparison` of everything, tags,
//! functions, boxes and events, which tables, pictures and conditions are made of.
//!
//! | folder or file | what it does |
//! |---|---|
//! | `model` | whether a change is more than noise: **the model** |
//! | `exits` | VM exits of both sides |
//! | `sides` | what is compared |
//! | `matching` | which frames are the same; one tree for both sides |
//! | `comparison` | what both sides are divided by; every quantity of both, and which changed |
//! | `cohort` | hosts of two cohorts: **the model** of many recordings (feature `fleet`) |
//! | `words` | values, changes and sides in words |
//! | `gate` | conditions that fail a build |
//! | `picture` | the boxes that are drawn |
//!
//! Each reads only those above it. The rows that people read are made in `report::diff`.

#[cfg(feature = "fleet")]
mod cohort;
mod comparison;
mod exits;
mod gate;
mod matching;
mod model;
mod picture;
mod sides;
#[cfg(test)]
mod testing;
mod words;

#[cfg(feature = "fleet")]
pub use cohort::{
    CohortChange, CohortComparison, CohortKey, CohortMeasure, HostPairing, KeyKind, MeasuredHosts,
    WantedHosts,
};
pub(crate) use comparison::Unit;
pub use comparison::{
    Asked, Change, Comparison, EventChange, FunctionChange, Normalise, Options, Subject, UNMARKED,
    changed_functions, largest_unmarked,
};
pub use exits::{
    ExitChange, ExitComparison, ExitFigures, ExitSide, ExitSubject, ReadyChange, ReadyFigures,
    ReadyOf, SubjectKind, exit_request,
};
pub use gate::{Gate, Verdict};
pub(crate) use matching::Union;
pub use matching::{Matching, leave_out_uneven_inlines};
pub use model::SLICES;
pub use picture::{box_facts, own_weights, picture_of};
pub use sides::{
    Count, CountedStack, FoldedSide, LeftOut, Side, SideOrigin, leave_out_uneven_idle, parse_folded,
};
pub(crate) use words::{change_words, describe, noise, relative_words, value_words};
