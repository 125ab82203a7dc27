//! Finding the files of the kernel's modules, and of the kernel itself.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::looked_at::SearchPlace;
use super::object_file::{FileOrigin, ObjectFile, Unusable};
use super::search::{NotFound, ObjectSearch, SearchResult};
use crate::units::BuildId;

/// Endings of compressed modules.
const PACKED_ENDINGS: [&str; 3] = [".xz", ".zst", ".gz"];

/// Bytes of a list of modules that are read at most: that of a distribution has one megabyte.
const LONGEST_LIST: u64 = 1 << 26;

/// A module of the kernel, as a capture names it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ModuleName<'m> {
    /// `/lib/modules/…/kvm.ko.xz`, or `[kvm]` where the recorder saw no file.
    pub(crate) recorded: &'m str,
    /// Its build; `None` when the capture does not tell it.
    pub(crate) build_id: Option<&'m BuildId>,
    /// The release of the recorded kernel; `None` when the capture does not tell it.
    pub(crate) release: Option<&'m str>,
}

impl ObjectSearch {
    /// Finds the file of a module, which may be compressed.
    ///
    /// The order is that of other objects. Where the capture does not tell the module's build, a file
    /// below a copy of the recorded machine's file system is believed, and one at its path on this
    /// machine is found as [`FileOrigin::Recorded`]: whoever asks must know more about it.
    pub(crate) fn find_module(&self, module: ModuleName<'_>) -> SearchResult {
        let wanted = self.build_of(module.recorded, module.build_id);
        let places = self.module_places(module, wanted.as_ref());
        let mut result = Self::first_of(places, |path, origin| {
            ObjectFile::open_unpacked(path, origin, wanted.as_ref(), self.limit)
        });
        if wanted.is_none() && matches!(result.file, Err(NotFound::NoFile)) {
            result.file = Err(NotFound::NoBuild);
        }
        result
    }

    fn module_places(&self, module: ModuleName<'_>, wanted: Option<&BuildId>) -> Vec<SearchPlace> {
        let here = self.recorded_paths.then(|| PathBuf::from("/"));
        let mut places = match wanted {
            Some(wanted) => self.search_places(module.recorded, wanted, None),
            None => Vec::new(),
        };
        // Found below its roots by another rule: a module has several names.
        places.retain(|place| place.origin != FileOrigin::Root);
        let below = |root: &Path, origin| {
            let file = module.path_below(root)?;
            Some(SearchPlace {
                origin,
                place: file.clone(),
                files: with_endings(&file),
            })
        };
        let roots = self.symfs.iter();
        let roots = roots.filter_map(|root| below(root, FileOrigin::Root));
        let own = places
            .iter()
            .take_while(|place| place.origin == FileOrigin::Capture)
            .count();
        places.splice(own..own, roots.collect::<Vec<_>>());
        let recorded = here.and_then(|root| below(&root, FileOrigin::Recorded));
        let behind = places
            .iter()
            .take_while(|place| place.origin != FileOrigin::Debuginfod)
            .count();
        places.splice(behind..behind, recorded);
        places
    }

    /// The debug files of a module that lie at its path below the debug directories: as
    /// `DIR/lib/modules/…/kvm.ko` in Debian and Ubuntu, with `.debug` behind it in Fedora. Only those
    /// of its build.
    pub(crate) fn module_debug_files(
        &self,
        module: ModuleName<'_>,
        build_id: &BuildId,
    ) -> impl Iterator<Item = Result<ObjectFile, Unusable>> {
        let roots = self.debug_places().map(Path::to_owned);
        let mut files = Vec::new();
        for root in roots {
            let own = module.recorded.starts_with('/').then_some(module);
            if let Some(file) = own.and_then(|own| own.path_below(&root)) {
                files.push(file.clone());
                files.push(with_ending(&file, ".debug"));
            }
        }
        files.into_iter().filter_map(move |file| {
            ObjectFile::open_unpacked(file, FileOrigin::Recorded, Some(build_id), self.limit)
        })
    }

    /// A file that the user says to be the kernel; `None` where none is.
    pub(crate) fn kernel_file_at(
        &self,
        path: PathBuf,
        build_id: &BuildId,
    ) -> Option<Result<ObjectFile, Unusable>> {
        ObjectFile::open_unpacked(path, FileOrigin::Recorded, Some(build_id), self.limit)
    }

    /// The files that the kernel of a build may be, with its debug information or without: those of
    /// caches and debug directories, and where distributions put a kernel of a release.
    ///
    /// Source: `vmlinux_path__add()`, tools/perf/util/symbol.c, Linux 6.12.
    pub(crate) fn kernel_files(
        &self,
        name: &str,
        build_id: &BuildId,
        release: Option<&str>,
    ) -> impl Iterator<Item = Result<ObjectFile, Unusable>> {
        let release = release.filter(|release| is_file_name(release));
        let usual = release.into_iter().flat_map(|release| {
            [
                format!("usr/lib/debug/boot/vmlinux-{release}"),
                format!("usr/lib/debug/lib/modules/{release}/vmlinux"),
                format!("usr/lib/debug/boot/vmlinux-{release}.debug"),
                format!("boot/vmlinux-{release}"),
                format!("lib/modules/{release}/build/vmlinux"),
            ]
        });
        let usual: Vec<String> = usual.collect();
        let here = self.recorded_paths.then(|| PathBuf::from("/"));
        let roots = self.symfs.iter().cloned().chain(here);
        let usual: Vec<PathBuf> = roots
            .flat_map(|root| usual.iter().map(move |path| root.join(path)))
            .collect();
        let in_dirs = self.debug_dirs.iter().flat_map(move |dir| {
            let below = |release| {
                [
                    format!("boot/vmlinux-{release}"),
                    format!("vmlinux-{release}"),
                ]
            };
            let names = release.into_iter().flat_map(below);
            names.map(|name| dir.join(name)).collect::<Vec<_>>()
        });
        let in_dirs: Vec<PathBuf> = in_dirs.collect();
        let in_caches = self.find_object(name, build_id).file.ok();
        let of_build = self.debug_files_of_build(name, build_id);
        let by_path = in_dirs
            .into_iter()
            .chain(usual)
            .filter_map(move |path| ObjectFile::open(path, FileOrigin::Recorded, Some(build_id)));
        in_caches.into_iter().map(Ok).chain(of_build).chain(by_path)
    }
}

impl ModuleName<'_> {
    /// Its path below the root of a file system, without the ending of a compressed file; `None` when
    /// there is none to be known.
    fn path_below(&self, root: &Path) -> Option<PathBuf> {
        if let Some(path) = self.recorded.strip_prefix('/') {
            let packed = PACKED_ENDINGS.iter();
            let plain = packed.filter_map(|ending| path.strip_suffix(ending)).next();
            let plain = plain.unwrap_or(path).trim_start_matches('/');
            let is_module = plain.ends_with(".ko") && !plain.split('/').any(|part| part == "..");
            return is_module.then(|| root.join(plain));
        }
        let name = self.recorded.strip_prefix('[')?.strip_suffix(']')?;
        let release = self.release.filter(|release| is_file_name(release))?;
        let folder = root.join("lib/modules").join(release);
        listed(&folder, name)
    }
}

/// The file of a module that a folder's list of modules and what they need has, without the ending of
/// a compressed file. The kernel writes `_` where a file's name may have `-`.
///
/// Source: modules.dep(5), kmod 30: `kernel/arch/x86/kvm/kvm.ko.xz: kernel/virt/lib/irqbypass.ko.xz`.
fn listed(folder: &Path, name: &str) -> Option<PathBuf> {
    let list = File::open(folder.join("modules.dep")).ok()?;
    let lines = BufReader::new(list.take(LONGEST_LIST)).split(b'\n');
    for line in lines {
        let line = String::from_utf8(line.ok()?).ok()?;
        let (path, _) = line.split_once(':')?;
        let packed = PACKED_ENDINGS.iter();
        let plain = packed.filter_map(|ending| path.strip_suffix(ending)).next();
        let plain = plain.unwrap_or(path);
        let file = plain.rsplit('/').next()?.strip_suffix(".ko");
        if file.is_some_and(|file| file.replace('-', "_") == name) {
            let is_inside = !plain.starts_with('/') && !plain.split('/').any(|part| part == "..");
            return is_inside.then(|| folder.join(plain));
        }
    }
    None
}

/// Whether a text from a capture is the name of a file, and leads nowhere else.
fn is_file_name(text: &str) -> bool {
    !text.is_empty() && text != "." && text != ".." && !text.contains('/')
}

/// The file, and those it may be compressed in.
fn with_endings(file: &Path) -> Vec<PathBuf> {
    let packed = PACKED_ENDINGS.iter();
    let packed = packed.map(|ending| with_ending(file, ending));
    std::iter::once(file.to_owned()).chain(packed).collect()
}

fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    name.into()
}
