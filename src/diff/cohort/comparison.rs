//! Every key of two cohorts, and which changed.

use super::hosts::{CohortKey, CohortMeasure, MeasuredHosts};
use super::means::{MeanOutcome, Moments};
use super::ranks::{rank_sum, signed_rank};
use crate::before_after::Sides;
use crate::diff::model::{Question, Threshold};

/// How the hosts of both sides belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HostPairing {
    /// So many hosts are on both sides, and compared with themselves.
    Pairs(usize),
    /// The sides are two groups.
    Groups,
}

/// How many hosts a mark takes at least.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WantedHosts {
    /// So many on both sides.
    Pairs(usize),
    /// So many on each of two sides alike.
    EachSide(usize),
}

/// A key of two cohorts.
#[derive(Clone, PartialEq, Debug)]
pub struct CohortChange {
    /// Which.
    pub key: CohortKey,
    /// How the hosts belong together.
    pub pairing: HostPairing,
    /// Hosts that are compared.
    pub hosts: Sides<usize>,
    /// Means of these hosts.
    pub values: Sides<f64>,
    /// Half of the width of the interval of the change, the key taken by itself; `None` with fewer
    /// than two hosts or pairs.
    pub half_width: Option<f64>,
    /// Probability of a change of this size where there is none.
    pub probability: f64,
    /// Whether it is beyond what hosts differ by, among all keys of its family.
    pub beats_noise: bool,
    /// The same, and as large as was asked for.
    pub is_significant: bool,
    /// The change that would be marked in four of five such comparisons; `None` where none would, for
    /// want of hosts.
    pub detectable: Option<f64>,
    /// Deviation between hosts: of pairs, of their changes.
    pub between: f64,
    /// Deviation between recordings of a host; `None` where each was recorded once.
    pub within: Option<f64>,
    least: f64,
    outcome: MeanOutcome,
}

impl CohortChange {
    fn of(measure: &CohortMeasure, confidence: f64) -> Self {
        let sides = &measure.sides;
        let chosen = ComparedHosts::of(sides);
        let moments = chosen.values.each_ref().map(|values| Moments::of(values));
        let values = &chosen.values;
        let (outcome, ranks, between) = match chosen.pairing {
            HostPairing::Pairs(_) => {
                let pairs = values.before.iter().zip(&values.after);
                let changes: Vec<f64> = pairs.map(|(before, after)| after - before).collect();
                let between = Moments::of(&changes).variance.sqrt();
                (
                    MeanOutcome::of_pairs(&changes),
                    signed_rank(&changes),
                    between,
                )
            }
            HostPairing::Groups => {
                let (before, after) = (&values.before, &values.after);
                let variance = f64::midpoint(moments.before.variance, moments.after.variance);
                let outcome = MeanOutcome::of_groups(before, after);
                (outcome, rank_sum(before, after), variance.sqrt())
            }
        };
        let squares = sides.before.within_squares + sides.after.within_squares;
        let freedom = sides.before.within_freedom + sides.after.within_freedom;
        Self {
            key: measure.key.clone(),
            pairing: chosen.pairing,
            hosts: values.each_ref().map(Vec::len),
            values: moments.map(|moments| moments.mean),
            half_width: outcome.half_width(confidence),
            probability: outcome.probability().max(ranks.probability),
            beats_noise: false,
            is_significant: false,
            detectable: None,
            between,
            within: (freedom > 0.0).then(|| (squares.max(0.0) / freedom).sqrt()),
            least: ranks.least,
            outcome,
        }
    }

    /// After less before.
    pub fn difference(&self) -> f64 {
        self.outcome.difference
    }

    const fn question(&self) -> Question {
        Question {
            probability: self.probability,
            least: self.least,
        }
    }
}

/// The values that are compared: of pairs, in the same order.
struct ComparedHosts {
    pairing: HostPairing,
    values: Sides<Vec<f64>>,
}

impl ComparedHosts {
    fn of(sides: &Sides<MeasuredHosts>) -> Self {
        let both = sides.before.means.iter().zip(&sides.after.means);
        let both = both.filter_map(|(before, after)| Some([(*before)?, (*after)?]));
        let pairs: Vec<[f64; 2]> = both.collect();
        let all =
            |side: &MeasuredHosts| -> Vec<f64> { side.means.iter().flatten().copied().collect() };
        let values = sides.each_ref().map(all);
        let smaller = values.before.len().min(values.after.len());
        if pairs.is_empty() || 2 * pairs.len() < smaller {
            return Self {
                pairing: HostPairing::Groups,
                values,
            };
        }
        Self {
            pairing: HostPairing::Pairs(pairs.len()),
            values: Sides {
                before: pairs.iter().map(|pair| pair[0]).collect(),
                after: pairs.iter().map(|pair| pair[1]).collect(),
            },
        }
    }
}

/// Two cohorts, compared.
#[derive(Clone, PartialEq, Debug)]
pub struct CohortComparison {
    /// Every key that a host of each side measured.
    pub changes: Vec<CohortChange>,
    /// Probability of no false mark at all.
    pub confidence: f64,
    /// Smaller changes of shares are not marked, in points.
    pub least: f64,
    /// The probability below which the first key of a family is marked: of tags and exits, and of
    /// functions; `None` where no key could be for want of hosts.
    pub bars: [Option<f64>; 2],
}

impl CohortComparison {
    /// Compares every key.
    pub fn new(measures: &[CohortMeasure], confidence: f64, least: f64) -> Self {
        let changes = measures.iter().map(|one| CohortChange::of(one, confidence));
        let is_there = |change: &CohortChange| change.hosts.before > 0 && change.hosts.after > 0;
        let mut changes: Vec<CohortChange> = changes.filter(is_there).collect();
        let rate = (1.0 - confidence) / 2.0;
        let bars = [false, true].map(|is_of_functions| {
            let of_family =
                |change: &&mut CohortChange| change.key.kind.is_of_functions() == is_of_functions;
            let family: Vec<&mut CohortChange> = changes.iter_mut().filter(of_family).collect();
            judge(family, rate, least)
        });
        Self {
            changes,
            confidence,
            least,
            bars,
        }
    }

    /// The change of a key; `None` of one that no host of a side measured.
    pub fn find(&self, key: &CohortKey) -> Option<&CohortChange> {
        self.changes.iter().find(|change| change.key == *key)
    }

    /// What a mark takes at least: fewer hosts cannot lie so unevenly that it is no chance. `None`
    /// where there are enough.
    pub fn hosts_wanted(&self) -> Option<WantedHosts> {
        let asked = self
            .changes
            .iter()
            .filter(|change| !change.key.kind.is_of_functions());
        let (mut pairs, mut keys) = (0, 0);
        for change in asked {
            keys += 1;
            pairs += usize::from(matches!(change.pairing, HostPairing::Pairs(_)));
        }
        if keys == 0 || self.bars[0].is_some() {
            return None;
        }
        let bar = (1.0 - self.confidence) / 2.0 / keys as f64;
        let are_pairs = 2 * pairs >= keys;
        let (mut hosts, mut least) = (0, 2.0);
        while least > bar && hosts < 1000 {
            hosts += 1;
            // One of 2ⁿ signs, or of the ways to choose n of 2n, on either end.
            let n = hosts as f64;
            least *= if are_pairs { 0.5 } else { n / (4.0 * n - 2.0) };
        }
        Some(if are_pairs {
            WantedHosts::Pairs(hosts)
        } else {
            WantedHosts::EachSide(hosts)
        })
    }
}

/// Marks what is significant among the keys of a family; returns the probability that the first one
/// must stay below.
fn judge(family: Vec<&mut CohortChange>, rate: f64, least: f64) -> Option<f64> {
    let questions = family.iter().map(|change| change.question());
    let threshold = Threshold::of(&questions.collect::<Vec<_>>(), rate);
    let bar = rate / threshold.asked as f64;
    let mut is_any_askable = false;
    for change in family {
        change.beats_noise = threshold.passes(change.question());
        let is_large = !change.key.kind.is_of_samples() || change.difference().abs() >= least;
        change.is_significant = change.beats_noise && is_large;
        if change.least <= bar {
            is_any_askable = true;
            change.detectable = change.outcome.detectable(bar);
        }
    }
    is_any_askable.then_some(bar)
}

#[cfg(test)]
mod tests {
    use super::super::hosts::KeyKind;
    use super::*;

    fn measure(before: &[Option<f64>], after: &[Option<f64>]) -> CohortMeasure {
        let side = |means: &[Option<f64>]| MeasuredHosts {
            means: means.to_vec(),
            within_squares: 6.0,
            within_freedom: 3.0,
        };
        CohortMeasure {
            key: CohortKey {
                kind: KeyKind::ReasonRate,
                name: "HLT".to_owned(),
            },
            sides: Sides {
                before: side(before),
                after: side(after),
            },
        }
    }

    /// Hosts that are on both sides are compared with themselves: what they differ by falls away.
    #[test]
    fn the_same_hosts_are_compared_with_themselves() {
        let before: Vec<Option<f64>> = (0..20).map(|host| Some(f64::from(host) * 100.0)).collect();
        let after = before.iter().enumerate();
        let after: Vec<Option<f64>> = after
            .map(|(host, value)| value.map(|value| value + 1.0 + host as f64 / 100.0))
            .collect();
        let compared = CohortComparison::new(&[measure(&before, &after)], 0.99, 0.5);
        let change = &compared.changes[0];
        assert_eq!(change.pairing, HostPairing::Pairs(20));
        assert!(change.is_significant && change.probability < 1e-5);
        assert!((change.difference() - 1.095).abs() < 1e-9);
        // (6 + 6) / (3 + 3) is the variance within hosts.
        assert!((change.within.unwrap() - 2.0_f64.sqrt()).abs() < 1e-9);
        // The same values of other hosts tell nothing.
        let empty = vec![None; 20];
        let one = [before.clone(), empty.clone()].concat();
        let other = [empty, after].concat();
        let compared = CohortComparison::new(&[measure(&one, &other)], 0.99, 0.5);
        let change = &compared.changes[0];
        assert_eq!(change.pairing, HostPairing::Groups);
        assert!(!change.is_significant && change.probability > 0.5);
    }

    /// By hand: 2 / 2^n must be at most 0.01 / 2, so n is 9 for one key of pairs; 2 / C(2n, n) of
    /// groups is 2 / 924 for 6 a side and 2 / 252 for 5.
    #[test]
    fn too_few_hosts_are_told() {
        let few = [Some(1.0), Some(2.0), Some(3.0)];
        let more = few.map(|value| value.map(|value| value * 1000.0));
        let compared = CohortComparison::new(&[measure(&few, &more)], 0.99, 0.5);
        assert_eq!(compared.hosts_wanted(), Some(WantedHosts::Pairs(9)));
        assert_eq!(compared.bars[0], None);
        assert_eq!(compared.changes[0].detectable, None);
        let none = [None; 3];
        let (before, after) = ([few, none].concat(), [none, more].concat());
        let compared = CohortComparison::new(&[measure(&before, &after)], 0.99, 0.5);
        assert_eq!(compared.hosts_wanted(), Some(WantedHosts::EachSide(6)));
    }
}
