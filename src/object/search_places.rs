//! The places in which files are looked for, in their order.

use std::path::PathBuf;

use super::cache_layout::{cached, downloads};
use super::looked_at::SearchPlace;
use super::object_file::FileOrigin;
use super::search::ObjectSearch;
use crate::units::BuildId;

impl ObjectSearch {
    /// Where a build of an object is looked for, in this order; `path` is where it lies on this
    /// machine.
    pub(super) fn search_places(
        &self,
        recorded: &str,
        wanted: &BuildId,
        path: Option<PathBuf>,
    ) -> Vec<SearchPlace> {
        let in_cache = |(origin, place): (FileOrigin, PathBuf)| SearchPlace {
            origin,
            files: cached(&place, recorded, wanted, &["elf", "vdso"]),
            place,
        };
        let (own, given): (Vec<_>, Vec<_>) = self
            .caches()
            .into_iter()
            .partition(|(origin, _)| *origin == FileOrigin::Capture);
        let at = |origin, file: PathBuf| SearchPlace {
            origin,
            place: file.clone(),
            files: vec![file],
        };
        let in_roots = self.in_roots(recorded);
        let downloaded = self.debuginfod_cache.iter().map(|cache| SearchPlace {
            origin: FileOrigin::Debuginfod,
            place: cache.clone(),
            files: downloads(cache, wanted, "executable"),
        });
        own.into_iter()
            .map(in_cache)
            .chain(in_roots.map(|file| at(FileOrigin::Root, file)))
            .chain(given.into_iter().map(in_cache))
            .chain(path.map(|file| at(FileOrigin::Recorded, file)))
            .chain(downloaded)
            .collect()
    }

    /// A recorded path below the copies of the recorded machine's file system.
    pub(super) fn in_roots(&self, recorded: &str) -> impl Iterator<Item = PathBuf> {
        let below = recorded.strip_prefix('/');
        let below = below.filter(|below| !below.split('/').any(|part| part == ".."));
        let roots = self.symfs.iter();
        roots.filter_map(move |root| Some(root.join(below?.trim_start_matches('/'))))
    }
}
