//! Archives as they are written: the same members give the same bytes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tar::{Builder, EntryType, Header};

use super::written;

/// What a member of an archive consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MemberContent {
    /// The bytes of this file, as it is when it is written.
    File(PathBuf),
    /// The same, and when the file was last written.
    DatedFile(PathBuf),
    /// These bytes.
    Bytes(Vec<u8>),
    /// It is a folder, with nothing in it.
    Folder,
}

impl MemberContent {
    /// How many bytes it has.
    ///
    /// # Errors
    /// When the file cannot be looked at.
    pub fn len(&self) -> io::Result<u64> {
        match self {
            Self::File(path) | Self::DatedFile(path) => Ok(std::fs::metadata(path)?.len()),
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
            Self::Folder => Ok(0),
        }
    }

    /// Whether it has no bytes; a file that cannot be looked at has some.
    pub fn is_empty(&self) -> bool {
        self.len().is_ok_and(|len| len == 0)
    }
}

/// A member of an archive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Its path in the archive.
    pub name: PathBuf,
    /// What it consists of.
    pub content: MemberContent,
}

/// Writes members as a tarball. Owners and times are left out: they say nothing of a capture, and
/// something of whoever packs it. But when the capture was written tells which files of the machine
/// that made it are still the ones that ran.
///
/// # Errors
/// When a file cannot be read or became shorter, or the archive cannot be written.
pub fn write_archive(members: &[Member], out: &mut dyn Write) -> io::Result<()> {
    let mut archive = Builder::new(out);
    for member in members {
        match &member.content {
            MemberContent::File(path) | MemberContent::DatedFile(path) => {
                let file = File::open(path)?;
                let len = file.metadata()?.len();
                if matches!(member.content, MemberContent::DatedFile(_)) {
                    let written = written::of_file(&file)?.and_then(written::text);
                    let told = written.iter().map(|text| ("mtime", text.as_bytes()));
                    archive.append_pax_extensions(told)?;
                }
                append(&mut archive, &member.name, len, file.take(len))?;
            }
            MemberContent::Bytes(bytes) => {
                append(&mut archive, &member.name, bytes.len() as u64, &**bytes)?;
            }
            MemberContent::Folder => {
                let mut header = header(EntryType::Directory, 0o755, 0);
                archive.append_data(&mut header, &member.name, io::empty())?;
            }
        }
    }
    archive.finish()
}

fn append(
    archive: &mut Builder<&mut dyn Write>,
    name: &Path,
    len: u64,
    bytes: impl Read,
) -> io::Result<()> {
    let mut counted = Exactly { bytes, left: len };
    let mut header = header(EntryType::Regular, 0o644, len);
    archive.append_data(&mut header, name, &mut counted)
}

fn header(kind: EntryType, mode: u32, len: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(len);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// A reader that ends in an error where fewer bytes come than were announced.
struct Exactly<R> {
    bytes: R,
    left: u64,
}

impl<R: Read> Read for Exactly<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.bytes.read(buffer)?;
        if read == 0 && self.left > 0 && !buffer.is_empty() {
            return Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "a file became shorter while it was packed",
            ));
        }
        self.left = self.left.saturating_sub(read as u64);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(members: &[Member]) -> Vec<u8> {
        let mut out = Vec::new();
        write_archive(members, &mut out).unwrap();
        out
    }

    /// What is packed is unpacked, long names too, and the bytes are the same each time.
    #[test]
    fn archives_hold_their_members() {
        let long = "x/".repeat(90);
        let members = [
            Member {
                name: PathBuf::from("case/perf.data"),
                content: MemberContent::Bytes(b"PERFILE2".to_vec()),
            },
            Member {
                name: Path::new(&long).join("elf"),
                content: MemberContent::Bytes(vec![7; 1000]),
            },
            Member {
                name: PathBuf::from("case/empty"),
                content: MemberContent::Folder,
            },
        ];
        let bytes = packed(&members);
        assert_eq!(bytes, packed(&members));
        let mut archive = tar::Archive::new(&*bytes);
        let read: Vec<(PathBuf, u64)> = archive
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.path().unwrap().into_owned(), entry.size()))
            .collect();
        let expected = members.map(|member| {
            let len = member.content.len().unwrap();
            (member.name, len)
        });
        assert_eq!(read, expected);
    }

    /// The header announces a length; fewer bytes would shift all that follows.
    #[test]
    fn a_file_that_shrinks_is_an_error() {
        let mut short = Exactly {
            bytes: &b"abc"[..],
            left: 4,
        };
        assert!(short.read_to_end(&mut Vec::new()).is_err());
    }
}
