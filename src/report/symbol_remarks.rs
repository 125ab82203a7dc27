//! What a run says of names that are missing or doubtful.

use std::collections::{BTreeSet, HashSet};

use super::kernel_remarks::kernel_remarks;
use super::remark::Remark;
use crate::analysis::{Account, Profile};
use crate::name::{DebugReport, ObjectReport, Unnamed};
use crate::symbol::{Runtime, SymbolRequest, Unresolved};
use crate::text::counted;
use crate::units::BuildId;

/// Which names are missing or doubtful, and why.
pub fn symbol_remarks(profile: &Profile, symbols: &SymbolRequest) -> Vec<Remark> {
    let mut remarks = kernel_remarks(profile, symbols);
    let missed = missed(&profile.account);
    for report in &missed {
        for refused in &report.refused {
            let found = match &refused.found {
                Some(found) => found.to_string(),
                None => "none".to_owned(),
            };
            let (path, wanted) = (refused.path.display(), &refused.wanted);
            remarks.push(Remark::Warning(format!(
                "{path} not used: build id {found}, recorded {wanted}"
            )));
        }
        let broken = report.broken.iter();
        remarks.extend(broken.map(|broken| Remark::Warning(broken.with_causes())));
        if let Some(debug) = &report.debug {
            remarks.extend(debug_remarks(&report.path, debug));
        }
    }
    let mut lost = missed.iter().filter_map(|report| report.debug.as_ref());
    if lost.any(|debug| !debug.lost.is_empty()) {
        remarks.push(Remark::Hint(
            "such files are looked for beside the object, in --debug-dir and where they were compiled",
        ));
    }
    let runtimes = missed.iter().filter_map(|report| report.runtime);
    let runtimes: BTreeSet<Runtime> = runtimes.collect();
    let hints = runtimes.into_iter().map(Runtime::hint);
    remarks.extend(hints.map(Remark::Hint));
    remarks.extend(of_other_files(&profile.account));
    if profile.text_pokes > 0 {
        remarks.push(Remark::Warning(format!(
            "the kernel changed its code in {} while recording; names there may be of other code",
            counted(profile.text_pokes as u64, "place")
        )));
    }
    remarks
}

/// What an object's debug information lacks.
fn debug_remarks(path: &str, debug: &DebugReport) -> Vec<Remark> {
    let mut remarks = Vec::new();
    if debug.unreadable > 0 {
        let addresses = counted(debug.unreadable, "address");
        remarks.push(Remark::Warning(format!(
            "{path}: debug information of {addresses} cannot be read: no inlined functions there"
        )));
    }
    let lost = lost_units(debug);
    remarks.extend(lost.map(|lost| Remark::Warning(format!("{path}: {lost}"))));
    remarks
}

/// How many files that are not to be had are named.
const SHOWN_LOST: usize = 2;

/// What of debug information is not to be had, and why; `None` when nothing is missing.
pub(super) fn lost_units(debug: &DebugReport) -> Option<String> {
    let (shown, others) = debug.lost.split_at(debug.lost.len().min(SHOWN_LOST));
    let shown: Vec<String> = shown.iter().map(ToString::to_string).collect();
    let more = match others.len() {
        0 => String::new(),
        others => format!(", and {others} more"),
    };
    let files = counted(debug.lost.len() as u64, "source file");
    (!shown.is_empty()).then(|| {
        format!(
            "no inlined functions of {files} whose debug information lies apart: {}{more}",
            shown.join(", ")
        )
    })
}

/// How many files of debug information are named.
const SHOWN_DEBUG_FILES: usize = 4;

/// By which files inlined functions are shown; `None` when there are none.
pub fn inlined_by(profile: &Profile) -> Option<String> {
    let files = profile.account.objects.iter();
    let files: Vec<String> = files
        .filter_map(|object| object.debug.as_ref())
        .map(|debug| debug.file.display().to_string())
        .collect();
    let (shown, others) = files.split_at(files.len().min(SHOWN_DEBUG_FILES));
    let more = match others.len() {
        0 => String::new(),
        others => format!(" and {others} more"),
    };
    (!shown.is_empty()).then(|| {
        let shown = shown.join(", ");
        format!("inlined functions are shown by debug information of {shown}{more}")
    })
}

/// Objects whose path leads, or led, to another file than the one that ran.
fn of_other_files(account: &Account) -> Vec<Remark> {
    let is_other = |unnamed: &&Unnamed| {
        let mut causes = unnamed.causes.iter();
        causes.any(|(cause, _)| *cause == Unresolved::OtherFile)
    };
    let mut objects = account.unnamed.iter().filter(is_other);
    let Some(first) = objects.next() else {
        return Vec::new();
    };
    let others = objects.count() as u64;
    let others = if others == 0 {
        String::new()
    } else {
        format!(" (and {others} more)")
    };
    vec![
        Remark::Warning(format!(
            "{}{others}: the file at its path is not, or may not be, the one that ran; its names \
             would be wrong",
            first.object
        )),
        Remark::Hint("record the build of each mapped file: perf record --buildid-mmap"),
    ]
}

/// The objects of which stacks that passed the filters have frames; of one whose file was found that
/// does not matter.
fn missed(account: &Account) -> Vec<&ObjectReport> {
    let unnamed = account.unnamed.iter();
    let unnamed: HashSet<(&str, Option<&BuildId>)> = unnamed
        .map(|unnamed| (&*unnamed.object, unnamed.build_id.as_ref()))
        .collect();
    let is_missed = |report: &&ObjectReport| {
        report.outcome.is_ok() || unnamed.contains(&(&*report.path, report.build_id.as_ref()))
    };
    account.objects.iter().filter(is_missed).collect()
}
