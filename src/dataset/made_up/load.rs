//! What a made-up fleet is like.

use crate::perf::writer::{Setting, settings};

/// How long each capture recorded.
pub(super) const DURATION_NS: u64 = 10_000_000_000;

/// The first hour: midnight, so that a fleet of 24 hours is of one date (2026-11-25).
pub(super) const FIRST_SECOND: u64 = 1_795_564_800;

/// What a made-up fleet is like: hosts with KVM, each recorded for ten seconds at every hour.
///
/// The same description gives the same rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FleetLoad {
    /// Hosts.
    pub hosts: u64,
    /// Hours, from the first of a date on.
    pub hours: u64,
    /// Rows of table samples in a capture, about.
    pub stacks: u64,
    /// Chooses among the fleets that fit the description.
    pub seed: u64,
}

impl Default for FleetLoad {
    fn default() -> Self {
        Self {
            hosts: 100,
            hours: 24,
            stacks: 40,
            seed: 1,
        }
    }
}

impl FleetLoad {
    /// Reads a description such as `hosts=10000,hours=24`; what it leaves out is as in
    /// [`FleetLoad::default`].
    ///
    /// # Errors
    /// Says in one line what is wrong.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut load = Self::default();
        for setting in settings(text) {
            let Setting { key, value, number } = setting?;
            let place = match key {
                "hosts" => &mut load.hosts,
                "hours" => &mut load.hours,
                "stacks" => &mut load.stacks,
                "seed" => &mut load.seed,
                _ => return Err(format!("{key:?} is none of hosts, hours, stacks, seed")),
            };
            let range = match key {
                "hosts" => 20..=1_000_000,
                "hours" => 1..=100_000,
                "stacks" => 10..=10_000,
                _ => 0..=u64::MAX,
            };
            if !range.contains(&number) {
                let (first, last) = (range.start(), range.end());
                return Err(format!("{key}={value} is not from {first} to {last}"));
            }
            *place = number;
        }
        Ok(load)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is not understood is refused, in a line.
    #[test]
    fn descriptions_are_read_or_refused() {
        let load = FleetLoad::parse("hosts=10K,hours=2,seed=7").unwrap();
        assert_eq!((load.hosts, load.hours, load.stacks), (10_240, 2, 40));
        assert!(FleetLoad::parse("hosts=3").unwrap_err().contains("20"));
        assert!(FleetLoad::parse("days=3").unwrap_err().contains("hours"));
    }
}
