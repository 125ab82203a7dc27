//! The one table of thresholds.

/// The table; its head explains the columns.
const TABLE: &str = include_str!("thresholds.tsv");

/// A line of the table.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RuleThreshold {
    /// The rule's name.
    pub rule: &'static str,
    /// What is compared.
    pub quantity: &'static str,
    /// From this value on the rule speaks, in the unit.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// Why that value; `-`: as the head says.
    pub why: &'static str,
}

/// Reads a line; `None` for a comment and what is no line of the table.
fn parse(line: &'static str) -> Option<RuleThreshold> {
    if line.starts_with('#') {
        return None;
    }
    let mut columns = line.split('\t');
    Some(RuleThreshold {
        rule: columns.next()?,
        quantity: columns.next()?,
        value: columns.next()?.parse().ok()?,
        unit: columns.next()?,
        why: columns.next()?,
    })
}

/// All lines.
pub(super) fn thresholds() -> impl Iterator<Item = RuleThreshold> {
    TABLE.lines().filter_map(parse)
}

/// The lines of a rule.
pub fn thresholds_of(rule: &'static str) -> impl Iterator<Item = RuleThreshold> {
    thresholds().filter(move |line| line.rule == rule)
}

/// The value of a rule's quantity; `None` when the rule does not look at it.
pub(super) fn threshold(rule: &str, quantity: &str) -> Option<f64> {
    let mut lines = thresholds();
    let found = lines.find(|line| line.rule == rule && line.quantity == quantity)?;
    Some(found.value)
}

/// Fewer exits are chance.
pub(super) fn least_exits() -> f64 {
    threshold("all", "least").unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_read() {
        let lines = TABLE.lines().filter(|line| !line.starts_with('#'));
        assert_eq!(lines.count(), thresholds().count());
        assert_eq!(threshold("pm-timer", "rate"), Some(1000.0));
        assert_eq!(threshold("pm-timer", "lost"), None);
        assert_eq!(threshold("all", "least"), Some(20.0));
    }
}
