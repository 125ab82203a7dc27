//! The entries of the file that has the most of them, unpacked before they are asked for.

use std::path::Path;
use std::sync::OnceLock;

use super::packed_section::{packed_entries, unpack};
use crate::bytes::{Storage, UnpackLimit};
use crate::object::ObjectFile;
use crate::units::BuildId;

/// Entries that have fewer bytes packed are unpacked soon enough when they are asked for.
const LEAST_PACKED: usize = 1 << 18;

/// The entries (`.debug_info`) of one debug file of several: that in which they have the most bytes, packed.
///
/// A stream is unpacked by one thread. What takes longest begins first, so that the others read meanwhile
/// whatever else objects have. It is one file alone: the others are unpacked in their turn, so that not all
/// are in memory at once.
#[derive(Debug, Default)]
pub(crate) struct EntriesAhead(Option<AheadEntries>);

/// Entries that are unpacked ahead.
#[derive(Debug)]
pub(super) struct AheadEntries {
    file: ObjectFile,
    packed_len: usize,
    limit: UnpackLimit,
    /// `None` where they cannot be unpacked.
    unpacked: OnceLock<Option<Storage>>,
}

impl EntriesAhead {
    /// Those of one of these files; of none where they are short or not packed in all. They may unpack to as
    /// much as the limit says.
    pub(crate) fn of(files: impl IntoIterator<Item = ObjectFile>, limit: UnpackLimit) -> Self {
        let all = files.into_iter().filter_map(|file| {
            let packed_len = packed_entries(&file)?.data.len();
            (packed_len >= LEAST_PACKED).then_some(AheadEntries {
                file,
                packed_len,
                limit,
                unpacked: OnceLock::new(),
            })
        });
        Self(all.max_by_key(|entries| entries.packed_len))
    }

    /// The build of the file; `None` where there is no file.
    pub(crate) fn build_id(&self) -> Option<&BuildId> {
        self.0.as_ref()?.file.build_id.as_ref()
    }

    /// Unpacks them, unless another thread does.
    pub(crate) fn unpack(&self) {
        if let Some(entries) = &self.0 {
            entries.unpacked();
        }
    }

    /// Those of a file, where it is the one.
    pub(super) fn of_file(&self, path: &Path) -> Option<&AheadEntries> {
        self.0.as_ref().filter(|entries| entries.file.path == path)
    }
}

impl AheadEntries {
    /// What they unpack to; waits for the thread that is at it. `None` where they cannot be unpacked.
    pub(super) fn unpacked(&self) -> Option<&[u8]> {
        let unpacked = self.unpacked.get_or_init(|| {
            let held = packed_entries(&self.file)?;
            unpack(held, self.limit)
        });
        unpacked.as_ref().map(Storage::bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::bytes::Packing;
    use crate::object::FileOrigin;

    /// An ELF file of x86-64 with `.debug_info` alone, packed or as it is.
    ///
    /// Source: ELF-64 Object File Format, version 1.5, figures 2 and 3; `Elf64_Chdr`, gABI.
    fn debug_file(path: &str, entries: &[u8], is_packed: bool) -> ObjectFile {
        let names = b"\0.debug_info\0.shstrtab\0";
        let mut held = entries.to_vec();
        if is_packed {
            // ELFCOMPRESS_ZSTD, the length, alignment to a byte.
            held = [2, entries.len() as u64, 1].map(u64::to_le_bytes).concat();
            let write = |out: &mut dyn Write| out.write_all(entries);
            Packing::Zstd.pack(&mut held, write).unwrap();
        }
        // ET_REL, EM_X86_64, version, then where the sections are told, and that the third has the names.
        let sections_at = (64 + names.len() + held.len()) as u64;
        let ident = [&b"\x7fELF\x02\x01\x01"[..], &[0; 9]].concat();
        let places = [0, 0, sections_at].map(u64::to_le_bytes).concat();
        // Flags of four bytes, then sizes and numbers of headers.
        let sizes = [0, 0, 64, 0, 0, 64, 3, 2].map(u16::to_le_bytes).concat();
        let mut file = [
            &ident[..],
            &[1, 0, 62, 0, 1, 0, 0, 0],
            &places,
            &sizes,
            names,
            &held,
        ]
        .concat();
        let section = |name: u32, kind: u32, flags: u64, at: usize, len: usize| {
            let place = [flags, 0, at as u64, len as u64, 0, 1, 0].map(u64::to_le_bytes);
            [
                &name.to_le_bytes()[..],
                &kind.to_le_bytes(),
                place.as_flattened(),
            ]
            .concat()
        };
        let compressed = if is_packed { 0x800 } else { 0 };
        file.extend([0; 64]);
        file.extend(section(1, 1, compressed, 64 + names.len(), held.len()));
        file.extend(section(13, 3, 0, 64, names.len()));
        ObjectFile {
            path: path.into(),
            storage: Storage::Memory(file),
            build_id: None,
            origin: FileOrigin::Cache,
        }
    }

    /// Bytes that do not pack, by a linear congruential generator.
    fn noise(len: usize) -> Vec<u8> {
        let next = |state: &mut u32| {
            *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            Some((*state >> 24).to_le_bytes()[0])
        };
        std::iter::repeat_n((), len)
            .scan(1, |state, ()| next(state))
            .collect()
    }

    /// Of several files those entries are unpacked that are the longest, packed; they are asked for by the
    /// file they lie in.
    #[test]
    fn the_longest_entries_are_unpacked() {
        let long = noise(2 * LEAST_PACKED);
        let files = [
            debug_file("short", &long[..LEAST_PACKED / 2], true),
            debug_file("longest", &long, true),
            debug_file("shorter", &long[1..], true),
            debug_file("plain", &noise(3 * LEAST_PACKED), false),
        ];
        let ahead = EntriesAhead::of(files, UnpackLimit::default());
        ahead.unpack();
        assert!(ahead.of_file(Path::new("longest")).unwrap().unpacked() == Some(&long));
        for other in ["short", "shorter", "plain", "none"] {
            assert!(ahead.of_file(Path::new(other)).is_none());
        }
    }

    /// Nothing is unpacked ahead that is short, or not packed; what may not be unpacked is not.
    #[test]
    fn short_and_forbidden_entries_are_not_unpacked() {
        let long = noise(2 * LEAST_PACKED);
        let short = || debug_file("short", &long[..LEAST_PACKED / 2], true);
        let none = EntriesAhead::of([short()], UnpackLimit::default());
        assert!(none.of_file(Path::new("short")).is_none());
        let limit = UnpackLimit::parse("1K").unwrap();
        let ahead = EntriesAhead::of([debug_file("long", &long, true)], limit);
        assert_eq!(ahead.of_file(Path::new("long")).unwrap().unpacked(), None);
    }
}
