//! Losses: what the run survived, counted.
