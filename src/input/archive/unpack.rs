//! The walk over an archive.

use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::fault::ArchiveFault;
use super::members::{Failure, Members, Refusal, bytes_as_path};
use super::metered::{Meter, open};
use super::sparse::{SparseHeader, SparsePart, read_map};
use super::written::pass_on;
use crate::bytes::{ScratchFolder, UnpackLimit};
use crate::error::{BadFile, Error, Problem, Result};

/// Position of the letters `ustar` in a tarball's first header.
const MAGIC_AT: usize = 257;

/// Most bytes of the headers of one member, long names and maps of sparse files included.
const LONGEST_HEADER: u64 = 1 << 20;

/// Kind of a member that is no file (`GNUTYPE_VOLHDR`, src/tar.h, GNU tar 1.34).
const VOLUME_LABEL: u8 = b'V';

/// How many members that are left out are named.
const NAMED: usize = 20;

/// An archive that was unpacked.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) folder: ScratchFolder,
    pub(crate) faults: Vec<ArchiveFault>,
}

/// Unpacks a tarball, compressed or not, into a temporary folder that is removed when dropped;
/// `None` when the file is no tarball.
///
/// # Errors
/// When the file cannot be read, or unpacks to more than the limit, or the folder cannot be
/// written.
pub(crate) fn unpack(path: &Path, limit: UnpackLimit) -> Result<Option<Archive>> {
    let failed = |source| Error::io("unpack", path, source);
    let mut reader = open(path, limit)?;
    let mut head = Vec::new();
    // A file that cannot be decompressed is no tarball: what opens it as a capture says what is
    // wrong with it.
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
        Err(Stop::Limit(what)) => return Err(Error::file(path, what)),
        Err(Stop::Io(source)) => return Err(failed(source)),
    }
    Ok(Some(Archive { folder, faults }))
}

/// As [`unpack()`], for a file that should be a tarball: whatever is wrong with it is a fault.
pub(crate) fn unpack_beside(
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
            // The path is told beside the fault.
            let hint = hint.unwrap_or_default();
            broken(match error.problem() {
                Problem::Io { source, .. } => source.to_string(),
                Problem::File { what, .. } => format!("{what}{hint}"),
                Problem::Monitor { .. }
                | Problem::Request(_)
                | Problem::NoMatch(_)
                | Problem::Comparison(_)
                | Problem::Arguments(_) => format!("{error}{hint}"),
            })
        }
    }
}

/// Why unpacking ended early.
enum Stop {
    Broken(String),
    /// It is more than the limit.
    Limit(BadFile),
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
                let most = self.limit.files();
                return Err(Stop::Limit(BadFile::TooManyFiles { most }));
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
        let kind = entry.header().entry_type();
        let target = entry.link_name_bytes().unwrap_or_default();
        let target = PathBuf::from(bytes_as_path(&target));
        let is_file = kind.is_file() || kind.is_contiguous() || kind.is_gnu_sparse();
        // Before POSIX, a folder was a file whose name ends in a slash.
        if kind.is_dir() || is_file && entry.path_bytes().ends_with(b"/") {
            self.members.add_folder(name)?;
        } else if kind.is_symlink() {
            self.members.add_link(name, &target)?;
        } else if kind.is_hard_link() {
            self.members.add_hard_link(name, &target)?;
        } else if is_file {
            match SparseHeader::of(entry) {
                Some(sparse) if sparse.is_known() => self.add_sparse(&sparse, entry)?,
                Some(_) => return Err(Failure::Refused(Refusal::Sparse).into()),
                None => {
                    let file = self.members.add_file(name)?;
                    let len = entry.size();
                    self.copy(entry, &file, 0..len)?;
                    file.set_len(len).map_err(Failure::Io)?;
                    pass_on(entry, &file).map_err(Failure::Io)?;
                }
            }
        } else if !kind.is_pax_global_extensions() && kind.as_byte() != VOLUME_LABEL {
            return Err(Failure::Refused(Refusal::NoFile).into());
        }
        Ok(())
    }

    fn add_sparse<R: Read>(
        &mut self,
        sparse: &SparseHeader,
        entry: &mut tar::Entry<'_, R>,
    ) -> std::result::Result<(), MemberStop> {
        let file = self.members.add_file(&sparse.name)?;
        let map = read_map(&mut *entry).map_err(|cause| self.broken(&cause))?;
        let end = |part: &SparsePart| part.offset.saturating_add(part.len);
        let len = map.iter().map(end).max().unwrap_or(0).max(sparse.len);
        self.check(len.max(self.bytes))?;
        for part in map {
            let places = part.offset..end(&part);
            self.copy(&mut entry.take(part.len), &file, places)?;
        }
        file.set_len(len).map_err(Failure::Io)?;
        Ok(pass_on(entry, &file).map_err(Failure::Io)?)
    }

    /// Whether so many bytes are too many.
    fn check(&self, bytes: u64) -> std::result::Result<(), Stop> {
        let most = self.limit.bytes();
        if bytes > most {
            return Err(Stop::Limit(BadFile::TooManyBytes { most }));
        }
        Ok(())
    }

    /// Copies all of a member to these places of a file.
    fn copy(
        &mut self,
        member: &mut dyn Read,
        file: &File,
        places: Range<u64>,
    ) -> std::result::Result<(), MemberStop> {
        let mut buffer = vec![0; 1 << 17];
        let mut at = places.start;
        loop {
            let read = match member.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => read,
                Err(cause) if cause.kind() == io::ErrorKind::Interrupted => continue,
                Err(cause) => return Err(self.broken(&cause).into()),
            };
            let bytes = buffer.get(..read).unwrap_or_default();
            self.bytes += read as u64;
            // The holes of a sparse file come from no packed byte.
            self.check(self.bytes)?;
            // Zeros become a hole, which takes no room.
            if bytes.iter().any(|&byte| byte != 0) {
                file.write_all_at(bytes, at).map_err(Failure::Io)?;
            }
            at += read as u64;
        }
        if at < places.end {
            return Err(Stop::Broken("it ends within a member".to_owned()).into());
        }
        Ok(())
    }

    fn broken(&self, cause: &io::Error) -> Stop {
        if self.meter.is_over.get() {
            let most = self.meter.limit;
            Stop::Limit(BadFile::TooManyBytes { most })
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
