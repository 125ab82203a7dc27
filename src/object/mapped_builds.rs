//! Which build a mapped file was, where its path does not tell: in a case, by the file's inode.
//!
//! The build ids of a capture's table are of paths. Of a path that led to several files, or that was
//! mapped in another mount namespace, the machine that recorded knows by the inode which file that
//! was; whoever packs there writes it down, one line for each:
//!
//! ```text
//! # a comment
//! BUILD_ID MAJOR:MINOR NUMBER GENERATION PATH
//! ```
//!
//! The build id is hexadecimal, the numbers of the inode are decimal and those of the capture's
//! mapping; the path is the rest of the line.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::search::ObjectSearch;
use crate::perf::MappedInode;
use crate::units::BuildId;

/// What the file is called, beside a capture.
pub(crate) const MAPPED_BUILDS: &str = "mapped-builds.txt";

/// Bytes of it that are read: more objects than a capture has.
const MOST_READ: u64 = 1 << 24;

/// The line of an object; `None` for a path that does not fit into a line.
pub(crate) fn mapped_build(path: &str, inode: MappedInode, build_id: &BuildId) -> Option<String> {
    let MappedInode {
        major,
        minor,
        number,
        generation,
    } = inode;
    let fits = !path.contains('\n');
    fits.then(|| format!("{build_id} {major}:{minor} {number} {generation} {path}\n"))
}

impl ObjectSearch {
    /// The build that what lies beside the capture tells of a file, mapped under a path; `None` when it
    /// tells none, or several.
    pub(crate) fn build_of_inode(&self, recorded: &str, inode: MappedInode) -> Option<BuildId> {
        let text = read(&self.capture_dir.as_ref()?.join(MAPPED_BUILDS))?;
        build_in(&text, recorded, inode)
    }
}

/// What a text tells of a file.
fn build_in(text: &str, recorded: &str, inode: MappedInode) -> Option<BuildId> {
    // Most lines are of other paths.
    let lines = text
        .split('\n')
        .filter(|line| line.ends_with(recorded) && !line.starts_with('#'));
    let mut builds = lines.filter_map(|line| {
        let (build_id, of, path) = parse(line)?;
        (of == inode && path == recorded).then_some(build_id)
    });
    let first = builds.next()?;
    builds.all(|other| other == first).then_some(first)
}

/// The text of a file of any length, as far as it is read; `None` when there is none.
fn read(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let file = File::open(path).ok()?;
    file.metadata().ok().filter(fs::Metadata::is_file)?;
    file.take(MOST_READ).read_to_end(&mut bytes).ok()?;
    String::from_utf8(bytes).ok()
}

fn parse(line: &str) -> Option<(BuildId, MappedInode, &str)> {
    let mut words = line.splitn(5, ' ');
    let build_id = BuildId::from_hex(words.next()?)?;
    let (major, minor) = words.next()?.split_once(':')?;
    let inode = MappedInode {
        major: major.parse().ok()?,
        minor: minor.parse().ok()?,
        number: words.next()?.parse().ok()?,
        generation: words.next()?.parse().ok()?,
    };
    Some((build_id, inode, words.next()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inode(number: u64) -> MappedInode {
        MappedInode {
            major: 254,
            minor: 1,
            number,
            generation: 7,
        }
    }

    fn id(byte: u8) -> BuildId {
        BuildId::new(&[byte; 20]).unwrap()
    }

    #[test]
    fn a_build_is_that_of_a_path_and_an_inode() {
        let lines = [
            mapped_build("/lib/a b.so", inode(5), &id(1)),
            mapped_build("/lib/a b.so", inode(6), &id(2)),
            mapped_build("/lib/c.so", inode(5), &id(3)),
            // Two builds of one file: neither is believed.
            mapped_build("/lib/d.so", inode(8), &id(4)),
            mapped_build("/lib/d.so", inode(8), &id(5)),
        ];
        let text: String = lines.into_iter().flatten().collect();
        let text = format!("# BUILD INODE PATH\n{text}");
        let build = |path, number| build_in(&text, path, inode(number));
        assert_eq!(build("/lib/a b.so", 5), Some(id(1)));
        assert_eq!(build("/lib/a b.so", 6), Some(id(2)));
        assert_eq!(build("/lib/c.so", 5), Some(id(3)));
        assert_eq!(build("/lib/c.so", 6), None);
        assert_eq!(build("/lib/d.so", 8), None);
        assert_eq!(mapped_build("/two\nlines", inode(5), &id(1)), None);
    }

    proptest! {
        /// By definition: what was written is read; whatever stands around it, nothing stops.
        #[test]
        fn lines_are_read_as_they_were_written(
            path in "/[^\n]{0,40}",
            numbers in any::<(u32, u32, u64, u64)>(),
            build in prop::collection::vec(1..=u8::MAX, 1..=20),
            around in "[^#]{0,60}",
        ) {
            let (major, minor, number, generation) = numbers;
            let inode = MappedInode { major, minor, number, generation };
            let build = BuildId::new(&build).unwrap();
            let line = mapped_build(&path, inode, &build).unwrap();
            let read = parse(line.trim_end_matches('\n'));
            prop_assert_eq!(read, Some((build.clone(), inode, &*path)));
            let text = format!("{around}\n{line}{around}");
            prop_assert_eq!(build_in(&text, &path, inode), Some(build));
        }
    }
}
