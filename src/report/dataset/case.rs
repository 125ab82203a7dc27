//! What rows are made of.

use crate::analysis::Profile;
use crate::analysis::exits::RecordedExits;
use crate::dataset::ContentHash;
use crate::input::Opened;
use crate::kvm::advice::{Evidence, RuleFinding};
use crate::kvm::device::DeviceMap;
use crate::kvm::exit::{Dimension, View};
use crate::perf::Capture;
use crate::report::advice::wanted_views;

/// Where a case comes from.
#[derive(Clone, Copy, Debug)]
pub struct CaseOrigin<'r> {
    /// Its id: [`content_of`].
    pub capture: i64,
    /// The path that was given.
    pub source: &'r str,
    /// When it was recorded, in seconds since 1970.
    pub recorded_at: u64,
    /// What tells that: `option` or `file`.
    pub recorded_by: &'r str,
    /// Whether something of it could not be read.
    pub is_damaged: bool,
}

/// What rows are made of.
#[derive(Clone, Copy, Debug)]
pub struct CaseAnswer<'r> {
    /// Where it comes from.
    pub origin: CaseOrigin<'r>,
    /// `None`: it is no perf.data.
    pub capture: Option<&'r Capture>,
    /// Its exits, asked for by [`case_views`].
    pub recorded: &'r RecordedExits,
    /// Its stacks by thread, weighed by periods; `None` without samples of time.
    pub profile: Option<&'r Profile>,
    /// What is known of its host and its VMs.
    pub evidence: &'r Evidence,
    /// What the rules found.
    pub findings: &'r [RuleFinding],
    /// What devices are called.
    pub devices: &'r DeviceMap,
}

/// What exits must be told apart by: what rows are made of, and what rules want beside the views by VM
/// that these tell as well ([`add_views_by_vm`](crate::kvm::exit::ExitSurvey::add_views_by_vm)).
pub fn case_views() -> Vec<Vec<Dimension>> {
    let mut views: Vec<Vec<Dimension>> = OWN_VIEWS.iter().map(|view| view.to_vec()).collect();
    let told = |wanted: &[Dimension]| {
        OWN_VIEWS.iter().any(|view| {
            let by_vm = view.iter().map(|one| one.by_vm());
            by_vm.eq(wanted.iter().copied())
        })
    };
    views.extend(wanted_views().into_iter().filter(|view| !told(view)));
    views
}

/// What rows of exits are made of.
const OWN_VIEWS: [&[Dimension]; 2] = [
    &[Dimension::Vcpu, Dimension::Reason],
    &[Dimension::Vcpu, Dimension::Reason, Dimension::Register],
];

/// The views of [`OWN_VIEWS`]; `None` where they were not asked for.
pub(super) fn own_views(recorded: &RecordedExits) -> Option<[&View; 2]> {
    let find = |wanted: &[Dimension]| {
        let mut views = recorded.survey.views().iter();
        views.find(|view| view.dimensions() == wanted)
    };
    Some([find(OWN_VIEWS[0])?, find(OWN_VIEWS[1])?])
}

/// The id of what was opened: the hash of its bytes, after compression around them was removed.
pub fn content_of(opened: &Opened) -> i64 {
    let mut hash = ContentHash::default();
    match opened {
        Opened::Capture(capture) => capture.contents().for_each(|bytes| hash.add(bytes)),
        Opened::TraceDat(trace) => hash.add(trace.contents()),
        Opened::TraceText(text) => hash.add(text.contents()),
        // No case is made of it.
        Opened::Text(text) => hash.add(text.path().as_os_str().as_encoded_bytes()),
    }
    hash.finish()
}

/// Whether a case tells anything that a dataset holds.
pub fn has_rows(answer: &CaseAnswer<'_>) -> bool {
    answer.profile.is_some() || answer.recorded.has_tracepoints
}
