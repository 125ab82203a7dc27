//! Which file a process mapped, as the kernel tells it.

/// The inode of a mapped file.
///
/// Source: `perf_event_mmap_event()`, kernel/events/core.c, Linux 6.18: the device is that of the
/// file system, which on btrfs, and on overlayfs until 6.17, is not the one that `stat()` tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MappedInode {
    /// Major number of the device; 0 for file systems that lie on none of their own.
    pub major: u32,
    /// Minor number of the device.
    pub minor: u32,
    /// Number of the inode, which a file system gives to another file once it is free.
    pub number: u64,
    /// How often the number was given away, or a number that is drawn each time; 0 where the
    /// file system does not count, and in records that perf makes of `/proc/PID/maps`.
    pub generation: u64,
}

impl MappedInode {
    /// Whether two may be the same file, whose device or generation one of them does not tell.
    ///
    /// perf's own records of what was mapped before are those of `/proc/PID/maps`. There an overlay
    /// file has the overlay's device, in the kernel's records that of the layer it lies in.
    pub(crate) fn may_be(self, other: Self) -> bool {
        let is_untold = self.generation == 0 || other.generation == 0;
        let is_overlay = is_untold && (self.major == 0) != (other.major == 0);
        let is_device = (self.major, self.minor) == (other.major, other.minor);
        self.number == other.number
            && (is_untold || self.generation == other.generation)
            && (is_device || is_overlay)
    }
}
