//! Tests by ranks: whatever the distribution of values is, however heavy its tails.
//!
//! Both are exact for few hosts, by counting in how many ways the ranks at hand could have been dealt
//! to the sides; ties keep the mean of their ranks. For more the normal distribution takes their place,
//! with the variance that ties leave and a correction for continuity; far out it tells larger
//! probabilities than there are.
//!
//! Source: Hollander, Wolfe, Chicken: Nonparametric Statistical Methods, 3rd edition, 3.1 and 4.1.

use crate::diff::model::t_two_sided;

/// Up to so many values ranks are counted out.
const EXACT: usize = 40;

/// The outcome of a test by ranks.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct RankOutcome {
    /// Of ranks that lie at least as unevenly where there is no change.
    pub(super) probability: f64,
    /// The smallest that these values could have had, dealt to the sides otherwise.
    pub(super) least: f64,
}

impl RankOutcome {
    /// Nothing can be told.
    const NOTHING: Self = Self {
        probability: 1.0,
        least: 1.0,
    };
}

/// Twice the ranks of values, from 2 on; those of a tie have twice the mean of theirs. The lengths of
/// ties come along, for the variance.
struct Ranks {
    doubled: Vec<usize>,
    ties: Vec<usize>,
}

impl Ranks {
    fn of(values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let mut ranks = Self {
            doubled: vec![0; values.len()],
            ties: Vec::new(),
        };
        let mut first = 0;
        for tie in order.chunk_by(|&a, &b| values[a] == values[b]) {
            // The mean of first + 1, …, first + tie is first + (tie + 1) / 2.
            for &at in tie {
                ranks.doubled[at] = 2 * first + tie.len() + 1;
            }
            ranks.ties.push(tie.len());
            first += tie.len();
        }
        ranks
    }

    /// What ties take from a variance: the sum of t³ − t.
    fn lost(&self) -> f64 {
        let ties = self.ties.iter().map(|&tie| tie as f64);
        ties.map(|tie| tie * tie * tie - tie).sum()
    }
}

/// Whether values of two groups lie apart (Wilcoxon, Mann and Whitney).
pub(super) fn rank_sum(before: &[f64], after: &[f64]) -> RankOutcome {
    let (n, m) = (before.len(), after.len());
    if n == 0 || m == 0 {
        return RankOutcome::NOTHING;
    }
    let ranks = Ranks::of(&[before, after].concat());
    // The smaller group is counted; both tell the same.
    let (own, chosen) = if n <= m {
        (&ranks.doubled[..n], n)
    } else {
        (&ranks.doubled[n..], m)
    };
    let sum: usize = own.iter().sum();
    if n + m <= EXACT {
        return exact(&ways_of_choosing(&ranks.doubled, chosen), sum);
    }
    let (n, m, all) = (n as f64, m as f64, (n + m) as f64);
    let mean = chosen as f64 * (all + 1.0) / 2.0;
    let variance = n * m / 12.0 * (all + 1.0 - ranks.lost() / (all * (all - 1.0)));
    let mut sorted = ranks.doubled.clone();
    sorted.sort_unstable();
    let lowest: usize = sorted.iter().take(chosen).sum();
    let highest: usize = sorted.iter().rev().take(chosen).sum();
    normal(mean, variance, sum, [lowest, highest])
}

/// Whether differences of pairs lie on one side of 0 (Wilcoxon). Those that are 0 tell nothing.
pub(super) fn signed_rank(differences: &[f64]) -> RankOutcome {
    let differences = differences.iter().copied().filter(|&change| change != 0.0);
    let differences: Vec<f64> = differences.collect();
    if differences.is_empty() {
        return RankOutcome::NOTHING;
    }
    let sizes: Vec<f64> = differences.iter().map(|change| change.abs()).collect();
    let ranks = Ranks::of(&sizes);
    let signed = differences.iter().zip(&ranks.doubled);
    let sum = signed
        .filter(|(change, _)| **change > 0.0)
        .map(|(_, &rank)| rank)
        .sum();
    if differences.len() <= EXACT {
        return exact(&ways_of_signs(&ranks.doubled), sum);
    }
    let n = differences.len() as f64;
    let mean = n * (n + 1.0) / 4.0;
    let variance = n * (n + 1.0) * (2.0 * n + 1.0) / 24.0 - ranks.lost() / 48.0;
    normal(mean, variance, sum, [0, ranks.doubled.iter().sum()])
}

/// The part of all ways to choose so many of the ranks that has each sum.
fn ways_of_choosing(ranks: &[usize], chosen: usize) -> Vec<f64> {
    let mut sorted = ranks.to_vec();
    sorted.sort_unstable();
    let most: usize = sorted.iter().rev().take(chosen).sum();
    let mut ways = vec![vec![0.0; most + 1]; chosen + 1];
    ways[0][0] = 1.0;
    for (seen, &rank) in ranks.iter().enumerate() {
        for taken in (0..chosen.min(seen + 1)).rev() {
            let (fewer, more) = ways.split_at_mut(taken + 1);
            let (from, to) = (&fewer[taken], &mut more[0]);
            // No sum of fewer ranks is beyond that of the largest.
            for (to, from) in to.iter_mut().skip(rank).zip(from) {
                *to += from;
            }
        }
    }
    let mut ways = ways.pop().unwrap_or_default();
    let total: f64 = ways.iter().sum();
    ways.iter_mut().for_each(|way| *way /= total);
    ways
}

/// The part of all ways to give the ranks signs whose positive ones have each sum.
fn ways_of_signs(ranks: &[usize]) -> Vec<f64> {
    let all: usize = ranks.iter().sum();
    let mut ways = vec![0.0; all + 1];
    ways[0] = 1.0;
    for &rank in ranks {
        for sum in (0..=all).rev() {
            let from = sum.checked_sub(rank).map_or(0.0, |from| ways[from]);
            ways[sum] = f64::midpoint(ways[sum], from);
        }
    }
    ways
}

/// Twice the smaller tail, of what is and of what could be.
fn exact(ways: &[f64], sum: usize) -> RankOutcome {
    let tails = |at: usize| {
        let below: f64 = ways.iter().take(at + 1).sum();
        let above: f64 = ways.iter().skip(at).sum();
        (2.0 * below.min(above)).min(1.0)
    };
    let lowest = ways.iter().position(|&way| way > 0.0).unwrap_or(0);
    let highest = ways.iter().rposition(|&way| way > 0.0).unwrap_or(0);
    RankOutcome {
        probability: tails(sum),
        least: tails(lowest).min(tails(highest)),
    }
}

/// The same by the normal distribution; sums are of doubled ranks.
fn normal(mean: f64, variance: f64, sum: usize, ends: [usize; 2]) -> RankOutcome {
    if variance <= 0.0 {
        return RankOutcome::NOTHING;
    }
    let probability = |sum: usize| {
        let off = ((sum as f64 / 2.0 - mean).abs() - 0.5).max(0.0);
        // Student's distribution with so many degrees is the normal one.
        t_two_sided(off / variance.sqrt(), 1e9)
    };
    let [lowest, highest] = ends.map(probability);
    RankOutcome {
        probability: probability(sum),
        least: lowest.min(highest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-9 + 1e-6 * expected,
            "{found} is not {expected}"
        );
    }

    /// By hand: of the 20 ways to choose 3 of 6, one has the lowest ranks.
    #[test]
    fn few_values_are_counted_out() {
        let found = rank_sum(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]);
        near(found.probability, 0.1);
        near(found.least, 0.1);
        let found = rank_sum(&[1.0, 2.0, 4.0], &[3.0, 5.0, 6.0]);
        near(found.probability, 0.2);
        // Of 2^5 signs, one has all positive.
        let found = signed_rank(&[1.0, 2.0, 3.0, 4.0, 5.0, 0.0]);
        near(found.probability, 2.0 / 32.0);
        assert_eq!(rank_sum(&[1.0; 4], &[1.0; 9]).probability, 1.0);
        assert_eq!(signed_rank(&[0.0; 9]), RankOutcome::NOTHING);
        assert_eq!(rank_sum(&[], &[1.0]), RankOutcome::NOTHING);
    }

    /// scipy 1.17.1: mannwhitneyu(method="exact"), wilcoxon(method="exact"); with ties all 1716 ways to
    /// choose 7 of 13, counted by itertools.combinations and rankdata.
    #[test]
    fn exact_probabilities_are_those_of_scipy() {
        let before = [0.61, 1.1, 0.25, 3.9, 2.2, 0.07, 1.4, 5.5];
        let after = [1.9, 2.8, 0.9, 7.7, 3.1, 2.05, 6.6];
        near(rank_sum(&before, &after).probability, 0.151_981_351_981_352);
        near(rank_sum(&after, &before).probability, 0.151_981_351_981_352);
        let changes = [0.3, -0.1, 0.9, 1.7, -0.25, 0.45, 2.2, 0.8, 1.05, -0.6];
        near(signed_rank(&changes).probability, 0.048_828_125);
        let before = [1.0, 1.0, 2.0, 3.0, 3.0, 3.0, 4.0];
        let found = rank_sum(&before, &[2.0, 3.0, 4.0, 4.0, 5.0, 5.0]);
        near(found.probability, 0.072_261_072_261_072_26);
        near(found.least, 0.004_662_004_662_004_662);
    }

    /// scipy 1.17.1: mannwhitneyu(method="asymptotic"), wilcoxon(method="asymptotic",
    /// correction=True), of numbers with ties that are made the same way there.
    #[test]
    fn probabilities_of_many_values_are_those_of_scipy() {
        let before: Vec<f64> = (0..25).map(|i| f64::from(i * 37 % 23)).collect();
        let after: Vec<f64> = (0..30).map(|i| f64::from(i * 29 % 31 + 4)).collect();
        near(
            rank_sum(&before, &after).probability,
            0.000_676_650_856_575_435_9,
        );
        let changes = (0..45).map(|i| f64::from(i * 37 % 41 - 15));
        let changes: Vec<f64> = changes.map(|x| if x == 0.0 { 1.0 } else { x }).collect();
        near(signed_rank(&changes).probability, 0.007_712_260_769_911_053);
    }
}
