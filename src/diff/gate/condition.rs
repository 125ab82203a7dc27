//! Conditions that fail a build: `exit:pio > +2pt`.
//!
//! ```text
//! condition = quantity comparison amount
//! quantity  = "total" | "exits" | TAG | "frame:" NAME | "self:" NAME
//!           | "event:" NAME [ "/s" ] | EXITS [ "/s" ] | TIME EXITS
//!           | "ready-time" [ ":" VCPUS ]
//! EXITS     = "exit-reason:" NAME | KIND ":" NUMBER
//! KIND      = "port" | "mmio" | "apic" | "msr" | "cpuid" | "hypercall"
//! NUMBER    = "0x" HEX | one decimal digit
//! TIME      = "exit-p50:" | "exit-p90:" | "exit-p99:" | "exit-p99.9:" | "exit-max:" in
//!             microseconds | "exit-time:" in milliseconds for each second; "exit-reason:" may be
//!             left out behind it
//! VCPUS     = "vcpu" NUMBER | PID | PID "/" NUMBER
//! comparison = ">" | ">=" | "<" | "<="
//! amount    = SIGN NUMBER "pt"       a change of the value, in its own unit (points for shares)
//!           | SIGN NUMBER "%"        a change in percent of the value before
//!           | NUMBER [ "%" ]         the value after
//! ```
//! A change that is not significant trips no condition on changes, unless all changes are to
//! count. What was recorded and does not occur is 0; of what was not measured on a side nothing can
//! be said, see [`Verdict::Unjudged`]. `device:NAME` is kept for exits.

use std::fmt;

#[cfg(feature = "fleet")]
use super::cohort_value;
use super::compared_values::ComparedValues;
use super::exit_value::ExitQuantity;
use super::value::{GateQuantity, find};
use crate::before_after::Sides;
#[cfg(feature = "fleet")]
use crate::diff::cohort::{CohortComparison, CohortKey};
use crate::diff::comparison::{Comparison, Subject};
use crate::diff::exits::ReadyOf;
use crate::stack::Tag;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Test {
    Above,
    AtLeast,
    Below,
    AtMost,
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Amount {
    /// The change of the value.
    Change(f64),
    /// The change in parts of the value before.
    Relative(f64),
    /// The value after.
    Level(f64),
}

/// A condition; when it holds, the gate trips.
#[derive(Clone, PartialEq, Debug)]
pub struct Gate {
    text: String,
    quantity: GateQuantity,
    test: Test,
    amount: Amount,
}

/// What became of a condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It holds, for this reason.
    Tripped(String),
    /// It would hold, but the change is within the noise.
    WithinNoise(String),
    /// It does not hold.
    Passed(String),
    /// What it is about was not measured on a side, for this reason.
    Unjudged(String),
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Gate {
    /// Reads a condition.
    ///
    /// # Errors
    /// When `text` is none; the message says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let at = text
            .rfind(['<', '>'])
            .ok_or_else(|| format!("{text:?} compares nothing: write {EXAMPLE}"))?;
        let (quantity, rest) = text.split_at(at);
        let (test, amount) = match (rest.strip_prefix(">="), rest.strip_prefix("<=")) {
            (Some(rest), _) => (Test::AtLeast, rest),
            (None, Some(rest)) => (Test::AtMost, rest),
            (None, None) => match rest.strip_prefix('>') {
                Some(rest) => (Test::Above, rest),
                None => (Test::Below, rest.trim_start_matches('<')),
            },
        };
        let quantity = parse_quantity(quantity.trim())?;
        let amount = parse_amount(amount.trim())?;
        Ok(Self {
            text: text.trim().to_owned(),
            quantity,
            test,
            amount,
        })
    }

    /// Whether it is about VM exits or vCPUs, which tracepoints tell.
    pub const fn is_of_exits(&self) -> bool {
        matches!(
            self.quantity,
            GateQuantity::Exit(_) | GateQuantity::Ready(_)
        )
    }

    /// Holds the condition against a comparison; `any_change` lets changes count that are within
    /// the noise.
    pub fn check(&self, comparison: &Comparison, any_change: bool) -> Verdict {
        self.judge(find(comparison, &self.quantity), any_change)
    }

    /// What the condition is about, where cohorts are compared.
    ///
    /// # Errors
    /// When cohorts do not tell it: why.
    #[cfg(feature = "fleet")]
    pub fn cohort_key(&self) -> Result<CohortKey, String> {
        cohort_value::key_of(&self.quantity)
    }

    /// Holds the condition against a comparison of cohorts.
    #[cfg(feature = "fleet")]
    pub fn check_cohorts(&self, comparison: &CohortComparison, any_change: bool) -> Verdict {
        self.judge(cohort_value::find(comparison, &self.quantity), any_change)
    }

    fn judge(&self, found: Result<ComparedValues, String>, any_change: bool) -> Verdict {
        let found = match found {
            Ok(found) => found,
            Err(reason) => return Verdict::Unjudged(format!("{}: {reason}", self.text)),
        };
        let reason = |more: &str| format!("{}: {}{more}", self.text, found.words);
        let is_level = matches!(self.amount, Amount::Level(_));
        match (self.holds(&found), found.is_significant) {
            (true, true) => Verdict::Tripped(reason("")),
            (false, true) => Verdict::Passed(reason("")),
            (true, false) if is_level => Verdict::Tripped(reason(
                "; the change is within the noise, and it is the value after that counts",
            )),
            (true, false) if any_change => {
                Verdict::Tripped(reason(", within the noise, which counts here"))
            }
            (true, false) => Verdict::WithinNoise(reason(", within the noise")),
            (false, false) => Verdict::Passed(reason(", within the noise")),
        }
    }

    fn holds(&self, found: &ComparedValues) -> bool {
        let Sides { before, after } = found.values;
        let (value, bound) = match self.amount {
            Amount::Change(bound) => (after - before, bound),
            Amount::Level(bound) => (after, bound),
            Amount::Relative(bound) if before > 0.0 => ((after - before) / before, bound),
            // From nothing to something is more than any percentage.
            Amount::Relative(bound) if after > 0.0 => (f64::INFINITY, bound),
            Amount::Relative(bound) => (0.0, bound),
        };
        match self.test {
            Test::Above => value > bound,
            Test::AtLeast => value >= bound,
            Test::Below => value < bound,
            Test::AtMost => value <= bound,
        }
    }
}

const EXAMPLE: &str = "'exit:pio > +2pt', 'event:kvm:kvm_exit/s > +10%' or 'frame:NAME > +1pt'";

fn parse_quantity(text: &str) -> Result<GateQuantity, String> {
    let named = |name: &str| {
        let name = name.trim();
        if name.is_empty() {
            return Err(format!("{text:?} names nothing: write {EXAMPLE}"));
        }
        Ok(name.to_owned())
    };
    if let Some(exits) = ExitQuantity::parse(text) {
        return exits.map(GateQuantity::Exit);
    }
    if let Some(ready) = ReadyOf::parse(text) {
        return ready.map(GateQuantity::Ready);
    }
    if let Some(name) = text.strip_prefix("frame:") {
        return named(name).map(GateQuantity::Frame);
    }
    if let Some(name) = text.strip_prefix("self:") {
        return named(name).map(GateQuantity::Own);
    }
    if let Some(name) = text.strip_prefix("event:") {
        let (name, is_rate) = match name.strip_suffix("/s") {
            Some(name) => (name, true),
            None => (name, false),
        };
        return named(name).map(|name| GateQuantity::Event { name, is_rate });
    }
    if ["reason:", "time:"]
        .iter()
        .any(|kind| text.starts_with(kind))
    {
        return Err(format!("{text:?}: write exit-{text}"));
    }
    if text.starts_with("device:") {
        return Err(format!("{text:?}: exits are not compared by device yet"));
    }
    match text {
        "total" => Ok(GateQuantity::Head(Subject::Total)),
        "exits" => Ok(GateQuantity::Head(Subject::Exits)),
        tag => Tag::from_name(tag)
            .map(|tag| GateQuantity::Head(Subject::Tag(tag)))
            .ok_or_else(|| format!("{text:?} is no tag and no quantity: write {EXAMPLE}")),
    }
}

fn parse_amount(text: &str) -> Result<Amount, String> {
    let wrong = || format!("{text:?} is no amount: write +2pt, -10% or 5%");
    let is_signed = text.starts_with(['+', '-']);
    let (number, unit) = match text.find(|c: char| !matches!(c, '+' | '-' | '.' | '0'..='9')) {
        Some(at) => (&text[..at], text[at..].trim()),
        None => (text, ""),
    };
    let number: f64 = number.trim().parse().map_err(|_| wrong())?;
    match (is_signed, unit) {
        (true, "pt" | "") => Ok(Amount::Change(number)),
        (true, "%") => Ok(Amount::Relative(number / 100.0)),
        (false, "%" | "") => Ok(Amount::Level(number)),
        (false, "pt") => Err(format!(
            "{text:?} lacks a sign: write +{text} for an increase"
        )),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_read_as_documented() {
        let gate = Gate::parse("exit:pio > +2pt").unwrap();
        assert_eq!(
            gate.quantity,
            GateQuantity::Head(Subject::Tag(Tag::ExitPio))
        );
        assert_eq!((gate.test, gate.amount), (Test::Above, Amount::Change(2.0)));
        let gate = Gate::parse("event:kvm:kvm_exit/s >= +10%").unwrap();
        let name = "kvm:kvm_exit".to_owned();
        let is_rate = true;
        assert_eq!(gate.quantity, GateQuantity::Event { name, is_rate });
        assert_eq!(
            (gate.test, gate.amount),
            (Test::AtLeast, Amount::Relative(0.1))
        );
        let gate = Gate::parse("frame:a::b<c> > +1 pt").unwrap();
        assert_eq!(gate.quantity, GateQuantity::Frame("a::b<c>".to_owned()));
        assert_eq!(gate.amount, Amount::Change(1.0));
        let gate = Gate::parse("guest<50%").unwrap();
        assert_eq!((gate.test, gate.amount), (Test::Below, Amount::Level(50.0)));
    }

    /// Tables say `0x608`: taken for a decimal number, `port:608` was port 0x260 and never tripped.
    #[test]
    fn numbers_of_registers_are_hexadecimal_or_refused() {
        for text in ["port:0x608/s > 1", "port:0X608 > 1", "hypercall:9 > +1"] {
            assert!(Gate::parse(text).is_ok(), "{text}");
        }
        for text in [
            "port:608 > 1",
            "exit-p99:msr:10 > 1",
            "port:timer > 1",
            "apic:b0 > 1",
        ] {
            assert!(Gate::parse(text).is_err(), "{text}");
        }
        let wrong = Gate::parse("port:608/s > 1").unwrap_err();
        assert!(wrong.contains("port:0x608, or port:0x260"), "{wrong}");
    }

    #[test]
    fn what_is_no_condition_is_told_so() {
        for text in [
            "",
            "exit:pio",
            "exit:poi > +2pt",
            "frame: > +1pt",
            "total > x",
            "total > 2pt",
            "reason:HLT > +1pt",
            "total > +2 pints",
        ] {
            assert!(Gate::parse(text).is_err(), "{text}");
        }
    }
}
