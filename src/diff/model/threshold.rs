//! Which of many questions have a significant answer.

/// A question of a family: its probability, and the smallest one that it could have had.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    /// Of a change of at least this size where there is none.
    pub(crate) probability: f64,
    /// The smallest that any outcome with as many samples could have.
    pub(crate) least: f64,
}

/// Which questions of a family have a significant answer.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Threshold {
    /// Number of questions that could have a significant answer at all.
    pub(crate) asked: usize,
    /// The largest probability that is significant; below 0 when none is.
    largest: f64,
    /// Questions that cannot reach this are not asked.
    bar: f64,
}

impl Threshold {
    /// Holm's procedure over the questions that can be answered at all (Tarone).
    pub(crate) fn of(questions: &[Question], rate: f64) -> Self {
        let mut least: Vec<f64> = questions.iter().map(|question| question.least).collect();
        least.sort_unstable_by(f64::total_cmp);
        // The smallest number k of questions such that at most k of them could reach rate / k.
        let mut asked = 1;
        while least.partition_point(|&p| p <= rate / asked as f64) > asked {
            asked += 1;
        }
        let bar = rate / asked as f64;
        let possible = questions.iter().filter(|question| question.least <= bar);
        let mut found: Vec<f64> = possible.map(|question| question.probability).collect();
        found.sort_unstable_by(f64::total_cmp);
        let mut largest = -1.0;
        for (rank, &probability) in found.iter().enumerate() {
            if probability > rate / (asked.saturating_sub(rank).max(1)) as f64 {
                break;
            }
            largest = probability;
        }
        Self {
            asked,
            largest,
            bar,
        }
    }

    /// Whether an answer of this probability can be significant.
    pub(crate) fn may_pass(&self, probability: f64) -> bool {
        probability <= self.largest
    }

    /// Whether the answer is significant.
    pub(crate) fn passes(&self, question: Question) -> bool {
        question.least <= self.bar && question.probability <= self.largest
    }
}
