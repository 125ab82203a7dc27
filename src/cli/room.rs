//! When an output has to be on the disk before it takes its place.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use rustix::fs::fstatfs;

/// File systems that set room aside when bytes are written to them, however late those reach the disk:
/// tmpfs, ext2 to ext4, XFS, btrfs and F2FS. Others, such as NFS, may take all bytes and tell only
/// when they are asked to bring them to the disk that there was no room.
///
/// Source: `include/uapi/linux/magic.h`, Linux 6.12.
const SETTING_ROOM_ASIDE: [i128; 5] = [0x0102_1994, 0xEF53, 0x5846_5342, 0x9123_683E, 0xF2F5_2010];

/// Whether a file has to be on the disk before it is moved to `target`.
///
/// Where another file stands there, that goes with this step: should the machine lose its power
/// before the disk has the next one, both would be lost. Where only the disk knows whether there is
/// room, it is asked. Else there is nothing to lose, and the system brings the file there by itself.
pub(super) fn waits_for_disk(file: &File, target: &Path) -> bool {
    let found = fs::symlink_metadata(target);
    let is_free = found.is_err_and(|problem| problem.kind() == ErrorKind::NotFound);
    let sets_room_aside =
        fstatfs(file).is_ok_and(|found| SETTING_ROOM_ASIDE.contains(&i128::from(found.f_type)));
    !is_free || !sets_room_aside
}
