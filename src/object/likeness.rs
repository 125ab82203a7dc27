//! Whether a file of this machine is the one that a process mapped.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::bytes::Storage;
use crate::perf::MappedInode;

/// A file of this machine beside one that was mapped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Likeness {
    /// It is the mapped file, and nobody has touched it since.
    Same,
    /// It is the mapped file, and was written to before it was mapped, as far as can be told: it
    /// got another owner or name since, or what was written has an older time. `perf record` itself
    /// gives files another name, in its cache.
    Touched,
    /// It has the inode of the mapped file, but was written or made later: another file may have
    /// had that inode, or this one may have held something else.
    Changed,
    /// It is another file.
    Other,
}

impl Likeness {
    /// How a file with the inode of a mapped one compares to it, which was not mapped before.
    pub(super) fn of_same_inode(found: &Metadata, since: SystemTime) -> Self {
        let is_old = |at: SystemTime| at <= since;
        // Not all file systems tell when a file came into being.
        let was_made = found.created().map_or(true, is_old);
        if is_old(changed(found)) {
            Self::Same
        } else if was_made && found.modified().is_ok_and(is_old) {
            Self::Touched
        } else {
            Self::Changed
        }
    }
}

/// What a file that an overlay copied up was.
#[derive(Clone, Copy, Debug)]
pub(super) struct CopiedUp<'f> {
    /// The file at the path.
    pub(super) found: &'f Metadata,
    /// It was not mapped before.
    pub(super) since: SystemTime,
    /// By then the recorder had ended.
    pub(super) until: SystemTime,
}

/// How long an overlay may take to copy a file up and to give it another name: the copy is written
/// to the disk.
const COPYING: Duration = Duration::from_secs(1);

impl CopiedUp<'_> {
    /// Whether the file came into being when it got another name, which the recorder gave it as it
    /// ended: an overlay copies the file of a lower layer then, which keeps its number and the time
    /// at which it was written to.
    ///
    /// Source: `ovl_copy_up_metadata()` and `ovl_copy_up_one()`, `fs/overlayfs/copy_up.c`, Linux 6.18.
    pub(super) fn is_told(&self) -> bool {
        let Self {
            found,
            since,
            until,
        } = *self;
        // An overlay has no device of its own.
        let (major, _) = device(found.dev());
        let is_old = found.modified().is_ok_and(|at| at <= since);
        let is_linked_at_once = found.created().is_ok_and(|made| {
            let linked = changed(found);
            made <= linked + TICK && linked <= made + COPYING
        });
        major == 0 && is_old && is_linked_at_once && is_unchanged(found, until)
    }
}

/// Whether two names are of one file.
pub(super) fn is_one_file(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether a file has the number of an inode that the kernel told, whatever its device: a layer of an
/// overlay, whose number the overlay passes on, has another one.
pub(super) fn has_number(found: &Metadata, wanted: MappedInode) -> bool {
    found.ino() == wanted.number & OVERLAID
}

/// The bits of an overlay's numbers that are those of the layer; those above tell layers apart.
///
/// Source: Documentation/filesystems/overlayfs.rst, "Inode properties", Linux 6.18.
const OVERLAID: u64 = (1 << 56) - 1;

/// A file system counts time in ticks of the kernel, and may be one behind.
pub(crate) const TICK: Duration = Duration::from_millis(20);

/// When a file was changed last: its contents, its owner, its names, or that it came into being.
/// Nobody can set this time.
pub(super) fn changed(found: &Metadata) -> SystemTime {
    let seconds = u64::try_from(found.ctime()).unwrap_or_default();
    let nanos = u32::try_from(found.ctime_nsec()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos)
}

/// Whether a file was last changed by then.
pub(super) fn is_unchanged(found: &Metadata, since: SystemTime) -> bool {
    changed(found) <= since + TICK
}

/// The regular file at a path; `None` when there is none.
pub(super) fn regular(path: &Path) -> Option<Metadata> {
    fs::metadata(path).ok().filter(Metadata::is_file)
}

/// Whether a file has an inode that the kernel told. `own` is the folder of this process in
/// `/proc`.
pub(super) fn is_inode(
    path: &Path,
    found: &Metadata,
    wanted: MappedInode,
    own: Option<&Path>,
) -> bool {
    let (major, minor) = device(found.dev());
    if (major, minor) == (wanted.major, wanted.minor) {
        return found.ino() == wanted.number;
    }
    // Only file systems without a device of their own have several numbers for it.
    if major != 0 && wanted.major != 0 {
        return false;
    }
    let Some(mapped) = own.and_then(|own| as_mapped(path, own)) else {
        return false;
    };
    if (mapped.major, mapped.minor) == (wanted.major, wanted.minor) {
        return mapped.number == wanted.number;
    }
    // Older kernels told the file of the layer.
    let is_overlay = own.is_some_and(|own| is_overlay(mapped, own));
    is_overlay && found.ino() & OVERLAID == wanted.number
}

/// Major and minor number of a device.
///
/// Source: `gnu_dev_major()`, bits/sysmacros.h, glibc 2.36.
fn device(dev: u64) -> (u32, u32) {
    let low = |value: u64| u32::try_from(value & 0xffff_ffff).unwrap_or_default();
    let major = (dev >> 8 & 0xfff) | (dev >> 32 & 0xffff_f000);
    let minor = (dev & 0xff) | (dev >> 12 & 0xffff_ff00);
    (low(major), low(minor))
}

/// What the kernel says of a file when this process maps it.
fn as_mapped(path: &Path, own: &Path) -> Option<MappedInode> {
    let storage = Storage::open_regular(path).ok()??;
    let at = storage.bytes().as_ptr().addr() as u64;
    let maps = fs::read_to_string(own.join("maps")).ok()?;
    let hex = |text: &str| u64::from_str_radix(text, 16).ok();
    maps.lines().find_map(|line| {
        // START-END rwxp OFFSET MAJOR:MINOR INODE PATH
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        if !(hex(start)?..hex(end)?).contains(&at) {
            return None;
        }
        let (major, minor) = words.nth(2)?.split_once(':')?;
        Some(MappedInode {
            major: u32::try_from(hex(major)?).ok()?,
            minor: u32::try_from(hex(minor)?).ok()?,
            number: words.next()?.parse().ok()?,
            generation: 0,
        })
    })
}

/// Whether a device is an overlay's.
fn is_overlay(mapped: MappedInode, own: &Path) -> bool {
    let mounts = fs::read_to_string(own.join("mountinfo")).unwrap_or_default();
    let device = format!("{}:{}", mapped.major, mapped.minor);
    mounts.lines().any(|line| {
        // ID PARENT MAJOR:MINOR ROOT PLACE OPTIONS… - TYPE SOURCE OPTIONS
        let is_device = line.split(' ').nth(2) == Some(&device);
        let kind = line.split_once(" - ").map(|(_, rest)| rest);
        is_device && kind.is_some_and(|kind| kind.starts_with("overlay "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand from the layout in sysmacros.h: twelve and eight bits are low, the others high.
    #[test]
    fn devices_have_two_numbers() {
        assert_eq!(device(0xfe00), (254, 0));
        assert_eq!(device(0x0010_0103), (1, 0x103));
        assert_eq!(device(0x2b), (0, 43));
        assert_eq!(device(0x0000_1000_0000_0001), (0x1000, 1));
    }

    /// The kernel's own answer is that of `stat()` for a file on an ordinary file system.
    #[test]
    fn the_kernel_tells_the_inode_of_what_is_mapped() {
        let own = Path::new("/proc/self");
        let path = Path::new("/proc/self/exe").canonicalize().unwrap();
        let found = regular(&path).unwrap();
        let mapped = as_mapped(&path, own).unwrap();
        let is_same = |mapped| is_inode(&path, &found, mapped, Some(own));
        assert!(is_same(mapped));
        let number = mapped.number + 1;
        assert!(!is_same(MappedInode { number, ..mapped }));
        let minor = mapped.minor + 1;
        assert!(!is_same(MappedInode { minor, ..mapped }));
    }
}
