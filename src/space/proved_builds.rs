//! Builds of mappings that the machine's files prove.

use hashbrown::HashMap;

use crate::units::{BuildId, FilePosition};

/// The builds of mappings that records do not tell, and the file that was mapped does, which is still
/// there as it was.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProvedBuilds {
    /// By the position of the mapping's record.
    of_records: HashMap<FilePosition, BuildId>,
}

impl ProvedBuilds {
    /// Adds the build of the mapping whose record lies there.
    pub(crate) fn add(&mut self, record: FilePosition, build_id: BuildId) {
        self.of_records.insert(record, build_id);
    }

    pub(super) fn of_record(&self, position: FilePosition) -> Option<&BuildId> {
        self.of_records.get(&position)
    }
}
