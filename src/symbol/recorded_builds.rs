//! The build ids that a capture records.

use hashbrown::HashMap;

use crate::space::Timeline;
use crate::units::BuildId;

/// What the build id table calls the kernel itself.
pub(super) const KERNEL_PROPER: &str = "[kernel.kallsyms]";

/// What a capture says of builds: in its records, and in the build id table of its header.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordedBuilds<'a> {
    /// Mapping records may tell the build.
    pub(crate) timeline: &'a Timeline,
    /// The build id table, by recorded name.
    pub(crate) table: &'a HashMap<String, BuildId>,
}

impl<'a> RecordedBuilds<'a> {
    /// The build id of the recorded kernel.
    pub(crate) fn kernel(&self) -> Option<&'a BuildId> {
        let mapping = self.timeline.kernel_proper();
        mapping
            .and_then(|mapping| mapping.build_id.as_ref())
            .or_else(|| kernel_in_table(self.table))
    }
}

/// The build id of the kernel in a build id table.
pub(crate) fn kernel_in_table(table: &HashMap<String, BuildId>) -> Option<&BuildId> {
    table.get(KERNEL_PROPER)
}
