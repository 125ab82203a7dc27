//! What is wanted of a source's events.

use super::pattern::EventPatterns;
use crate::analysis::request::Request;

/// What is wanted of a source's events.
#[derive(Clone, Debug)]
pub struct StatRequest {
    /// Which occurrences: by process, thread, CPU and time. Its event and what is about stacks mean
    /// nothing here.
    pub filter: Request,
    /// Which events.
    pub events: EventPatterns,
    /// How long a stretch of time lasts, in nanoseconds; not 0.
    pub interval_ns: u64,
    /// Whether exits are told apart by why they happened.
    pub by_reason: bool,
}
