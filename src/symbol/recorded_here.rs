//! Whether this machine made a capture.
//!
//! perf writes build ids only of objects that held a sample's own address, so that a library which
//! always calls another has none; its file can be trusted nowhere else.

use super::request::LiveKernel;
use crate::bytes::with_order;
use crate::perf::{Capture, Feature};
use crate::units::{BuildId, Timestamp};

/// How far the clock of the recorded times and the one of the running kernel may be apart, besides
/// the part below: the recorder's last samples, and the last writing.
const SLACK_NANOS: u64 = 10_000_000_000;
/// Recorded times are those of the CPU's own clock, which nobody corrects. The kernel's time runs
/// up to 500 parts in a million faster or slower.
///
/// Source: `MAXFREQ`, include/linux/timex.h, Linux 6.18.
pub(super) const SLACK_PART: u64 = 2000;

/// What speaks for the machine that runs as the one that made the capture.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RecordedHere {
    /// Nothing, or something speaks against it.
    No,
    /// The build id of its kernel, and its name.
    ByBuildId,
    /// Its name, the release of its kernel, and that it was up for as long as the times of the
    /// last samples say when the capture was written. For captures that do not tell their kernel's
    /// build id: perf writes none into a pipe, and none where an unprivileged user may not record
    /// the kernel.
    ByCircumstances,
}

impl RecordedHere {
    /// `kernel` is the build id of the recorded kernel, `last` the time of the last sample.
    pub(crate) fn find(
        capture: &Capture,
        kernel: Option<&BuildId>,
        last: Option<Timestamp>,
        live: Option<&LiveKernel>,
    ) -> Self {
        let text =
            |feature| with_order!(capture.endian(), O => capture.features().string::<O>(feature));
        let is_same = |feature, own: &str| text(feature).is_some_and(|text| text == own);
        let Some(live) = live.filter(|live| is_same(Feature::HOSTNAME, &live.host_name)) else {
            return Self::No;
        };
        match kernel {
            Some(recorded) if *recorded == live.build_id => Self::ByBuildId,
            None if is_same(Feature::OSRELEASE, &live.release)
                && last.is_some_and(|last| was_written_at(last, live)) =>
            {
                Self::ByCircumstances
            }
            Some(_) | None => Self::No,
        }
    }
}

/// Whether the input was written when the running kernel had been up for that long.
pub(crate) fn was_written_at(last: Timestamp, live: &LiveKernel) -> bool {
    live.input_written.is_some_and(|written| {
        let apart = last.as_nanos().abs_diff(written.as_nanos());
        apart <= SLACK_NANOS.saturating_add(written.as_nanos() / SLACK_PART)
    })
}
