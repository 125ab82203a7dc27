//! Which objects have names, as text: the answer of `info --names`.

use std::fmt::Write as _;

use super::model::CaptureFacts;
use super::remedy::Nameless;
use super::text::without_controls;
use crate::name::{ObjectShare, Unnamed};
use crate::report::remarks::DAMAGED_RECORDS;
use crate::text::grouped;

/// The objects by samples, with how much of each has names, why the rest has none, and what would
/// help.
pub fn names_as_text(facts: &CaptureFacts<'_>) -> String {
    let mut out = String::new();
    let written = write_names(&mut out, facts);
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    without_controls(&out)
}

fn write_names(out: &mut String, facts: &CaptureFacts<'_>) -> std::fmt::Result {
    for warning in facts.warnings() {
        writeln!(out, "warning: {warning}")?;
    }
    if facts.tally.has_damage() {
        writeln!(out, "warning: {DAMAGED_RECORDS}")?;
    }
    if facts.shares.is_empty() {
        return writeln!(out, "no frames of any object");
    }
    writeln!(
        out,
        "{:>12}  {:>7}  {:>7}  object\n{:>12}  frames, each once for each sample",
        "samples", "named", "unnamed", ""
    )?;
    for (share, lacking_names) in facts.shares_with_unnamed() {
        let ObjectShare {
            object,
            samples,
            named,
            unnamed,
        } = share;
        let all = named.saturating_add(*unnamed);
        let (named, lacking) = (percent(*named, all), percent(*unnamed, all));
        writeln!(
            out,
            "{:>12}  {named:>7}  {lacking:>7}  {object}",
            grouped(*samples)
        )?;
        if *unnamed > 0 {
            write_causes(out, facts, share, &lacking_names)?;
        }
    }
    Ok(())
}

/// Why frames of an object have no name, and what would help.
fn write_causes(
    out: &mut String,
    facts: &CaptureFacts<'_>,
    share: &ObjectShare,
    lacking_names: &[&Unnamed],
) -> std::fmt::Result {
    let all = share.named.saturating_add(share.unnamed);
    for unnamed in lacking_names {
        for &(cause, frames) in &unnamed.causes {
            let lacking = percent(frames, all);
            let object = &unnamed.object;
            let path = if *object == share.object {
                String::new()
            } else {
                format!(" ({object})")
            };
            writeln!(out, "{:>12}  {:>7}  {lacking:>7}    {cause}{path}", "", "")?;
            let nameless = Nameless {
                cause,
                build_id: unnamed.build_id.as_ref(),
                release: &facts.release,
            };
            if let Some(remedy) = nameless.remedy() {
                writeln!(out, "{:>34}-> {remedy}", "")?;
            }
        }
    }
    Ok(())
}

/// A share of frames. What is not all is not shown as all, and what is there not as nothing.
fn percent(part: u64, whole: u64) -> String {
    if part == 0 || whole == 0 {
        return "-".to_owned();
    }
    if part == whole {
        return "100 %".to_owned();
    }
    let tenths = u128::from(part) * 1000 / u128::from(whole);
    let tenths = tenths.clamp(1, 999);
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand.
    #[test]
    fn shares_are_neither_all_nor_nothing_by_rounding() {
        let cases = [
            (0, 7, "-"),
            (7, 7, "100 %"),
            (1, 100_000, "0.1 %"),
            (99_999, 100_000, "99.9 %"),
            (1, 3, "33.3 %"),
        ];
        for (part, whole, shown) in cases {
            assert_eq!(percent(part, whole), shown);
        }
    }
}
