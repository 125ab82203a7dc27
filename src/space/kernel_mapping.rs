//! Objects of the kernel.

use crate::units::{Avma, BuildId};

/// A kernel object, as a mapping record of the kernel states it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KernelMapping {
    /// First address.
    pub(crate) start: Avma,
    /// First address behind.
    pub(crate) end: Avma,
    /// `[kernel.kallsyms]_text`, `[kvm]`, `/lib/modules/.../kvm.ko.xz`.
    pub(crate) name: String,
    /// For the kernel proper: address of the symbol that the name ends with.
    pub(crate) reference: Avma,
    /// Build id, when the record or the build id table tells it.
    pub(crate) build_id: Option<BuildId>,
}
