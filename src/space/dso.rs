//! Mapped objects, and where and when they were mapped.

use hashbrown::{HashMap, HashSet};

use super::life::LifeIx;
use crate::intern::Interner;
use crate::object::MappedPlace;
use crate::perf::MappedInode;
use crate::units::{Avma, BuildId, RecordOrder, index};

index! {
    /// Index of a DSO in its `Timeline`.
    pub(crate) DsoIx
}

/// Who says which build an object is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) enum BuildSource {
    /// The mapping's own record: the kernel read it from the mapped file.
    Mapping,
    /// The file as it is, which proves to be the one that was mapped: see
    /// [`ProvedBuilds`](super::ProvedBuilds).
    Proof,
    /// The build id table, or nobody. The recorder read the files at the paths when it ended:
    /// another may have lain there when the path was mapped.
    #[default]
    Path,
}

/// A mapped object, as the capture names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub(crate) struct Dso {
    /// Path or bracketed name.
    pub(crate) path: String,
    /// Build id, when the mapping record or the build id table tells it.
    pub(crate) build_id: Option<BuildId>,
    /// Who says so.
    pub(crate) source: BuildSource,
    /// The file; `None` when the capture does not tell it.
    pub(crate) inode: Option<MappedInode>,
    /// Whether a process of another mount namespace than the recorder's mapped it: there the path
    /// may lead to another file.
    pub(crate) is_elsewhere: bool,
    /// For memory that no file is behind: the process that filled it, which shares its contents with
    /// no other. Offsets in it are addresses.
    pub(crate) life: Option<LifeIx>,
}

/// How an object was mapped.
#[derive(Clone, Debug)]
pub(crate) struct DsoUse {
    /// The lowest address at which any process maps it.
    pub(crate) lowest: Avma,
    /// When it was mapped first.
    pub(crate) since: RecordOrder,
    /// Some of the places, the latest last.
    pub(crate) places: Vec<MappedPlace>,
}

/// How many places of an object are kept: whether one of its processes lives is asked of each.
const KEPT_PLACES: usize = 8;

/// All objects.
#[derive(Debug, Default)]
pub(super) struct Dsos {
    objects: Interner<Dso, DsoIx>,
    uses: Vec<DsoUse>,
    /// The first file of each path.
    first_inodes: HashMap<String, MappedInode>,
    /// Paths that were mapped as two files.
    ambiguous: HashSet<String>,
}

impl Dsos {
    /// The index of an object that is mapped.
    pub(super) fn map(&mut self, dso: Dso, at: RecordOrder, place: MappedPlace) -> DsoIx {
        let ix = self.objects.intern(dso);
        let Some(known) = self.uses.get_mut(ix.as_usize()) else {
            self.uses.push(DsoUse {
                lowest: place.start,
                since: at,
                places: vec![place],
            });
            self.note_inode(ix);
            return ix;
        };
        known.lowest = known.lowest.min(place.start);
        known.since = known.since.min(at);
        if known.places.last().is_none_or(|last| last.pid != place.pid) {
            if known.places.len() >= KEPT_PLACES {
                known.places.remove(0);
            }
            known.places.push(place);
        }
        ix
    }

    fn note_inode(&mut self, ix: DsoIx) {
        let Some(Dso {
            path,
            inode: Some(inode),
            ..
        }) = self.objects.get(ix)
        else {
            return;
        };
        match self.first_inodes.get(path) {
            Some(first) if first.may_be(*inode) => {}
            Some(_) => {
                self.ambiguous.insert(path.clone());
            }
            None => {
                self.first_inodes.insert(path.clone(), *inode);
            }
        }
    }

    pub(super) fn get(&self, ix: DsoIx) -> Option<&Dso> {
        self.objects.get(ix)
    }

    /// How many there are.
    pub(super) fn count(&self) -> u32 {
        // There are no more of them than records.
        u32::try_from(self.objects.items().len()).unwrap_or(u32::MAX)
    }

    pub(super) fn uses(&self, ix: DsoIx) -> Option<&DsoUse> {
        self.uses.get(ix.as_usize())
    }

    /// Whether different files were mapped under a path.
    pub(super) fn is_ambiguous(&self, path: &str) -> bool {
        self.ambiguous.contains(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Pid;

    fn inode(major: u32, number: u64, generation: u64) -> Option<MappedInode> {
        Some(MappedInode {
            major,
            minor: 1,
            number,
            generation,
        })
    }

    /// A build id of a path that led to two files may be that of either.
    #[test]
    fn two_files_under_one_path_are_noticed() {
        let cases = [
            ("another number", [inode(8, 1, 5), inode(8, 2, 6)], true),
            (
                "a number given away again",
                [inode(8, 1, 5), inode(8, 1, 6)],
                true,
            ),
            ("another device", [inode(8, 1, 5), inode(9, 1, 5)], true),
            ("the same", [inode(8, 1, 5), inode(8, 1, 5)], false),
            ("of /proc/PID/maps", [inode(8, 1, 5), inode(8, 1, 0)], false),
            ("on an overlay", [inode(8, 1, 5), inode(0, 1, 0)], false),
            ("not told", [inode(8, 1, 5), None], false),
        ];
        for (case, inodes, is_ambiguous) in cases {
            let mut dsos = Dsos::default();
            for inode in inodes {
                let path = "/bin/a".to_owned();
                let place = MappedPlace {
                    pid: Pid::new(7),
                    start: Avma::new(1),
                    end: Avma::new(2),
                };
                let dso = Dso {
                    path,
                    inode,
                    ..Dso::default()
                };
                dsos.map(dso, RecordOrder::default(), place);
            }
            assert_eq!(dsos.is_ambiguous("/bin/a"), is_ambiguous, "{case}");
        }
    }
}
