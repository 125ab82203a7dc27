//! What a page is made of.

use crate::analysis::Profile;
use crate::analysis::threads::ThreadTimes;
use crate::before_after::SideRole;
use crate::diff::Comparison;
use crate::kvm::advice::{Evidence, RuleFinding};
use crate::kvm::exit::{Dimension, TimeSlices};
use crate::report::exits::{ExitAnswer, ExitGraphRequest, ExitWidth, graph_views};
use crate::report::table::TableReport;
use crate::units::Timestamp;

/// A report that is to be written. Texts may be hostile; they are made safe.
#[derive(Debug)]
pub struct ReportPage<'p> {
    /// What stands above all.
    pub title: &'p str,
    /// One capture, or that of before and that of after.
    pub sides: Vec<PageSide<'p>>,
    /// What changed between them, or why that cannot be told; `None` of one capture.
    pub comparison: Option<Result<&'p Comparison, String>>,
    /// The arguments that asked for the report.
    pub arguments: &'p [String],
}

/// What is known of one capture.
#[derive(Debug)]
pub struct PageSide<'p> {
    /// Which of two it is; `None` where there is one.
    pub role: Option<SideRole>,
    /// The capture, as the user knows it.
    pub source: &'p str,
    /// What it is of, in one line.
    pub subtitle: String,
    /// Its samples by stacks, with threads and slices of time kept apart, or why there are none.
    pub profile: Result<&'p Profile, String>,
    /// How long threads ran, or why that is not known.
    pub threads: Result<&'p ThreadTimes, String>,
    /// Its exits, told apart by [`page_views`].
    pub exits: ExitAnswer<'p>,
    /// The slices of [`page_views`]; `None` where there are no times.
    pub slices: Option<TimeSlices>,
    /// What makes its VMs slow.
    pub advice: SideAdvice<'p>,
    /// What it is: machine, events, records, names.
    pub provenance: TableReport,
    /// What should be known before any of it is believed.
    pub warnings: Vec<String>,
}

/// What rules found.
#[derive(Clone, Copy, Debug)]
pub struct SideAdvice<'p> {
    /// What they looked at.
    pub evidence: &'p Evidence,
    /// What they found.
    pub findings: &'p [RuleFinding],
}

/// What exits are told apart by in the tables of a page, one for each.
pub(super) const TABLES: [Dimension; 9] = [
    Dimension::Reason,
    Dimension::Vcpu,
    Dimension::Device,
    Dimension::Port,
    Dimension::Mmio,
    Dimension::Apic,
    Dimension::Msr,
    Dimension::Cpuid,
    Dimension::Hypercall,
];

/// The picture of exits in a page.
pub(super) const fn graph_of(slices: Option<TimeSlices>) -> ExitGraphRequest {
    ExitGraphRequest {
        width: ExitWidth::Time,
        has_guest_leaf: false,
        has_kernel_stacks: true,
        slices,
    }
}

/// Into how many slices the time of a capture is cut at most.
const SLICES: u64 = 600;

/// The slices into which a page cuts a capture from its first to its last event; `None` where it tells
/// no times.
pub fn page_slices(times: Option<(Timestamp, Timestamp)>) -> Option<TimeSlices> {
    let (first, last) = times?;
    let span = last.as_nanos().saturating_sub(first.as_nanos());
    Some(TimeSlices {
        origin: first,
        nanos: span.saturating_add(1).div_ceil(SLICES),
    })
}

/// What exits must be told apart by for a page with these slices of time.
pub fn page_views(slices: Option<TimeSlices>) -> Vec<Vec<Dimension>> {
    let mut views: Vec<Vec<Dimension>> = TABLES.into_iter().map(|one| vec![one]).collect();
    views.extend(crate::kvm::advice::wanted_views());
    views.extend(graph_views(graph_of(slices)));
    views
}
