//! A dataset's folder: locks, files on their way in, files without an owner.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::manifest::{DatasetFile, Manifest};
use super::parquet_file::{checksum, read_parquet, to_parquet};
use super::partition::Partition;
use super::schema::TableName;
use super::table_rows::TableRows;
use crate::error::{BadFile, DatasetFault, Error, Result};
use rustix::fs::{FlockOperation, flock};

/// The list of files.
const MANIFEST: &str = "dataset.json";
/// The next list, until it takes the place of the other.
const NEXT_MANIFEST: &str = ".dataset.json.next";
/// Locked while the list changes, and shared while files of it are read.
const LOCK: &str = ".lock";
/// Locked by the one who compacts.
const COMPACT_LOCK: &str = ".compact.lock";
/// Where files are written.
const STAGING: &str = "_staging";

/// A dataset's folder.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A lock, until it is dropped or the process ends, however it ends.
#[derive(Debug)]
#[must_use]
pub struct StoreLock {
    _file: File,
}

/// A folder of one writer's files. What a writer leaves that was killed, the next one removes.
#[derive(Debug)]
pub(super) struct Staging {
    folder: PathBuf,
    files: Vec<StagedFile>,
    /// Tells others that the writer is alive.
    _lock: StoreLock,
}

/// A file on its way in.
#[derive(Debug)]
struct StagedFile {
    from: PathBuf,
    /// Below the dataset's folder.
    path: String,
    file: DatasetFile,
}

impl Drop for Staging {
    fn drop(&mut self) {
        // What stays is removed by the next writer.
        drop(fs::remove_dir_all(&self.folder));
    }
}

impl Staging {
    /// Writes rows, to be put into the dataset with all others that are staged.
    pub(super) fn write(&mut self, partition: &Partition, rows: &TableRows) -> Result<()> {
        let bytes = to_parquet(rows)?;
        let xxh3 = checksum(&bytes);
        let from = self.folder.join(self.files.len().to_string());
        let failed = |source| Error::io("write", &from, source);
        let mut file = File::create_new(&from).map_err(failed)?;
        file.write_all(&bytes).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        let table = rows.table();
        self.files.push(StagedFile {
            path: format!("{}/{xxh3}.parquet", partition.folder(table)),
            file: DatasetFile {
                table,
                partition: partition.clone(),
                rows: rows.len() as u64,
                bytes: bytes.len() as u64,
                xxh3,
            },
            from,
        });
        Ok(())
    }

    /// Bytes of all that is staged.
    pub(super) fn bytes(&self) -> u64 {
        self.files.iter().map(|staged| staged.file.bytes).sum()
    }

    /// Number of files that are staged.
    pub(super) const fn len(&self) -> usize {
        self.files.len()
    }
}

impl Store {
    /// The dataset of a folder, which is made where it is not there.
    ///
    /// # Errors
    /// When it cannot be made, or holds something else.
    pub fn begin(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder).map_err(|source| Error::io("create", folder, source))?;
        let store = Self {
            folder: folder.to_owned(),
        };
        if !folder.join(MANIFEST).exists() {
            let failed = |source| Error::io("read", folder, source);
            for entry in fs::read_dir(folder).map_err(failed)? {
                let name = entry.map_err(failed)?.file_name();
                let name = name.to_string_lossy();
                let own = [NEXT_MANIFEST, LOCK, COMPACT_LOCK, STAGING];
                // A writer that was killed before it had a list may have left them.
                if !own.contains(&&*name) && TableName::parse(&name).is_none() {
                    let what = BadFile::Dataset(DatasetFault::OtherFolder);
                    return Err(Error::file(folder, what));
                }
            }
        }
        Ok(store)
    }

    /// The dataset of a folder.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(folder: &Path) -> Result<Self> {
        if !folder.join(MANIFEST).is_file() {
            let what = BadFile::Dataset(DatasetFault::NoDataset);
            fs::metadata(folder).map_err(|source| Error::io("open", folder, source))?;
            return Err(Error::file(folder, what));
        }
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where a file of the list is.
    pub fn place(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    /// The list of files; an empty one where nothing was added yet.
    ///
    /// # Errors
    /// When it cannot be read, is none, or one of a later version.
    pub fn manifest(&self) -> Result<Manifest> {
        let path = self.folder.join(MANIFEST);
        match fs::read_to_string(&path) {
            Ok(text) => Manifest::parse(&path, &text),
            Err(source) if source.kind() == ErrorKind::NotFound => Ok(Manifest::default()),
            Err(source) => Err(Error::io("read", &path, source)),
        }
    }

    /// The rows of a file of the list.
    ///
    /// # Errors
    /// When it cannot be read, is not what was written, or has other columns than its table.
    pub fn rows(&self, path: &str, listed: &DatasetFile) -> Result<TableRows> {
        read_parquet(&self.place(path), listed)
    }

    /// Holds off those who remove files, until it is dropped.
    ///
    /// # Errors
    /// When the lock cannot be had.
    pub fn read_lock(&self) -> Result<StoreLock> {
        let path = self.folder.join(LOCK);
        // A reader may not be allowed to write here.
        match File::open(&path) {
            Ok(file) => locked(file, &path, FlockOperation::LockShared),
            Err(_) => self.lock(LOCK, FlockOperation::LockShared),
        }
    }

    /// Holds off others who compact, until it is dropped.
    pub(super) fn compact_lock(&self) -> Result<StoreLock> {
        self.lock(COMPACT_LOCK, FlockOperation::LockExclusive)
    }

    fn write_lock(&self) -> Result<StoreLock> {
        self.lock(LOCK, FlockOperation::LockExclusive)
    }

    fn lock(&self, name: &str, operation: FlockOperation) -> Result<StoreLock> {
        let path = self.folder.join(name);
        let file = open_lock(&path)?;
        locked(file, &path, operation)
    }

    /// A folder for files on their way in.
    pub(super) fn stage(&self) -> Result<Staging> {
        let _lock = self.write_lock()?;
        let staging = self.folder.join(STAGING);
        let failed = |source| Error::io("create", &staging, source);
        fs::create_dir_all(&staging).map_err(failed)?;
        for entry in fs::read_dir(&staging).map_err(failed)? {
            remove_if_dead(&entry.map_err(failed)?.path());
        }
        let mut numbers = 0_u64..;
        let folder = loop {
            let number = numbers.next().unwrap_or_default();
            let folder = staging.join(number.to_string());
            match fs::create_dir(&folder) {
                Ok(()) => break folder,
                Err(source) if source.kind() == ErrorKind::AlreadyExists => {}
                Err(source) => return Err(Error::io("create", &folder, source)),
            }
        };
        let path = folder.join(LOCK);
        let lock = locked(open_lock(&path)?, &path, FlockOperation::LockExclusive)?;
        Ok(Staging {
            folder,
            files: Vec::new(),
            _lock: lock,
        })
    }

    /// Puts what is staged into the dataset in the place of `replaced` files, where `agrees` finds
    /// nothing in the list of this instant that speaks against it. Returns whether it did.
    ///
    /// # Errors
    /// When the list cannot be read, or something not be written.
    pub(super) fn commit(
        &self,
        staging: &Staging,
        replaced: &[String],
        agrees: impl FnOnce(&Manifest) -> Result<bool>,
    ) -> Result<bool> {
        let _lock = self.write_lock()?;
        let mut manifest = self.manifest()?;
        if !agrees(&manifest)? {
            return Ok(false);
        }
        for staged in &staging.files {
            let folder = self
                .folder
                .join(staged.file.partition.folder(staged.file.table));
            let failed = |source| Error::io("create", &folder, source);
            if !folder.is_dir() {
                fs::create_dir_all(&folder).map_err(failed)?;
                // Names of folders, too, must survive a loss of power.
                let above = folder.ancestors().skip(1);
                let mut above = above.take_while(|above| above.starts_with(&self.folder));
                above.try_for_each(sync_folder)?;
            }
            remove_unlisted(&folder, &self.folder, &manifest);
        }
        for path in replaced {
            manifest.files.remove(path);
        }
        for staged in &staging.files {
            let place = self.place(&staged.path);
            fs::rename(&staged.from, &place)
                .map_err(|source| Error::io("write", &place, source))?;
            sync_folder(place.parent().unwrap_or(&self.folder))?;
            let file = staged.file.clone();
            manifest.files.insert(staged.path.clone(), file);
        }
        manifest.generation += 1;
        self.replace_manifest(&manifest)?;
        for path in replaced {
            if !manifest.files.contains_key(path) {
                // It no longer counts; one that stays is removed later.
                drop(fs::remove_file(self.place(path)));
            }
        }
        Ok(true)
    }

    fn replace_manifest(&self, manifest: &Manifest) -> Result<()> {
        let next = self.folder.join(NEXT_MANIFEST);
        let failed = |source| Error::io("write", &next, source);
        let mut file = File::create(&next).map_err(failed)?;
        let text = manifest.to_text();
        file.write_all(text.as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        fs::rename(&next, self.folder.join(MANIFEST)).map_err(failed)?;
        sync_folder(&self.folder)
    }

    /// Removes the files that are in no list: what writers left that were killed.
    pub(super) fn remove_all_unlisted(&self) -> Result<()> {
        let _lock = self.write_lock()?;
        let manifest = self.manifest()?;
        for path in self.unlisted(&manifest)? {
            drop(fs::remove_file(self.place(&path)));
        }
        Ok(())
    }

    /// Files of rows that are not in the list, by their paths.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(super) fn unlisted(&self, manifest: &Manifest) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for table in TableName::ALL {
            let root = self.folder.join(table.as_str());
            for date in entries(&root)? {
                for hour in entries(&date)? {
                    for file in entries(&hour)? {
                        let path = file.strip_prefix(&self.folder).unwrap_or(&file);
                        let path = path.to_string_lossy().into_owned();
                        let is_rows = Partition::of_path(&path).is_some();
                        if is_rows && !manifest.files.contains_key(&path) {
                            found.push(path);
                        }
                    }
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

/// What is in a folder; nothing where it is none.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let failed = |source| Error::io("read", folder, source);
    let entries = fs::read_dir(folder).map_err(failed)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    paths.collect::<std::io::Result<_>>().map_err(failed)
}

/// Removes the files of a folder that are not in the list. What cannot be removed stays: it does not
/// count.
fn remove_unlisted(folder: &Path, root: &Path, manifest: &Manifest) {
    for file in entries(folder).unwrap_or_default() {
        let path = file.strip_prefix(root).unwrap_or(&file);
        let path = path.to_string_lossy();
        if Partition::of_path(&path).is_some() && !manifest.files.contains_key(&*path) {
            drop(fs::remove_file(&file));
        }
    }
}

/// Removes a folder of a writer that is no more.
fn remove_if_dead(folder: &Path) {
    let lock = File::open(folder.join(LOCK));
    let is_dead = match &lock {
        Ok(file) => flock(file, FlockOperation::NonBlockingLockExclusive).is_ok(),
        // Folders are made, and their locks taken, by whoever holds the lock of the dataset: one
        // without was left between the two.
        Err(source) => source.kind() == ErrorKind::NotFound,
    };
    if is_dead {
        drop(fs::remove_dir_all(folder));
    }
}

fn open_lock(path: &Path) -> Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).truncate(false).write(true).read(true);
    let file = options.open(path);
    file.map_err(|source| Error::io("open", path, source))
}

fn locked(file: File, path: &Path, operation: FlockOperation) -> Result<StoreLock> {
    loop {
        match flock(&file, operation) {
            Ok(()) => return Ok(StoreLock { _file: file }),
            Err(rustix::io::Errno::INTR) => {}
            Err(source) => return Err(Error::io("lock", path, source.into())),
        }
    }
}

/// Makes sure that the names in a folder survive a loss of power.
fn sync_folder(folder: &Path) -> Result<()> {
    let synced = File::open(folder).and_then(|file| file.sync_all());
    synced.map_err(|source| Error::io("write", folder, source))
}
