//! Output files that appear whole or not at all, and never in the place of an input.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use super::endings::Ending;
use super::inputs::{Inputs, open_file};
use super::room::waits_for_disk;
use super::wrong_arguments::WrongArguments;
use vmflame::error::{Error, Result};
use vmflame::input::FileKind;
use vmflame::output::{HalfFile, Packing};

/// Where a verb writes; checked before it works.
#[derive(Debug)]
pub(super) struct Destination {
    /// As the user named it.
    shown: PathBuf,
    way: Way,
    packing: Option<Packing>,
    /// Whether nobody else may read what is written.
    is_private: bool,
}

#[derive(Debug)]
enum Way {
    Stdout,
    /// What cannot be replaced: a pipe, `/dev/null`, an open file.
    Direct(PathBuf),
    /// A regular file, or none yet, links followed.
    Whole(PathBuf, Option<Metadata>),
}

/// Bytes of a packed file that are sure to give the first ones of what is packed: a block of bzip2,
/// which holds up to 900 000 bytes, comes whole or not at all.
const PACKED_START: u64 = 1 << 20;

/// Most links that the kernel follows (`MAXSYMLINKS`, include/linux/namei.h, Linux 6.12).
const MAX_LINKS: usize = 40;

impl Destination {
    /// Standard output.
    ///
    /// # Errors
    /// When it goes into one of the inputs.
    pub(super) fn stdout(inputs: &Inputs<'_>) -> Result<Self> {
        if let Ok(found) = open_file(io::stdout().as_fd())
            && found.is_file()
            && let Some(input) = inputs.find(&found)
        {
            return Err(is_input("standard output", &input));
        }
        Ok(Self {
            shown: PathBuf::from("standard output"),
            way: Way::Stdout,
            packing: None,
            is_private: false,
        })
    }

    /// The output that the user names, `-` for standard output.
    ///
    /// # Errors
    /// When it is one of the inputs or another capture, must not be written, or cannot be.
    pub(super) fn new(output: &Path, inputs: &Inputs<'_>) -> Result<Self> {
        if output == Path::new("-") {
            return Self::stdout(inputs);
        }
        let destination = Self::within(output, inputs)?;
        if let Way::Whole(path, Some(_)) = &destination.way
            && let Some(what) = precious(path)
        {
            let output = output.to_owned();
            return Err(WrongArguments::Precious { output, what }.into());
        }
        Ok(destination)
    }

    /// The same for a capture that is made up.
    ///
    /// # Errors
    /// When there is a file already and `is_forced` does not say to replace it, or it cannot be
    /// written.
    pub(super) fn of_capture(output: &Path, is_forced: bool) -> Result<Self> {
        if output == Path::new("-") {
            return Err(WrongArguments::CaptureToPipe.into());
        }
        let destination = Self::within(output, &Inputs::default())?;
        if destination.packing.is_some() {
            let output = output.to_owned();
            return Err(WrongArguments::CompressedCapture { output }.into());
        }
        if matches!(destination.way, Way::Whole(_, Some(_))) && !is_forced {
            let output = output.to_owned();
            return Err(WrongArguments::ThereAlready { output }.into());
        }
        Ok(destination)
    }

    /// The same for a case, which holds what only its owner may read.
    ///
    /// # Errors
    /// As [`Self::of_capture`], and when it is one of the inputs.
    pub(super) fn of_case(output: &Path, inputs: &Inputs<'_>, is_forced: bool) -> Result<Self> {
        let mut destination = Self::within(output, inputs)?;
        destination.refuse_terminal("a case", "-o case.tar.zst writes it to a file")?;
        if matches!(destination.way, Way::Whole(_, Some(_))) && !is_forced {
            let output = output.to_owned();
            return Err(WrongArguments::ThereAlready { output }.into());
        }
        destination.is_private = true;
        Ok(destination)
    }

    fn within(output: &Path, inputs: &Inputs<'_>) -> Result<Self> {
        let failed = |source| Error::io("write", output, source);
        let way = follow(output).map_err(failed)?;
        match &way {
            Way::Stdout => return Self::stdout(inputs),
            Way::Direct(path) | Way::Whole(path, _) => {
                let found = fs::metadata(path).ok().filter(Metadata::is_file);
                let find = |found: Metadata| {
                    if is_picture(path) {
                        inputs.find_uncached(&found)
                    } else {
                        inputs.find(&found)
                    }
                };
                if let Some(input) = found.and_then(find) {
                    return Err(is_input(&output.display().to_string(), &input));
                }
            }
        }
        if let Way::Whole(path, old) = &way {
            may_replace(output, path, old.as_ref())?;
        }
        Ok(Self {
            shown: output.to_owned(),
            way,
            packing: Ending::of(output).packing,
            is_private: false,
        })
    }

    /// Refuses a terminal, for what nobody can read there.
    ///
    /// # Errors
    /// When it is one.
    pub(super) fn refuse_terminal(&self, what: &'static str, instead: &'static str) -> Result<()> {
        let is_terminal = match &self.way {
            Way::Stdout => io::stdout().is_terminal(),
            Way::Direct(path) => {
                let found = fs::metadata(path);
                found.is_ok_and(|found| found.file_type().is_char_device())
                    && OpenOptions::new()
                        .write(true)
                        .open(path)
                        .is_ok_and(|file| file.is_terminal())
            }
            Way::Whole(..) => false,
        };
        if is_terminal {
            return Err(WrongArguments::ToTerminal { what, instead }.into());
        }
        Ok(())
    }

    /// Whether it is standard output.
    pub(super) const fn is_stdout(&self) -> bool {
        matches!(self.way, Way::Stdout)
    }

    /// Writes what `write` does, compressed where the name says so. A file appears when all of it
    /// is there.
    pub(super) fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
        let failed = |source| Error::io("write", &self.shown, source);
        let packing = self.packing;
        let buffered = |out: &mut dyn Write| {
            let mut out = BufWriter::with_capacity(1 << 16, out);
            match packing {
                None => write(&mut out)?,
                Some(packing) => packing.pack(&mut out, write)?,
            }
            out.flush()
        };
        if self.is_stdout() {
            return buffered(&mut io::stdout().lock()).map_err(failed);
        }
        self.write_file(|mut file| {
            buffered(&mut file)?;
            Ok(file)
        })
    }

    /// Runs `write` on a new file, which takes its place when all of it is there.
    pub(super) fn write_file(&self, write: impl FnOnce(File) -> io::Result<File>) -> Result<()> {
        self.write_and_bring(write, File::sync_data)
    }

    /// The same, and says how a file is brought to the disk.
    fn write_and_bring(
        &self,
        write: impl FnOnce(File) -> io::Result<File>,
        to_disk: impl FnOnce(&File) -> io::Result<()>,
    ) -> Result<()> {
        let attempt = || match &self.way {
            Way::Stdout => Err(io::Error::from(io::ErrorKind::Unsupported)),
            // Appending, since an open file may be a log.
            Way::Direct(path) => {
                let file = OpenOptions::new().append(true).open(path)?;
                write(file).map(|_| ())
            }
            Way::Whole(path, old) => {
                let (half, file) = HalfFile::beside(path)?;
                if self.is_private {
                    file.set_permissions(Permissions::from_mode(0o600))?;
                }
                let file = write(file)?;
                if let Some(old) = old.as_ref().filter(|_| !self.is_private) {
                    keep_owner(&file, old)?;
                }
                // A case may be all that is left of a recording.
                if self.is_private || waits_for_disk(&file, path) {
                    to_disk(&file)?;
                }
                half.replace(path)
            }
        };
        attempt().map_err(|source| Error::io("write", &self.shown, source))
    }
}

fn is_input(output: &str, input: &Path) -> Error {
    let (output, input) = (output.to_owned(), input.to_owned());
    WrongArguments::IsInput { output, input }.into()
}

/// Follows links to what they lead to, which need not be there.
fn follow(output: &Path) -> io::Result<Way> {
    let mut at = output.to_owned();
    for _ in 0..MAX_LINKS {
        let found = match fs::symlink_metadata(&at) {
            Ok(found) => found,
            Err(problem) if problem.kind() == io::ErrorKind::NotFound => {
                // The folder must be there.
                fs::metadata(folder_of(&at))?;
                return Ok(Way::Whole(at, None));
            }
            Err(problem) => return Err(problem),
        };
        if found.is_dir() {
            return Err(io::Error::from(io::ErrorKind::IsADirectory));
        }
        if found.is_file() {
            return Ok(Way::Whole(at, Some(found)));
        }
        if !found.is_symlink() {
            return Ok(Way::Direct(at));
        }
        let folder = fs::canonicalize(folder_of(&at))?;
        // Links of /proc/PID/fd lead to open files, whatever their text says.
        if folder.starts_with("/proc") && folder.ends_with("fd") {
            let own = fs::canonicalize("/proc/self/fd").is_ok_and(|own| own == folder);
            let is_stdout = own && at.file_name().is_some_and(|name| name == "1");
            return Ok(if is_stdout {
                Way::Stdout
            } else {
                Way::Direct(at)
            });
        }
        at = folder.join(fs::read_link(&at)?);
    }
    Err(io::Error::other("too many links"))
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        Some(_) | None => Path::new("."),
    }
}

/// Asks for what a file says itself, and what the system says: it is moved over, which asks for
/// the rights on its folder only.
fn may_replace(output: &Path, path: &Path, old: Option<&Metadata>) -> Result<()> {
    let Some(old) = old else {
        return Ok(());
    };
    if old.permissions().readonly() {
        let output = output.to_owned();
        return Err(WrongArguments::ReadOnly { output }.into());
    }
    match OpenOptions::new().write(true).open(path) {
        Ok(_) => Ok(()),
        Err(source) => Err(Error::io("write", output, source)),
    }
}

/// What an existing file is, packed or not, that nobody wants a picture or a table in the place of.
fn precious(path: &Path) -> Option<&'static str> {
    use io::Read;
    let mut start = Vec::new();
    let file = File::open(path).ok()?;
    file.take(PACKED_START).read_to_end(&mut start).ok()?;
    match FileKind::of(&start) {
        FileKind::PerfData => Some("a perf.data"),
        FileKind::TraceDat => Some("a trace.dat"),
        FileKind::Elf => Some("an ELF file"),
        FileKind::TraceText
        | FileKind::Folded
        | FileKind::Text(_)
        | FileKind::Unknown(_)
        | FileKind::Packed => None,
    }
}

/// Whether it holds an SVG picture: no build-id cache does.
fn is_picture(path: &Path) -> bool {
    use io::Read;
    let mut start = [0; 5];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && (start == *b"<?xml" || start.starts_with(b"<svg"))
}

/// Gives a new file the owner and the mode of the one whose place it takes.
fn keep_owner(file: &File, old: &Metadata) -> io::Result<()> {
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (old.uid(), old.gid()) {
        // Only root may give files away; for others the new file is their own.
        drop(fchown(file, Some(old.uid()), Some(old.gid())));
    }
    file.set_permissions(Permissions::from_mode(old.mode() & 0o777))
}

#[cfg(test)]
mod tests {
    use super::*;
    use vmflame::output::ScratchFolder;

    /// A folder of this machine's own for temporary files.
    fn folder() -> ScratchFolder {
        ScratchFolder::beside(&std::env::temp_dir().join("vmflame")).unwrap()
    }

    /// Writes a file by a disk that fails.
    fn written(to: &Destination, write: impl FnOnce(File) -> io::Result<File>) -> Result<()> {
        to.write_and_bring(write, |_| Err(io::Error::other("the disk fails")))
    }

    fn text(mut file: File) -> io::Result<File> {
        file.write_all(b"a picture")?;
        Ok(file)
    }

    /// Law: what a user has stays until what takes its place is on the disk.
    #[test]
    fn a_file_stays_where_the_disk_does_not_take_the_next() {
        let folder = folder();
        let path = folder.path().join("picture.svg");
        fs::write(&path, "the picture before").unwrap();
        let to = Destination::new(&path, &Inputs::default()).unwrap();
        written(&to, text).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"the picture before");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        to.write_file(text).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"a picture");
    }

    /// The same for a file that somebody else made meanwhile.
    #[test]
    fn a_file_that_came_meanwhile_stays_too() {
        let folder = folder();
        let path = folder.path().join("picture.svg");
        let to = Destination::new(&path, &Inputs::default()).unwrap();
        let meanwhile = |file| fs::write(&path, "of somebody else").and_then(|()| text(file));
        written(&to, meanwhile).unwrap_err();
        assert_eq!(fs::read(&path).unwrap(), b"of somebody else");
    }

    /// Where there was none, the disk is asked only where nobody else knows whether there is room;
    /// for a case, always.
    #[test]
    fn the_disk_is_not_waited_for_where_nothing_is_lost() {
        let folder = folder();
        let path = folder.path().join("picture.svg");
        let other = File::create(folder.path().join("other")).unwrap();
        let tells_at_once = !waits_for_disk(&other, &path);
        let to = Destination::new(&path, &Inputs::default()).unwrap();
        assert_eq!(written(&to, text).is_ok(), tells_at_once);
        assert_eq!(path.exists(), tells_at_once);
        let case = folder.path().join("case.tar.zst");
        let to = Destination::of_case(&case, &Inputs::default(), false).unwrap();
        written(&to, text).unwrap_err();
        assert!(!case.exists());
    }
}
