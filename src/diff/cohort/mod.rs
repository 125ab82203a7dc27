//! Cohorts of hosts, compared: whether a change is more than what hosts differ by anyway.
//!
//! # The model
//!
//! **Hosts are the unit.** A key (the share of a tag, the rate of an exit) has a value in each
//! recording; a host's value is the mean of its recordings, and each host weighs the same, however
//! often it was recorded: what is asked is how the hosts of a cohort do, and a host that is recorded
//! twice as often is no second host. Recordings of one host are not independent, so their number is
//! never taken for that of observations; how they vary is part of how hosts' means vary, and told
//! apart beside it. A host that was recorded once counts as any other.
//!
//! **Pairs where there are.** Where half of the hosts of the smaller side are on both sides, these
//! hosts alone are compared, each with itself: what hosts differ by among themselves falls away. Else
//! the sides are two groups; hosts that are on both make that a little too cautious.
//!
//! **Two tests, the larger probability counts.** Student's t (Welch's for groups) asks for the means,
//! which is what is told, and is wrong where few hosts have heavy tails; ranks (Wilcoxon's signed
//! ranks; Mann's and Whitney's sums) hold for any distribution. So at a level at which either holds, a
//! change is not marked by chance more often than stated.
//!
//! **Many keys.** Tags and exits are one family of questions, functions another. Each gets half of `1 -
//! confidence`, and within a family Holm's procedure, over the questions that can be answered at all
//! (Tarone 1990), keeps the probability of any false mark below that half, whatever the dependence
//! between keys. This is the promise of `diff` of two captures: of 100 comparisons of cohorts that
//! differ by chance alone, at most one has any mark at the default confidence of 0.99. A rate of false
//! discoveries (Benjamini and Hochberg) would find more, and the first mark be wrong more often.
//!
//! # What it finds
//!
//! Measured by `simulation.rs`, whose head has the table: in 1000 comparisons of cohorts without a change
//! the marks are as rare as stated, also with heavy tails and groups of unequal size.
//!
//! # What it cannot know
//!
//! Hosts that got the change first may differ from the others in other ways. Compare the same hosts
//! before and after, or let chance choose.
//!
//! | file | what it does |
//! |---|---|
//! | `hosts` | what was measured: hosts, keys, values |
//! | `ranks` | tests by ranks |
//! | `means` | tests by means |
//! | `comparison` | every key, and which changed |
//! | `simulation` | how often a change is marked where there is none, and where there is one |

mod comparison;
mod hosts;
mod means;
mod ranks;
#[cfg(test)]
mod simulation;

pub use comparison::{CohortChange, CohortComparison, HostPairing, WantedHosts};
pub use hosts::{CohortKey, CohortMeasure, KeyKind, MeasuredHosts};
