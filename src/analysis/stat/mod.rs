//! How often events occurred, by VM and over time.
//!
//! Input: a capture, a trace.dat or a text of events, and a [`StatRequest`]. Output: an [`EventStat`]:
//! for each VM and event its occurrences, in all and in each stretch of time, and what is needed to
//! judge how far they can be believed.
//!
//! A sample stands for as many occurrences as its period says; one of an event that was counted with
//! its group, for what the counter went up by. The time is cut into stretches of equal length from
//! the first event of the source on: two walks, since the first event need not come first.
//!
//! | file | what it does |
//! |---|---|
//! | `request` | what is wanted |
//! | `pattern` | names of events with wildcards |
//! | `series` | occurrences of one event in one VM |
//! | `count` | what one part of a walk counts |
//! | `capture` | the walk over a capture |
//! | `traced` | the same of a trace.dat, or of a text |
//! | `owner` | which VM a thread belongs to |
//! | `event_stat` | **what comes of it** |

mod capture;
mod count;
mod event_stat;
mod owner;
mod pattern;
mod request;
mod series;
mod traced;

pub use capture::stat_of_capture;
pub use event_stat::EventStat;
pub use owner::VmOwner;
pub use pattern::EventPatterns;
pub use request::StatRequest;
pub use series::{EventDetail, OccurrenceSeries, SeriesKey, Stretches};
pub use traced::{stat_of_text, stat_of_trace_dat};
