//! Files as bytes in memory, and memory in large pages; the home of memmap2 and of the program's only
//! `unsafe`.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::mem::ManuallyDrop;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::ptr;

use memmap2::{Advice, Mmap, MmapMut, MmapOptions};
use rustix::mm;

use crate::error::{Error, Result};

/// A read-only file as a slice of bytes.
///
/// The file must not be cut short while it is mapped: the kernel answers a read past its new end
/// with SIGBUS. Captures are complete files, and `perf record` replaces them by rename.
#[derive(Debug)]
pub struct MappedFile {
    /// `None` for an empty file, which cannot be mapped.
    map: Option<Mmap>,
    /// The file itself, where it is read from as well.
    file: Option<File>,
}

impl MappedFile {
    /// Maps the regular file at `path`.
    ///
    /// # Errors
    /// When it cannot be opened or mapped.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
        Self::of(&file).map_err(|source| Error::io("map", path, source))
    }

    /// The same, for a file of which most is read once: it stays open, and [`Self::read_at`] reads
    /// from it.
    ///
    /// # Errors
    /// When it cannot be opened or mapped.
    pub fn open_to_read(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|source| Error::io("open", path, source))?;
        Self::keeping(file).map_err(|source| Error::io("map", path, source))
    }

    /// The same for an open file.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn keeping(file: File) -> io::Result<Self> {
        let mapped = Self::of(&file)?;
        let file = Some(file);
        Ok(Self { file, ..mapped })
    }

    /// A temporary file that holds these bytes.
    #[cfg(test)]
    pub(crate) fn holding(bytes: &[u8]) -> Self {
        use std::io::Write;
        let mut file = super::scratch::nameless_file().unwrap();
        file.write_all(bytes).unwrap();
        Self::keeping(file).unwrap()
    }

    /// Maps an open file.
    ///
    /// # Errors
    /// What the system says.
    #[expect(
        unsafe_code,
        reason = "memory-mapping a file cannot be expressed safely"
    )]
    pub fn of(file: &File) -> io::Result<Self> {
        if file.metadata()?.len() == 0 {
            return Ok(Self {
                map: None,
                file: None,
            });
        }
        // SAFETY: the mapping is private and read-only. Its bytes are only ever read as `u8`, for
        // which every value is valid. Another process that writes to the file while it is mapped
        // can change what is read; every reader of these bytes treats them as hostile and checks
        // each length and position against the slice again.
        let map = unsafe { MmapOptions::new().map(file)? };
        let map = Some(map);
        Ok(Self { map, file: None })
    }

    /// The file's bytes.
    pub fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }

    /// The same mapping of a file that is no longer open.
    pub(super) fn closed(self) -> Self {
        Self { file: None, ..self }
    }

    /// Whether [`Self::read_at`] can read.
    pub(crate) fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// Fills a buffer with the bytes from `start` on, which the kernel copies without mapping them;
    /// false when that is not possible.
    pub(crate) fn read_at(&self, start: usize, buffer: &mut [u8]) -> bool {
        let read = |file: &File| file.read_exact_at(buffer, start as u64);
        self.file
            .as_ref()
            .map(read)
            .is_some_and(|read| read.is_ok())
    }
}

/// A page of the size that takes the place of 512: that of x86-64, and of arm64 where its small pages have
/// 4 KiB.
///
/// Source: Documentation/admin-guide/mm/transhuge.rst, Linux 6.12.
const LARGE_PAGE: usize = 2 << 20;

/// A page of the least size.
const SMALL_PAGE: usize = 4 << 10;

/// Fresh memory, zeros until it is written to. The kernel gives it in large pages where it may: one page
/// fault in the place of 512.
#[derive(Debug)]
pub struct FreshPages {
    /// Whole large pages where the last is half full, so that its bytes lie in one as well.
    map: MmapMut,
    len: usize,
}

impl FreshPages {
    /// So many bytes; `None` when there are not that many to be had.
    pub(super) fn new(len: usize) -> Option<Self> {
        let whole = len.checked_next_multiple_of(LARGE_PAGE)?;
        let is_half_full = whole - len <= LARGE_PAGE / 2;
        let map = large_pages(if is_half_full { whole } else { len })?;
        Some(Self { map, len })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.map.get(..self.len).unwrap_or_default()
    }

    pub(super) fn bytes_mut(&mut self) -> &mut [u8] {
        self.map.get_mut(..self.len).unwrap_or_default()
    }
}

/// So many bytes of zeros, in large pages where the kernel may give them; `None` when there are not that
/// many to be had.
fn large_pages(len: usize) -> Option<MmapMut> {
    let map = MmapMut::map_anon(len).ok()?;
    // Where large pages are not to be had, small ones do.
    drop(map.advise(Advice::HugePage));
    Some(map)
}

/// The system's allocator, but for what is as long as a large page: that is memory of its own, in large
/// pages where the kernel may give them. The tables of a large capture take a page fault in place of
/// 512, and fewer walks from addresses to pages.
#[derive(Clone, Copy, Debug)]
pub struct LargePageAllocator;

/// How much that was given back the heap keeps for what is asked for next. Fresh pages cost more than
/// anything else that an allocator does.
const KEPT: i32 = 256 << 20;

/// What is shorter comes from the heap: all that is no memory of its own, with room for what the heap
/// notes beside it.
const KEPT_WHOLE: i32 = 4 << 20;

impl LargePageAllocator {
    /// Has the system's allocator keep what is given back, and take all from its heap that is no memory
    /// of its own here. To be called before there are other threads.
    ///
    /// Source: mallopt(3), `M_TRIM_THRESHOLD` and `M_MMAP_THRESHOLD`. Other C libraries than glibc decide
    /// by themselves.
    #[cfg_attr(
        target_env = "gnu",
        expect(unsafe_code, reason = "a function of the C library")
    )]
    pub fn keep_heap(self) {
        #[cfg(target_env = "gnu")]
        // SAFETY: both numbers are ones that it takes, and no other thread allocates meanwhile.
        unsafe {
            libc::mallopt(libc::M_TRIM_THRESHOLD, KEPT);
            libc::mallopt(libc::M_MMAP_THRESHOLD, KEPT_WHOLE);
        }
    }
}

#[expect(unsafe_code, reason = "an allocator cannot be expressed safely")]
// SAFETY: memory is the system's or, decided by nothing but its layout, a mapping of its own, which is
// as long as was asked for or longer, begins where a page does, and holds zeros. What grows or shrinks
// from one into the other is copied, as by the default `realloc`.
unsafe impl GlobalAlloc for LargePageAllocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        match mapped_len(layout) {
            // SAFETY: as promised by the caller.
            None => unsafe { System.alloc(layout) },
            Some(len) => large_memory(len),
        }
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        match mapped_len(layout) {
            // SAFETY: as promised by the caller.
            None => unsafe { System.alloc_zeroed(layout) },
            Some(len) => large_memory(len),
        }
    }

    #[inline]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        match mapped_len(layout) {
            // SAFETY: as promised by the caller.
            None => unsafe { System.dealloc(place, layout) },
            Some(len) => {
                // SAFETY: the mapping was made for this layout, and nobody uses it any more.
                let freed = unsafe { mm::munmap(place.cast(), len) };
                debug_assert!(freed.is_ok(), "a mapping of its own");
            }
        }
    }

    #[inline]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        let Ok(wanted) = Layout::from_size_align(len, layout.align()) else {
            return ptr::null_mut();
        };
        match (mapped_len(layout), mapped_len(wanted)) {
            // SAFETY: as promised by the caller.
            (None, None) => unsafe { System.realloc(place, layout, len) },
            (Some(old), Some(new)) if old == new => place,
            (Some(old), Some(new)) => {
                // SAFETY: the mapping was made for this layout; who asked uses it where it is then.
                let moved = unsafe { mm::mremap(place.cast(), old, new, mm::MremapFlags::MAYMOVE) };
                moved.map_or(ptr::null_mut(), <*mut c_void>::cast)
            }
            (None, Some(_)) | (Some(_), None) => {
                // SAFETY: the new layout is one, what is copied is no longer than either, and the
                // old memory is given back only when there is new.
                unsafe {
                    let moved = self.alloc(wanted);
                    if !moved.is_null() {
                        ptr::copy_nonoverlapping(place, moved, len.min(layout.size()));
                        self.dealloc(place, layout);
                    }
                    moved
                }
            }
        }
    }
}

/// How long the mapping is that memory of this layout has of its own: whole large pages, for the kernel
/// lets such a mapping begin where a large page may. `None` for the system's memory.
///
/// Source: `__get_unmapped_area()`, mm/mmap.c, Linux 6.12.
#[inline]
fn mapped_len(layout: Layout) -> Option<usize> {
    let is_large = layout.size() >= LARGE_PAGE && layout.align() <= SMALL_PAGE;
    // A layout is at most half of what can be addressed.
    is_large.then(|| layout.size().next_multiple_of(LARGE_PAGE))
}

/// Memory of its own, all zeros; null when there is none.
#[cold]
fn large_memory(len: usize) -> *mut u8 {
    let owned_by_caller = large_pages(len).map(ManuallyDrop::new);
    owned_by_caller.map_or(ptr::null_mut(), |mut map| map.as_mut_ptr())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sizes around those at which memory becomes one of its own, or another large page longer.
    fn sizes() -> impl Strategy<Value = usize> {
        let pages = prop_oneof![Just(0), Just(1), Just(2), Just(4)];
        (pages, 0..3_usize, 0..5000_usize).prop_map(|(pages, side, more)| match side {
            0 => (pages * LARGE_PAGE).saturating_sub(more).max(1),
            1 => (pages * LARGE_PAGE).max(1),
            _ => pages * LARGE_PAGE + more + 1,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// By the contract of an allocator: memory is aligned, zeros where these are asked for, all of it
        /// can be written to, and what it holds stays as it grows and shrinks.
        #[test]
        #[expect(unsafe_code, reason = "an allocator is called like one")]
        fn memory_keeps_what_it_holds(
            all in prop::collection::vec(sizes(), 1..8),
            align in prop_oneof![Just(1_usize), Just(8), Just(64), Just(4096), Just(8192)],
            is_zeroed in any::<bool>(),
        ) {
            let layout = |len| Layout::from_size_align(len, align).unwrap();
            let (mut len, allocator) = (all[0], LargePageAllocator);
            // SAFETY: the layout has a length.
            let mut place = unsafe {
                if is_zeroed { allocator.alloc_zeroed(layout(len)) } else { allocator.alloc(layout(len)) }
            };
            prop_assert!(!place.is_null());
            let byte = |at: usize| u8::try_from(at % 251).unwrap();
            let mut known = 0;
            for &wanted in &all[1..] {
                // SAFETY: so many bytes were given, and nobody else has them.
                let held = unsafe { std::slice::from_raw_parts_mut(place, len) };
                prop_assert!(!is_zeroed || known > 0 || held.iter().all(|&byte| byte == 0));
                prop_assert!(held[..known].iter().enumerate().all(|(at, &held)| held == byte(at)));
                for (at, held) in held.iter_mut().enumerate() {
                    *held = byte(at);
                }
                // SAFETY: the memory is of that layout, and the new length is none of 0.
                place = unsafe { allocator.realloc(place, layout(len), wanted) };
                prop_assert!(!place.is_null());
                prop_assert_eq!(place.addr() % align, 0);
                (known, len) = (len.min(wanted), wanted);
            }
            // SAFETY: the memory is of that layout, and not used any more.
            unsafe { allocator.dealloc(place, layout(len)) };
        }
    }

    /// More than can be addressed is refused, not given short.
    #[test]
    #[expect(unsafe_code, reason = "an allocator is called like one")]
    fn too_much_is_refused() {
        let layout = Layout::from_size_align(isize::MAX as usize - LARGE_PAGE, 1).unwrap();
        // SAFETY: the layout has a length.
        assert!(unsafe { LargePageAllocator.alloc(layout) }.is_null());
    }
}
