//! Tarballs: whole captures, and what `perf archive` packs.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::members::{Failure, Members, Refusal};
use crate::error::{Error, Result};
use crate::perf::{MORE_UNPACKED, UnpackLimit, Wrapping};
use crate::scratch::ScratchFolder;

/// Position of the letters `ustar` in a tarball's first header.
const MAGIC_AT: usize = 257;

/// Most bytes of the headers of one member, long names and maps of sparse files included.
const LONGEST_HEADER: u64 = 1 << 20;

/// How many members that are left out are named.
const NAMED: usize = 20;

/// What is wrong with an archive that was unpacked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArchiveFault {
    /// A member was left out.
    Refused {
        /// Its name.
        member: PathBuf,
        /// Why.
        why: Refusal,
    },
    /// More members were left out, so many.
    MoreRefused(u64),
    /// It could not be read to its end; what came before is used.
    Broken(String),
}

impl fmt::Display for ArchiveFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // A name may hold what a terminal obeys.
            Self::Refused { member, why } => {
                write!(f, "{member:?} is left out: {}", why.as_str())
            }
            Self::MoreRefused(more) => write!(f, "{more} more members are left out"),
            Self::Broken(cause) => {
                write!(f, "the archive cannot be unpacked to its end ({cause})")
            }
        }
    }
}

/// An archive that was unpacked.
#[derive(Debug)]
pub(super) struct Archive {
    pub(super) folder: ScratchFolder,
    pub(super) faults: Vec<ArchiveFault>,
}

/// Unpacks a tarball, compressed or not, into a temporary folder that is removed when dropped;
/// `None` when the file is no tarball.
///
/// # Errors
/// When the file cannot be read, or unpacks to more than the limit, or the folder cannot be
/// written.
pub(super) fn unpack(path: &Path, limit: UnpackLimit) -> Result<Option<Archive>> {
    let failed = |source| Error::io("unpack", path, source);
    let mut reader = open(path, limit)?;
    let mut head = Vec::new();
    // A file that cannot be decompressed is no tarball; whoever reads it next says what is wrong.
    if reader.by_ref().take(512).read_to_end(&mut head).is_err()
        || head.get(MAGIC_AT..MAGIC_AT + 5) != Some(b"ustar")
    {
        return Ok(None);
    }
    let folder = ScratchFolder::new().map_err(failed)?;
    let mut unpacking = Unpacking::into(&folder, reader.meter.clone(), limit);
    let end = unpacking.run(head.as_slice().chain(reader));
    let mut faults = unpacking.finish().map_err(failed)?;
    match end {
        Ok(()) => {}
        Err(Stop::Broken(cause)) => faults.push(ArchiveFault::Broken(cause)),
        Err(Stop::Limit(what)) => {
            let what = format!("the archive unpacks to {what}");
            return Err(Error::format(path, what).with_hint(MORE_UNPACKED));
        }
        Err(Stop::Io(source)) => return Err(failed(source)),
    }
    Ok(Some(Archive { folder, faults }))
}

/// As [`unpack()`], for a file that should be a tarball: whatever is wrong with it is a fault.
pub(super) fn unpack_beside(
    path: &Path,
    limit: UnpackLimit,
) -> (Option<Archive>, Vec<ArchiveFault>) {
    let broken = |cause: String| (None, vec![ArchiveFault::Broken(cause)]);
    if !path.is_file() {
        return broken("it is no regular file".to_owned());
    }
    match unpack(path, limit) {
        Ok(Some(mut archive)) => {
            let faults = std::mem::take(&mut archive.faults);
            (Some(archive), faults)
        }
        // Packed from an empty list it is zeros only.
        Ok(None) => match open(path, limit).map(|mut reader| {
            let mut head = [1; 512];
            reader.read_exact(&mut head).map(|()| head)
        }) {
            Ok(Ok([0, rest @ ..])) if rest.iter().all(|&byte| byte == 0) => (None, Vec::new()),
            Ok(Ok(_)) => broken("it is no tar archive".to_owned()),
            Ok(Err(cause)) => broken(cause.to_string()),
            Err(error) => broken(error.to_string()),
        },
        Err(error) => {
            let hint = error.hint().map(|hint| format!("; {hint}"));
            let cause = match &error {
                Error::Io { source, .. } => source.to_string(),
                Error::Format { what, .. } => what.clone(),
                Error::Request { .. } | Error::NoMatch { .. } => error.to_string(),
            };
            broken(cause + &hint.unwrap_or_default())
        }
    }
}

fn open(path: &Path, limit: UnpackLimit) -> Result<Metered<Box<dyn Read>>> {
    let failed = |source| Error::io("unpack", path, source);
    let mut file = File::open(path).map_err(|source| Error::io("open", path, source))?;
    let packed_len = file.metadata().map_err(failed)?.len();
    let mut start = [0; 16];
    let len = file.read(&mut start).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let file = BufReader::new(file);
    let inner: Box<dyn Read> = match Wrapping::of(start.get(..len).unwrap_or_default()) {
        Some(wrapping) => wrapping.unwrap(file).map_err(failed)?,
        None => Box::new(file),
    };
    let meter = Rc::new(Meter {
        read: Cell::new(0),
        may_read: Cell::new(u64::MAX),
        limit: limit.of_packed(packed_len),
        is_over: Cell::new(false),
    });
    Ok(Metered { inner, meter })
}

/// Counts what comes out of an archive while it is read.
struct Meter {
    read: Cell<u64>,
    /// Where reading must stop, since a header cannot be so long.
    may_read: Cell<u64>,
    /// Most bytes in all.
    limit: u64,
    is_over: Cell<bool>,
}

struct Metered<R> {
    inner: R,
    meter: Rc<Meter>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let meter = &self.meter;
        let len = self.inner.read(buffer)?;
        meter.read.set(meter.read.get().saturating_add(len as u64));
        if meter.read.get() > meter.limit {
            meter.is_over.set(true);
            return Err(io::Error::other("it unpacks to too much"));
        }
        if meter.read.get() > meter.may_read.get() {
            return Err(io::Error::other("a header of it is too long"));
        }
        Ok(len)
    }
}

/// Why unpacking ended early.
enum Stop {
    Broken(String),
    /// It is more than the limit, with this.
    Limit(String),
    Io(io::Error),
}

struct Unpacking<'f> {
    members: Members<'f>,
    meter: Rc<Meter>,
    limit: UnpackLimit,
    /// Members so far.
    count: u64,
    /// Bytes of files so far.
    bytes: u64,
    faults: Faults,
}

/// What is wrong with the archive.
#[derive(Default)]
struct Faults {
    named: Vec<ArchiveFault>,
    unnamed: u64,
}

impl Faults {
    fn refuse(&mut self, member: PathBuf, why: Refusal) {
        if self.named.len() < NAMED {
            self.named.push(ArchiveFault::Refused { member, why });
        } else {
            self.unnamed += 1;
        }
    }
}

impl<'f> Unpacking<'f> {
    fn into(folder: &'f ScratchFolder, meter: Rc<Meter>, limit: UnpackLimit) -> Self {
        Self {
            members: Members::new(folder),
            meter,
            limit,
            count: 0,
            bytes: 0,
            faults: Faults::default(),
        }
    }

    fn run(&mut self, reader: impl Read) -> std::result::Result<(), Stop> {
        let mut archive = tar::Archive::new(reader);
        let meter = Rc::clone(&self.meter);
        let allow = |len: u64| meter.may_read.set(meter.read.get().saturating_add(len));
        allow(LONGEST_HEADER);
        let entries = archive.entries().map_err(|cause| self.broken(&cause))?;
        for entry in entries {
            let mut entry = entry.map_err(|cause| self.broken(&cause))?;
            self.count += 1;
            if self.count.saturating_add(self.members.folders()) > self.limit.files() {
                return Err(Stop::Limit(format!(
                    "more than {} files",
                    self.limit.files()
                )));
            }
            let name = PathBuf::from(bytes_as_path(&entry.path_bytes()));
            let is_sparse = entry.header().entry_type().is_gnu_sparse();
            let stored = if is_sparse {
                entry.header().entry_size().unwrap_or(0)
            } else {
                entry.size()
            };
            let begin = meter.read.get();
            meter.may_read.set(u64::MAX);
            match self.add(&name, &mut entry) {
                Ok(()) => {}
                Err(MemberStop::Failure(Failure::Refused(why))) => self.faults.refuse(name, why),
                Err(MemberStop::Failure(Failure::Io(problem))) => return Err(Stop::Io(problem)),
                Err(MemberStop::Stop(stop)) => return Err(stop),
            }
            let rest = stored.saturating_sub(meter.read.get() - begin);
            allow(rest.saturating_add(LONGEST_HEADER));
        }
        Ok(())
    }

    /// Unpacks a member.
    fn add<R: Read>(
        &mut self,
        name: &Path,
        entry: &mut tar::Entry<'_, R>,
    ) -> std::result::Result<(), MemberStop> {
        use tar::EntryType as Type;
        let kind = entry.header().entry_type();
        let target = entry.link_name_bytes().unwrap_or_default();
        let target = PathBuf::from(bytes_as_path(&target));
        match kind {
            Type::Directory => self.members.add_folder(name)?,
            Type::Symlink => self.members.add_link(name, &target)?,
            Type::Link => self.members.add_hard_link(name, &target)?,
            Type::Regular | Type::Continuous | Type::GNUSparse => {
                // Before POSIX, a folder was a file whose name ends in a slash.
                if entry.path_bytes().ends_with(b"/") {
                    return Ok(self.members.add_folder(name)?);
                }
                if is_other_sparse(entry) {
                    return Err(Failure::Refused(Refusal::Sparse).into());
                }
                let file = self.members.add_file(name)?;
                self.copy(entry, &file)?;
            }
            Type::XGlobalHeader => {}
            _ => return Err(Failure::Refused(Refusal::NoFile).into()),
        }
        Ok(())
    }

    fn copy<R: Read>(
        &mut self,
        entry: &mut tar::Entry<'_, R>,
        file: &File,
    ) -> std::result::Result<(), MemberStop> {
        let mut buffer = vec![0; 1 << 17];
        let mut len = 0_u64;
        loop {
            let read = match entry.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(self.broken(&cause).into()),
            };
            let bytes = buffer.get(..read).unwrap_or_default();
            self.bytes += read as u64;
            // The holes of a sparse file come from no packed byte.
            if self.bytes > self.limit.bytes() {
                let what = format!("more than {} bytes", self.limit.bytes());
                return Err(Stop::Limit(what).into());
            }
            // Zeros become a hole, which takes no room.
            if bytes.iter().any(|&byte| byte != 0) {
                file.write_all_at(bytes, len).map_err(Failure::Io)?;
            }
            len += read as u64;
        }
        file.set_len(len).map_err(Failure::Io)?;
        if len < entry.size() {
            return Err(Stop::Broken("it ends within a member".to_owned()).into());
        }
        Ok(())
    }

    fn broken(&self, cause: &io::Error) -> Stop {
        if self.meter.is_over.get() {
            Stop::Limit(format!("more than {} bytes", self.meter.limit))
        } else {
            Stop::Broken(cause.to_string())
        }
    }

    /// Makes the links; all that was left out.
    fn finish(self) -> io::Result<Vec<ArchiveFault>> {
        let mut faults = self.faults;
        for (member, why) in self.members.finish()? {
            faults.refuse(member, why);
        }
        if faults.unnamed > 0 {
            faults.named.push(ArchiveFault::MoreRefused(faults.unnamed));
        }
        Ok(faults.named)
    }
}

/// Why a member is not there, or nothing that follows.
enum MemberStop {
    Failure(Failure),
    Stop(Stop),
}

impl From<Failure> for MemberStop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<Stop> for MemberStop {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// Whether a member is a sparse file as POSIX archives hold it: its first bytes are a map.
fn is_other_sparse<R: Read>(entry: &mut tar::Entry<'_, R>) -> bool {
    let extensions = entry.pax_extensions().ok().flatten();
    extensions.is_some_and(|mut all| {
        all.any(|one| one.is_ok_and(|one| one.key_bytes().starts_with(b"GNU.sparse.")))
    })
}

fn bytes_as_path(bytes: &[u8]) -> &Path {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}
