//! A side of a comparison as it was read, and what is said of it.

use vmflame::before_after::{SideRole, Sides};
use vmflame::diff::Side;
use vmflame::input::Input;
use vmflame::perf::Capture;
use vmflame::report::remarks;
use vmflame::report::remarks::Remark;

/// A side as it was read.
pub(super) struct ReadSide {
    pub(super) side: Side,
    /// What the user should know of it, line by line.
    pub(super) remarks: Vec<String>,
    pub(super) is_damaged: bool,
}

/// Leaves of a side only its exits where the other has nothing else: what a tracer wrote.
pub(super) fn with_exits_alone(sides: Sides<ReadSide>) -> Sides<ReadSide> {
    let alone = sides.each_ref().map(|read| read.side.is_exits_alone());
    let Sides { before, after } = sides;
    let evened = |read: ReadSide, role: SideRole, is_other_alone: bool| {
        let ReadSide { side, .. } = &read;
        if !is_other_alone || side.is_exits_alone() || side.exits.is_none() {
            return read;
        }
        let [role, other] = [role, role.other()].map(SideRole::as_str);
        let mut remarks = read.remarks;
        remarks.push(format!(
            "{role}: only its VM exits are compared: the {other} side tells nothing else"
        ));
        ReadSide {
            side: read.side.exits_alone(),
            remarks,
            ..read
        }
    };
    Sides {
        before: evened(before, SideRole::Before, alone.after),
        after: evened(after, SideRole::After, alone.before),
    }
}

/// What is damaged in the file itself.
pub(super) fn damage(input: &Input, capture: &Capture) -> Vec<Remark> {
    let anomalies = capture.anomalies();
    let texts = anomalies.iter().map(remarks::describe);
    let of_archives = remarks::of_archives(input);
    of_archives.chain(texts.map(Remark::Warning)).collect()
}

/// Remarks on one side, as they are printed.
pub(super) fn said_of(role: SideRole, remarks: &[Remark]) -> Vec<String> {
    let role = role.as_str();
    let said = remarks.iter().map(|remark| match remark {
        Remark::Warning(text) => format!("warning: {role}: {text}"),
        Remark::Hint(text) => format!("hint: {role}: {text}"),
    });
    said.collect()
}
