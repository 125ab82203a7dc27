//! The lines of an engine, answer by answer.

use serde_json::Value;

use crate::dataset::AnswerMark;

/// A row of an answer.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::report::dataset) struct AnswerRow(Value);

impl AnswerRow {
    pub(super) fn value(&self, column: &str) -> Option<&Value> {
        self.0.get(column).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, column: &str) -> Option<&str> {
        self.value(column)?.as_str()
    }

    pub(super) fn int(&self, column: &str) -> Option<i64> {
        self.value(column)?.as_i64()
    }

    /// A count; 0 where the row has none.
    pub(super) fn count(&self, column: &str) -> u64 {
        let count = self.value(column).and_then(Value::as_u64);
        count.unwrap_or_default()
    }

    pub(super) fn number(&self, column: &str) -> Option<f64> {
        self.value(column)?.as_f64()
    }
}

/// What an engine answers to a script of a cohort.
#[derive(Clone, PartialEq, Debug)]
pub struct EngineAnswers(Vec<Vec<AnswerRow>>);

impl EngineAnswers {
    /// Reads what an engine printed; `None` where it is no such thing, or less than `expected` answers.
    pub fn parse(text: &str, expected: usize) -> Option<Self> {
        let mut answers = Vec::new();
        let mut rows = Vec::new();
        for line in text.lines() {
            let row: Value = serde_json::from_str(line).ok()?;
            if row.get(AnswerMark::COLUMN).is_some() {
                answers.push(std::mem::take(&mut rows));
            } else {
                rows.push(AnswerRow(row));
            }
        }
        (rows.is_empty() && answers.len() == expected).then_some(Self(answers))
    }

    /// The rows of an answer; none of one that was not asked for.
    pub(super) fn rows(&self, answer: usize) -> &[AnswerRow] {
        self.0.get(answer).map_or(&[], Vec::as_slice)
    }

    /// Whether a question had so many answers.
    pub(super) const fn has(&self, answer: usize) -> bool {
        answer < self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer without rows is one, and one that was cut off is none.
    #[test]
    fn answers_end_with_their_marks() {
        let text =
            "{\"a\":1}\n{\"a\":null}\n{\"vmflame_answer_ends\":0}\n{\"vmflame_answer_ends\":1}\n";
        let answers = EngineAnswers::parse(text, 2).unwrap();
        assert_eq!((answers.rows(0).len(), answers.rows(1).len()), (2, 0));
        assert_eq!(answers.rows(0)[0].int("a"), Some(1));
        assert_eq!(answers.rows(0)[1].value("a"), None);
        for cut in [text.len() - 1, 10] {
            let text = &text[..cut];
            assert!(EngineAnswers::parse(text, 2).is_none() || cut == text.len());
        }
        assert!(EngineAnswers::parse("{\"a\":1}\n", 1).is_none());
        assert!(EngineAnswers::parse("no json\n", 0).is_none());
    }
}
