//! Where object files and kernel symbols are found.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Unresolved;
use crate::bytes::{Compression, Storage, UnpackLimit};
use crate::error::{Error, Result};
use crate::object::{DEBUG_FILE, RECORDED_BYTES, cached, inside_cache, spellings};
use crate::symbol::elf::{ObjectSymbols, parse_table, read_build_id};
use crate::symbol::kernel::{ModuleRange, parse_modules};
use crate::units::BuildId;

/// Where distributions put debug files.
const DEBUG_DIR: &str = "/usr/lib/debug";

/// Where to look for files. The caller decides; nothing is looked for on its own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ObjectSearch {
    /// The directory of the capture, with any of `kallsyms`, `modules`, `buildid/` and `symbols/`.
    pub capture_dir: Option<PathBuf>,
    /// Build-id caches in perf's layout, as `~/.debug` is.
    pub buildid_dirs: Vec<PathBuf>,
    /// Whether files of this machine may be used: at the recorded path, and their debug files.
    pub recorded_paths: bool,
    /// How much a compressed file may unpack to.
    pub limit: UnpackLimit,
}

/// Where a search found a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// The directory of the capture.
    Capture,
    /// A build-id cache.
    Cache,
    /// The recorded path on this machine.
    Recorded,
}

/// A file that has another build id than the capture recorded, and so was not used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refused {
    /// The file.
    pub path: PathBuf,
    /// The recorded build id.
    pub wanted: BuildId,
    /// The file's own; `None` when it has none.
    pub found: Option<BuildId>,
}

/// What was found for an object.
#[derive(Debug)]
pub struct Found {
    /// The object's functions, or why there are none.
    pub object: std::result::Result<ObjectSymbols, Unresolved>,
    /// Where they come from.
    pub origin: Option<(Origin, PathBuf)>,
    /// Files of another build.
    pub refused: Vec<Refused>,
    /// Files that could not be read or make no sense; the search went on.
    pub broken: Vec<Error>,
}

/// A kallsyms text that was found.
#[derive(Debug)]
pub struct FoundKallsyms {
    /// The text.
    pub text: Storage,
    /// Where it comes from.
    pub origin: Origin,
    /// The file.
    pub path: PathBuf,
}

impl ObjectSearch {
    /// Finds the functions of the object that the capture recorded under a name and build id.
    ///
    /// The order is: the capture's `symbols/BUILD_ID.txt`, its `buildid/`, the build-id caches,
    /// the recorded path. Without a build id only the capture's own `buildid/` is asked, which was
    /// made for it, and only where it holds a single build of the path.
    pub fn find_object(&self, recorded: &str, build_id: Option<&BuildId>) -> Found {
        let known = build_id.cloned().or_else(|| self.sole_build(recorded));
        let Some(wanted) = &known else {
            return Found::nothing(Unresolved::NoBuildId);
        };
        let mut found = Found::nothing(Unresolved::NoFile);
        if let Some(dir) = &self.capture_dir {
            for hex in spellings(wanted) {
                let path = dir.join("symbols").join(format!("{hex}.txt"));
                if found.try_table(path, wanted) {
                    return found;
                }
            }
        }
        for (origin, dir) in self.caches() {
            for path in cached(&dir, recorded, wanted, &["elf", "vdso"]) {
                if found.try_elf(path, origin, wanted) {
                    self.add_debug_file(&mut found, recorded, wanted);
                    return found;
                }
            }
        }
        if self.recorded_paths
            && recorded.starts_with('/')
            && found.try_elf(PathBuf::from(recorded), Origin::Recorded, wanted)
        {
            self.add_debug_file(&mut found, recorded, wanted);
        }
        found
    }

    /// Takes the file at the recorded path as it is, for an object whose build id the capture does
    /// not tell. Only the machine that recorded it can know that file to be the same.
    pub fn read_recorded(&self, recorded: &str) -> Found {
        let mut found = Found::nothing(Unresolved::NoBuildId);
        if !self.recorded_paths || !recorded.starts_with('/') {
            return found;
        }
        found.object = Err(Unresolved::NoFile);
        let path = PathBuf::from(recorded);
        let Some(file) = found.read(&path) else {
            return found;
        };
        let object = ObjectSymbols::parse_elf(&path, file.bytes());
        if found.take(object, Origin::Recorded, path)
            && let Some(own) = read_build_id(file.bytes())
        {
            self.add_debug_file(&mut found, recorded, &own);
        }
        found
    }

    /// The build id of the only build of a path in the capture's own `buildid/`.
    fn sole_build(&self, recorded: &str) -> Option<BuildId> {
        let inside = inside_cache(recorded);
        let own = self.caches().into_iter();
        let mut builds: Vec<BuildId> = own
            .filter(|(origin, _)| *origin == Origin::Capture)
            .filter_map(|(_, dir)| fs::read_dir(dir.join(&inside)).ok())
            .flatten()
            .filter_map(|entry| BuildId::from_hex(entry.ok()?.file_name().to_str()?))
            .collect();
        builds.sort();
        builds.dedup();
        match builds.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        }
    }

    /// Finds the text of kallsyms for a kernel: the capture's own, then those of the caches.
    ///
    /// A cache is keyed by build id, which every boot of a kernel shares: the result must be
    /// fitted with [`crate::symbol::kernel::KernelSymbols::for_boot`].
    ///
    /// # Errors
    /// When a file is there but cannot be read.
    pub fn find_kallsyms(&self, build_id: Option<&BuildId>) -> Result<Option<FoundKallsyms>> {
        let own = self.capture_dir.iter().flat_map(|dir| {
            ["", ".gz", ".xz", ".zst", ".bz2"].map(|ending| dir.join(format!("kallsyms{ending}")))
        });
        let mut candidates: Vec<(Origin, PathBuf)> =
            own.map(|path| (Origin::Capture, path)).collect();
        if let Some(wanted) = build_id {
            for (origin, dir) in self.caches() {
                let paths = cached(&dir, "[kernel.kallsyms]", wanted, &["kallsyms"]);
                candidates.extend(paths.into_iter().map(|path| (origin, path)));
            }
        }
        for (origin, path) in candidates {
            if let Some(text) = self.read_kernel_text(&path)? {
                return Ok(Some(FoundKallsyms { text, origin, path }));
            }
        }
        Ok(None)
    }

    /// Where the capture's own `modules` file says the kernel modules lay; `None` without one.
    ///
    /// # Errors
    /// When the file is there but cannot be read.
    pub fn find_modules(&self) -> Result<Option<Vec<ModuleRange>>> {
        let Some(dir) = &self.capture_dir else {
            return Ok(None);
        };
        let text = self.read_kernel_text(&dir.join("modules"))?;
        Ok(text.map(|text| parse_modules(text.bytes())))
    }

    /// Reads what a capture directory holds of `/proc`: a copy, perhaps compressed, or a link to
    /// the file of `/proc` itself. No other file without a length is read.
    fn read_kernel_text(&self, path: &Path) -> Result<Option<Storage>> {
        let is_real = fs::canonicalize(path).is_ok_and(|real| {
            ["/proc/kallsyms", "/proc/modules"]
                .map(Path::new)
                .contains(&&*real)
        });
        if is_real {
            return if_there(Storage::open(path));
        }
        match read_file(path)? {
            Some(packed) if Compression::of(packed.bytes()).is_some() => {
                packed.unpacked(path, self.limit).map(Some)
            }
            Some(plain) => Ok(Some(plain)),
            // What is empty is no text, and whoever reads it says so.
            None => Ok(path.is_file().then(|| Storage::Memory(Vec::new()))),
        }
    }

    /// The build-id caches, the capture's first.
    fn caches(&self) -> Vec<(Origin, PathBuf)> {
        let own = self.capture_dir.iter().flat_map(|dir| {
            let cache = dir.join("buildid");
            [cache.join(".debug"), cache]
        });
        let own = own.map(|dir| (Origin::Capture, dir));
        let given = self.buildid_dirs.iter().cloned();
        own.chain(given.map(|dir| (Origin::Cache, dir))).collect()
    }

    /// Looks for the debug file of a stripped object.
    fn add_debug_file(&self, found: &mut Found, recorded: &str, wanted: &BuildId) {
        if !found.object.as_ref().is_ok_and(ObjectSymbols::is_stripped) {
            return;
        }
        let mut candidates: Vec<PathBuf> = Vec::new();
        for (_, dir) in self.caches() {
            candidates.extend(cached(&dir, recorded, wanted, &[DEBUG_FILE]));
        }
        if self.recorded_paths {
            for hex in spellings(wanted) {
                if let Some((first, rest)) = hex.split_at_checked(2) {
                    let dir = Path::new(DEBUG_DIR).join(".build-id").join(first);
                    candidates.push(dir.join(format!("{rest}.debug")));
                }
            }
        }
        for path in candidates {
            let mut debug = Found::nothing(Unresolved::NoFile);
            let usable = debug.try_elf(path, Origin::Cache, wanted);
            found.refused.append(&mut debug.refused);
            found.broken.append(&mut debug.broken);
            if let (true, Ok(object), Ok(debug)) = (usable, &mut found.object, debug.object) {
                *object = std::mem::take(object).with_debug_file(&debug);
                if !object.is_stripped() {
                    return;
                }
            }
        }
    }
}

impl Found {
    fn nothing(cause: Unresolved) -> Self {
        Self {
            object: Err(cause),
            origin: None,
            refused: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Takes a table in text form, when there is one.
    fn try_table(&mut self, path: PathBuf, wanted: &BuildId) -> bool {
        let Some(text) = self.read(&path) else {
            return false;
        };
        let object = parse_table(&path, text.bytes(), Some(wanted.clone()));
        self.take(object, Origin::Capture, path)
    }

    /// Takes an ELF file, when there is one of the wanted build.
    fn try_elf(&mut self, path: PathBuf, origin: Origin, wanted: &BuildId) -> bool {
        let Some(file) = self.read(&path) else {
            return false;
        };
        let own = read_build_id(file.bytes());
        // A cache is keyed by build id, so a file without one is what perf put there.
        let same = match &own {
            Some(own) => is_same(own, wanted),
            None => origin != Origin::Recorded,
        };
        if !same {
            self.refused.push(Refused {
                path,
                wanted: wanted.clone(),
                found: own,
            });
            if self.object.is_err() {
                self.object = Err(Unresolved::BuildIdMismatch);
            }
            return false;
        }
        let object = ObjectSymbols::parse_elf(&path, file.bytes());
        self.take(object, origin, path)
    }

    fn take(&mut self, object: Result<ObjectSymbols>, origin: Origin, path: PathBuf) -> bool {
        match object {
            Ok(object) => {
                self.object = Ok(object);
                self.origin = Some((origin, path));
                true
            }
            Err(problem) => {
                self.broken.push(problem);
                false
            }
        }
    }

    fn read(&mut self, path: &Path) -> Option<Storage> {
        match read_file(path) {
            Ok(bytes) => bytes,
            Err(problem) => {
                self.broken.push(problem);
                None
            }
        }
    }
}

/// A regular file; `None` when the path leads to none, as a looping link does not.
fn read_file(path: &Path) -> Result<Option<Storage>> {
    if_there(Storage::open_regular(path)).map(Option::flatten)
}

/// `None` for a file that is not there.
fn if_there<T>(opened: Result<T>) -> Result<Option<T>> {
    match opened {
        Ok(file) => Ok(Some(file)),
        Err(Error::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// Whether a file's build id is the recorded one, which may be filled up with zeros or cut.
fn is_same(own: &BuildId, wanted: &BuildId) -> bool {
    let (own, wanted) = (own.as_bytes(), wanted.as_bytes());
    let own = own.get(..RECORDED_BYTES).unwrap_or(own);
    match wanted.split_at_checked(own.len()) {
        Some((same, rest)) => same == own && rest.iter().all(|&byte| byte == 0),
        None => false,
    }
}
