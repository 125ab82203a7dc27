//! A side of a comparison as it was read, and what is said of it.

use vmflame::before_after::SideRole;
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
