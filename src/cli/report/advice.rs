//! What one capture tells, as evidence for advice.

use crate::cli::host_evidence::Beside;
use vmflame::analysis::Profile;
use vmflame::analysis::exits::RecordedExits;
use vmflame::error::Result;
use vmflame::kvm::device::DeviceMap;
use vmflame::perf::Capture;
use vmflame::report::advice::{Evidence, HostFacts, add_recorded, add_stacks, recording};

/// What one capture tells.
pub(super) struct ToldBySide<'t> {
    /// As the user named it.
    pub(super) source: &'t str,
    pub(super) host: &'t HostFacts,
    pub(super) recorded: &'t RecordedExits,
    /// `None`: it has no samples with stacks.
    pub(super) profile: Option<&'t Profile>,
    pub(super) devices: &'t DeviceMap,
}

impl ToldBySide<'_> {
    /// The same as `advise` gathers it, of what is analysed already.
    pub(super) fn evidence(&self, beside: &Beside<'_>, threads: usize) -> Result<Evidence> {
        let mut evidence = Evidence {
            recordings: vec![recording(self.source, self.recorded)],
            ..Evidence::default()
        };
        // Of a single capture nothing contradicts.
        drop(evidence.host.add(self.host, self.source));
        beside.add_host_files(&mut evidence)?;
        if self.recorded.has_tracepoints {
            add_recorded(&mut evidence, 0, self.recorded, self.devices);
        }
        if let (Some(profile), Some(capture)) = (self.profile, beside.capture)
            && tells_time(capture, profile)
        {
            add_stacks(&mut evidence, 0, profile);
        }
        beside.add_vmms(&mut evidence, threads)?;
        Ok(evidence)
    }
}

/// Whether the event of a profile samples time, as clocks and cycles do.
fn tells_time(capture: &Capture, profile: &Profile) -> bool {
    let event = capture.events().get(profile.event);
    event.is_some_and(|event| event.attr.is_clock() || event.attr.is_hardware())
}
