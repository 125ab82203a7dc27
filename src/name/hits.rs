//! What samples lie in: the objects and the addresses of the kernel, without the stacks.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::object::DebugPart;
use crate::perf::MappedInode;
use crate::symbol::{KernelSource, Unresolved};
use crate::units::{Avma, BuildId};

/// What samples and their callers lie in.
#[derive(Clone, Debug)]
pub(crate) struct Hits {
    /// The objects of user space.
    pub(crate) objects: Vec<HitObject>,
    /// Modules of the kernel that files name, kallsyms having none of their functions.
    pub(crate) modules: Vec<HitModule>,
    /// Addresses of the kernel at which names were looked up.
    pub(crate) kernel: BTreeSet<Avma>,
    /// Where the kernel's symbols come from, as this machine knows the file.
    pub(crate) kernel_source: KernelSource,
}

/// A module of the kernel that samples or their callers lie in, and the file that names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct HitModule {
    /// The module as recorded.
    pub(crate) path: String,
    /// The file, compressed or not.
    pub(crate) file: PathBuf,
    /// The build id that the file states; `None` when it has none.
    pub(crate) build_id: Option<BuildId>,
}

/// An object of user space that samples or their callers lie in.
#[derive(Clone, Debug)]
pub(crate) struct HitObject {
    /// The object as recorded.
    pub(crate) path: String,
    /// Its recorded build id.
    pub(crate) build_id: Option<BuildId>,
    /// Whether only the files of this machine tell which build it is: elsewhere the capture's table
    /// says the same of what lay at the path before.
    pub(crate) is_proved: bool,
    /// Whether its path may mean another file than was mapped: its inode tells which.
    pub(crate) is_any_file: bool,
    /// Its file's inode, when the capture tells it.
    pub(crate) inode: Option<MappedInode>,
    /// The file that names come from, or why there are none.
    pub(crate) file: Result<PathBuf, Unresolved>,
    /// The map of generated code that the names come from, as it is called beside a capture.
    pub(crate) map_name: Option<String>,
    /// The files that its debug information is divided into, as far as they were read.
    pub(crate) debug_parts: Vec<DebugPart>,
    /// The functions that were hit, as a symbol table in text form; empty without a file.
    pub(crate) functions: String,
}
