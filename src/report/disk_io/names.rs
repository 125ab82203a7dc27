//! What disks and directions are called.

use crate::qemu::trace::{DiskId, RequestDirection};

/// A disk, as tables call it.
pub(super) fn disk_name(disk: DiskId) -> String {
    match disk {
        DiskId::VirtioBlk(address) => format!("virtio-blk {address:#x}"),
        DiskId::ScsiUnit(unit) => format!("virtio-scsi lun {unit}"),
    }
}

/// A direction, as tables call it.
pub(super) const fn direction_name(direction: RequestDirection) -> &'static str {
    match direction {
        RequestDirection::Read => "read",
        RequestDirection::Write => "write",
        RequestDirection::Other => "other",
    }
}
