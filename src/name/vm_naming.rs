//! Who tells what VMs are called.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::perf::Capture;
use crate::units::Pid;

/// What VMMs call the VMs of a capture, by their processes; those of which nothing tells it are left out.
type VmNameSource = dyn Fn(&Capture) -> BTreeMap<Pid, String> + Send + Sync;

/// Whom to ask what the VMs of a capture are called; nobody unless told otherwise.
///
/// Asked where a capture has several VMs, and no more than once: to look for them among the processes of
/// a machine takes time, a hundred of which are a millisecond.
#[derive(Clone, Default)]
pub struct VmNaming {
    told: Option<Arc<VmNameSource>>,
}

impl VmNaming {
    /// Asks nobody: VMs have no names.
    pub(crate) const NONE: &Self = &Self { told: None };

    /// Asks `told`.
    pub fn by(told: impl Fn(&Capture) -> BTreeMap<Pid, String> + Send + Sync + 'static) -> Self {
        let told: Arc<VmNameSource> = Arc::new(told);
        Self { told: Some(told) }
    }

    /// What the VMs of a capture are called.
    pub(super) fn names(&self, capture: &Capture) -> BTreeMap<Pid, String> {
        self.told
            .as_ref()
            .map_or_else(BTreeMap::new, |told| told(capture))
    }
}

impl fmt::Debug for VmNaming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VmNaming")
            .field("is_told", &self.told.is_some())
            .finish()
    }
}
